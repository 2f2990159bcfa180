"""The task of a student of local motion: see in pairs of frames the flow between them."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from motionfit.encoders.backbones.local_motion import FlowMotion, FrameMotion
from motionfit.training.network import ClipNetwork
from motionfit.training.pairs import PairedBatch
from motionfit.training.task import LossParts

FLOW_ERROR, FLOW_WITHOUT_STUDENT = "flow_error", "flow_without_student"
"""Numbers of the log, px²: the mean squared end-point error, and that of a student that says 0."""

PAIR_HOP = 4
"""Frames from one pair that is learnt from to the next: neighbouring ones are much alike."""

# Of the loss; 0.5 would be the plain distance.
_EXPONENT = 0.4
# Added to squared distances, px²: where both stand still there is nothing to learn.
_LEAST = 1e-4


class MotionEstimationTask:
    """The distance between the flow that the student sees and the flow that there is.

    ::

        frames   0 1 2 3 4 5 6 7 8 9 ...
        pairs    0-1     4-5     8-9 ...

        loss = mean over pairs and pixels of (|seen - there|^2 + 0.0001)^0.4

    The exponent keeps the few pixels that no one can get right, such as those that are hidden in
    the other frame, from outweighing the rest. Source: Sun, Roth and Black, "Secrets of Optical
    Flow Estimation and Their Principles", CVPR 2010 (generalised Charbonnier, exponent 0.45);
    0.4 is that of Sun et al., "PWC-Net", CVPR 2018, section 3.

    Args:
        student: Its backbone sees motion in frames.
        teacher: Its backbone is given flow; says what size and scale flow has.
    """

    def __init__(self, student: ClipNetwork, teacher: ClipNetwork) -> None:
        self.network = student
        self.companions: Sequence[nn.Module] = (teacher,)
        self._teacher = teacher

    def loss(self, network: nn.Module, batch: PairedBatch) -> LossParts:
        """Return the loss and its parts."""
        assert isinstance(network, ClipNetwork)
        student, teacher = network.backbone, self._teacher.backbone
        assert isinstance(student, FrameMotion)
        assert isinstance(teacher, FlowMotion)
        frames = _scaled(network, batch.rgb.clips)
        seen = student.estimator(frames[:, :, :-1:PAIR_HOP], frames[:, :, 1::PAIR_HOP]).float()
        with torch.no_grad():
            # As many flows as pairs; one that leads out of the clip would have no second frame.
            flow = teacher.halved_flow(_scaled(self._teacher, batch.flow.clips))
            there = flow[:, :, ::PAIR_HOP][:, :, : seen.shape[2]]
        squared = (seen - there).square().sum(1)
        numbers: dict[str, Tensor] = {
            FLOW_ERROR: squared.detach().mean(),
            FLOW_WITHOUT_STUDENT: there.square().sum(1).mean(),
        }
        return LossParts(total=(squared + _LEAST).pow(_EXPONENT).mean(), numbers=numbers)


def _scaled(network: ClipNetwork, clips: Tensor) -> Tensor:
    scaled: Tensor = network.normalisation(clips.flatten(0, 1))
    return scaled
