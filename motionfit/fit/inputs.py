"""What a run is given: labelled videos or a ready teacher, and unlabelled videos."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.shipped import SHIPPED, shipped_path
from motionfit.errors import (
    ConfigError,
    DatasetError,
    NotGivenError,
    TooFewVideosError,
    VideoNotFoundError,
)
from motionfit.fit.contents import length_bytes
from motionfit.fit.needs import Needs
from motionfit.fit.withheld import withhold_videos
from motionfit.media.datasets.dataset import Dataset, LabeledVideo, first_few
from motionfit.media.datasets.holdout import for_tuning
from motionfit.media.datasets.registry import load_dataset
from motionfit.media.discover import find_videos
from motionfit.media.packed.layout import NUM_CHANNELS, PackedKind


@dataclass(frozen=True, kw_only=True)
class FitInputs:
    """What a run is given, checked as far as that is possible without decoding.

    Attributes:
        labelled: The data set whose train side has the labels to learn from, and whose test side
            has the queries of the evaluation; None where there is none.
        teacher: A ready teacher; None where it is to be trained, or not needed.
        start: What the encoder starts from; None is random weights.
        unlabelled: Video files, none of them a test video of the data set.
        num_withheld: Test videos that stood among them.
        needs: What of these is used in training.
    """

    labelled: Dataset | None
    teacher: ClipEncoder | None
    start: ClipEncoder | None = None
    unlabelled: tuple[Path, ...]
    num_withheld: int
    needs: Needs

    @property
    def labelled_kinds(self) -> frozenset[PackedKind]:
        """What is seen of the labelled videos in training."""
        needed = self.needs.of_labelled(has_teacher=self.teacher is not None)
        return needed if self.labelled is None else needed | self.needs.labelled_if_given

    @property
    def can_evaluate(self) -> bool:
        """Whether there are queries and a gallery."""
        return self.labelled is not None and bool(self.labelled.test)

    def identity(self) -> dict[str, Any]:
        """Return JSON values that differ where a training gets other videos or another teacher."""
        values: dict[str, Any] = {}
        if self.needs.unlabelled:
            values["unlabeled videos"] = _describe(self.unlabelled)
        if self.labelled_kinds and self.labelled is not None:
            values["labeled videos"] = _describe_labelled(self.labelled.train)
        if self.teacher is not None:
            values["teacher"] = self.teacher.identity[:16]
        if self.start is not None:
            values["start"] = self.start.identity[:16]
        return values

    def evaluation_identity(self) -> dict[str, Any]:
        """Return JSON values that differ where an evaluation gets other videos."""
        assert self.labelled is not None
        return {
            "gallery": _describe_labelled(self.labelled.train),
            "queries": _describe_labelled(self.labelled.test),
        }


def read_inputs(
    labeled: str | Path | None,
    teacher: str | Path | None,
    unlabeled: Iterable[str | Path],
    needs: Needs,
    *,
    split: int,
    tuning: bool = False,
    start: str | Path | None = None,
    device: DeviceName,
) -> FitInputs:
    """Return what is given, after refusing what cannot lead to an encoder.

    Args:
        labeled: Folder or CSV file of a labelled data set; see `load_dataset`. Where the training
            needs no labels, it serves the evaluation alone.
        teacher: A teacher's checkpoint, or the name of the one that comes with the program.
        unlabeled: Files and folders; test videos of the split among them are left out.
        needs: What the method is trained with.
        split: Of the data set.
        tuning: See `read_labelled`.
        start: The checkpoint of an encoder to start from, or the name of the shipped one.
        device: Where a ready teacher is to run.

    Raises:
        NotGivenError: Something that the method needs is not given.
        ConfigError: A teacher or a start is given that the method has no use for, or one that sees
            something else.
        DatasetError: The data set cannot be read, or lacks a training video of its lists.
        TooFewVideosError: It has one class only, or a folder has no video, or test videos only.
        VideoNotFoundError: Nothing stands where unlabelled videos are said to be.
        UnknownEncoderError: There is no such checkpoint.
        CheckpointError: It is none.
    """
    unlabeled = list(unlabeled)
    if labeled is None and needs.of_labelled(has_teacher=teacher is not None):
        expected = "a labelled data set" + ("" if needs.labelled else ", or a teacher instead")
        raise NotGivenError("labeled", expected)
    if needs.unlabelled and not unlabeled:
        raise NotGivenError("unlabeled", "folders or files of videos")
    ready = None if teacher is None else _load_teacher(teacher, needs.teacher, device)
    dataset = None if labeled is None else read_labelled(labeled, split, tuning=tuning)
    found = find_unlabelled(unlabeled)
    tests = () if dataset is None else dataset.test + dataset.hidden
    kept = withhold_videos(found, [video.path for video in tests])
    if found and not kept:
        raise TooFewVideosError(unlabeled[0], "test videos of the split only", "unlabelled videos")
    return FitInputs(
        labelled=dataset,
        teacher=ready,
        start=None if start is None else _load_start(start, needs, device),
        unlabelled=kept,
        num_withheld=len(found) - len(kept),
        needs=needs,
    )


def read_labelled(data: str | Path, split: int, *, tuning: bool = False) -> Dataset:
    """Return a data set whose train side can be learnt from.

    Args:
        data: Folder or CSV file; see `load_dataset`.
        split: Which split.
        tuning: Split the train side once more, and hide the test side: see `for_tuning`.

    Raises:
        DatasetError: It cannot be read, or lacks a training video of its lists.
        TooFewVideosError: It has one class only, or nothing to tune on.
    """
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
    return for_tuning(dataset) if tuning else dataset


def _load_teacher(path: str | Path, sees: PackedKind | None, device: DeviceName) -> ClipEncoder:
    if sees is None:
        raise ConfigError("teacher", str(path), "none: this method learns from no teacher")
    return _load_checkpoint("teacher", path, sees, device)


def _load_start(path: str | Path, needs: Needs, device: DeviceName) -> ClipEncoder:
    if not needs.may_start:
        raise ConfigError("start", str(path), "none: this method starts from random weights")
    return _load_checkpoint("start", path, "frames", device)


def _load_checkpoint(
    what: str, path: str | Path, sees: PackedKind, device: DeviceName
) -> ClipEncoder:
    # Of names, those that stand for trained weights alone: others would teach nothing.
    file = shipped_path(str(path)) if str(path) in SHIPPED else Path(path).absolute()
    if not os.path.isfile(file):  # noqa: PTH113 - Path.is_file raises on names too long to exist
        raise ConfigError(what, str(path), f"a checkpoint file, or one of {', '.join(SHIPPED)}")
    encoder = load_encoder(str(file), device=device)
    if encoder.spec.in_channels != NUM_CHANNELS[sees]:
        channels = f"{path}, for {encoder.spec.in_channels} channels"
        expected = f"a {what} that sees {sees}, for {NUM_CHANNELS[sees]} channels"
        raise ConfigError(what, channels, expected)
    return encoder


def find_unlabelled(named: Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the video files that are named, and those in folders that are, none twice.

    Raises:
        VideoNotFoundError: Nothing stands at one of the places.
        TooFewVideosError: A folder has no video.
    """
    found: dict[Path, None] = {}
    for place in named:
        if not os.path.exists(place):  # noqa: PTH110 - as above
            raise VideoNotFoundError(place)
        inside = list(find_videos([place]))
        if not inside:
            raise TooFewVideosError(place, "no video file in this folder", "unlabelled videos")
        found.update(dict.fromkeys(inside))
    return tuple(found)


def _describe_labelled(videos: Sequence[LabeledVideo]) -> str:
    facts = [f"{video.class_name}\0{video.group or ''}" for video in videos]
    return _describe([video.path for video in videos], facts)


def _describe(paths: Sequence[Path], facts: Sequence[str] = ()) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{length_bytes(path)}\0".encode(errors="surrogateescape"))
    digest.update("\0".join(facts).encode(errors="surrogateescape"))
    return f"{len(paths)} videos ({digest.hexdigest()[:12]})"
