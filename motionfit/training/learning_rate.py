"""The learning rate of each step."""

import math
from bisect import bisect_right

from motionfit.training.settings import TrainingSettings


def learning_rate(settings: TrainingSettings, epoch: int, step: int, num_steps: int) -> float:
    """Return the learning rate of a step; a pure function, so that a run can be continued.

    ``step`` falls at the start of each milestone epoch. ``cosine`` falls in every step, from the
    end of the warm-up to zero just after the last step. A warm-up rises in every step: with 4
    steps of warm-up the first has a quarter of the learning rate.

    Args:
        settings: The run's.
        epoch: From 0.
        step: From 0 in each epoch.
        num_steps: Steps in an epoch.
    """
    done = epoch * num_steps + step
    warmup = settings.warmup_epochs * num_steps
    if done < warmup:
        return settings.learning_rate * (done + 1) / warmup
    if settings.schedule == "step":
        return settings.learning_rate * settings.gamma ** bisect_right(settings.milestones, epoch)
    if settings.schedule == "cosine":
        share = (done - warmup) / (settings.epochs * num_steps - warmup)
        return settings.learning_rate * (1 + math.cos(math.pi * share)) / 2
    return settings.learning_rate
