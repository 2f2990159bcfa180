"""The stages of the recipe, each of which recognises what an earlier call has finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from motionfit.encoders.checkpoint import save_checkpoint
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import PseudoLabelError, TooFewVideosError
from motionfit.fit.inputs import FitInputs
from motionfit.fit.packs import Packs
from motionfit.fit.run_dir import RunDir
from motionfit.fit.settings import FitSettings
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.make import make_flow
from motionfit.flow.packing import pack_flow
from motionfit.flow.settings import FlowSettings
from motionfit.labels.grid import grid_starts
from motionfit.labels.pseudo_labels import PseudoLabels
from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.inputs import check_flow
from motionfit.methods.recipe import Recipe
from motionfit.methods.videos import TrainingVideos


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The stages of one run, to be called one after the other.

    Attributes:
        run: Where everything goes.
        inputs: What is given.
        settings: How.
        seed: Of teacher, labels and student.
        device: Where networks run.
    """

    run: RunDir
    inputs: FitInputs
    settings: FitSettings
    seed: int
    device: DeviceName

    @property
    def teacher_spec(self) -> EncoderSpec:
        """Input of the teacher, be it ready or to be trained."""
        ready = self.inputs.teacher
        return self.settings.teacher_spec if ready is None else ready.spec

    @property
    def recipe(self) -> Recipe:
        """The stages from the teacher on."""
        return Recipe(
            run_dir=self.run.path, settings=self.settings.recipe(seed=self.seed), device=self.device
        )

    def make_flow(self, cache: Path) -> tuple[FlowSettings, list[FailedFile]]:
        """Compute the flow of all videos; return what with, and the videos that have none."""
        videos = (*self.inputs.labelled_paths, *self.inputs.unlabelled)
        report = make_flow(videos, cache, self.settings.flow(device=self.device))
        assert report.settings is not None  # there are videos
        return report.settings, report.failed

    def pack(self, cache: Path, flow: FlowSettings) -> Packs:
        """Bring flow and frames to the size of training."""
        teacher_size = self.teacher_spec.resize

        def packed_flow(videos: Sequence[Path], name: str) -> PackedVideos:
            out_path = self.run.packed(name)
            return pack_flow(videos, FlowCache(cache), flow, out_path, size=teacher_size).packed

        return Packs(
            labelled_flow=packed_flow(self.inputs.labelled_paths, "labelled_flow")
            if self.inputs.labelled is not None
            else None,
            unlabelled_flow=packed_flow(self.inputs.unlabelled, "unlabelled_flow"),
            unlabelled_frames=pack_frames(
                self.inputs.unlabelled,
                self.run.packed("unlabelled_frames"),
                size=self.settings.resize,
            ).packed,
        )

    def check_enough(self, packs: Packs) -> None:
        """Refuse before the trainings what would fail after the first of them.

        Raises:
            ConfigError: The flow was made otherwise than the flow that a ready teacher has learnt
                from.
            PseudoLabelError: There are more clusters than things to cluster.
            TooFewVideosError: Only one class is left of the labelled videos, or nothing can be held
                out for validation.
        """
        flow, wanted = packs.unlabelled_flow, self.settings.num_clusters
        if self.inputs.teacher is not None:
            check_flow(flow, self.inputs.teacher.origin)
        if self.settings.level == "video":
            found, things = flow.num_videos, "videos"
        else:
            grid = self.settings.grid_of(self.teacher_spec)
            found = sum(len(grid_starts(int(number), grid)) for number in flow.num_frames)
            things = "clips"
        if wanted > found:
            problem = f"num_clusters is {wanted}, but the unlabelled videos have {found} {things}"
            raise PseudoLabelError(flow.path, problem)
        if packs.labelled_flow is not None:
            labelled = self._labelled(packs.labelled_flow)
            labelled.check_classes()
            self._check_validation(labelled, "2 videos, of two sources, of some class")
        self._check_validation(TrainingVideos(packed=packs.unlabelled_frames), "2 videos")

    def have_teacher(self, packs: Packs) -> ClipEncoder:
        """Return the ready teacher, the one trained before, or train it."""
        if self.inputs.teacher is not None:
            return self.inputs.teacher
        assert packs.labelled_flow is not None
        assert self.inputs.labelled is not None
        labelled = self._labelled(packs.labelled_flow)
        return self.recipe.teacher(labelled, data=self.inputs.labelled.name)

    def have_labels(self, teacher: ClipEncoder, packs: Packs) -> PseudoLabels:
        """Return the pseudo-labels, made where they are not there yet, with report and sheet."""
        return self.recipe.labels(teacher, packs.unlabelled_flow)

    def have_student(self, labels: PseudoLabels, packs: Packs) -> ClipEncoder:
        """Return the student, trained where it is not there yet."""
        frames = packs.unlabelled_frames
        return self.recipe.student(
            labels,
            packs.unlabelled_flow,
            TrainingVideos(packed=frames),
            method="motionfit",
            data=f"{frames.num_videos} videos",
        )

    def keep(self, student: ClipEncoder) -> None:
        """Write the encoder that the run is about."""
        if not self.run.encoder.is_file():
            save_checkpoint(student, self.run.encoder)

    def _check_validation(self, videos: TrainingVideos, needed: str) -> None:
        _, held_out = videos.split(fraction=self.settings.validation_fraction, seed=self.seed)
        if not held_out:
            found = "no video can be spared to validate on"
            raise TooFewVideosError(videos.packed.path, found, needed)

    def _labelled(self, flow: PackedVideos) -> TrainingVideos:
        assert self.inputs.labelled is not None
        known = {str(video.path): video for video in self.inputs.labelled.train}
        videos = [known[name] for name in flow.names]
        return TrainingVideos(
            packed=flow,
            labels=tuple(video.label for video in videos),
            class_names=self.inputs.labelled.class_names,
            groups=tuple(video.group for video in videos),
        )
