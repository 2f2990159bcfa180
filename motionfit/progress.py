"""Progress of long work: a bar on a terminal, plain lines otherwise, always on stderr."""

import sys
import time
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10.0
_BAR_WITHOUT_TIME_LEFT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"


class Progress:
    """Counts finished items against a total that may still grow; a context manager.

    Args:
        title: What is being done, such as ``indexing``.
        unit: What is counted, such as ``video``.
        total: Items expected, or None.
        stream: Where to write; a terminal gets a bar, anything else a line every 10 seconds.
        guesses_time_left: Say how long it will take if the items left take as long as those before;
            False where the remarks know better.
    """

    def __init__(
        self,
        title: str,
        *,
        unit: str,
        total: int | None = None,
        stream: TextIO | None = None,
        guesses_time_left: bool = True,
    ) -> None:
        self._title = title
        self._unit = unit
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._started = self._last_line = time.monotonic()
        self._bar = tqdm(
            desc=title,
            unit=unit,
            total=total,
            file=self._stream,
            disable=not self._is_terminal,
            dynamic_ncols=True,
            leave=False,
            bar_format=None if guesses_time_left else _BAR_WITHOUT_TIME_LEFT,
        )
        self._total = total
        self._guesses_time_left = guesses_time_left
        self._count = 0

    def advance(self, remark: str = "") -> None:
        """Count one item as finished; ``remark`` (a rate, say) is shown beside it."""
        self._count += 1
        if remark:
            self._bar.set_postfix_str(remark, refresh=False)
        self._bar.update()
        self._write_line_if_due(remark)

    def show(self, remark: str) -> None:
        """Say how an item goes on that takes long; nothing is counted."""
        self._bar.set_postfix_str(remark)
        self._write_line_if_due(remark)

    def note(self, sentence: str) -> None:
        """Write a sentence without breaking the bar."""
        if self._is_terminal:
            self._bar.write(sentence, file=self._stream)
        else:
            self._stream.write(sentence + "\n")

    def _write_line_if_due(self, remark: str) -> None:
        now = time.monotonic()
        if not self._is_terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._stream.write(self._line(now - self._started, remark) + "\n")
            self._stream.flush()

    def _line(self, seconds: float, remark: str) -> str:
        done = f"{self._count}" if self._total is None else f"{self._count} of {self._total}"
        parts = [f"{self._title}: {done} {self._unit}s", f"{seconds:.0f} s"]
        guess = self._guesses_time_left
        if guess and self._total is not None and 0 < self._count < self._total:
            parts.append(f"about {seconds / self._count * (self._total - self._count):.0f} s left")
        return ", ".join([*parts, remark] if remark else parts)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
