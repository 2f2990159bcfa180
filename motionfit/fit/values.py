"""Every number of the recipe under one flat name, as a preset or a TOML file gives it."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from motionfit.errors import ConfigError
from motionfit.flow.making.settings import MethodChoice
from motionfit.labels.settings import Level
from motionfit.methods.labelled import PlacementChoice
from motionfit.training.data.pseudo_labelled import LabelledStarts
from motionfit.training.settings import OptimiserName, ScheduleName, TrainingPrecision


@dataclass(frozen=True, kw_only=True)
class FitValues:
    """The numbers of the recipe; the defaults are the paper's.

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
        teacher_placement: Where these clips start; see `LabelledSettings`.
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
        ConfigError: A value has the wrong type.
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
    teacher_placement: PlacementChoice = "auto"
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
