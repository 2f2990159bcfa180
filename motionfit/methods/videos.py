"""Packed videos with what is known of them: classes, and the sources they were cut from."""

from collections.abc import Sequence
from dataclasses import dataclass

from motionfit.errors import TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.holdout import split_validation
from motionfit.training.identity import digest


@dataclass(frozen=True, kw_only=True)
class TrainingVideos:
    """Videos to train on, frames or flow.

    Attributes:
        packed: The videos.
        labels: The class of each, as its place in ``class_names``; None where nobody knows.
        class_names: The classes.
        groups: The source that each video was cut from; None, or None for a video, where unknown.
    """

    packed: PackedVideos
    labels: tuple[int, ...] | None = None
    class_names: tuple[str, ...] = ()
    groups: tuple[str | None, ...] | None = None

    @property
    def num_classes(self) -> int:
        """Classes, with or without a video."""
        return len(self.class_names)

    def without_labels(self) -> "TrainingVideos":
        """Return the same videos, as a method sees them that must not know their classes."""
        return TrainingVideos(packed=self.packed, groups=self.groups)

    def check_classes(self, places: Sequence[int] | None = None) -> None:
        """Refuse videos that teach nothing about classes.

        Args:
            places: Those in use; None is all.

        Raises:
            TooFewVideosError: There are no labels, or all videos are of one class.
        """
        num_present = len(set(self.labels_of(self.chosen(places)) or ()))
        if num_present < 2:
            found = f"videos of {num_present} class" + ("" if num_present == 1 else "es")
            raise TooFewVideosError(self.packed.path, found, "videos of at least 2 classes")

    def split(
        self, places: Sequence[int] | None = None, *, fraction: float, seed: int
    ) -> tuple[list[int], list[int]]:
        """Return the places of the videos to train on and of those to validate on.

        Videos of one source are on one side; which one depends on the videos' contents, and not on
        where their files lie.

        Args:
            places: Those in use; None is all.
            fraction: Share to validate on.
            seed: Another one gives another split.
        """
        chosen = self.chosen(places)
        to_train, to_validate = split_validation(
            [self.packed.content_hashes[place] for place in chosen],
            groups=None if self.groups is None else [self.groups[place] for place in chosen],
            labels=self.labels_of(chosen),
            fraction=fraction,
            seed=seed,
        )
        return [chosen[row] for row in to_train], [chosen[row] for row in to_validate]

    def facts(self, places: Sequence[int] | None = None) -> dict[str, str]:
        """Return what tells trainings on these videos from trainings on others.

        Args:
            places: Those in use; None is all.
        """
        return {
            "videos": describe_videos(self.packed),
            "places": digest(list(self.chosen(places))),
            "labels": digest([self.labels, self.class_names, self.groups]),
        }

    def chosen(self, places: Sequence[int] | None) -> Sequence[int]:
        """Return some videos' places, where None is all."""
        return range(len(self.packed)) if places is None else places

    def labels_of(self, places: Sequence[int]) -> list[int] | None:
        """Return the classes of some videos, None where nobody knows."""
        if self.labels is None:
            return None
        return [self.labels[place] for place in places]


@dataclass(frozen=True, kw_only=True)
class LabelledVideos:
    """Videos whose classes are known, as far as these may be used.

    Attributes:
        videos: With labels.
        places: Of those the videos that may be used; None is all.
    """

    videos: TrainingVideos
    places: Sequence[int] | None = None

    @property
    def chosen(self) -> Sequence[int]:
        """Places of those that may be used."""
        return self.videos.chosen(self.places)

    def check_classes(self) -> None:
        """Refuse videos that teach nothing about classes.

        Raises:
            TooFewVideosError: There are no labels, or all videos are of one class.
        """
        self.videos.check_classes(self.places)

    def labels_of(self, places: Sequence[int]) -> list[int]:
        """Return the classes of some videos."""
        labels = self.videos.labels_of(places)
        assert labels is not None
        return labels

    def facts(self) -> dict[str, str]:
        """Return what tells trainings on these videos from trainings on others."""
        return self.videos.facts(self.places)


def describe_videos(packed: PackedVideos) -> str:
    """Return number and digest of packed videos, whatever they are called."""
    return f"{len(packed)} videos ({digest([packed.format.to_dict(), packed.content_hashes])})"
