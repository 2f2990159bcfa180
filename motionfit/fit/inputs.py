"""What the recipe is given: labelled videos or a ready teacher, and unlabelled videos."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError, DatasetError, TooFewVideosError, VideoNotFoundError
from motionfit.media.datasets.dataset import Dataset, first_few
from motionfit.media.datasets.registry import load_dataset
from motionfit.media.discover import find_videos


@dataclass(frozen=True, kw_only=True)
class FitInputs:
    """What the recipe is given, checked as far as that is possible without decoding.

    Attributes:
        labelled: The data set whose train side teaches the teacher; None where that is ready.
        teacher: A ready motion model; None where it is to be trained.
        unlabelled: Video files.
    """

    labelled: Dataset | None
    teacher: ClipEncoder | None
    unlabelled: tuple[Path, ...]

    @property
    def labelled_paths(self) -> tuple[Path, ...]:
        """Files of the labelled videos, none where the teacher is ready."""
        return () if self.labelled is None else tuple(v.path for v in self.labelled.train)

    def identity(self) -> dict[str, Any]:
        """Return JSON values that differ where other videos or another teacher are given."""
        values: dict[str, Any] = {"unlabeled videos": _describe(self.unlabelled)}
        if self.labelled is not None:
            classes = [video.class_name for video in self.labelled.train]
            values["labeled videos"] = _describe(self.labelled_paths, classes)
        if self.teacher is not None:
            values["teacher"] = self.teacher.identity[:16]
        return values


def read_inputs(
    labeled: str | Path | None,
    teacher: str | Path | None,
    unlabeled: Iterable[str | Path],
    *,
    split: int,
    device: DeviceName,
) -> FitInputs:
    """Return what is given, after refusing what cannot lead to an encoder.

    Args:
        labeled: Folder or CSV file of a labelled data set; see `load_dataset`.
        teacher: A motion model's checkpoint. One of the two is given.
        unlabeled: Files and folders.
        split: Of the data set; its test side is not looked at.
        device: Where a ready teacher is to run.

    Raises:
        ConfigError: Both or neither of data and teacher are given, or the teacher is no motion
            model.
        DatasetError: The data set cannot be read, or lacks a video of its lists.
        TooFewVideosError: It has one class only, or a folder has no video.
        VideoNotFoundError: Nothing stands where unlabelled videos are said to be.
        UnknownEncoderError: There is no such checkpoint.
        CheckpointError: It is none.
    """
    if (labeled is None) == (teacher is None):
        given = "neither" if labeled is None else "both"
        raise ConfigError("labeled and teacher", given, "one of them")
    return FitInputs(
        labelled=None if labeled is None else _read_labelled(labeled, split),
        teacher=None if teacher is None else _load_teacher(teacher, device),
        unlabelled=_find_unlabelled(unlabeled),
    )


def _read_labelled(data: str | Path, split: int) -> Dataset:
    dataset = load_dataset(str(data), split=split)
    if dataset.missing_train:
        named = first_few(dataset.missing_train)
        number = len(dataset.missing_train)
        problem = f"its lists name {number} training videos that are not there ({named})"
        raise DatasetError(data, problem)
    num_classes = len({video.label for video in dataset.train})
    if num_classes < 2:
        found = f"videos of {num_classes} class" + ("" if num_classes == 1 else "es")
        raise TooFewVideosError(data, found, "videos of at least 2 classes")
    return dataset


def _load_teacher(path: str | Path, device: DeviceName) -> ClipEncoder:
    # A path and never a name: an untrained teacher teaches nothing.
    if not Path(path).is_file():
        raise ConfigError("teacher", str(path), "a checkpoint file")
    encoder = load_encoder(str(Path(path).absolute()), device=device)
    if encoder.spec.in_channels != 2:
        channels = f"{path}, for {encoder.spec.in_channels} channels"
        raise ConfigError("teacher", channels, "a motion model, for the 2 channels of flow")
    return encoder


def _find_unlabelled(named: Iterable[str | Path]) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for place in named:
        if not Path(place).exists():
            raise VideoNotFoundError(place)
        inside = list(find_videos([place]))
        if not inside:
            raise TooFewVideosError(place, "no video file in this folder", "unlabelled videos")
        found.update(dict.fromkeys(inside))
    if not found:
        raise ConfigError("unlabeled", "nothing", "folders or files of videos")
    return tuple(found)


def _describe(paths: Sequence[Path], classes: Sequence[str] = ()) -> str:
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size if path.is_file() else -1
        digest.update(f"{path.name}\0{size}\0".encode(errors="surrogateescape"))
    digest.update("\0".join(classes).encode())
    return f"{len(paths)} videos ({digest.hexdigest()[:12]})"
