"""Which device torch computes flow on."""

import torch

from motionfit.errors import FlowMethodError


def resolve_device(name: str) -> torch.device:
    """Return the device of that name; ``auto`` is a GPU where there is one.

    Raises:
        FlowMethodError: This machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    is_there = (
        name == "cpu"
        or (name == "cuda" and torch.cuda.is_available())
        or (name == "mps" and torch.backends.mps.is_available())
    )
    if not is_there:
        raise FlowMethodError("tvl1-torch", f"this machine has no device {name!r}")
    return torch.device(name)
