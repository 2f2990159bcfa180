"""How long a decoder may still work on a video."""


class Deadline:
    """Time that a piece of work may take: between two signs of life, and in all.

    Times are those of `time.monotonic`.
    """

    def __init__(self, *, progress_seconds: float, total_seconds: float, now: float) -> None:
        self.progress_seconds = progress_seconds
        self.total_seconds = total_seconds
        self._seconds_left = total_seconds
        self._counted_until = now
        self._progress_at = now
        self._is_paused = False

    def note_progress(self, now: float) -> None:
        """Note a sign of life."""
        self._count(now)
        self._progress_at = now

    def set_paused(self, is_paused: bool, now: float) -> None:
        """Stand still while the worker waits for others; the end of a wait is a sign of life."""
        self.note_progress(now)
        self._is_paused = is_paused

    @property
    def expires_at(self) -> float:
        """When the time is up, if nothing is heard until then; infinity while paused."""
        if self._is_paused:
            return float("inf")
        total_is_up_at = self._counted_until + self._seconds_left
        return min(self._progress_at + self.progress_seconds, total_is_up_at)

    def is_total_up(self, now: float) -> bool:
        """Return whether the time in all is used up, whatever signs of life there are."""
        self._count(now)
        return self._seconds_left <= 0

    def _count(self, now: float) -> None:
        if not self._is_paused:
            self._seconds_left -= now - self._counted_until
        self._counted_until = now
