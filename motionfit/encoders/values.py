"""The values that make one backbone differ from another of its architecture."""

import hashlib
import json
from collections.abc import Mapping

import torch
from torch import Tensor, nn


def is_weight(key: str) -> bool:
    """Tell whether an entry of a state dict changes what the backbone computes.

    Batch norm counts the batches it was trained on; nothing reads that count.
    """
    return not key.endswith("num_batches_tracked")


def get_weights(backbone: nn.Module) -> dict[str, Tensor]:
    """Return weights and batch-norm statistics by name, on the CPU, sharing memory if there."""
    entries = backbone.state_dict().items()
    return {key: value.detach().cpu() for key, value in entries if is_weight(key)}


def set_weights(backbone: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy ``weights`` into the backbone; names and shapes must be those of ``get_weights``."""
    own = get_weights(backbone)
    with torch.no_grad():
        for key in own:
            own[key].copy_(weights[key])


def digest_weights(weights: Mapping[str, Tensor]) -> str:
    """Return sha256 (hex) over names, shapes, types and values, in the order of the names."""
    digest = hashlib.sha256()
    for key in sorted(weights):
        values = weights[key].contiguous()
        header = [key, str(values.dtype).removeprefix("torch."), list(values.shape)]
        digest.update(json.dumps(header).encode())
        digest.update(values.view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def first_mismatch(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]
) -> str | None:
    """Return how names and shapes differ from the expected ones, in words, or None."""
    wanted = {key: shape for key, shape in expected.items() if is_weight(key)}
    missing = sorted(wanted.keys() - found.keys())
    unknown = sorted(found.keys() - wanted.keys())
    if missing:
        return f"{len(missing)} weights are missing, the first is {missing[0]}"
    if unknown:
        return f"{len(unknown)} weights are unknown, the first is {unknown[0]}"
    for key, shape in sorted(wanted.items()):
        if found[key] != shape:
            return f"{key} has shape {list(found[key])}, expected {list(shape)}"
    return None
