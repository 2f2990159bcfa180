"""The task that teacher, student and most baselines share: name the label of every clip."""

from collections.abc import Sequence

from torch import Tensor, nn

from motionfit.errors import ConfigError
from motionfit.training.data.batch import ClipBatch
from motionfit.training.losses import (
    accuracy,
    clip_order_loss,
    combined_loss,
    multi_clip_loss,
    neighbour_loss,
)
from motionfit.training.network import ClipNetwork
from motionfit.training.task import LossParts

LABEL, ORDER, PREVIOUS, NEXT = "label", "order", "previous", "next"


class MultiClipTask:
    """Labels of clips, the order of clips, or both; and labels of the clips before and after.

    What is learnt follows from the network's heads: ``label`` (classes or pseudo-labels),
    ``order`` (a `ClipOrderHead`), ``previous`` and ``next``.

    Args:
        network: What is trained.
        label_weight: λ of Eq. 3: 1 is labels only, 0 is clip order only.

    Raises:
        ConfigError: λ asks for a head that the network lacks.

    Source: MotionFit, Eq. 1 to 3; the two further heads are those of its section 4.3.
    """

    companions: Sequence[nn.Module] = ()

    def __init__(self, network: ClipNetwork, *, label_weight: float = 1.0) -> None:
        if not 0 <= label_weight <= 1:
            raise ConfigError("label_weight", label_weight, "from 0 to 1")
        wanted = {LABEL: label_weight > 0, ORDER: label_weight < 1}
        for name, is_wanted in wanted.items():
            if is_wanted and name not in network.heads:
                heads = ", ".join(network.heads)
                raise ConfigError("label_weight", label_weight, f"heads for it (there are {heads})")
        self.network = network
        self.label_weight = label_weight

    def loss(self, network: nn.Module, batch: ClipBatch) -> LossParts:
        """Return Eq. 3, and the losses of the neighbours' labels on top of it."""
        assert isinstance(network, ClipNetwork)
        features = network.video_features(batch.clips)
        numbers: dict[str, Tensor] = {}
        total = features.new_zeros(())
        if self.label_weight > 0:
            logits = network.heads[LABEL](features)
            labels = _labels_of_clips(batch.labels, features)
            numbers["label_loss"] = multi_clip_loss(logits, labels)
            numbers["accuracy"] = accuracy(logits, labels)
            total = numbers["label_loss"]
        if self.label_weight < 1:
            logits = network.heads[ORDER](features)
            assert batch.order is not None, "clip order needs clips placed by vcop"
            numbers["order_loss"] = clip_order_loss(logits, batch.order)
            numbers["order_accuracy"] = accuracy(logits, batch.order)
            total = combined_loss(total, numbers["order_loss"], self.label_weight)
        for name, labels_beside in ((PREVIOUS, batch.previous_labels), (NEXT, batch.next_labels)):
            if name in network.heads:
                assert labels_beside is not None, "the clips come without their neighbours' labels"
                beside = neighbour_loss(network.heads[name](features), labels_beside)
                numbers[f"{name}_loss"] = beside
                total = total + beside
        return LossParts(total=total, numbers={name: n.detach() for name, n in numbers.items()})


def _labels_of_clips(labels: Tensor | None, features: Tensor) -> Tensor:
    """Return ``(videos, clips)`` labels: those of the clips, or each video's for all its clips."""
    assert labels is not None, "the clips come without labels"
    return labels if labels.ndim == 2 else labels[:, None].expand(features.shape[:2])
