"""Which parts of a backbone fine-tuning trains, and which stay as they are."""

from typing import Literal, get_args

from torch import nn

from motionfit.encoders.backbones.local_motion import FrameMotion
from motionfit.encoders.backbones.s3dg import S3DG
from motionfit.errors import ConfigError

TrainedParts = Literal["conv4_conv5_fc", "all", "linear"]
TRAINED_PARTS: tuple[TrainedParts, ...] = get_args(TrainedParts)

_RESNET_BELOW_CONV4 = ("stem", "layer1", "layer2")
# Up to the pool before the authors' Mixed_4b; from there on come their Mixed_4 and Mixed_5 blocks.
_S3DG_BELOW_CONV4 = tuple(f"features.{place}" for place in range(8))
# Before the picture is halved for the third time.
_FRAME_MOTION_BELOW_CONV4 = ("estimator.stem", "estimator.quarter")


def frozen_stages(backbone: nn.Module, parts: TrainedParts) -> tuple[str, ...]:
    """Return the names of the backbone's modules that stay as they are.

    ::

        parts            residual networks     S3D-G               local motion       head
        conv4_conv5_fc   stem layer1 layer2    features.0 to .7    stem and quarter   trained
        all              none                  none                none               trained
        linear           all                   all                 all                trained

    Of a network of local motion that is its estimator's; the rest is fitted, and no training
    changes it.

    Args:
        backbone: From ``motionfit.encoders.backbones``.
        parts: What is trained.

    Raises:
        ConfigError: There is no such choice.

    Source: MotionFit, section 4.1, trains conv4, conv5 and the classifier; its conv1 to conv5 are
    stem and layer1 to layer4 here. What that is in S3D-G is not stated: here its stages 4 and 5;
    of local motion, what comes after the picture was halved twice.
    """
    match parts:
        case "conv4_conv5_fc":
            return _below_conv4(backbone)
        case "all":
            return ()
        case "linear":
            return tuple(name for name, _ in backbone.named_children())
        case _:
            raise ConfigError("trained", parts, f"one of {', '.join(TRAINED_PARTS)}")


def _below_conv4(backbone: nn.Module) -> tuple[str, ...]:
    if isinstance(backbone, S3DG):
        return _S3DG_BELOW_CONV4
    if isinstance(backbone, FrameMotion):
        return _FRAME_MOTION_BELOW_CONV4
    return _RESNET_BELOW_CONV4
