"""What a method is trained with: videos packed as it sees them, and a teacher that is ready."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import PseudoLabelError, TooFewVideosError
from motionfit.fit.inputs import FitInputs
from motionfit.fit.packer import LABELLED, UNLABELLED
from motionfit.fit.recognised import recognise_videos
from motionfit.fit.setup import Setup
from motionfit.labels.grid import grid_starts
from motionfit.labels.settings import Level
from motionfit.media.datasets.dataset import Dataset
from motionfit.media.packed.layout import PackedKind
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.inputs import check_flow
from motionfit.methods.label_subset import choose_labelled
from motionfit.methods.videos import TrainingVideos


@dataclass(frozen=True, kw_only=True)
class Materials:
    """What a method is trained with, how, and where.

    Attributes:
        labelled: The labelled videos by how they are seen; just the kinds that are needed.
        unlabelled: The unlabelled videos likewise.
        teacher: A ready one, or None.
        start: What the encoder starts from, or None.
        dataset: The labelled data set; None where there is none.
        num_withheld: Test videos that stood among the unlabelled ones, and are not learnt from.
        setup: How and where.
    """

    labelled: Mapping[PackedKind, TrainingVideos]
    unlabelled: Mapping[PackedKind, TrainingVideos]
    teacher: ClipEncoder | None
    start: ClipEncoder | None = None
    dataset: Dataset | None
    num_withheld: int
    setup: Setup

    @property
    def data(self) -> str | None:
        """Name of the labelled data set, for the origin of encoders."""
        return None if self.dataset is None else self.dataset.name

    def places(self, kind: PackedKind) -> list[int] | None:
        """Return which of the labelled videos may be learnt from; None is all."""
        fraction, seed = self.setup.label_fraction, self.setup.seed
        videos = self.labelled[kind]
        return None if fraction == 1 else choose_labelled(videos, fraction=fraction, seed=seed)

    def true_labels(self, packed: PackedVideos) -> list[int | None] | None:
        """Return the classes of unlabelled videos that are among the labelled ones, by content.

        They are for the report on pseudo-labels, never for a training.

        Returns:
            One a video, None where unknown; None where all are.
        """
        if self.dataset is None:
            return None
        known = recognise_videos(packed, self.dataset.train)
        found = [None if video is None else video.label for video in known]
        return found if any(label is not None for label in found) else None

    @property
    def num_videos(self) -> dict[str, int]:
        """Numbers of videos, by what they serve for; as many as the kind with the fewest has."""
        counts = {}
        if self.labelled:
            counts["labelled"] = min(
                len(videos.chosen(self.places(kind))) for kind, videos in self.labelled.items()
            )
        if self.unlabelled:
            counts["unlabelled"] = min(len(videos.packed) for videos in self.unlabelled.values())
            if self.num_withheld:
                counts["test videos left out"] = self.num_withheld
        if self.labelled:
            any_kind = next(iter(self.labelled.values()))
            counts["classes"] = len(set(any_kind.labels or ()))
        return counts

    def check_validation(self) -> None:
        """Refuse before the first training what would make one of them fail.

        Raises:
            TooFewVideosError: Only one class is left of the labelled videos, or nothing can be held
                out for validation.
        """
        for kind, videos in self.labelled.items():
            places = self.places(kind)
            videos.check_classes(places)
            self._check_split(videos, "2 videos, of two sources, of some class", places)
        if "frames" in self.unlabelled:
            self._check_split(self.unlabelled["frames"], "2 videos")

    def check_clusters(self, sees: PackedKind, level: Level) -> None:
        """Refuse before the first training more clusters than there will be things to cluster.

        Args:
            sees: How the teacher sees videos.
            level: What is clustered.

        Raises:
            ConfigError: The flow was made otherwise than the flow that a ready teacher has learnt
                from.
            PseudoLabelError: There are more clusters.
        """
        described, wanted = self.unlabelled[sees].packed, self.setup.settings.num_clusters
        if self.teacher is not None:
            check_flow(described, self.teacher.origin)
        spec = self.setup.settings.teacher_spec if self.teacher is None else self.teacher.spec
        if level == "video":
            found, things = len(described), "videos"
        else:
            grid = self.setup.settings.grid_of(spec)
            found = sum(len(grid_starts(int(number), grid)) for number in described.num_frames)
            things = "clips"
        if wanted > found:
            problem = (
                f"num_clusters is {wanted}, but the unlabelled videos have {found} {things}: "
                f"choose {found} or fewer"
            )
            raise PseudoLabelError(described.path, problem)

    def _check_split(
        self, videos: TrainingVideos, needed: str, places: Sequence[int] | None = None
    ) -> None:
        _, held_out = videos.split(
            places, fraction=self.setup.settings.validation_fraction, seed=self.setup.seed
        )
        if not held_out:
            found = "no video can be spared to validate on"
            raise TooFewVideosError(videos.packed.path, found, needed)


def prepare_materials(inputs: FitInputs, setup: Setup) -> Materials:
    """Compute the flow and decode the frames that the method needs, and nothing else.

    Raises:
        MotionFitError: As `Packer.pack` raises.
    """
    teacher = inputs.teacher
    sizes: dict[PackedKind, tuple[int, int]] = {
        "frames": setup.settings.resize,
        "flow": setup.settings.resize,
    }
    if teacher is not None and inputs.needs.teacher is not None:
        sizes[inputs.needs.teacher] = teacher.spec.resize
    labelled = {}
    for kind in sorted(inputs.labelled_kinds):
        assert inputs.labelled is not None
        paths = [video.path for video in inputs.labelled.train]
        packed = setup.packer.pack(kind, paths, LABELLED, size=sizes[kind])
        labelled[kind] = with_labels(packed, inputs.labelled)
    unlabelled = {
        kind: with_groups(
            setup.packer.pack(kind, inputs.unlabelled, UNLABELLED, size=sizes[kind]),
            inputs.labelled,
        )
        for kind in sorted(inputs.needs.unlabelled)
    }
    return Materials(
        labelled=labelled,
        unlabelled=unlabelled,
        teacher=teacher,
        start=inputs.start,
        dataset=inputs.labelled,
        num_withheld=inputs.num_withheld,
        setup=setup,
    )


def with_labels(packed: PackedVideos, dataset: Dataset) -> TrainingVideos:
    """Return packed videos with what a data set says of them."""
    known = {str(video.path): video for video in (*dataset.train, *dataset.test)}
    videos = [known[name] for name in packed.names]
    return TrainingVideos(
        packed=packed,
        labels=tuple(video.label for video in videos),
        class_names=dataset.class_names,
        groups=tuple(video.group for video in videos),
    )


def with_groups(packed: PackedVideos, dataset: Dataset | None) -> TrainingVideos:
    """Return packed videos without labels, with the sources of those that a data set knows.

    Only sources of several videos count: others keep nothing apart, and the hold-out is to be the
    same as where nothing is known.
    """
    known = () if dataset is None else recognise_videos(packed, dataset.train)
    groups = [None if video is None else video.group for video in known]
    sizes = Counter(groups)
    shared = tuple(group if sizes[group] > 1 else None for group in groups)
    return TrainingVideos(packed=packed, groups=shared if any(shared) else None)
