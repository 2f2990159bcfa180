"""Encoders by name."""

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName, Precision
from motionfit.encoders.spec import PoolName


def known_encoders() -> tuple[str, ...]:
    """Return every name that ``load_encoder`` knows."""
    raise NotImplementedError


def load_encoder(
    name_or_path: str,
    *,
    device: DeviceName = "auto",
    precision: Precision = "auto",
    compile: bool = False,
    seed: int = 0,
    pool: PoolName | None = None,
) -> ClipEncoder:
    """Return an encoder: a backbone's name, ``torchvision:NAME`` or a checkpoint file.

    Raises:
        UnknownEncoderError: Neither a known name nor a file.
        CheckpointError: The file is no usable checkpoint.
        WeightsUnavailableError: Published weights cannot be downloaded.
        ConfigError: The device is not there, or the pool does not fit.
    """
    raise NotImplementedError
