"""Device, number type and memory layout of inference."""

import platform
from dataclasses import dataclass
from typing import Literal

import torch

from motionfit.encoders import onednn
from motionfit.errors import ConfigError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16"]

# 32 clips of 16x112x112; larger clips go in smaller batches.
_CUDA_BATCH_PIXELS = 32 * 16 * 112 * 112
# Each stream holds the activations of a clip, a few hundred MB for S3D-G.
_MAX_STREAMS = 16


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """How a backbone runs.

    Attributes:
        device: Where.
        dtype: Type of weights and activations.
        use_compile: Run through ``torch.compile``: a slow start, then faster on a GPU.
    """

    device: torch.device
    dtype: torch.dtype
    use_compile: bool = False

    @property
    def memory_format(self) -> torch.memory_format:
        """Channels last, where the device has fast convolutions for it."""
        is_mps = self.device.type == "mps"
        return torch.contiguous_format if is_mps else torch.channels_last_3d

    @property
    def has_onednn(self) -> bool:
        """Whether oneDNN's own operators serve: bfloat16 in hardware on an x86 CPU."""
        is_bfloat16 = self.device.type == "cpu" and self.dtype == torch.bfloat16
        return is_bfloat16 and has_fast_bfloat16("cpu") and onednn.is_available()

    @property
    def num_streams(self) -> int:
        """How many batches to run side by side: on a CPU, one a core; see ``streams``."""
        if self.device.type == "cpu":
            return min(torch.get_num_threads(), _MAX_STREAMS)
        return 1

    def batch_size(self, clip_pixels: int) -> int:
        """Return how many clips to run at once.

        One on a CPU: two clips' activations fit the cache less well (measured: `python
        benchmarks/encode.py`), and a clip's embedding cannot depend on its neighbours at all.

        Args:
            clip_pixels: Time x height x width of a cropped clip.
        """
        if self.device.type == "cpu":
            return 1
        return max(1, _CUDA_BATCH_PIXELS // clip_pixels)


def choose_runtime(
    device: DeviceName = "auto", precision: Precision = "auto", *, use_compile: bool = False
) -> Runtime:
    """Return how to run on this machine.

    Args:
        device: ``auto`` takes CUDA, else MPS, else the CPU.
        precision: ``auto`` takes bfloat16 where the device computes it faster than float32.
        use_compile: See ``Runtime``.

    Raises:
        ConfigError: The device is not there.
    """
    available = _available_devices()
    if device != "auto" and device not in available:
        raise ConfigError("device", device, f"one of auto, {', '.join(available)} on this machine")
    if precision not in ("auto", "float32", "bfloat16"):
        raise ConfigError("precision", precision, "one of auto, float32, bfloat16")
    chosen = torch.device(available[0] if device == "auto" else device)
    wants_bfloat16 = precision == "bfloat16" or (
        precision == "auto" and has_fast_bfloat16(chosen.type)
    )
    dtype = torch.bfloat16 if wants_bfloat16 else torch.float32
    return Runtime(device=chosen, dtype=dtype, use_compile=use_compile)


def has_fast_bfloat16(device_type: str) -> bool:
    """Tell whether the device computes bfloat16 in hardware, faster than float32."""
    if device_type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device_type == "cpu" and platform.machine().lower() in ("x86_64", "amd64"):
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return False


def _available_devices() -> list[str]:
    accelerators = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return [name for name, is_there in accelerators.items() if is_there] + ["cpu"]
