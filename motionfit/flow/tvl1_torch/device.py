"""Where flow is computed, and how much of it at once."""

import torch

from motionfit.errors import ConfigError

# Planes of float32 that a pair needs at its finest level, intermediate results of the warp (the
# peak) counted in: 64.
BYTES_PER_PIXEL = 64 * 4
# Batches of 4 pairs of 128x171 are fastest on a CPU (measured): larger ones leave its cache.
_CPU_BATCH_BYTES = 24 << 20
_MPS_BATCH_BYTES = 1 << 30
# The rest is for others: encoders, or flow in another process.
_CUDA_SHARE = 0.25
# More do not make an H100 any busier, and the result should come back in portions.
_MAX_PAIRS = 1024


def resolve_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is CUDA, else MPS, else the CPU.

    Raises:
        ConfigError: It is not there.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    available = ["cuda"] * cuda + ["mps"] * mps + ["cpu"]
    if name == "auto":
        return torch.device(available[0])
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    num_cuda = torch.cuda.device_count() if cuda else 0
    if device is None or device.type not in available or (device.index or 0) >= max(num_cuda, 1):
        raise ConfigError("device", name, f"one of auto, {', '.join(available)} on this machine")
    return device


def num_pairs_at_once(device: torch.device, height: int, width: int) -> int:
    """Return how many pairs make a batch on a device."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        budget = int(free * _CUDA_SHARE)
    else:
        budget = _CPU_BATCH_BYTES if device.type == "cpu" else _MPS_BATCH_BYTES
    return min(max(budget // (BYTES_PER_PIXEL * height * width), 1), _MAX_PAIRS)
