"""How fast flow is made, and how long what is left will take."""

import time
from collections.abc import Mapping
from pathlib import Path

_SECONDS_BEFORE_A_GUESS = 3.0


class Pace:
    """Measures a run by the bytes of its video files: a long one is more work than a short one.

    Args:
        sizes_bytes: Size of each file that the run will come to.
    """

    def __init__(self, sizes_bytes: Mapping[Path, int]) -> None:
        self._sizes = dict(sizes_bytes)
        self._bytes_left = float(sum(self._sizes.values()))
        self._bytes_done = 0.0
        self._done_of: dict[Path, float] = {}
        self._num_pairs = 0
        self._started: float | None = None

    def start(self) -> None:
        """Note that there is something to compute; what came before cost next to nothing."""
        if self._started is None:
            self._started = time.monotonic()

    def note_pairs(self, path: Path, num_pairs: int, num_expected: int) -> None:
        """Note that some of the pairs of a video are done, of which about so many are expected."""
        self._num_pairs += num_pairs
        before = self._done_of.get(path, 0.0)
        size = float(self._sizes.get(path, 0))
        after = min(size, before + size * num_pairs / max(1, num_expected))
        self._done_of[path] = after
        self._bytes_done += after - before
        self._bytes_left -= after - before

    def note_end(self, path: Path) -> None:
        """Note that nothing is left to do for a video, whatever became of it."""
        self._bytes_left -= self._sizes.get(path, 0) - self._done_of.pop(path, 0.0)

    def remark(self) -> str:
        """Return pairs a second, and the time left where it can be guessed."""
        if self._started is None or self._num_pairs == 0:
            return ""
        seconds = time.monotonic() - self._started
        rate = f"{self._num_pairs / max(seconds, 1e-3):.1f} pairs/s"
        if seconds < _SECONDS_BEFORE_A_GUESS or self._bytes_done <= 0:
            return rate
        left = seconds * max(0.0, self._bytes_left) / self._bytes_done
        return f"{rate}, about {describe_seconds(left)} left"


def describe_seconds(seconds: float) -> str:
    """Return a duration as one says it: ``40 s``, ``12 min``, ``5 h 20 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
