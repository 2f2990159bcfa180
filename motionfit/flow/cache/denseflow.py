"""Flow that denseflow and its like wrote as JPEG pairs, brought into the cache.

::

    flow_x_00000.jpg     flow_y_00000.jpg       denseflow, counted from 0
    flow_x_p2_00000.jpg  flow_y_p2_00000.jpg    denseflow between every other frame: refused
    TVL1jpg_x_00001.jpg  TVL1jpg_y_00001.jpg    MARS, counted from 1

Source: denseflow's ``writeFlowImages``; MARS's ``utils1/extract_frames_flows.py``. Levels are taken
over as they were decoded: what JPEG has lost stays lost, and MARS, which truncates where denseflow
and this project round, keeps 0 px as 127 instead of 128.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.errors import FlowImportError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.imported import ImportedFlowSettings

_NAME = re.compile(
    r"(?P<program>flow|TVL1jpg)_(?P<axis>[xy])_(?P<step>[pm]\d+_)?(?P<number>\d+)\.jpg"
)
_FIRST_NUMBERS = {"flow": 0, "TVL1jpg": 1}
_END_OF_JPEG = b"\xff\xd9"


def import_denseflow(
    folder: str | Path,
    cache: FlowCache,
    *,
    content_hash: str,
    bound: float = 20.0,
    source: str = "denseflow",
    first_number: int | None = None,
    num_frames: int | None = None,
) -> ImportedFlowSettings:
    """Copy one video's flow images into the cache, and return the settings to ask for them with.

    Args:
        folder: The images of one video.
        cache: Where they go.
        content_hash: Of the video that they were made of, from `motionfit.media.identity`.
        bound: The one that they were quantised with, px: denseflow's ``-b``.
        source: Keeps flow from one source apart from that of another.
        first_number: Number of the first image; None is 0 for ``flow_``, 1 for ``TVL1jpg_``. The
            old dense_flow counts ``flow_`` from 1.
        num_frames: Of the video, which must have one frame more than flows; None is unknown.

    Raises:
        FlowImportError: The folder is not one video's flow, frame by frame, or an image is damaged.
        ConfigError: The bound is not positive.
        FlowCacheWriteError: The cache cannot be written to.
        FlowCacheVersionError: The cache was written in another format.
    """
    settings = ImportedFlowSettings(source=source, bound_px=bound)
    pairs = _pairs(Path(folder), first_number)
    if num_frames is not None and len(pairs) != num_frames - 1:
        raise FlowImportError(folder, f"{len(pairs)} flows of a video of {num_frames} frames")
    with cache.writer(content_hash, settings) as writer:
        size = None
        for x_path, y_path in pairs:
            levels = _read_pair(x_path, y_path)
            size = size or levels.shape
            if levels.shape != size:
                problem = f"{_px(levels)} px, after images of {size[1]}x{size[0]} px"
                raise FlowImportError(x_path, problem)
            writer.append(levels[None])
        writer.commit(num_frames_expected=num_frames)
    return settings


def _pairs(folder: Path, first_number: int | None) -> list[tuple[Path, Path]]:
    """Return the paths of the images for x and y, in the order of their numbers."""
    names = [match for path in _entries(folder) if (match := _NAME.fullmatch(path.name))]
    programs = sorted({match["program"] for match in names})
    if len(programs) != 1:
        found = " and ".join(f"{program}_" for program in programs) or "none"
        expected = "images named flow_x_00000.jpg or TVL1jpg_x_00001.jpg and so on"
        raise FlowImportError(folder, f"expected {expected}, found {found}")
    for match in names:
        if match["step"]:
            problem = f"{match[0]} is flow between frames that are not neighbours"
            raise FlowImportError(folder, problem)
    if first_number is None:
        first_number = _FIRST_NUMBERS[programs[0]]
    x_paths, y_paths = (_numbered(folder, names, axis, first_number) for axis in "xy")
    if len(x_paths) != len(y_paths):
        raise FlowImportError(folder, f"{len(x_paths)} images for x, {len(y_paths)} for y")
    return list(zip(x_paths, y_paths, strict=True))


def _numbered(
    folder: Path, names: Iterable[re.Match[str]], axis: str, first_number: int
) -> list[Path]:
    """Return the paths for one axis, which must be numbered without a gap."""
    found = {int(match["number"]): match[0] for match in names if match["axis"] == axis}
    for expected, number in enumerate(sorted(found), start=first_number):
        if number != expected:
            problem = f"{found[number]} where number {expected} for {axis} was expected"
            raise FlowImportError(folder, problem)
    return [folder / found[number] for number in sorted(found)]


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise FlowImportError(folder, error.strerror or str(error)) from error


def _read_pair(x_path: Path, y_path: Path) -> NDArray[np.uint8]:
    x, y = _read_image(x_path), _read_image(y_path)
    if x.shape != y.shape:
        raise FlowImportError(y_path, f"{_px(y)} px, beside one of {_px(x)} px")
    return np.stack([x, y], axis=-1)


def _read_image(path: Path) -> NDArray[np.uint8]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FlowImportError(path, error.strerror or str(error)) from error
    # Of an image that is cut off OpenCV returns the part that is there, and grey.
    if not content.endswith(_END_OF_JPEG):
        raise FlowImportError(path, "it is cut off, or no JPEG")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise FlowImportError(path, "it cannot be decoded") from error
    if image is None:
        raise FlowImportError(path, "it cannot be decoded")
    return image.astype(np.uint8, copy=False)


def _px(image: NDArray[np.uint8]) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"
