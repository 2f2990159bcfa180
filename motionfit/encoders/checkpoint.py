"""Encoders on disk: weights as safetensors, everything else as JSON in the file's metadata.

Never pickle: reading a checkpoint runs no code of its author.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from motionfit.durable import write_durably
from motionfit.encoders.backbones.build import backbone_shapes, feature_shape
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.origin import Origin
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.values import first_mismatch, get_weights, is_weight
from motionfit.errors import CheckpointError

FORMAT_VERSION = 1
_METADATA_KEY = "motionfit"
_FLOAT_TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        spec: Clip shape, preprocessing and pool.
        origin: Where the weights come from.
        weights: float32, by the names of the backbone's state dict.
    """

    spec: EncoderSpec
    origin: Origin
    weights: Mapping[str, Tensor]


def save_checkpoint(
    encoder: ClipEncoder, path: str | Path, *, half_precision: bool = False
) -> None:
    """Write an encoder so that ``load_encoder(path)`` returns its equal.

    The file appears complete or not at all.

    Args:
        encoder: What to write.
        path: The file.
        half_precision: Round weights to float16, for a file of half the size; embeddings change in
            their third digit, and the encoder's identity with them.

    Raises:
        CheckpointError: A weight is too large for half precision.
        OSError: The file cannot be written.
    """
    header = {
        "format_version": FORMAT_VERSION,
        "spec": encoder.spec.to_dict(),
        "origin": encoder.origin.to_dict(),
    }
    weights = {
        key: value.contiguous() for key, value in get_weights(encoder.network.backbone).items()
    }
    if half_precision:
        weights = {key: value.half() for key, value in weights.items()}
        for key, value in weights.items():
            if not value.isfinite().all():
                raise CheckpointError(path, f"{key} is too large for half precision")
    write_durably(Path(path), save(weights, {_METADATA_KEY: json.dumps(header)}))


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Return what a checkpoint file holds; half-precision weights become float32.

    Raises:
        CheckpointError: The file is missing, damaged, not a checkpoint, made by a newer version,
            or its weights are not those of the architecture that it names.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(path, "there is no file")
    try:
        with safe_open(path, framework="pt") as file:
            spec, origin = _read_header(path, file.metadata() or {})
            names = [name for name in file.keys() if is_weight(name)]  # noqa: SIM118  no mapping
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
            _check_shapes(path, shapes, spec)
            weights = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(path, _explain(path, error)) from error
    return Checkpoint(spec=spec, origin=origin, weights=_to_float32(path, weights))


def _read_header(path: Path, metadata: Mapping[str, str]) -> tuple[EncoderSpec, Origin]:
    if _METADATA_KEY not in metadata:
        raise CheckpointError(path, f"its metadata has no entry {_METADATA_KEY!r}")
    try:
        header = json.loads(metadata[_METADATA_KEY])
        _check_version(path, header["format_version"])
        spec = EncoderSpec.from_dict(header["spec"])
        # Also refuses an unknown architecture, and clips too small for it.
        feature_shape(spec.architecture, spec.in_channels, spec.clip.clip_length, spec.crop)
        return spec, Origin.from_dict(header["origin"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        reason = f"no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise CheckpointError(path, f"its header is wrong: {reason}") from error


def _check_version(path: Path, version: Any) -> None:
    if type(version) is not int or version < 1:
        raise CheckpointError(path, f"its format version is {version!r}")
    if version > FORMAT_VERSION:
        problem = (
            f"format {version} is newer than this program's {FORMAT_VERSION}; update motionfit"
        )
        raise CheckpointError(path, problem)


def _check_shapes(path: Path, shapes: Mapping[str, tuple[int, ...]], spec: EncoderSpec) -> None:
    problem = first_mismatch(shapes, backbone_shapes(spec.architecture, spec.in_channels))
    if problem is not None:
        raise CheckpointError(path, problem)


def _to_float32(path: Path, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for key, value in weights.items():
        if value.dtype not in _FLOAT_TYPES:
            raise CheckpointError(path, f"{key} has type {value.dtype}")
        if not value.isfinite().all():
            raise CheckpointError(path, f"{key} has values that are not finite")
    return {key: value.float() for key, value in weights.items()}


def _explain(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return str(error)
    if start.startswith((b"PK\x03\x04", b"\x80")):
        return "it is a pickled PyTorch file, which could run code; expected safetensors"
    return f"it is damaged or no safetensors file ({error})"
