"""From an encoder's spec to a network that can be trained, and back to an encoder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from torch import nn

from motionfit.encoders.backbones.build import LOCAL_MOTION, build_backbone, feature_shape
from motionfit.encoders.checkpoint import save_checkpoint
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import DeviceName, choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import ClipSpec
from motionfit.methods.inputs import describe_flow
from motionfit.methods.run_files import writing
from motionfit.training.network import ClipNetwork, build_linear, normalise_input
from motionfit.training.train import TrainingResult

ENCODER_NAME = "encoder.safetensors"
RGB_MEAN, RGB_STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
FLOW_MEAN = FLOW_STD = (0.5, 0.5)
"""Brings levels 0..255 to [-1, 1]: ``(q - 127.5) / 127.5``."""


def rgb_spec(
    architecture: str,
    clip: ClipSpec,
    *,
    resize: tuple[int, int],
    crop: tuple[int, int],
    centred: bool = False,
) -> EncoderSpec:
    """Return the spec of an appearance model.

    Args:
        architecture: Of the backbone.
        clip: Its input.
        resize: ``(height, width)`` px of decoded frames.
        crop: ``(height, width)`` px cut from them.
        centred: Bring pixels to [-2, 2]; else they are scaled to [0, 1], as in VCOP. Networks of
            local motion take levels from 0 to 255 in any case.
    """
    spec = EncoderSpec(architecture=architecture, clip=clip, resize=resize, crop=crop)
    if architecture == LOCAL_MOTION:
        # bfloat16 has all of these levels, and so their differences: a 255th of them it has not.
        return replace(spec, mean=(0.0, 0.0, 0.0), std=(1 / 255, 1 / 255, 1 / 255))
    return replace(spec, mean=RGB_MEAN, std=RGB_STD) if centred else spec


def flow_spec(
    architecture: str,
    clip: ClipSpec,
    *,
    resize: tuple[int, int],
    crop: tuple[int, int],
    bound_px: float | None = None,
) -> EncoderSpec:
    """Return the spec of a motion model; its two channels are 8-bit flow, x and y.

    Args:
        architecture: Of the backbone.
        clip: Its input.
        resize: ``(height, width)`` px of flow.
        crop: ``(height, width)`` px cut from it.
        bound_px: Bring levels to px, which this is the largest of; None brings them to [-1, 1].
    """
    std = FLOW_STD if bound_px is None else (0.5 / bound_px, 0.5 / bound_px)
    return EncoderSpec(
        architecture=architecture,
        clip=clip,
        resize=resize,
        crop=crop,
        in_channels=2,
        mean=FLOW_MEAN,
        std=std,
    )


def feature_dim(spec: EncoderSpec) -> int:
    """Return the values in a clip's average-pooled features."""
    channels, *_ = feature_shape(
        spec.architecture, spec.in_channels, spec.clip.clip_length, spec.crop
    )
    return channels


def build_network(
    spec: EncoderSpec,
    linear_heads: Mapping[str, int],
    *,
    seed: int,
    other_heads: Mapping[str, nn.Module] | None = None,
) -> ClipNetwork:
    """Return an untrained network.

    Args:
        spec: Backbone and input.
        linear_heads: Number of classes of each linear head, by name.
        seed: Equal seeds give equal weights.
        other_heads: Heads that are not linear.
    """
    dim = feature_dim(spec)
    heads: dict[str, nn.Module] = {
        name: build_linear(dim, num_classes, seed=seed + place)
        for place, (name, num_classes) in enumerate(linear_heads.items(), 1)
    }
    return ClipNetwork(
        build_backbone(spec.architecture, in_channels=spec.in_channels, seed=seed),
        {**heads, **(other_heads or {})},
        normalisation=normalise_input(spec),
    )


def keep_encoder(
    result: TrainingResult,
    spec: EncoderSpec,
    *,
    learnt_from: PackedVideos,
    method: str,
    data: str | None,
    seed: int,
    teacher: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Write a finished run's backbone as ``encoder.safetensors`` and return it as an encoder.

    Args:
        result: Of a network made by `build_network`; its heads are left behind.
        spec: What it was trained with.
        learnt_from: What its network has seen.
        method: What trained it.
        data: Name of what it was trained on.
        seed: Of its start.
        teacher: Where its teacher's weights come from.
        device: Where it is to run.

    Raises:
        RunFileError: The disk does not take it.
    """
    assert isinstance(result.network, ClipNetwork)
    path = result.run_dir / ENCODER_NAME
    encoder = ClipEncoder(
        Network(result.network.backbone, choose_runtime(device)),
        spec,
        origin=Origin(
            is_trained=True,
            method=method,
            data=data,
            teacher=teacher,
            flow=describe_flow(learnt_from),
            seed=seed,
        ),
        name=method,
        source=str(path),
    )
    write_encoder(encoder, path)
    return encoder


def write_encoder(encoder: ClipEncoder, path: Path) -> None:
    """Write an encoder's checkpoint; see `save_checkpoint`.

    Raises:
        RunFileError: The disk does not take it.
    """
    with writing(path):
        save_checkpoint(encoder, path)
