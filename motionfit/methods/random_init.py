"""Baseline: a network as it is before it has learnt anything.

It is no floor of zero: random convolutions tell many videos apart, so every trained encoder is to
be read beside this one. Source: MotionFit, Tables 4 and 5, "random init"; Xu et al. (VCOP) list it
in their retrieval tables.
"""

from pathlib import Path

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import DeviceName, choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.methods.model import ENCODER_NAME, write_encoder


def make_random_init(
    spec: EncoderSpec, run_dir: str | Path, *, seed: int = 0, device: DeviceName = "auto"
) -> ClipEncoder:
    """Return an untrained encoder, and write it as ``encoder.safetensors``.

    Args:
        spec: Backbone and input.
        run_dir: Gets the file.
        seed: Equal seeds give equal weights: those that a training with this seed starts from.
        device: Where it is to run.

    Raises:
        RunFileError: The disk does not take it.
    """
    path = Path(run_dir) / ENCODER_NAME
    backbone = build_backbone(spec.architecture, in_channels=spec.in_channels, seed=seed)
    encoder = ClipEncoder(
        Network(backbone, choose_runtime(device)),
        spec,
        origin=Origin(is_trained=False, method="random init", seed=seed),
        name="random init",
        source=str(path),
    )
    write_encoder(encoder, path)
    return encoder
