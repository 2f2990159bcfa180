"""Train a network on videos with labels, with the order of their clips, or both.

The motion teacher, its appearance twin, training from scratch with supervision, and VCOP are this
with different settings; each has a file of its own that says which.
"""

from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError
from motionfit.methods.model import build_network, feature_dim, keep_encoder
from motionfit.methods.multi_clip import LABEL, ORDER, MultiClipTask, build_order_head
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.settings import ClipSettings
from motionfit.training.network import ClipNetwork
from motionfit.training.settings import TrainingSettings
from motionfit.training.train import train


@dataclass(frozen=True, kw_only=True)
class LabelledSettings:
    """How a network is trained on labelled videos.

    Attributes:
        spec: Backbone and input; two channels are flow.
        num_clips: Clips of each video a step, R.
        label_weight: λ: 1 is labels only, 0 is clip order only.
        flip: Mirror half of the clips.
        validation_fraction: Share of the videos held out; the epoch with the lowest loss on them is
            kept.
        training: The loop's settings.
        seed: Of the network, the clips and the held-out videos.

    Source: MotionFit: R = 3, λ = 1, about 10 % held out, no flip.
    """

    spec: EncoderSpec
    num_clips: int = 3
    label_weight: float = 1.0
    flip: bool = False
    validation_fraction: float = 0.1
    training: TrainingSettings = field(default_factory=TrainingSettings)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.label_weight <= 1:
            raise ConfigError("label_weight", self.label_weight, "from 0 to 1")
        if not 0 < self.validation_fraction < 1:
            raise ConfigError("validation_fraction", self.validation_fraction, "between 0 and 1")

    @property
    def clips(self) -> ClipSettings:
        """Clips to learn from: in the layout of VCOP where their order is to be told."""
        return ClipSettings(
            clip_length=self.spec.clip.clip_length,
            stride=self.spec.clip.stride,
            num_clips=self.num_clips,
            placement="random" if self.label_weight == 1 else "vcop",
            crop=self.spec.crop,
            flip=self.flip,
        )


def train_on_labels(
    videos: TrainingVideos,
    settings: LabelledSettings,
    run_dir: str | Path,
    *,
    method: str,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Train, or continue what was begun in ``run_dir``; return the encoder that came out.

    Args:
        videos: What to learn from; labels are needed where λ > 0.
        settings: How.
        run_dir: Gets the run's files and ``encoder.safetensors``.
        method: Name of the method, for the encoder's origin and the progress bar.
        data: Name of the data, for the encoder's origin.
        device: Where.

    Raises:
        TooFewVideosError: There are fewer than two classes, or no video is long enough.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    if settings.label_weight > 0:
        videos.check_classes()
    task = MultiClipTask(_build(videos, settings), label_weight=settings.label_weight)
    training, validation = (
        TrainingClips(
            videos.packed,
            clips,
            video_indices=places,
            labels=videos.labels_of(places) if settings.label_weight > 0 else None,
            seed=settings.seed,
        )
        for places, clips in zip(
            videos.split(fraction=settings.validation_fraction, seed=settings.seed),
            (settings.clips, settings.clips.for_validation()),
            strict=True,
        )
    )
    result = train(
        task, training, validation, settings.training, run_dir, title=method, device=device
    )
    return keep_encoder(
        result, settings.spec, method=method, data=data, seed=settings.seed, device=device
    )


def _build(videos: TrainingVideos, settings: LabelledSettings) -> ClipNetwork:
    linear_heads = {LABEL: videos.num_classes} if settings.label_weight > 0 else {}
    other_heads: dict[str, nn.Module] = {}
    if settings.label_weight < 1:
        other_heads[ORDER] = build_order_head(
            feature_dim(settings.spec), num_clips=settings.num_clips, seed=settings.seed
        )
    return build_network(settings.spec, linear_heads, seed=settings.seed, other_heads=other_heads)
