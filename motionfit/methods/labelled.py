"""Train a network on videos with labels, with the order of their clips, or both.

The motion teacher, its appearance twin, training from scratch with supervision, and VCOP are this
with different settings; each has a file of its own that says which.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from torch import nn

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError
from motionfit.methods.inputs import check_input
from motionfit.methods.model import build_network, feature_dim, keep_encoder
from motionfit.methods.multi_clip import LABEL, ORDER, MultiClipTask
from motionfit.methods.settings import MethodSettings
from motionfit.methods.videos import TrainingVideos
from motionfit.training.clip_order import MAX_CLIPS, ClipOrderHead
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.settings import ClipSettings
from motionfit.training.network import ClipNetwork
from motionfit.training.train import train

PlacementChoice = Literal["auto", "random", "segments", "vcop"]
PLACEMENT_CHOICES: tuple[PlacementChoice, ...] = get_args(PlacementChoice)


@dataclass(frozen=True, kw_only=True)
class LabelledSettings(MethodSettings):
    """How a network is trained on labelled videos; see `MethodSettings` for the rest.

    Attributes:
        label_weight: λ: 1 is labels only, 0 is clip order only.
        placement: Where the clips start; see `ClipSettings`. ``auto`` is ``vcop`` where their order
            is to be told, else ``random``.

    Source: MotionFit: λ = 1.
    """

    label_weight: float = 1.0
    placement: PlacementChoice = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.label_weight <= 1:
            raise ConfigError("label_weight", self.label_weight, "from 0 to 1")
        if self.placement not in PLACEMENT_CHOICES:
            expected = f"one of {', '.join(PLACEMENT_CHOICES)}"
            raise ConfigError("placement", self.placement, expected)
        if self.label_weight < 1:
            self._check_order_can_be_told()
        super().__post_init__()

    @property
    def clips(self) -> ClipSettings:
        """Clips to learn from."""
        placement = self.placement
        if placement == "auto":
            placement = "random" if self.label_weight == 1 else "vcop"
        return replace(super().clips, placement=placement)

    def _check_order_can_be_told(self) -> None:
        """Refuse what would be found out only once all flow is computed."""
        reason = f"as label_weight {self.label_weight:g} is below 1: clips are to be put into order"
        if not 2 <= self.num_clips <= MAX_CLIPS:
            expected = f"from 2 to {MAX_CLIPS} (of a teacher, teacher_clips), {reason}"
            raise ConfigError("num_clips", self.num_clips, expected)
        if self.placement not in ("auto", "vcop"):
            expected = f"auto or vcop (of a teacher, teacher_placement), {reason}"
            raise ConfigError("placement", self.placement, expected)


def train_on_labels(
    videos: TrainingVideos,
    settings: LabelledSettings,
    run_dir: str | Path,
    *,
    method: str,
    places: Sequence[int] | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Train, or continue what was begun in ``run_dir``; return the encoder that came out.

    Args:
        videos: What to learn from; labels are needed where λ > 0.
        settings: How.
        run_dir: Gets the run's files and ``encoder.safetensors``.
        method: Name of the method, for the encoder's origin and the progress bar.
        places: Videos to learn from, such as those of `choose_label_subset`; None is all.
        data: Name of the data, for the encoder's origin.
        device: Where.

    Raises:
        ConfigError: The videos are not what the spec takes.
        TooFewVideosError: There are fewer than two classes, or no video is long enough.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    check_input(videos.packed, settings.spec)
    if settings.label_weight > 0:
        videos.check_classes(places)
    else:
        videos = videos.without_labels()
    task = MultiClipTask(_build(videos, settings), label_weight=settings.label_weight)
    training, validation = (
        TrainingClips(
            videos.packed,
            clips,
            video_indices=side,
            labels=videos.labels_of(side),
            seed=settings.seed,
        )
        for side, clips in settings.sides(videos, places)
    )
    result = train(
        task,
        training,
        validation,
        settings.training,
        run_dir,
        title=method,
        device=device,
        facts={"label_weight": settings.label_weight, **videos.facts(places)},
    )
    return keep_encoder(
        result,
        settings.spec,
        learnt_from=videos.packed,
        method=method,
        data=data,
        seed=settings.seed,
        device=device,
    )


def _build(videos: TrainingVideos, settings: LabelledSettings) -> ClipNetwork:
    linear_heads = {LABEL: videos.num_classes} if settings.label_weight > 0 else {}
    other_heads: dict[str, nn.Module] = {}
    if settings.label_weight < 1:
        other_heads[ORDER] = ClipOrderHead(
            feature_dim(settings.spec), settings.num_clips, seed=settings.seed
        )
    return build_network(settings.spec, linear_heads, seed=settings.seed, other_heads=other_heads)
