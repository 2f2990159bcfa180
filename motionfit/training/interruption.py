"""Ctrl-C that waits for the step under way, so that the run can be saved."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class Interruption:
    """While it is entered, Ctrl-C is noted rather than raised; the second one is raised.

    Only the main thread gets signals; in another this does nothing.

    Attributes:
        is_asked_for: Whether Ctrl-C was pressed.
    """

    def __init__(self) -> None:
        self.is_asked_for = False
        self._before: Any = None
        self._is_main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._is_main:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_main:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.is_asked_for:
            raise KeyboardInterrupt
        self.is_asked_for = True
