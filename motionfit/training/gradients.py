"""Gradients of a batch, micro-batch by micro-batch, several side by side on a CPU.

Every micro-batch starts from the same weights and the same batch-norm statistics. The step's
gradient is the sum of ``weight * gradient`` over micro-batches, where a micro-batch weighs its
share of the batch's videos; the new statistics are the same sum of what each micro-batch made of
the old ones. Sums are taken in the order of the micro-batches, whoever finished first: run one
after the other, in threads, or in several processes they give the same curve.

Batch norm normalises each micro-batch by itself, as it does in gradient accumulation and in data
parallel training everywhere: ``micro_batches`` is a part of what a run is.

Why threads: operators of such networks are short, and on two cores each ends in a meeting of the
threads, so that one micro-batch on two cores is hardly faster than on one. Two micro-batches on one
core each never wait for each other.
"""

import copy
import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor, nn

from motionfit.encoders.streams import run_streams
from motionfit.training.batches import to_device
from motionfit.training.dropout import reseed_dropout
from motionfit.training.fast_convolution import use_flat_convolutions
from motionfit.training.micro_batches import MicroBatch
from motionfit.training.task import LossParts, Task

Numbers = dict[str, float]
Gradients = list[Tensor | None]
LOSS = "loss"
_LOGGER = logging.getLogger(__name__)


class GradientMachine:
    """Computes losses and gradients of a task's network on one device.

    Args:
        task: Its network lies on the device.
        device: Where.
        autocast: Number type of matrix products; None for float32 throughout.
        num_parallel: Micro-batches side by side, on a CPU.
    """

    def __init__(
        self,
        task: Task,
        device: torch.device,
        *,
        autocast: torch.dtype | None = None,
        num_parallel: int = 1,
    ) -> None:
        self._task = task
        self._device = device
        self._autocast = autocast
        self._network = task.network
        is_cpu = device.type == "cpu"
        self._repeats_if_not_finite = is_cpu and autocast is not None
        self._replicas = (
            [_make_replica(task.network) for _ in range(num_parallel)] if is_cpu else [task.network]
        )

    def differentiate(self, parts: Sequence[MicroBatch], place: tuple[int, ...]) -> Numbers:
        """Put this process' share of gradients and of new statistics into the network.

        Args:
            parts: This process' micro-batches; without any, all shares are zero.
            place: Seed, epoch and step, which decide about dropout.

        Returns:
            This process' share of the loss and of what else the task logs.
        """
        for network in (self._network, *self._replicas):
            network.train()
        before = [values.clone() for values in moving_statistics(self._network)]
        after = [torch.zeros_like(values) for values in before]
        gradients: Gradients = [None for _ in trained_parameters(self._network)]
        numbers: Numbers = {}
        for jobs in self._rounds(parts):
            for replica, _ in jobs:
                _copy_each(before, moving_statistics(replica))
            losses = run_streams(
                lambda job: self._backward(*job, place, before), jobs, len(self._replicas)
            )
            for (replica, part), loss in zip(jobs, losses, strict=True):
                _add_each(gradients, _take_gradients(replica))
                for total, values in zip(after, moving_statistics(replica), strict=True):
                    total.add_(values, alpha=part.weight)
                _add_numbers(numbers, loss, part.weight)
        for parameter, gradient in zip(trained_parameters(self._network), gradients, strict=True):
            parameter.grad = gradient
        _copy_each(after, moving_statistics(self._network))
        return numbers

    def evaluate(self, parts: Sequence[MicroBatch]) -> Numbers:
        """Return this process' share of the loss and of what else the task logs.

        Batch norm uses its statistics, so that a video's loss does not depend on the others.
        """
        for replica in self._replicas:
            replica.eval()
            if replica is not self._network:
                _copy_each(statistics_of(self._network), statistics_of(replica))
        numbers: Numbers = {}
        for jobs in self._rounds(parts):
            losses = run_streams(lambda job: self._forward(*job), jobs, len(self._replicas))
            for (_, part), loss in zip(jobs, losses, strict=True):
                _add_numbers(numbers, loss, part.weight)
        return numbers

    def _rounds(self, parts: Iterable[MicroBatch]) -> Iterator[list[tuple[nn.Module, MicroBatch]]]:
        rest = iter(parts)
        while group := list(islice(rest, len(self._replicas))):
            yield list(zip(self._replicas, group, strict=False))

    def _backward(
        self,
        replica: nn.Module,
        part: MicroBatch,
        place: tuple[int, ...],
        statistics: Sequence[Tensor],
    ) -> LossParts:
        loss = self._backward_once(replica, part, place, self._autocast)
        if self._repeats_if_not_finite and not _has_finite_gradients(replica):
            _LOGGER.info("gradients in bfloat16 are not finite: once more in float32")
            _take_gradients(replica)
            _copy_each(statistics, moving_statistics(replica))
            loss = self._backward_once(replica, part, place, None)
        return loss

    def _backward_once(
        self,
        replica: nn.Module,
        part: MicroBatch,
        place: tuple[int, ...],
        autocast: torch.dtype | None,
    ) -> LossParts:
        reseed_dropout(replica, *place, part.number)
        loss = self._loss(replica, part, autocast)
        torch.autograd.backward(loss.total * part.weight)
        return LossParts(total=loss.total.detach(), numbers=loss.numbers)

    def _forward(self, replica: nn.Module, part: MicroBatch) -> LossParts:
        with torch.no_grad():
            return self._loss(replica, part, self._autocast)

    def _loss(
        self, replica: nn.Module, part: MicroBatch, autocast: torch.dtype | None
    ) -> LossParts:
        batch = to_device(part.content, self._device)
        with torch.autocast(self._device.type, dtype=autocast, enabled=autocast is not None):
            return self._task.loss(replica, batch)


def trained_parameters(network: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that need a gradient, always in the same order."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def statistics_of(network: nn.Module) -> list[Tensor]:
    """Return batch norm's running means and variances (no counts), always in the same order."""
    return [values for values in network.buffers() if values.is_floating_point()]


def moving_statistics(network: nn.Module) -> list[Tensor]:
    """Return those of ``statistics_of`` that training changes: of batch norms in training mode.

    The others are left out of every sum of shares: in 3/7 and 4/7 of a number the last digit is
    lost.
    """
    modules = [module for module in network.modules() if module.training]
    return [
        values
        for module in modules
        for values in module.buffers(recurse=False)
        if values.is_floating_point()
    ]


def _make_replica(network: nn.Module) -> nn.Module:
    """Return a network of the same weights in the same memory, with gradients of its own."""
    replica = copy.deepcopy(network)
    originals = dict(network.named_parameters())
    for name, parameter in replica.named_parameters():
        parameter.data = originals[name].data
        parameter.grad = None
    use_flat_convolutions(replica)
    return replica


def _has_finite_gradients(network: nn.Module) -> bool:
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return bool(torch.stack(torch._foreach_norm(gradients)).isfinite().all())


def _take_gradients(replica: nn.Module) -> Gradients:
    gradients: Gradients = []
    for parameter in trained_parameters(replica):
        gradients.append(parameter.grad)
        parameter.grad = None
    return gradients


def _add_each(totals: Gradients, gradients: Gradients) -> None:
    for place, gradient in enumerate(gradients):
        total = totals[place]
        if total is None:
            totals[place] = gradient
        elif gradient is not None:
            total.add_(gradient)


def _add_numbers(totals: Numbers, loss: LossParts, weight: float) -> None:
    for name, value in {LOSS: loss.total, **loss.numbers}.items():
        totals[name] = totals.get(name, 0.0) + weight * float(value)


def _copy_each(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)
