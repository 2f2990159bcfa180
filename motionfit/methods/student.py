"""The student: an appearance model that learns from RGB to predict the teacher's pseudo-labels.

It starts from random weights and never sees flow or true labels. The same pseudo-labels serve any
backbone.

Source: MotionFit, section 3.3.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError
from motionfit.methods.inputs import check_input
from motionfit.methods.model import build_network, keep_encoder
from motionfit.methods.multi_clip import LABEL, NEXT, PREVIOUS, MultiClipTask
from motionfit.methods.settings import MethodSettings, student_training
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.colour import ColourJitter
from motionfit.training.data.labelled_grid import LabelledGrid
from motionfit.training.data.pseudo_labelled import (
    LABELLED_STARTS,
    LabelledStarts,
    PseudoLabelledClips,
)
from motionfit.training.data.settings import ClipSettings
from motionfit.training.settings import TrainingSettings
from motionfit.training.train import train


@dataclass(frozen=True, kw_only=True)
class StudentSettings(MethodSettings):
    """How a student is trained; see `MethodSettings` for the rest.

    Attributes:
        starts: Of the clips: ``grid`` takes those that have a label; ``nearest`` takes any, with
            the label of the one that they share most frames with. Validation keeps to the grid.
            Clips may be longer or shorter than those of the teacher; see `PseudoLabelledClips`.
        with_neighbours: Also predict the labels of the clips before and after.
        colour: How colours are changed, so that looks help less; None leaves them.

    Source: MotionFit: neighbours gain 0.4 points.
    """

    starts: LabelledStarts = "grid"
    with_neighbours: bool = False
    colour: ColourJitter | None = None
    training: TrainingSettings = field(default_factory=student_training)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.starts not in LABELLED_STARTS:
            raise ConfigError("starts", self.starts, f"one of {', '.join(LABELLED_STARTS)}")

    @property
    def clips(self) -> ClipSettings:
        """Clips to learn from."""
        return replace(super().clips, colour=self.colour)


def train_student(
    frames: TrainingVideos,
    grid: LabelledGrid,
    settings: StudentSettings,
    run_dir: str | Path,
    *,
    method: str = "motionfit",
    teacher: str | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Train, or continue what was begun in ``run_dir``; return the encoder that came out.

    Args:
        frames: The unlabelled videos; labels are not looked at, groups keep the held-out apart.
        grid: Their clips with pseudo-labels, by the places of ``frames.packed``.
        settings: How.
        run_dir: Gets the run's files and ``encoder.safetensors``.
        method: For the encoder's origin and the progress bar.
        teacher: Where the weights come from that made the labels, for the encoder's origin.
        data: Name of the data, likewise.
        device: Where.

    Raises:
        ConfigError: The videos are not what the spec takes.
        TooFewVideosError: No video has a labelled clip.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    check_input(frames.packed, settings.spec)
    frames = frames.without_labels()
    num_labels = int(grid.labels.max()) + 1
    heads = (LABEL, PREVIOUS, NEXT) if settings.with_neighbours else (LABEL,)
    network = build_network(settings.spec, dict.fromkeys(heads, num_labels), seed=settings.seed)
    on_grid = np.unique(grid.videos).tolist()
    training, validation = (
        PseudoLabelledClips(
            frames.packed,
            clips,
            grid,
            video_indices=sorted(set(places) & set(on_grid)),
            starts=settings.starts,
            with_neighbours=settings.with_neighbours,
            seed=settings.seed,
        )
        for places, clips in settings.sides(frames)
    )
    result = train(
        MultiClipTask(network),
        training,
        validation,
        settings.training,
        run_dir,
        title=method,
        device=device,
        facts={"pseudo-labels": grid.identity(), **frames.facts()},
    )
    return keep_encoder(
        result,
        settings.spec,
        learnt_from=frames.packed,
        method=method,
        teacher=teacher,
        data=data,
        seed=settings.seed,
        device=device,
    )
