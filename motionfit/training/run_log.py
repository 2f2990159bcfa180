"""The log of a run: a JSON object a line, and TensorBoard where it is installed.

::

    {"event": "begin", "processes": 1, "device": "cpu", "precision": "float32",
     "micro_batches": 2, "num_parallel": 2}
    {"event": "step", "epoch": 0, "step": 7, "loss": 2.41, ..., "learning_rate": 0.001, ...}
    {"event": "epoch", "epoch": 0, "training": {"loss": 2.5, ...}, "validation": {...}, ...}
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from motionfit.errors import RunFileError

LOG_FILE = "log.jsonl"
_TENSORBOARD_DIR = "tensorboard"

_logger = logging.getLogger(__name__)


class RunLog:
    """Appends to the log of a run; a context manager.

    Args:
        run_dir: The run's folder.
        log_bytes: Where the run is continued; what a killed process wrote beyond is cut off,
            because it is about to happen again.
        first_step: The first step to come, for TensorBoard to forget what it has from there on.

    Raises:
        RunFileError: Here and in every method: the disk does not take it.
    """

    def __init__(self, run_dir: Path, *, log_bytes: int = 0, first_step: int = 0) -> None:
        self._path = run_dir / LOG_FILE
        with self._translated_errors():
            # Without a buffer, so that closing has nothing left to fail at.
            self._file = self._path.open("a+b", buffering=0)
            if self._file.seek(0, os.SEEK_END) > log_bytes:
                self._file.truncate(log_bytes)
        self._board = _open_tensorboard(run_dir / _TENSORBOARD_DIR, first_step)

    def write(self, event: str, values: Mapping[str, Any], *, step: int) -> None:
        """Append a line.

        Args:
            event: ``begin``, once each time the run is begun or continued; ``step``; ``epoch``.
            values: Numbers, texts, and tables of them.
            step: Where TensorBoard draws it, in steps since the run began.
        """
        line = json.dumps({"event": event, **values}, allow_nan=False)
        with self._translated_errors():
            self._file.write(line.encode() + b"\n")
            if self._board is not None:
                for name, value in _flatten(values, event):
                    self._board.add_scalar(name, value, step)

    def sync(self) -> int:
        """Wait until the disk has the log, and return its length in bytes."""
        with self._translated_errors():
            os.fsync(self._file.fileno())
            return self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if self._board is not None:
            self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = f"it could not be written: {error.strerror or error}"
            raise RunFileError(self._path, problem) from error


def _flatten(values: Mapping[str, Any], prefix: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flatten(value, f"{prefix}/{name}")
        elif isinstance(value, int | float):
            found.append((f"{prefix}/{name}", float(value)))
    return found


def _open_tensorboard(folder: Path, first_step: int) -> Any:
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        _logger.info("no TensorBoard log: the package tensorboard is not installed")
        return None
    return SummaryWriter(str(folder), purge_step=first_step)
