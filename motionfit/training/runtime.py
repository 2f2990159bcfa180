"""Where and how a run computes: device, number type, micro-batches."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from motionfit.encoders.runtime import DeviceName, choose_runtime, has_fast_bfloat16
from motionfit.errors import ConfigError
from motionfit.training.fast_convolution import is_separable
from motionfit.training.settings import TrainingSettings

# Batch norm of fewer is noisy.
_MIN_VIDEOS_A_MICRO_BATCH = 8
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TrainingRuntime:
    """How a run computes.

    Attributes:
        device: Where.
        autocast: Number type of matrix products; None for float32 throughout.
        micro_batches: Parts of a batch, in all processes together.
        num_parallel: How many of them this process runs side by side.
    """

    device: torch.device
    autocast: torch.dtype | None
    micro_batches: int
    num_parallel: int

    @property
    def precision(self) -> str:
        """``bfloat16`` or ``float32``."""
        return "float32" if self.autocast is None else "bfloat16"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, for the log."""
        return {
            "device": str(self.device),
            "precision": self.precision,
            "micro_batches": self.micro_batches,
            "num_parallel": self.num_parallel,
        }


def choose_training_runtime(
    settings: TrainingSettings,
    device: torch.device,
    network: nn.Module,
    *,
    world_size: int = 1,
    begun: Mapping[str, Any] | None = None,
) -> TrainingRuntime:
    """Return how to train here.

    What the settings leave to the machine, number type and micro-batches, is part of the curve: a
    run that is continued elsewhere keeps what was chosen where it began.

    Args:
        settings: The run's.
        device: Where.
        network: What is trained.
        world_size: Processes that train together.
        begun: ``micro_batches`` and ``precision`` of the run that is continued, perhaps from
            another machine; they hold unless the settings name others.

    Raises:
        ConfigError: The device cannot do it, or micro-batches cannot be dealt out to the processes.
    """
    begun = begun or {}
    micro_batches = settings.micro_batches or begun.get("micro_batches")
    if micro_batches is None:
        micro_batches = _suggest_micro_batches(settings.batch_size, device, world_size)
    if micro_batches % world_size != 0:
        expected = f"a multiple of the {world_size} processes"
        raise ConfigError("micro_batches", micro_batches, expected)
    cores = torch.get_num_threads() if device.type == "cpu" else 1
    return TrainingRuntime(
        device=device,
        autocast=_choose_autocast(settings, device, network, begun.get("precision")),
        micro_batches=micro_batches,
        num_parallel=min(micro_batches // world_size, cores),
    )


def choose_device(name: DeviceName) -> torch.device:
    """Return a device of this machine; ``auto`` is a CUDA GPU where there is one, else the CPU.

    Raises:
        ConfigError: It is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return choose_runtime(name, "float32").device


def _suggest_micro_batches(batch_size: int, device: torch.device, world_size: int) -> int:
    if device.type != "cpu":
        return world_size
    cores = torch.get_num_threads()
    enough_videos = batch_size // (_MIN_VIDEOS_A_MICRO_BATCH * world_size)
    return world_size * max(1, min(cores, enough_videos))


def _choose_autocast(
    settings: TrainingSettings, device: torch.device, network: nn.Module, begun: str | None
) -> torch.dtype | None:
    on_cpu = device.type == "cpu"
    is_open = settings.precision in ("auto", "fastest")
    precision = begun if begun is not None and is_open else settings.precision
    # PyTorch's bfloat16 gradients of 3-D convolutions on CPUs were seen to be not finite; separable
    # ones are computed as 2-D there.
    is_safe = not on_cpu or is_separable(network)
    if precision == "bfloat16" and not is_safe:
        raise ConfigError("precision", "bfloat16", "float32 on a CPU for networks with 3-D kernels")
    is_fast = is_safe and has_fast_bfloat16(device.type)
    if precision == "bfloat16" and not is_fast:
        _LOGGER.warning("training in bfloat16, which this machine computes slowly")
    wants_bfloat16 = {
        "auto": is_fast and not on_cpu,
        "float32": False,
        "bfloat16": True,
        "fastest": is_fast,
    }
    return torch.bfloat16 if wants_bfloat16[precision] else None
