"""Encoders by name, or from a checkpoint file."""

import logging
import os
from pathlib import Path

from motionfit.encoders.backbones.build import BACKBONE_NAMES, build_backbone, default_spec
from motionfit.encoders.checkpoint import load_checkpoint
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import DeviceName, Precision, Runtime, choose_runtime
from motionfit.encoders.shipped import DEFAULT_ENCODER, shipped_path
from motionfit.encoders.spec import PoolName
from motionfit.encoders.torchvision_weights import ORIGIN, TORCHVISION_NAMES, load_torchvision
from motionfit.encoders.values import set_weights
from motionfit.errors import UnknownEncoderError

_logger = logging.getLogger(__name__)


def known_encoders() -> tuple[str, ...]:
    """Return every name that ``load_encoder`` knows."""
    return (DEFAULT_ENCODER, *BACKBONE_NAMES, *TORCHVISION_NAMES)


def load_encoder(
    name_or_path: str,
    *,
    device: DeviceName = "auto",
    precision: Precision = "auto",
    use_compile: bool = False,
    seed: int = 0,
    pool: PoolName | None = None,
) -> ClipEncoder:
    """Return an encoder, ready to run.

    Args:
        name_or_path: A name of `known_encoders`, or a checkpoint file; a name goes before a file of
            that name. A backbone's name is that of an untrained one, and logs a warning;
            ``torchvision:NAME`` is downloaded once.
        device: Where to run; ``auto`` takes a GPU where there is one.
        precision: ``auto`` takes bfloat16 where the device is fast at it.
        use_compile: Run through ``torch.compile``.
        seed: Of an untrained backbone's weights; nothing else reads it.
        pool: Instead of the encoder's own.

    Raises:
        UnknownEncoderError: Neither a known name nor a file.
        CheckpointError: The file is no usable checkpoint.
        WeightsUnavailableError: Published weights cannot be downloaded.
        ConfigError: The device is not there, or the pool does not fit the clips.
    """
    runtime = choose_runtime(device, precision, use_compile=use_compile)
    if name_or_path == DEFAULT_ENCODER:
        encoder = _from_checkpoint(shipped_path(name_or_path), runtime, source=name_or_path)
    elif name_or_path in BACKBONE_NAMES:
        encoder = _untrained(name_or_path, seed, runtime)
    elif name_or_path in TORCHVISION_NAMES:
        backbone, spec = load_torchvision(name_or_path)
        encoder = ClipEncoder(Network(backbone, runtime), spec, origin=ORIGIN, name=name_or_path)
    elif os.path.isfile(name_or_path):  # noqa: PTH113 - Path.is_file raises on names too long to exist
        path = Path(name_or_path)
        encoder = _from_checkpoint(path, runtime, source=str(path.resolve()))
    else:
        raise UnknownEncoderError(name_or_path, known_encoders())
    return encoder if pool is None else encoder.with_pool(pool)


def _untrained(name: str, seed: int, runtime: Runtime) -> ClipEncoder:
    _logger.warning(
        "%s has random weights (seed %d): results show what the network sees before it has "
        "learnt anything.",
        name,
        seed,
    )
    return ClipEncoder(
        Network(build_backbone(name, seed=seed), runtime),
        default_spec(name),
        origin=Origin(is_trained=False, seed=seed),
        name=name,
    )


def _from_checkpoint(path: Path, runtime: Runtime, *, source: str) -> ClipEncoder:
    checkpoint = load_checkpoint(path)
    spec = checkpoint.spec
    backbone = build_backbone(spec.architecture, in_channels=spec.in_channels)
    set_weights(backbone, checkpoint.weights)
    return ClipEncoder(
        Network(backbone, runtime),
        spec,
        origin=checkpoint.origin,
        name=path.stem,
        source=source,
    )
