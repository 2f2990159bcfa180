"""What the loop needs to know of a training method: its network and its loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor, nn


@dataclass(frozen=True)
class LossParts:
    """The loss of a micro-batch and what to log beside it.

    Attributes:
        total: A scalar to differentiate: a mean over the micro-batch's videos.
        numbers: Further means over its videos by name, such as ``order_loss`` or ``accuracy``;
            scalars, on any device.
    """

    total: Tensor
    numbers: Mapping[str, Tensor] = field(default_factory=dict)


class Task(Protocol):
    """A training method.

    Attributes:
        network: What is trained and saved. Parameters that need no gradient stay as they are.
        companions: Networks that ``loss`` uses and that are not trained, such as the teacher of
            MARS: brought to the device and kept in evaluation mode.
    """

    @property
    def network(self) -> nn.Module:
        """What is trained and saved."""

    @property
    def companions(self) -> Sequence[nn.Module]:
        """Networks that ``loss`` uses as they are."""

    def loss(self, network: nn.Module, batch: Any) -> LossParts:
        """Return the loss of a micro-batch.

        May run in several threads at once: changes nothing but ``network``.

        Args:
            network: Takes the place of ``self.network``: the same, or a replica of it.
            batch: Some videos of what the source of the clips returns, on the network's device: a
                ``ClipBatch``, or a dataclass of several.
        """
