"""Losses of logits and features; each is a mean over videos, computed in float32."""

import torch.nn.functional as F  # noqa: N812  everybody's name for it
from torch import Tensor

from motionfit.errors import ConfigError

NO_LABEL = -1


def multi_clip_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean over videos of the mean over clips of the clips' cross entropies.

    The mean of the losses, not the loss of the mean logits: every clip has to name the video by
    itself. Two clips that say (2, 0) and (0, 0) of class 0 lose (0.127 + 0.693) / 2 = 0.410; their
    mean, (1, 0), would lose 0.313.

    Args:
        logits: ``(videos, clips, classes)``.
        labels: ``(videos,)``, one for all clips of a video, or ``(videos, clips)``.

    Source: MotionFit, Eq. 1.
    """
    if labels.ndim == 1:
        labels = labels[:, None].expand(logits.shape[:2])
    return F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())


def clip_order_loss(logits: Tensor, order: Tensor) -> Tensor:
    """Return the mean cross entropy of the order of each video's clips.

    Args:
        logits: ``(videos, permutations)``.
        order: ``(videos,)``, see ``motionfit.training.clip_order.clip_orders``.

    Source: MotionFit, Eq. 2; Xu et al. (VCOP).
    """
    return F.cross_entropy(logits.float(), order)


def combined_loss(multi_clip: Tensor, clip_order: Tensor, label_weight: float) -> Tensor:
    """Return ``label_weight * multi_clip + (1 - label_weight) * clip_order``.

    Source: MotionFit, Eq. 3, where ``label_weight`` is λ. λ = 1 is the paper's choice; λ = 0 on RGB
    is VCOP.

    Raises:
        ConfigError: ``label_weight`` is not in [0, 1].
    """
    if not 0 <= label_weight <= 1:
        raise ConfigError("label_weight", label_weight, "from 0 to 1")
    return label_weight * multi_clip + (1 - label_weight) * clip_order


def neighbour_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross entropy of the previous (or next) clips' labels, where there is such a clip.

    Args:
        logits: ``(videos, clips, classes)``.
        labels: ``(videos, clips)``; ``NO_LABEL`` at a video's end.

    Returns:
        The mean over all clips: those without a label count as a loss of 0. So a clip weighs
        the same whatever company it is drawn with, and gradients of micro-batches add up.

    Source: MotionFit, two further heads for self-training; how its ends count is not stated.
    """
    total = F.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=NO_LABEL, reduction="sum"
    )
    return total / labels.numel()


def feature_matching_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the squared difference, as a mean over videos and dimensions.

    Args:
        student: Features ``(..., dim)``.
        teacher: Features of the same clips, which get no gradient.

    Source: Crasto et al., "MARS" (CVPR 2019), who weigh it by α = 50. With a sum over dimensions
    that weight would be hundreds of times too strong.
    """
    return F.mse_loss(student.float(), teacher.detach().float())


def accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the share of right answers among those with a label; 0 where none has one.

    Args:
        logits: ``(..., classes)``.
        labels: ``(...)``.
    """
    is_labelled = labels != NO_LABEL
    is_right = (logits.argmax(dim=-1) == labels) & is_labelled
    return is_right.sum() / is_labelled.sum().clamp(min=1)
