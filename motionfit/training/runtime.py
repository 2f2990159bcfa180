"""Where and how a run computes: device, number type, micro-batches."""

from dataclasses import dataclass

import torch
from torch import nn

from motionfit.encoders.runtime import DeviceName, choose_runtime, has_fast_bfloat16
from motionfit.errors import ConfigError
from motionfit.training.fast_convolution import is_separable
from motionfit.training.settings import TrainingSettings

# Batch norm of fewer is noisy.
_MIN_VIDEOS_A_MICRO_BATCH = 8


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


def choose_training_runtime(
    settings: TrainingSettings,
    device: torch.device,
    network: nn.Module,
    *,
    world_size: int = 1,
    recorded_micro_batches: int | None = None,
) -> TrainingRuntime:
    """Return how to train here.

    Args:
        settings: The run's.
        device: Where.
        network: What is trained.
        world_size: Processes that train together.
        recorded_micro_batches: What was chosen when the run began, perhaps on another machine;
            holds unless the settings say otherwise.

    Raises:
        ConfigError: The device cannot do it, or micro-batches cannot be dealt out to the processes.
    """
    micro_batches = settings.micro_batches or recorded_micro_batches
    if micro_batches is None:
        micro_batches = _suggest_micro_batches(settings.batch_size, device, world_size)
    if micro_batches % world_size != 0:
        expected = f"a multiple of the {world_size} processes"
        raise ConfigError("micro_batches", micro_batches, expected)
    cores = torch.get_num_threads() if device.type == "cpu" else 1
    return TrainingRuntime(
        device=device,
        autocast=_choose_autocast(settings, device, network),
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
    settings: TrainingSettings, device: torch.device, network: nn.Module
) -> torch.dtype | None:
    on_cpu = device.type == "cpu"
    # PyTorch's bfloat16 gradients of 3-D convolutions on CPUs were seen to be not finite; separable
    # ones are computed as 2-D there.
    is_safe = not on_cpu or is_separable(network)
    if settings.precision == "bfloat16" and not is_safe:
        raise ConfigError("precision", "bfloat16", "float32 on a CPU for networks with 3-D kernels")
    is_fast = is_safe and has_fast_bfloat16(device.type)
    wants_bfloat16 = {
        "auto": is_fast and not on_cpu,
        "float32": False,
        "bfloat16": True,
        "fastest": is_fast,
    }
    return torch.bfloat16 if wants_bfloat16[settings.precision] else None
