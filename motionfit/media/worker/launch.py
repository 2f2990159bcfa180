"""How a decoder process is started, and how it is seen to have ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from motionfit.errors import DecoderStartError
from motionfit.media.worker.settings import WorkerSettings

_STDERR_TAIL_BYTES = 4096


def start_worker(
    settings: WorkerSettings, connection_fd: int, frames_fd: int, stderr_fd: int
) -> subprocess.Popen[bytes]:
    """Start a decoder process that inherits two descriptors and writes its last words to a third.

    Raises:
        DecoderStartError: The system cannot start a process.
    """
    descriptors = (connection_fd, frames_fd)
    arguments = [*map(str, descriptors), str(os.getpid()), settings.to_json()]
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "motionfit.media.worker", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr_fd,
            pass_fds=descriptors,
            env=_environment(),
        )
    except OSError as error:
        raise DecoderStartError(1, str(error)) from error


def _environment() -> dict[str, str]:
    """Return an environment in which modules are found as here, and NumPy starts no threads."""
    search_path = [str(entry) or str(Path.cwd()) for entry in sys.path]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(search_path),
        "MALLOC_ARENA_MAX": "2",  # an arena a thread would use up the limit on address space
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def last_line(descriptor: int) -> str:
    """Return the last line of a file that is not blank, without moving in it."""
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, _STDERR_TAIL_BYTES, max(0, size - _STDERR_TAIL_BYTES))
    lines = tail.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def describe_end(return_code: int | None, last_words: str) -> str:
    """Return how a process ended and what it said, for use in an error."""
    if return_code is None:
        end = "it does not react to being killed"
    elif return_code < 0:
        names = {number.value: number.name for number in signal.Signals}
        end = f"killed by {names.get(-return_code, f'signal {-return_code}')}"
    else:
        end = f"exit code {return_code}"
    return f"{end}: {last_words}" if last_words else end
