"""The task of MERS and MARS: an appearance model whose features are to equal a motion model's."""

from collections.abc import Sequence

from torch import Tensor, nn

from motionfit.methods.multi_clip import LABEL
from motionfit.training.losses import accuracy, feature_matching_loss, multi_clip_loss
from motionfit.training.network import ClipNetwork
from motionfit.training.pairs import PairedBatch
from motionfit.training.task import LossParts


class MatchingTask:
    """``weight`` times the squared difference of features; and labels, where there is a head.

    Args:
        student: The appearance model: with head ``label`` MARS, without any MERS.
        teacher: The motion model, used as it is.
        weight: α.

    Source: Crasto et al., "MARS: Motion-Augmented RGB Stream for Action Recognition", CVPR 2019.
    """

    def __init__(
        self,
        student: ClipNetwork,
        teacher: ClipNetwork,
        *,
        weight: float = 50.0,
    ) -> None:
        self.network = student
        self.companions: Sequence[nn.Module] = (teacher,)
        self._teacher = teacher
        self._weight = weight

    def loss(self, network: nn.Module, batch: PairedBatch) -> LossParts:
        """Return the weighted difference, and the labels' loss on top of it."""
        assert isinstance(network, ClipNetwork)
        features = network.video_features(batch.rgb.clips)
        wanted = self._teacher.video_features(batch.flow.clips)
        matching = feature_matching_loss(features, wanted)
        numbers: dict[str, Tensor] = {"matching_loss": matching.detach()}
        total = self._weight * matching
        if LABEL in network.heads:
            logits = network.heads[LABEL](features)
            assert batch.rgb.labels is not None, "the clips come without labels"
            labels = batch.rgb.labels[:, None].expand(logits.shape[:2])
            of_labels = multi_clip_loss(logits, labels)
            numbers["label_loss"] = of_labels.detach()
            numbers["accuracy"] = accuracy(logits, labels)
            total = total + of_labels
        return LossParts(total=total, numbers=numbers)
