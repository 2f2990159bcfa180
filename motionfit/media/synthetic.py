"""The built-in data set: short videos whose classes differ only in motion."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from av import FFmpegError
from numpy.typing import NDArray

from motionfit.durable import replacing, write_durably
from motionfit.errors import ConfigError, DatasetError
from motionfit.media.synthetic_motions import MOTIONS
from motionfit.media.synthetic_render import render_video
from motionfit.media.synthetic_scenes import BackgroundMotion
from motionfit.media.write import write_video

MANIFEST_NAME = "synthetic.json"
# To be raised whenever the same settings give other pixels.
GENERATION = 1

Progress = Callable[[int, int], None]
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SyntheticSettings:
    """What decides every byte of the data set.

    Attributes:
        num_train_per_class: Gallery videos a class.
        num_test_per_class: Query videos a class.
        seed: Any number from 0.
        size: Height and width, px; even, as H.264 with half-size colour planes wants it.
        num_frames: Mean frames a video; lengths vary by 15 %.
        frame_rate: Frames per second.
        background_motion: ``slow``, or ``distracting``: as any of the classes, half as much.
    """

    num_train_per_class: int = 20
    num_test_per_class: int = 10
    seed: int = 0
    size: tuple[int, int] = (128, 172)
    num_frames: int = 40
    frame_rate: int = 25
    background_motion: BackgroundMotion = "slow"

    def __post_init__(self) -> None:
        for name in ("num_train_per_class", "num_test_per_class", "frame_rate"):
            if getattr(self, name) < 1:
                raise ConfigError(name, getattr(self, name), "at least 1")
        if self.seed < 0:
            raise ConfigError("seed", self.seed, "0 or more")
        if self.num_frames < 8:
            raise ConfigError("num_frames", self.num_frames, "at least 8")
        if min(self.size) < 32 or any(side % 2 for side in self.size):
            raise ConfigError("size", self.size, "an even height and width of at least 32 px")
        if self.background_motion not in get_args(BackgroundMotion):
            expected = " or ".join(get_args(BackgroundMotion))
            raise ConfigError("background_motion", self.background_motion, expected)


def log_progress(num_done: int, num_videos: int) -> None:
    """Log how many videos are there, every hundred videos and at the end."""
    if num_done % 100 == 0 or num_done == num_videos:
        _LOGGER.info("synthetic set: %d of %d videos", num_done, num_videos)


def generate_synthetic(
    root: str | Path,
    *,
    num_train_per_class: int = 20,
    num_test_per_class: int = 10,
    seed: int = 0,
    size: tuple[int, int] = (128, 172),
    num_frames: int = 40,
    frame_rate: int = 25,
    background_motion: BackgroundMotion = "slow",
    progress: Progress = log_progress,
) -> Path:
    """Return ``root`` with the data set in it, made as far as it is not there yet.

    ::

        root/train/move_left/v_move_left_g01_c01.mp4 ...     H.264
        root/test/move_left/v_move_left_g21_c01.mp4 ...
        root/classInd.txt, trainlist01.txt, testlist01.txt
        root/synthetic.json                                  the settings

    A set that was interrupted is completed; one of other settings is replaced.

    Every video shows a scene of its own (textures, shape, size, place, drift, tremble), drawn
    without regard to its class, in train and test alike. So the middle frame tells nothing of the
    class; towards the ends, only where and how large the object is by then does. (Were scenes
    shared by all classes, the 18 videos of the nearest scene would hold the query's class for
    certain, and R@20 by appearance would be 100 %.)

    Args:
        root: An empty or new folder, or one with an earlier set.
        num_train_per_class: See ``SyntheticSettings``, as for the other settings.
        num_test_per_class: Query videos a class.
        seed: Decides the scenes and the motions.
        size: Height and width, px.
        num_frames: Mean frames a video.
        frame_rate: Frames per second.
        background_motion: ``slow``, or ``distracting``: as any of the classes, half as much.
        progress: Called with the number of videos that are there and how many there will be.

    Raises:
        ConfigError: A setting cannot be used.
        DatasetError: ``root`` holds something else, or cannot be written.
    """
    root = Path(root)
    settings = SyntheticSettings(
        num_train_per_class=num_train_per_class,
        num_test_per_class=num_test_per_class,
        seed=seed,
        size=size,
        num_frames=num_frames,
        frame_rate=frame_rate,
        background_motion=background_motion,
    )
    try:
        _prepare(root, settings)
        videos = list(_videos(settings))
        for done, video in enumerate(videos):
            progress(done, len(videos))
            if not (path := video.path(root)).exists():
                with replacing(path) as temporary:
                    write_video(temporary.path, _render(video, settings), frame_rate)
        _write_lists(root, videos)
    except (OSError, FFmpegError) as error:
        raise DatasetError(root, f"the synthetic set cannot be written ({error})") from error
    progress(len(videos), len(videos))
    return root


@dataclass(frozen=True, kw_only=True)
class _Video:
    subset: str
    class_name: str
    group: int
    key: tuple[int, int, int]

    @property
    def listed_name(self) -> str:
        return f"{self.class_name}/v_{self.class_name}_g{self.group:02d}_c01.mp4"

    def path(self, root: Path) -> Path:
        return root / self.subset / self.listed_name


def _videos(settings: SyntheticSettings) -> Iterator[_Video]:
    counts = (settings.num_train_per_class, settings.num_test_per_class)
    for side, (subset, count) in enumerate(zip(("train", "test"), counts, strict=True)):
        for class_index, class_name in enumerate(MOTIONS):
            for number in range(count):
                yield _Video(
                    subset=subset,
                    class_name=class_name,
                    group=1 + number + side * settings.num_train_per_class,
                    key=(side, class_index, number),
                )


def _render(video: _Video, settings: SyntheticSettings) -> NDArray[np.uint8]:
    rng = np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=video.key))
    spread = settings.num_frames * 15 // 100
    num_frames = settings.num_frames + int(rng.integers(-spread, spread, endpoint=True))
    return render_video(
        video.class_name,
        rng,
        size=settings.size,
        num_frames=num_frames,
        background_motion=settings.background_motion,
    ).frames


def _prepare(root: Path, settings: SyntheticSettings) -> None:
    root.mkdir(parents=True, exist_ok=True)
    manifest_path = root / MANIFEST_NAME
    manifest = json.dumps({"generation": GENERATION, **asdict(settings)}, indent=2) + "\n"
    if not manifest_path.exists():
        if any(not path.name.startswith(".") for path in root.iterdir()):
            problem = f"the folder holds files and no {MANIFEST_NAME}; choose an empty one"
            raise DatasetError(root, problem)
    elif manifest_path.read_text(encoding="utf-8") != manifest:
        _remove_videos(root)
    write_durably(manifest_path, manifest.encode())


def _remove_videos(root: Path) -> None:
    for subset in ("train", "test"):
        for class_name in MOTIONS:
            for path in (root / subset / class_name).glob(f"v_{class_name}_g*_c01.mp4"):
                path.unlink()


def _write_lists(root: Path, videos: Sequence[_Video]) -> None:
    classes = [f"{number} {class_name}" for number, class_name in enumerate(MOTIONS, start=1)]
    write_durably(root / "classInd.txt", "".join(f"{line}\n" for line in classes).encode())
    for subset in ("train", "test"):
        names = [video.listed_name for video in videos if video.subset == subset]
        content = "".join(f"{name}\n" for name in names).encode()
        write_durably(root / f"{subset}list01.txt", content)
