"""Train a network: the one function that methods call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from motionfit.training.settings import TrainingSettings
from motionfit.training.task import ClipSource, Task


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """A finished run.

    Attributes:
        network: The task's network with the kept epoch's weights, on the CPU, in evaluation mode.
        epoch: The kept epoch.
        epochs: One record an epoch, as in ``log.jsonl``.
        run_dir: The run's folder.
    """

    network: nn.Module
    epoch: int
    epochs: tuple[dict[str, Any], ...]
    run_dir: Path


def train(
    task: Task,
    training_clips: ClipSource,
    validation_clips: ClipSource | None,
    settings: TrainingSettings,
    run_dir: str | Path,
    *,
    title: str = "training",
    device: str = "auto",
) -> TrainingResult:
    """Train ``task.network``, or continue what an earlier call began in ``run_dir``.

    Args:
        task: The method.
        training_clips: What to learn from.
        validation_clips: What chooses the epoch; needed unless the last one is kept.
        settings: How.
        run_dir: Holds ``run.safetensors`` (to continue), ``epoch_N.safetensors`` (the epoch kept)
            and ``log.jsonl``. A finished run returns at once.
        title: What the progress bar says.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        ConfigError: The settings do not fit the machine or the data.
        RunMismatchError: ``run_dir`` was begun with other settings, data or another network.
        DivergedError: Loss or gradients are no finite numbers; the last checkpoint is kept.
        KeyboardInterrupt: Ctrl-C; the run is saved first.
    """
    raise NotImplementedError
