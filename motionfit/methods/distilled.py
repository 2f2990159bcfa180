"""Train an appearance model to have the features of a motion model; MERS and MARS are this."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.values import get_weights, set_weights
from motionfit.errors import ConfigError
from motionfit.media.packed.match import match_videos
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.inputs import check_flow, check_input
from motionfit.methods.matching import MatchingTask
from motionfit.methods.model import build_network, feature_dim, keep_encoder
from motionfit.methods.multi_clip import LABEL
from motionfit.methods.settings import MethodSettings, student_training
from motionfit.methods.videos import TrainingVideos, describe_videos
from motionfit.training.data.clips import TrainingClips
from motionfit.training.network import ClipNetwork, normalise_input
from motionfit.training.pairs import PairedClips
from motionfit.training.settings import TrainingSettings
from motionfit.training.train import train


@dataclass(frozen=True, kw_only=True)
class DistilledSettings(MethodSettings):
    """How a student takes over a teacher's features; see `MethodSettings` for the rest.

    The student's features must be as many as the teacher's. A flip mirrors frames and flow alike.

    Attributes:
        weight: α, of the squared difference of features.

    Source: Crasto et al., "MARS", CVPR 2019: α = 50, one clip of a video.
    """

    num_clips: int = 1
    weight: float = 50.0
    training: TrainingSettings = field(default_factory=student_training)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.weight < math.inf:
            raise ConfigError("weight", self.weight, "a positive number")


def train_distilled(
    frames: TrainingVideos,
    flow: PackedVideos,
    teacher: ClipEncoder,
    settings: DistilledSettings,
    run_dir: str | Path,
    *,
    method: str,
    with_labels: bool,
    places: Sequence[int] | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Train, or continue what was begun in ``run_dir``; return the encoder that came out.

    Args:
        frames: What the student sees.
        flow: What the teacher sees: flow of the same videos; others are left out.
        teacher: The motion model.
        settings: How.
        run_dir: Gets the run's files and ``encoder.safetensors``.
        method: For the encoder's origin and the progress bar.
        with_labels: Also learn the videos' classes.
        places: Of ``frames`` those that may be used; None is all.
        data: Name of the data, for the encoder's origin.
        device: Where.

    Raises:
        ConfigError: Teacher and student differ in clip, size, crop or number of features, or the
            videos are not what they take.
        TooFewVideosError: There are fewer than two classes to learn.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    check_alike(teacher.spec, settings.spec)
    check_input(frames.packed, settings.spec)
    check_input(flow, teacher.spec)
    check_flow(flow, teacher.origin)
    heads = {}
    if with_labels:
        frames.check_classes(places)
        heads = {LABEL: frames.num_classes}
    else:
        frames = frames.without_labels()
    student = build_network(settings.spec, heads, seed=settings.seed)
    task = MatchingTask(student, as_network(teacher), weight=settings.weight)
    training, validation = pair_clips(frames, places, flow, settings)
    result = train(
        task,
        training,
        validation,
        settings.training,
        run_dir,
        title=method,
        device=device,
        facts={
            "teacher": teacher.identity,
            "weight": settings.weight,
            "flow": describe_videos(flow),
            **frames.facts(places),
        },
    )
    return keep_encoder(
        result,
        settings.spec,
        learnt_from=frames.packed,
        method=method,
        teacher=teacher.origin.describe(),
        data=data,
        seed=settings.seed,
        device=device,
    )


def pair_clips(
    frames: TrainingVideos,
    chosen: Sequence[int] | None,
    flow: PackedVideos,
    settings: MethodSettings,
) -> tuple[PairedClips, PairedClips]:
    """Return the clips to learn from and those to validate on; see `train_distilled`."""
    in_frames, in_flow = match_videos(frames.packed, flow)
    flow_of = dict(zip(in_frames.tolist(), in_flow.tolist(), strict=True))
    pairs = []
    for places, clips in settings.sides(frames, chosen):
        shared = [place for place in places if place in flow_of]
        of_frames, of_flow = (
            TrainingClips(
                packed,
                replace(clips, colour=None) if packed.is_flow else clips,
                video_indices=np.array(indices, np.int64),
                labels=frames.labels_of(shared),
                seed=settings.seed,
            )
            for packed, indices in (
                (frames.packed, shared),
                (flow, [flow_of[place] for place in shared]),
            )
        )
        pairs.append(PairedClips(of_frames, of_flow))
    training, validation = pairs
    return training, validation


def check_alike(teacher: EncoderSpec, student: EncoderSpec) -> None:
    """Refuse a student that cannot have the teacher's features.

    Raises:
        ConfigError: They differ in clip, size, crop or number of features.
    """
    # Of frames of another size, the same crop would show another part.
    for name in ("clip", "resize", "crop"):
        if getattr(teacher, name) != getattr(student, name):
            raise ConfigError(
                name, getattr(student, name), f"the teacher's, {getattr(teacher, name)}"
            )
    if feature_dim(teacher) != feature_dim(student):
        raise ConfigError(
            "architecture",
            student.architecture,
            f"one with {feature_dim(teacher)} features, as {teacher.architecture} has",
        )


def as_network(teacher: ClipEncoder) -> ClipNetwork:
    """Return a copy of the teacher's backbone, to be moved to where the student is trained."""
    spec = teacher.spec
    backbone = build_backbone(spec.architecture, in_channels=spec.in_channels)
    set_weights(backbone, get_weights(teacher.network.backbone))
    return ClipNetwork(backbone, {}, normalisation=normalise_input(spec))
