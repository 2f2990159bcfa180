"""The decoder processes of a pool, and what wakes the thread that looks after them."""

import contextlib
import socket
import time
from multiprocessing.connection import wait
from queue import Empty, SimpleQueue

from motionfit.errors import DecoderStartError
from motionfit.media.decode_events import DecodeTask
from motionfit.media.worker.process import WorkerProcess
from motionfit.media.worker.settings import WorkerSettings

_MAX_IDLE_DEATHS = 3


class WorkerCrew:
    """Some decoder processes, replaced when they die.

    One thread looks after them; `wake` and `request_release` may be called from any.

    Attributes:
        workers: The processes that are alive, as far as is known.
    """

    def __init__(self, settings: WorkerSettings, num_workers: int) -> None:
        self.workers: list[WorkerProcess] = []
        self._settings = settings
        self._num_workers = num_workers
        self._num_idle_deaths = 0
        self._release_requests: SimpleQueue[tuple[WorkerProcess, int, int]] = SimpleQueue()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.setblocking(False)

    def start_missing(self) -> None:
        """Start processes until there are as many as there should be.

        Raises:
            DecoderStartError: A process cannot be started.
        """
        while len(self.workers) < self._num_workers:
            self.workers.append(WorkerProcess(self._settings))

    def assign(self, worker: WorkerProcess, task: DecodeTask) -> None:
        """Give a free process its next task."""
        self._num_idle_deaths = 0
        worker.assign(task)

    def wake(self) -> None:
        """Make the present or the next `wait_for_news` return at once."""
        # A full line wakes as well as one more byte would; a closed one has nobody to wake.
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"!")

    def request_release(self, worker: WorkerProcess, slot: int, ticket: int) -> None:
        """Have a slot released by the thread that looks after the processes."""
        self._release_requests.put((worker, slot, ticket))
        self.wake()

    def wait_for_news(self) -> list[WorkerProcess]:
        """Return the processes that have sent something or ended, after waiting for one if need be.

        Returns also, perhaps with none, when woken and when a deadline may have passed.
        """
        by_connection = {worker.connection: worker for worker in self.workers}
        expires_at = min((worker.expires_at for worker in self.workers), default=float("inf"))
        seconds = None if expires_at == float("inf") else max(0.0, expires_at - time.monotonic())
        ready = wait([*by_connection, self._wake_reader], seconds)
        if self._wake_reader in ready:
            self._wake_reader.recv(4096)
        self._release_slots()
        return [by_connection[source] for source in ready if source in by_connection]

    def dismiss(self, worker: WorkerProcess) -> str:
        """End a process and return how it died; the next `start_missing` replaces it.

        Raises:
            DecoderStartError: Processes die again and again without having been given a task.
        """
        self.workers.remove(worker)
        cause = worker.end()
        if worker.task is None:
            self._num_idle_deaths += 1
        if self._num_idle_deaths == _MAX_IDLE_DEATHS:
            raise DecoderStartError(_MAX_IDLE_DEATHS, cause)
        return cause

    def kill_all(self) -> None:
        """End all processes."""
        for worker in self.workers:
            worker.kill()
        for worker in self.workers:
            worker.end()
        self.workers.clear()

    def close(self) -> None:
        """End all processes and let go of everything; slots held by a consumer stay readable."""
        self.kill_all()
        self._wake_writer.close()
        self._wake_reader.close()

    def _release_slots(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                worker, slot, ticket = self._release_requests.get_nowait()
                if worker in self.workers:
                    worker.release(slot, ticket)
