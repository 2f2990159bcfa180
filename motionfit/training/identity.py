"""What a run is of, so that a run folder is not continued with something else."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from motionfit.encoders.values import digest_weights, get_weights
from motionfit.errors import RunMismatchError
from motionfit.training.data.source import ClipSource
from motionfit.training.runtime import TrainingRuntime
from motionfit.training.settings import TrainingSettings
from motionfit.training.task import Task

_FREE_SETTINGS = ("micro_batches", "checkpoint_seconds", "log_every", "precision")


def identify_run(
    task: Task,
    training_clips: ClipSource,
    validation_clips: ClipSource | None,
    settings: TrainingSettings,
    runtime: TrainingRuntime,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return JSON values that differ where two runs would have different curves.

    Of clips it looks at the number of videos and at the first batch, pixels and labels; of the
    task at its name and networks. What else decides its losses, and all labels, are ``facts``.

    Args:
        task: The method, its network still as it starts.
        training_clips: What it learns from.
        validation_clips: What chooses the epoch.
        settings: How; those that change no curve are left out.
        runtime: Number type and micro-batches.
        facts: What else the caller wants to be told apart.
    """
    companions = [digest_weights(get_weights(network)) for network in task.companions]
    return {
        **identify_settings(settings),
        "micro_batches": runtime.micro_batches,
        "precision": runtime.precision,
        "method": type(task).__name__,
        "start weights": digest_weights(get_weights(task.network)),
        "companion networks": companions,
        "training clips": _describe_clips(training_clips, settings.batch_size),
        "validation clips": validation_clips
        and _describe_clips(validation_clips, settings.batch_size),
        **facts,
    }


def identify_settings(settings: TrainingSettings) -> dict[str, Any]:
    """Return the settings as JSON values, without those that change no curve."""
    chosen = {name: value for name, value in asdict(settings).items() if name not in _FREE_SETTINGS}
    return {**chosen, "milestones": list(settings.milestones)}


def digest(values: object) -> str:
    """Return a short hash of JSON values."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:12]


def check_same_run(run_dir: Path, begun: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse to continue one run as another.

    Raises:
        RunMismatchError: Something differs; the message says what.
    """
    for name in sorted({*begun, *wanted}):
        before, now = begun.get(name), wanted.get(name)
        if before != now:
            raise RunMismatchError(run_dir, f"{name} {before!r}, not {now!r}")


def _describe_clips(clips: ClipSource, batch_size: int) -> str:
    seen = hashlib.sha256()
    for tensor in _tensors(clips.batch(0, 0, batch_size)):
        seen.update(str(tuple(tensor.shape)).encode())
        seen.update(tensor.contiguous().numpy().tobytes())
    return f"{clips.num_videos} videos ({seen.hexdigest()[:12]})"


def _tensors(batch: Any) -> list[Tensor]:
    found: list[Tensor] = []
    for field in fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, Tensor):
            found.append(value)
        elif is_dataclass(value):
            found += _tensors(value)
    return found
