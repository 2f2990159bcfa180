"""How a network is trained: everything that decides the curve, beside task and data."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from motionfit.errors import ConfigError

ScheduleName = Literal["step", "cosine", "constant"]
TrainingPrecision = Literal["auto", "float32", "bfloat16", "fastest"]
OptimiserName = Literal["sgd", "adamw"]
Keep = Literal["lowest validation loss", "last"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of one training run.

    A batch is cut into micro-batches of videos, and each is normalised (batch norm) and
    differentiated by itself; the step uses the mean of their gradients over videos. Whether they
    run one after the other (gradient accumulation), side by side on the cores of a CPU or in
    several processes (``torchrun``) changes the time a step takes and not the curve.

    Attributes:
        epochs: Passes over the training videos.
        batch_size: Videos a step, of all processes and micro-batches together.
        micro_batches: Parts a batch is cut into. None: one on a GPU; on a CPU one for each core,
            of at least 8 videos each. That is chosen where the run begins, stands in its log, and
            holds wherever it is continued; for the same curve on machines of different cores, give
            a number. More parts need less memory.
        learning_rate: At the start, or once the warm-up is over.
        optimiser: ``sgd`` with momentum, as in the paper, or ``adamw``.
        momentum: Of ``sgd``.
        weight_decay: On all weights as in the paper: an L2 penalty with ``sgd``; with ``adamw``
            weights shrink by ``learning_rate * weight_decay`` a step.
        schedule: ``step`` multiplies by ``gamma`` at each milestone; ``cosine`` falls to zero along
            half a cosine, step by step.
        milestones: Epochs (from 0) at whose start ``step`` lowers the learning rate.
        gamma: What ``step`` multiplies by.
        warmup_epochs: The learning rate rises linearly, step by step, over so many epochs.
        clip_gradient_norm: Gradients longer than this are scaled down to it; None for never.
        precision: ``auto`` is bfloat16 autocast on a GPU that has it, and float32 on a CPU.
            ``bfloat16`` may also be asked of a CPU for separable networks, such as R(2+1)D; parts
            of a batch whose gradients come out not finite are then computed again in float32.
            ``fastest`` is bfloat16 wherever the hardware has it and the network allows it. What
            ``auto`` or ``fastest`` chose where the run began holds wherever it is continued.
        seed: Of everything drawn in the loop (dropout); networks and clips have their own.
        keep: Which epoch's weights are the result.
        checkpoint_seconds: The run is saved at the end of each epoch, and within one this often.
        log_every: Steps between two step lines of the log; every step is checked and counted.

    Raises:
        ConfigError: A value cannot be used.

    Source: the MotionFit paper's schedule for its teacher; learning rate and batch as in VCOP.
    """

    epochs: int = 120
    batch_size: int = 8
    micro_batches: int | None = None
    learning_rate: float = 0.001
    optimiser: OptimiserName = "sgd"
    momentum: float = 0.9
    weight_decay: float = 0.0005
    schedule: ScheduleName = "step"
    milestones: tuple[int, ...] = (40, 60, 80)
    gamma: float = 0.1
    warmup_epochs: int = 0
    clip_gradient_norm: float | None = None
    precision: TrainingPrecision = "auto"
    seed: int = 0
    keep: Keep = "lowest validation loss"
    checkpoint_seconds: float = 300.0
    log_every: int = 1

    def __post_init__(self) -> None:
        self._check_sizes()
        self._check_choices()
        self._check_numbers()

    def _check_sizes(self) -> None:
        for name in ("epochs", "batch_size", "log_every"):
            if getattr(self, name) < 1:
                raise ConfigError(name, getattr(self, name), "at least 1")
        if self.micro_batches is not None and not 1 <= self.micro_batches <= self.batch_size:
            expected = f"from 1 to batch_size, {self.batch_size}"
            raise ConfigError("micro_batches", self.micro_batches, expected)
        if not 0 <= self.warmup_epochs <= self.epochs:
            raise ConfigError("warmup_epochs", self.warmup_epochs, f"from 0 to {self.epochs}")
        if any(epoch < 1 for epoch in self.milestones) or not _rises(self.milestones):
            raise ConfigError("milestones", self.milestones, "rising epochs from 1")

    def _check_choices(self) -> None:
        choices = {
            "optimiser": OptimiserName,
            "schedule": ScheduleName,
            "precision": TrainingPrecision,
            "keep": Keep,
        }
        for name, kind in choices.items():
            if getattr(self, name) not in get_args(kind):
                expected = f"one of {', '.join(get_args(kind))}"
                raise ConfigError(name, getattr(self, name), expected)

    def _check_numbers(self) -> None:
        for name in ("learning_rate", "gamma", "checkpoint_seconds", "clip_gradient_norm"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                raise ConfigError(name, value, "a positive number")
        if not 0 <= self.momentum < 1:
            raise ConfigError("momentum", self.momentum, "from 0 to below 1")
        if not 0 <= self.weight_decay < math.inf:
            raise ConfigError("weight_decay", self.weight_decay, "0 or a positive number")


def _rises(numbers: tuple[int, ...]) -> bool:
    return all(first < second for first, second in pairwise(numbers))
