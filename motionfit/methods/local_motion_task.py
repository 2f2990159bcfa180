"""The task of a student of local motion: see in frames what its teacher sees in flow."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812  everybody's name for it
from torch import Tensor, nn

from motionfit.encoders.backbones.local_motion import LocalMotionNetwork, Places
from motionfit.training.network import ClipNetwork
from motionfit.training.pairs import PairedBatch
from motionfit.training.task import LossParts

VALUES_LOSS, VALUES_WITHOUT_STUDENT = "values_loss", "values_without_student"
"""Numbers of the log: the squared difference, and that of a student that says 0 everywhere."""

# Only places that move have values, about half to two thirds of those of real clips. Brings both
# losses to about the same size at the start; no other weight was tried.
_VALUES_WEIGHT = 3.0


class LocalMotionTask:
    """The squared difference of values where something moves, and whether it does.

    ::

        loss = 3 * mean over places of [moves] * mean over values of (seen - wanted)^2
             + mean over places of the cross-entropy of "moves"

    Args:
        student: Its backbone is a network of local motion, as the teacher's is.
        teacher: Used as it is.
    """

    def __init__(self, student: ClipNetwork, teacher: ClipNetwork) -> None:
        self.network = student
        self.companions: Sequence[nn.Module] = (teacher,)
        self._teacher = teacher

    def loss(self, network: nn.Module, batch: PairedBatch) -> LossParts:
        """Return the loss and its parts."""
        assert isinstance(network, ClipNetwork)
        seen = _describe(network, batch.rgb.clips)
        with torch.no_grad():
            wanted = _describe(self._teacher, batch.flow.clips)
        moves = (wanted.evidence > 0).float()
        differences = (seen.values.float() - wanted.values).square().mean(1)
        of_values = (differences * moves).mean()
        of_moves = F.binary_cross_entropy_with_logits(seen.evidence.float(), moves)
        usual = (wanted.values.square().mean(1) * moves).mean()
        numbers: dict[str, Tensor] = {
            VALUES_LOSS: of_values.detach(),
            "moves_loss": of_moves.detach(),
            VALUES_WITHOUT_STUDENT: usual,
        }
        return LossParts(total=_VALUES_WEIGHT * of_values + of_moves, numbers=numbers)


def _describe(network: ClipNetwork, clips: Tensor) -> Places:
    backbone = network.backbone
    assert isinstance(backbone, LocalMotionNetwork)
    return backbone.describe(network.normalisation(clips.flatten(0, 1)))
