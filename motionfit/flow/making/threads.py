"""Threads that do what they are handed, and that nobody has to wait for."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], None]


class _Thread(threading.Thread):
    """To be told from others."""


class Threads:
    """Some threads that serve one queue of jobs, first come first served.

    Unlike those of `concurrent.futures` they do not keep the process from ending: a pair of large
    frames may take many seconds in which nothing can stop it.

    Args:
        num_threads: How many.
        name: Begin of their names.
        on_failure: Told, in the thread, what a job has raised.
    """

    def __init__(
        self, num_threads: int, *, name: str, on_failure: Callable[[BaseException], None]
    ) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._on_failure = on_failure
        self._is_stopped = False
        self._threads = [
            _Thread(target=self._serve, name=f"{name}-{number}", daemon=True)
            for number in range(num_threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Have a job done by the next thread that is free."""
        self._jobs.put(job)

    def stop(self, *, wait_seconds: float) -> None:
        """Begin no further job, and give those in progress some time to come to their end."""
        self._is_stopped = True
        for _ in self._threads:
            self._jobs.put(None)
        until = time.monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_stopped:
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the job
                self._on_failure(error)
            del job  # or what it holds would stay until the next one comes


def is_any_busy() -> bool:
    """Return whether a thread of a run that was stopped has not yet come to its end."""
    return any(isinstance(thread, _Thread) for thread in threading.enumerate())
