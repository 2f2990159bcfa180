"""The settings of every stage and baseline, made of the numbers of `FitValues`."""

from dataclasses import dataclass, replace
from typing import Any

from motionfit.encoders.backbones.build import (
    LOCAL_MOTION,
    LOCAL_MOTION_FLOW,
    feature_shape,
)
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError
from motionfit.fit.values import FitValues
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.methods import TV_L1_METHODS
from motionfit.labels.settings import GridSettings, LabelSettings
from motionfit.media.sampling import ClipSpec
from motionfit.methods.distilled import DistilledSettings
from motionfit.methods.finetune import FinetuneSettings
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.local_motion_teacher import LocalMotionSettings
from motionfit.methods.model import flow_spec, rgb_spec
from motionfit.methods.motionfit_plus import LocalStudentSettings
from motionfit.methods.recipe import RecipeSettings
from motionfit.methods.student import StudentSettings
from motionfit.methods.trained_parts import TrainedParts
from motionfit.training.data.colour import ColourJitter
from motionfit.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class FitSettings(FitValues):
    """How the recipe is run: numbers that can be used, and what the stages make of them.

    Raises:
        ConfigError: A value cannot be used.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_local_motion()
        for spec in (self.teacher_spec, self.student_spec):
            # Refuses an unknown architecture, and clips too small for it.
            feature_shape(spec.architecture, spec.in_channels, spec.clip.clip_length, spec.crop)
        self.recipe(seed=0)
        self.flow(device="auto")
        self.grid_of(self.teacher_spec)

    def _check_local_motion(self) -> None:
        if (self.teacher_architecture == LOCAL_MOTION_FLOW) != self.has_local_motion:
            pair = f"{LOCAL_MOTION_FLOW} exactly where architecture is {LOCAL_MOTION}"
            raise ConfigError("teacher_architecture", self.teacher_architecture, pair)
        size = f"{self.resize[0]}x{self.resize[1]}"
        if self.has_local_motion and self.flow_size != size:
            expected = f"{size}, as resize is: local motion is measured in px of the picture"
            raise ConfigError("flow_size", self.flow_size, expected)

    @property
    def teacher_spec(self) -> EncoderSpec:
        """Backbone and input of the motion model."""
        return flow_spec(
            self.teacher_architecture,
            self._clip,
            resize=self.resize,
            crop=self.crop,
            bound_px=self._flow_bound_px if self.has_local_motion else None,
        )

    @property
    def student_spec(self) -> EncoderSpec:
        """Backbone and input of the encoder that comes out."""
        return rgb_spec(
            self.architecture,
            self._clip,
            resize=self.resize,
            crop=self.crop,
            centred=self.centre_pixels,
        )

    @property
    def has_local_motion(self) -> bool:
        """Whether networks describe local motion, as those of ``motionfit_plus`` do."""
        return self.architecture == LOCAL_MOTION

    @property
    def _flow_bound_px(self) -> float:
        return self.flow(device="auto").flow_settings(TV_L1_METHODS[0]).bound

    @property
    def _clip(self) -> ClipSpec:
        return ClipSpec(clip_length=self.clip_length, stride=self.stride)

    def flow(self, *, device: str) -> MakingSettings:
        """Return how flow is made."""
        return MakingSettings(
            method=self.flow_method,
            size=self.flow_size,
            remove_camera_motion=self.remove_camera_motion,
            device=device,  # type: ignore[arg-type]  # checked there
        )

    def teacher(self, *, seed: int) -> LabelledSettings:
        """Return how the teacher is trained."""
        return LabelledSettings(
            spec=self.teacher_spec,
            num_clips=self.teacher_clips,
            placement=self.teacher_placement,
            label_weight=self.label_weight,
            flip=self.flip,
            validation_fraction=self.validation_fraction,
            training=self._training_of_teacher(seed),
            seed=seed,
        )

    def supervised(self, *, seed: int) -> LabelledSettings:
        """Return how an encoder is trained on labels alone: as long as the teacher is."""
        return replace(self.teacher(seed=seed), spec=self.student_spec, label_weight=1.0)

    def grid_of(self, teacher: EncoderSpec) -> GridSettings:
        """Return which clips a teacher labels."""
        clip = teacher.clip
        return GridSettings(
            clip_length=clip.clip_length, stride=clip.stride, clip_hop=self.clip_hop or None
        )

    def labels(self, *, seed: int) -> LabelSettings:
        """Return how pseudo-labels are made."""
        return LabelSettings(
            num_clusters=self.num_clusters,
            level=self.level,
            percentile=self.percentile,
            num_iterations=self.num_iterations,
            preprocessing=self.preprocessing,
            seed=seed,
        )

    def student(self, *, seed: int) -> StudentSettings:
        """Return how the student is trained."""
        return StudentSettings(
            spec=self.student_spec,
            num_clips=self.student_clips,
            with_neighbours=self.with_neighbours,
            starts=self.starts,
            flip=self.flip,
            colour=ColourJitter() if self.colour else None,
            validation_fraction=self.validation_fraction,
            training=self._training_of_student(seed),
            seed=seed,
        )

    def local_motion(self, *, seed: int) -> LocalMotionSettings:
        """Return how a teacher is made without training."""
        return LocalMotionSettings(spec=self.teacher_spec, seed=seed)

    def local_student(self, *, seed: int) -> LocalStudentSettings:
        """Return how a student of local motion is trained."""
        return LocalStudentSettings(
            spec=self.student_spec,
            num_clips=self.student_clips,
            flip=self.flip,
            colour=ColourJitter() if self.colour else None,
            num_clusters=self.num_clusters,
            validation_fraction=self.validation_fraction,
            training=self._training_of_student(seed),
            seed=seed,
        )

    def clip_order(self, *, seed: int) -> LabelledSettings:
        """Return how an encoder learns the order of three clips: as long as the student is."""
        return LabelledSettings(
            spec=self.student_spec,
            num_clips=3,
            label_weight=0.0,
            flip=self.flip,
            validation_fraction=self.validation_fraction,
            training=self._training_of_student(seed),
            seed=seed,
        )

    def distilled(self, *, seed: int) -> DistilledSettings:
        """Return how a student takes over features: as long as it would learn pseudo-labels."""
        return DistilledSettings(
            spec=self.student_spec,
            num_clips=self.student_clips,
            flip=self.flip,
            validation_fraction=self.validation_fraction,
            training=self._training_of_student(seed),
            seed=seed,
        )

    def finetuning(
        self, spec: EncoderSpec, *, trained: TrainedParts, seed: int
    ) -> FinetuneSettings:
        """Return how an encoder is fine-tuned: as long and as fast as the teacher learns.

        Source: MotionFit, whose numbers for the two are the same.
        """
        return FinetuneSettings(
            spec=spec,
            trained=trained,
            flip=self.flip,
            validation_fraction=self.validation_fraction,
            training=self._training_of_teacher(seed),
            seed=seed,
        )

    def recipe(self, *, seed: int) -> RecipeSettings:
        """Return how the stages from the teacher on are run."""
        return RecipeSettings(
            teacher=self.teacher(seed=seed),
            labels=self.labels(seed=seed),
            student=self.student(seed=seed),
            clip_hop=self.clip_hop or None,
        )

    def _training_of_teacher(self, seed: int) -> TrainingSettings:
        return self._training(
            seed,
            epochs=self.teacher_epochs,
            batch_size=self.teacher_batch_size,
            learning_rate=self.teacher_learning_rate,
            milestones=self.teacher_milestones,
        )

    def _training_of_student(self, seed: int) -> TrainingSettings:
        return self._training(
            seed,
            epochs=self.student_epochs,
            batch_size=self.student_batch_size,
            learning_rate=self.student_learning_rate,
            milestones=self.student_milestones,
        )

    def _training(self, seed: int, **own: Any) -> TrainingSettings:
        return TrainingSettings(
            **own,
            optimiser=self.optimiser,
            weight_decay=self.weight_decay,
            precision=self.precision,
            schedule=self.schedule,
            warmup_epochs=self.warmup_epochs,
            micro_batches=self.micro_batches or None,
            seed=seed,
        )
