"""How much time, memory and disk one video may cost a decoder process."""

import os
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from motionfit.errors import ConfigError

_MAX_FILE_BYTES = 1 << 20
_MAX_OPEN_FILES = 256


@dataclass(frozen=True, kw_only=True)
class DecodeLimits:
    """What one video may cost before its decoder is killed.

    Attributes:
        progress_seconds: Longest time in which a decoder neither reads from the file nor delivers
            anything. Waiting for its consumer does not count.
        total_seconds: Longest time that one video may take in all, waiting left out.
        memory_bytes: Address space that a decoder may take in addition to what it starts with.
        start_seconds: Longest time that a decoder process may take to start.
    """

    progress_seconds: float = 60.0
    total_seconds: float = 7200.0
    memory_bytes: int = 3 << 30
    start_seconds: float = 120.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ConfigError(name, value, "more than 0")


def apply_limits(limits: DecodeLimits) -> None:
    """Bound this process: memory, and no core dump, large file or many open files.

    Memory already in use is not counted against ``limits.memory_bytes``.
    """
    if sys.platform == "linux":  # others do not hold processes to it
        _lower(resource.RLIMIT_AS, _address_space_bytes() + limits.memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, _MAX_FILE_BYTES)
    _lower(resource.RLIMIT_NOFILE, _MAX_OPEN_FILES)


def bytes_read(pid: int) -> int | None:
    """Return how many bytes a process has read so far; None where the system does not tell."""
    try:
        first_line = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return None
    return int(first_line.removeprefix("rchar: "))


def _lower(kind: int, limit: int) -> None:
    _, hard = resource.getrlimit(kind)
    bounded = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (bounded, bounded))


def _address_space_bytes() -> int:
    num_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return num_pages * os.sysconf("SC_PAGE_SIZE")
