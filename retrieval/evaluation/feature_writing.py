"""Writing the arrays that ``feature_files`` reads, one video at a time, whole or not at all."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from retrieval.evaluation.feature_files import DESCRIPTION_NAME
from retrieval.evaluation.features import PADDING


@dataclass(frozen=True, kw_only=True)
class VideoFeatures:
    """The features of one video, loaded when they are written.

    Attributes:
        label: Of its class.
        video_id: Identity of its content.
        num_clips: At least 1.
        load: Returns ``(num_clips, dim)`` float32.
    """

    label: int
    video_id: str
    num_clips: int
    load: Callable[[], NDArray[np.float32]]


def write_feature_files(
    directory: Path,
    sides: Mapping[str, Sequence[VideoFeatures]],
    dim: int,
    description: Mapping[str, Any],
) -> None:
    """Write features, classes and identities of both sides, and what they are of.

    Every file is written beside its place first; when all are complete they are moved in.

    Args:
        directory: Made when absent; older feature files in it are replaced.
        sides: The videos of ``train`` and ``test``.
        dim: Values in a clip's feature.
        description: JSON values.

    Raises:
        ConfigError: The directory cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            places = _Places(directory, stack)
            for subset, videos in sides.items():
                _write_features(places.new(f"{subset}_feature.npy"), videos, dim)
                np.save(places.new(f"{subset}_class.npy"), _class_array(videos))
                ids = np.array([video.video_id for video in videos], dtype=np.str_)
                np.save(places.new(f"{subset}_video.npy"), ids)
            text = json.dumps(description, indent=2) + "\n"
            places.new(DESCRIPTION_NAME).write_text(text, encoding="utf-8")
            places.move_in()
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            "features_out", str(directory), f"a writable folder ({reason})"
        ) from error


class _Places:
    """Files under temporary names, removed at the end unless they were moved in."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._directory = directory
        self._stack = stack
        self._names: dict[str, Path] = {}

    def new(self, name: str) -> Path:
        partial = self._directory / f".partial-{os.getpid()}-{name}"
        self._names[name] = partial
        self._stack.callback(partial.unlink, missing_ok=True)
        return partial

    def move_in(self) -> None:
        for name, partial in self._names.items():
            partial.replace(self._directory / name)


def _write_features(path: Path, videos: Sequence[VideoFeatures], dim: int) -> None:
    # Written in order rather than mapped: a full disk is then an error and not a dead process.
    shape = (len(videos), max(video.num_clips for video in videos), dim)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for video in videos:
            padded = np.zeros(shape[1:], dtype="<f4")
            padded[: video.num_clips] = video.load()
            file.write(padded.tobytes())


def _class_array(videos: Sequence[VideoFeatures]) -> NDArray[np.int64]:
    max_clips = max(video.num_clips for video in videos)
    classes = np.full((len(videos), max_clips), PADDING, dtype=np.int64)
    for line, video in zip(classes, videos, strict=True):
        line[: video.num_clips] = video.label
    return classes
