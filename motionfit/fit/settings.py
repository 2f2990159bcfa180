"""Every number of the recipe under one flat name, as a preset or a TOML file gives it."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from motionfit.encoders.backbones.build import feature_shape
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError
from motionfit.flow.making.settings import MakingSettings, MethodChoice
from motionfit.labels.settings import GridSettings, LabelSettings, Level
from motionfit.media.sampling import ClipSpec
from motionfit.methods.distilled import DistilledSettings
from motionfit.methods.finetune import FinetuneSettings
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.model import flow_spec, rgb_spec
from motionfit.methods.recipe import RecipeSettings
from motionfit.methods.student import StudentSettings
from motionfit.methods.trained_parts import TrainedParts
from motionfit.training.data.colour import ColourJitter
from motionfit.training.data.pseudo_labelled import LabelledStarts
from motionfit.training.settings import (
    OptimiserName,
    ScheduleName,
    TrainingPrecision,
    TrainingSettings,
)


@dataclass(frozen=True, kw_only=True)
class FitSettings:
    """How the recipe is run; the defaults are the paper's.

    Attributes:
        teacher_architecture: Backbone of the motion model.
        architecture: Backbone of the student: of the encoder that comes out.
        clip_length: Frames of a clip.
        stride: Source frames between neighbours inside a clip.
        resize: ``(height, width)`` px that frames and flow are packed at.
        crop: ``(height, width)`` px that networks see.
        centre_pixels: Bring pixels about 0, ``(x - 0.5) / 0.25``; else they are 0 to 1, as in the
            code of VCOP.
        flow_method: See `MakingSettings`.
        flow_size: ``HEIGHTxWIDTH`` px that flow is computed at, or ``native``.
        remove_camera_motion: See `MakingSettings`.
        teacher_clips: Clips of a video a step, R.
        teacher_epochs: Passes over the labelled videos.
        teacher_batch_size: Videos a step.
        teacher_learning_rate: At the start.
        teacher_milestones: Epochs at which schedule ``step`` lowers it.
        label_weight: λ of the teacher: 1 is labels only, 0 is clip order only.
        num_clusters: Pseudo-classes, K.
        level: What is clustered; see `LabelSettings`, as for the next three.
        percentile: Of level ``segment_actionbytes``.
        num_iterations: Of k-means.
        preprocessing: Of the features.
        clip_hop: Frames from one labelled clip to the next; 0 lays them side by side.
        starts: Where clips of the student start; see `StudentSettings`.
        student_clips: As for the teacher, as the next three.
        student_epochs: Passes over the unlabelled videos.
        student_batch_size: Videos a step.
        student_learning_rate: At the start.
        student_milestones: Epochs at which schedule ``step`` lowers it.
        with_neighbours: The student also predicts the labels of the clips before and after.
        colour: The student sees changed colours.
        flip: Mirror half of the clips; not where left and right differ.
        optimiser: Of both; see `TrainingSettings`, as for the next two.
        weight_decay: Of both.
        precision: Of both.
        schedule: Of both learning rates: ``step``, ``cosine`` or ``constant``.
        warmup_epochs: Of both.
        micro_batches: Of both, parts of a batch with batch-norm statistics of their own; 0 is as
            many as suit the machine.
        validation_fraction: Share of the videos held out from each training.

    Raises:
        ConfigError: A value cannot be used.
    """

    teacher_architecture: str = "r2plus1d_18"
    architecture: str = "r2plus1d_18"
    clip_length: int = 16
    stride: int = 1
    resize: tuple[int, int] = (128, 171)
    crop: tuple[int, int] = (112, 112)
    centre_pixels: bool = False
    flow_method: MethodChoice = "auto"
    flow_size: str = "native"
    remove_camera_motion: bool = False
    teacher_clips: int = 3
    teacher_epochs: int = 120
    teacher_batch_size: int = 8
    teacher_learning_rate: float = 0.001
    teacher_milestones: tuple[int, ...] = (40, 60, 80)
    label_weight: float = 1.0
    num_clusters: int = 1000
    level: Level = "clip"
    percentile: float = 75.0
    num_iterations: int = 50
    preprocessing: str = "none"
    clip_hop: int = 0
    starts: LabelledStarts = "grid"
    student_clips: int = 3
    student_epochs: int = 45
    student_batch_size: int = 16
    student_learning_rate: float = 0.001
    student_milestones: tuple[int, ...] = (20, 40)
    with_neighbours: bool = False
    colour: bool = False
    flip: bool = False
    optimiser: OptimiserName = "sgd"
    weight_decay: float = 0.0005
    precision: TrainingPrecision = "auto"
    schedule: ScheduleName = "step"
    warmup_epochs: int = 0
    micro_batches: int = 0
    validation_fraction: float = 0.1

    def __post_init__(self) -> None:
        self._check_types()
        for spec in (self.teacher_spec, self.student_spec):
            # Refuses an unknown architecture, and clips too small for it.
            feature_shape(spec.architecture, spec.in_channels, spec.clip.clip_length, spec.crop)
        self.recipe(seed=0)
        self.flow(device="auto")
        self.grid_of(self.teacher_spec)

    @property
    def teacher_spec(self) -> EncoderSpec:
        """Backbone and input of the motion model."""
        return flow_spec(self.teacher_architecture, self._clip, resize=self.resize, crop=self.crop)

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

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = asdict(self)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    def _check_types(self) -> None:
        """Bring lists, as TOML has them, to tuples; refuse what has another type than the default.

        Raises:
            ConfigError: A value has the wrong type.
        """
        for field in fields(self):
            value, example = getattr(self, field.name), field.default
            if isinstance(example, tuple):
                if not isinstance(value, list | tuple) or any(type(v) is not int for v in value):
                    raise ConfigError(field.name, value, "a list of whole numbers")
                object.__setattr__(self, field.name, tuple(value))
            elif isinstance(example, float):
                if type(value) not in (int, float):
                    raise ConfigError(field.name, value, "a number")
                object.__setattr__(self, field.name, float(value))
            elif type(value) is not type(example):
                kinds = {str: "a text", int: "a whole number", bool: "true or false"}
                raise ConfigError(field.name, value, kinds[type(example)])
