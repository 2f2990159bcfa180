"""Backbones by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from motionfit.encoders.backbones.initialise import initialise
from motionfit.encoders.backbones.local_motion import build_flow_motion, build_frame_motion
from motionfit.encoders.backbones.s3dg import S3DG
from motionfit.encoders.backbones.video_resnet import (
    build_r2plus1d_10,
    build_r2plus1d_18,
    build_r3d_18,
)
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError
from motionfit.media.sampling import ClipSpec


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """How to build a backbone, and the clips its paper feeds it.

    Attributes:
        build: From the number of input channels to a network.
        clip_length: Frames.
        resize: ``(height, width)`` px, near 3:4 at every size, as in VCOP.
        crop_px: Side of the square crop.
    """

    build: Callable[[int], nn.Module]
    clip_length: int = 16
    resize: tuple[int, int] = (128, 171)
    crop_px: int = 112


_ENTRIES = {
    "r2plus1d_18": _Entry(build=build_r2plus1d_18),
    "r3d_18": _Entry(build=build_r3d_18),
    "s3dg": _Entry(build=S3DG, clip_length=64, resize=(256, 342), crop_px=224),
    "r2plus1d_10": _Entry(build=build_r2plus1d_10),
}
BACKBONE_NAMES: tuple[str, ...] = tuple(_ENTRIES)
"""Networks for any number of channels, of use with random weights too."""

LOCAL_MOTION, LOCAL_MOTION_FLOW = "local_motion", "local_motion_flow"
"""Local motion as it is seen in frames, and as it is in flow."""

_BUILDERS: dict[str, Callable[[int], nn.Module]] = {
    **{name: entry.build for name, entry in _ENTRIES.items()},
    LOCAL_MOTION: build_frame_motion,
    LOCAL_MOTION_FLOW: build_flow_motion,
}


def default_spec(name: str) -> EncoderSpec:
    """Return what a backbone is fed unless told otherwise.

    Args:
        name: One of ``BACKBONE_NAMES``.

    Raises:
        ConfigError: No backbone has that name.
    """
    if name not in _ENTRIES:
        raise ConfigError("architecture", name, f"one of {', '.join(BACKBONE_NAMES)}")
    entry = _ENTRIES[name]
    return EncoderSpec(
        architecture=name,
        clip=ClipSpec(clip_length=entry.clip_length),
        resize=entry.resize,
        crop=(entry.crop_px, entry.crop_px),
    )


def build_backbone(name: str, *, in_channels: int = 3, seed: int = 0) -> nn.Module:
    """Return an untrained backbone in float32 on the CPU, in training mode.

    It maps ``(batch, channel, time, height, width)`` to the features after its last stage.

    Args:
        name: One of ``BACKBONE_NAMES``, or of local motion.
        in_channels: 3 for RGB, 2 for flow, 1 for flow magnitude.
        seed: Equal seeds give equal weights; the global generator is left alone.

    Raises:
        ConfigError: No backbone has that name, or it does not take so many channels.
    """
    backbone = _build_without_values(name, in_channels).to_empty(device="cpu")
    initialise(backbone, seed)
    return backbone


def backbone_shapes(name: str, in_channels: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of every entry of a backbone's state dict; takes no memory for values."""
    entries = _build_without_values(name, in_channels).state_dict().items()
    return {key: tuple(value.shape) for key, value in entries}


@cache
def feature_shape(
    name: str, in_channels: int, clip_length: int, crop: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return ``(channel, time, height, width)`` of the features of one clip.

    Raises:
        ConfigError: The clip is too short or too small for the backbone.
    """
    backbone = _build_without_values(name, in_channels).eval()
    clip = torch.empty(1, in_channels, clip_length, *crop, device="meta")
    try:
        with torch.inference_mode():
            channels, time, height, width = backbone(clip).shape[1:]
    except RuntimeError as error:
        shape = f"{clip_length} frames of {crop[0]}x{crop[1]} px"
        raise ConfigError("clip", shape, f"a longer or larger clip for {name}") from error
    return channels, time, height, width


def _build_without_values(name: str, in_channels: int) -> nn.Module:
    if name not in _BUILDERS:
        raise ConfigError("architecture", name, f"one of {', '.join(_BUILDERS)}")
    with torch.device("meta"):
        return _BUILDERS[name](in_channels)
