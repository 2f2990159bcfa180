"""Data parallel training: several processes, started by ``torchrun``, train one network.

    torchrun --nproc-per-node 2 program.py      a program that calls motionfit.training.train.train

A program that does other work too lets one process do that; see `motionfit.training.followers`.
Each process has a part of the batch's micro-batches; gradients, statistics and losses are summed
over processes, so that all take the same step, which is the step that a single process with the
same ``micro_batches`` would take. The first process writes; all read the same run folder.
"""

import atexit
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from motionfit.errors import ConfigError, MotionFitError, restore_error
from motionfit.training.gradients import moving_statistics, trained_parameters

# Others wait while the first one computes flow. Where one dies, torchrun ends them all.
_PATIENCE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: Which one this is, from 0.
        world_size: How many there are.
        local_rank: Which one this is on its machine: the number of its GPU.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and talks."""
        return self.rank == 0

    def sum_gradients(self, network: nn.Module) -> None:
        """Replace gradients and the statistics that move by their sums over all processes."""
        if self.world_size == 1:
            return
        parameters = trained_parameters(network)
        missing = [parameter.grad is None for parameter in parameters]
        shares = [
            torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for parameter in parameters
        ]
        statistics = moving_statistics(network)
        _sum_flat([*shares, *statistics])
        # A process without videos has no gradients; the others say which weights have one.
        is_used = torch.tensor([not is_missing for is_missing in missing], device=shares[0].device)
        counts = is_used.int()
        dist.all_reduce(counts)
        for parameter, share, count in zip(parameters, shares, counts.tolist(), strict=True):
            parameter.grad = share if count else None

    @contextmanager
    def entered_by_first(self, context: AbstractContextManager[None]) -> Iterator[None]:
        """Let the first process enter a context for all; where that fails, it fails for all.

        Raises:
            MotionFitError: What the first process met, in every process.
        """
        with ExitStack() as stack:
            failure = None
            if self.is_first:
                try:
                    stack.enter_context(context)
                except MotionFitError as error:
                    failure = (type(error).__name__, str(error))
            failure = self.gather(failure)[0]
            if failure is not None:
                raise restore_error(*failure)
            yield

    def gather(self, value: Any) -> list[Any]:
        """Return every process' value, by rank; the processes wait for each other."""
        if self.world_size == 1:
            return [value]
        values: list[Any] = [None] * self.world_size
        dist.all_gather_object(values, value)
        return values

    def hand_out(self, value: Any) -> Any:
        """Return the first process' value in all; the processes wait for it."""
        if self.world_size == 1:
            return value
        values = [value]
        dist.broadcast_object_list(values, src=0)
        return values[0]


def join_processes(device_type: str) -> Processes:
    """Return this process' place, and connect with the others if ``torchrun`` started several.

    Args:
        device_type: ``cpu`` talks through gloo, ``cuda`` through NCCL.

    Raises:
        ConfigError: The processes cannot find each other, or are more than GPUs.
    """
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size == 1:
        return Processes()
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    if device_type == "cuda":
        _check_gpus(int(os.environ.get("LOCAL_WORLD_SIZE", local_rank + 1)))
        torch.cuda.set_device(local_rank)
    if not dist.is_initialized():
        try:
            backend = "nccl" if device_type == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=_PATIENCE)
        except (RuntimeError, ValueError) as error:
            expected = f"processes that torchrun started ({error})"
            raise ConfigError("WORLD_SIZE", world_size, expected) from error
        atexit.register(dist.destroy_process_group)
    return Processes(rank=dist.get_rank(), world_size=world_size, local_rank=local_rank)


def _check_gpus(num_processes: int) -> None:
    """Refuse to share a GPU; in all processes of the machine, so that none waits for the others."""
    num_gpus = torch.cuda.device_count()
    if num_processes > num_gpus:
        expected = f"at most {num_gpus}, one process for each GPU of this machine"
        raise ConfigError("nproc-per-node", num_processes, expected)


def _sum_flat(tensors: Sequence[Tensor]) -> None:
    """Sum over processes in place, in one message rather than hundreds."""
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    sizes = [tensor.numel() for tensor in tensors]
    for tensor, values in zip(tensors, torch.split(flat, sizes), strict=True):
        tensor.copy_(values.view_as(tensor))
