"""The lock of a run folder: one process at a time works in it.

The kernel holds the lock for as long as the process lives, so that nothing is left to clean up
after ``kill -9``. The file says who holds it, and stays when nobody does: to remove it would let
two processes hold two files of one name.
"""

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from motionfit.durable import make_folder
from motionfit.errors import RunFileError, RunLockedError

LOCK_FILE = ".lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)

_logger = logging.getLogger(__name__)


@contextmanager
def locked_run(run_dir: Path) -> Iterator[None]:
    """Hold a run folder; it is made where there is none.

    On a disk that knows no locks the folder is not held; the log says so.

    Raises:
        RunLockedError: Another process holds it, or this one does already.
        RunFileError: The folder cannot be made, or the lock file not be written.
    """
    path = run_dir / LOCK_FILE
    try:
        make_folder(run_dir)
    except OSError as error:
        problem = f"the folder cannot be made: {error.strerror or error}"
        raise RunFileError(run_dir, problem) from error
    try:
        # Without a buffer, so that closing has nothing left to fail at.
        file = path.open("a+b", buffering=0)
    except OSError as error:
        raise RunFileError(path, f"it could not be written: {error.strerror}") from error
    with file:
        try:
            _lock(file, run_dir)
            _note(file, f"process {os.getpid()} on {socket.gethostname()}")
        except OSError as error:
            raise RunFileError(path, f"it could not be written: {error.strerror}") from error
        try:
            yield
        finally:
            # On a disk that is full or gone nothing can be done; what went wrong is known.
            with suppress(OSError):
                _note(file, "")


def _lock(file: FileIO, run_dir: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().decode(errors="replace") or "a process that has just started"
        raise RunLockedError(run_dir, holder) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        _logger.warning("%s: its disk knows no locks; start no second run in it", run_dir)


def _note(file: FileIO, holder: str) -> None:
    file.truncate(0)
    file.write(holder.encode())
