"""How far a run is, and the file from which it is continued.

``run.safetensors`` holds weights, the optimiser's state and everything else that decides how the
run goes on, in one file that is replaced in one step: whenever the process is killed, the file on
the disk is whole and belongs to one moment. Never pickle: reading it runs no code.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from motionfit.durable import write_durably
from motionfit.errors import RunFileError
from motionfit.training.gradients import Numbers

STATE_FILE = "run.safetensors"
_KEY = "motionfit_run"


@dataclass(kw_only=True)
class RunState:
    """How far a run is.

    Attributes:
        identity: What the run is of: settings, data, task, start weights.
        epoch: The epoch that is under way, from 0.
        step: The next step in it; the number of steps in an epoch where validation is next.
        sums: Of the epoch under way, over its videos so far: the loss and what else is logged.
        num_videos: Videos in ``sums``.
        pace: Of the epoch under way: ``seconds``, ``wait_seconds`` (for the loader) and ``clips``.
        epochs: The record of each finished epoch.
        kept_epoch: The epoch whose weights are kept; None before the first is finished.
        kept_loss: Its validation loss, where that decides.
        log_bytes: Length of the log at this moment.
        is_finished: Whether nothing is left to do.
    """

    identity: dict[str, Any]
    epoch: int = 0
    step: int = 0
    sums: Numbers = field(default_factory=dict)
    num_videos: int = 0
    pace: Numbers = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    kept_epoch: int | None = None
    kept_loss: float | None = None
    log_bytes: int = 0
    is_finished: bool = False


def write_state(run_dir: Path, state: RunState, tensors: Mapping[str, Tensor]) -> None:
    """Save a run in one step.

    Raises:
        RunFileError: The disk does not take it; the file is what it was.
    """
    write_tensors(run_dir / STATE_FILE, tensors, {_KEY: json.dumps(asdict(state))})


def read_state(run_dir: Path) -> tuple[RunState, dict[str, Tensor]] | None:
    """Return how far a run is and its tensors; None where none was begun.

    Raises:
        RunFileError: The file is damaged or of another version.
    """
    path = run_dir / STATE_FILE
    if not path.exists():
        return None
    tensors, metadata = read_tensors(path)
    try:
        return RunState(**json.loads(metadata[_KEY])), tensors
    except (KeyError, TypeError, ValueError) as error:
        raise RunFileError(
            path, f"it is no run of this version ({error}); start anew in another folder"
        ) from error


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors to a file that is there as a whole or not at all, whatever happens.

    Raises:
        RunFileError: The disk does not take it.
    """
    content = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    try:
        # Not `save_file`, which leaves files under names of its own where it is killed.
        write_durably(path, save(content, dict(metadata or {})))
    except (OSError, SafetensorError) as error:
        raise RunFileError(path, f"the run could not be saved: {error}") from error


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file, on the CPU, and its metadata.

    Raises:
        RunFileError: The file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise RunFileError(path, f"the run cannot be read: {error}") from error
