"""The task of MERS and MARS: an appearance model whose features are to equal a motion model's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from motionfit.errors import ConfigError
from motionfit.methods.multi_clip import LABEL
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.clips import TrainingClips
from motionfit.training.losses import accuracy, feature_matching_loss, multi_clip_loss
from motionfit.training.network import ClipNetwork
from motionfit.training.task import LossParts


@dataclass(frozen=True, kw_only=True)
class PairedBatch:
    """The same clips twice.

    Attributes:
        frames: RGB.
        flow: Flow, of the same videos at the same time, cut alike.
    """

    frames: ClipBatch
    flow: ClipBatch

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def num_videos_joint(self) -> int:
        """Videos of this step in all processes together."""
        return self.frames.num_videos_joint


class PairedClips:
    """Frames and flow of the same clips; a ``ClipSource``.

    Args:
        frames: Clips of frames.
        flow: Clips of flow: of the same videos in the same order, with the same settings and seed.

    Raises:
        ConfigError: The two would not show the same.
    """

    def __init__(self, frames: TrainingClips, flow: TrainingClips) -> None:
        if frames.num_videos != flow.num_videos or frames.settings != flow.settings:
            found = f"{frames.num_videos} and {flow.num_videos} videos"
            raise ConfigError("frames and flow", found, "the same videos, cut alike")
        self._frames, self._flow = frames, flow

    @property
    def num_videos(self) -> int:
        """Videos of an epoch."""
        return self._frames.num_videos

    def num_steps(self, batch_size: int) -> int:
        """Return the steps of an epoch."""
        return self._frames.num_steps(batch_size)

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> PairedBatch:
        """Return this process's part of a batch."""
        frames, flow = (
            clips.batch(epoch, step, batch_size, rank=rank, world_size=world_size)
            for clips in (self._frames, self._flow)
        )
        return PairedBatch(frames=frames, flow=flow)


class MatchingTask:
    """``weight`` times the squared difference of features; and labels, where there is a head.

    Args:
        student: The appearance model.
        teacher: The motion model, used as it is.
        weight: α.
        labels_train_backbone: The labels' loss reaches the backbone (MARS); else only the head, on
            top of features that come from matching alone (MERS).

    Source: Crasto et al., "MARS: Motion-Augmented RGB Stream for Action Recognition", CVPR 2019.
    """

    def __init__(
        self,
        student: ClipNetwork,
        teacher: ClipNetwork,
        *,
        weight: float = 50.0,
        labels_train_backbone: bool,
    ) -> None:
        if not weight > 0:
            raise ConfigError("weight", weight, "a positive number")
        self.network = student
        self.companions: Sequence[nn.Module] = (teacher,)
        self._teacher = teacher
        self._weight = weight
        self._labels_train_backbone = labels_train_backbone

    def loss(self, network: nn.Module, batch: Any) -> LossParts:
        """Return the loss of a `PairedBatch`."""
        assert isinstance(network, ClipNetwork)
        features = network.video_features(batch.frames.clips)
        wanted = self._teacher.video_features(batch.flow.clips)
        matching = feature_matching_loss(features, wanted)
        numbers: dict[str, Tensor] = {"matching_loss": matching.detach()}
        total = self._weight * matching
        if LABEL in network.heads:
            of_head = features if self._labels_train_backbone else features.detach()
            logits = network.heads[LABEL](of_head)
            labels = batch.frames.labels[:, None].expand(logits.shape[:2])
            of_labels = multi_clip_loss(logits, labels)
            numbers["label_loss"] = of_labels.detach()
            numbers["accuracy"] = accuracy(logits, labels)
            total = total + of_labels
        return LossParts(total=total, numbers=numbers)
