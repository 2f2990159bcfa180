"""Packing of what is in memory already."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.media.packed.layout import PackedFormat, PackedKind
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.packed.writer import PackedWriter


def pack_arrays(
    videos: Sequence[NDArray[np.uint8]],
    out_path: str | Path,
    *,
    kind: PackedKind = "frames",
    names: Sequence[str] | None = None,
    settings: dict[str, Any] | None = None,
) -> PackedVideos:
    """Write videos that are in memory, and return them opened.

    Args:
        videos: Each ``(time, height, width, channel)`` uint8: RGB, or the levels of flow.
        out_path: The file; what stands there is replaced.
        kind: What they are.
        names: One each; None numbers them.
        settings: What else is to be known of the values; see `PackedFormat`.

    Raises:
        ConfigError: There is no video, or they are not all of one size and kind.
        PackedVideosError: The file cannot be written.
    """
    if not videos:
        raise ConfigError("videos", [], "at least one")
    size = (videos[0].shape[1], videos[0].shape[2])
    packed_format = PackedFormat(kind=kind, size=size, settings=settings or {})
    planes = [np.ascontiguousarray(np.moveaxis(frames, -1, 1)) for frames in videos]
    for frames, rows in zip(videos, planes, strict=True):
        if rows.dtype != np.uint8 or rows.shape[1:] != packed_format.row_shape or len(rows) == 0:
            expected = f"uint8 (time, {size[0]}, {size[1]}, {packed_format.row_shape[0]})"
            raise ConfigError("video", f"{frames.dtype} {frames.shape}", expected)
    hashes = [sha256(rows.data).hexdigest() for rows in planes]
    with PackedWriter(out_path, packed_format) as writer:
        for rows, content_hash in zip(planes, hashes, strict=True):
            if content_hash not in writer.stored:
                spool = writer.spool()
                spool.append(rows)
                writer.add(content_hash, spool)
        writer.finish(list(zip(names or _numbers(videos), hashes, strict=True)))
    return PackedVideos(out_path)


def _numbers(videos: Sequence[object]) -> list[str]:
    return [f"video {number}" for number in range(len(videos))]
