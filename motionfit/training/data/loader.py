"""Batches made ahead of the training loop, in background threads."""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from motionfit.errors import ConfigError
from motionfit.training.data.source import ClipSource


@dataclass(frozen=True, kw_only=True)
class _Ordered:
    epoch: int
    step: int
    batch: "Future[Any]"


class Loader:
    """Makes batches ahead, in order; a context manager.

    Threads, not processes: cutting is copying, which numpy does outside Python's lock, and a batch
    then need not travel.

    Args:
        source: What makes a batch.
        batch_size: Videos of a step, in all processes together.
        rank: Which process this is, from 0.
        world_size: How many there are.
        num_threads: Threads.
        num_ahead: Most batches that are made or wait at a time.
        num_epochs: Where training ends: near the end of an epoch, the first batches of the next one
            are made if there is one.
        pin_memory: Hand batches out in memory from which a GPU copies while it computes.

    Attributes:
        wait_seconds: How long the loop has waited for batches so far.
    """

    def __init__(
        self,
        source: ClipSource,
        *,
        batch_size: int,
        rank: int = 0,
        world_size: int = 1,
        num_threads: int = 2,
        num_ahead: int = 4,
        num_epochs: int = 1,
        pin_memory: bool = False,
    ) -> None:
        if num_threads < 1:
            raise ConfigError("num_threads", num_threads, "at least 1")
        if num_ahead < 1:
            raise ConfigError("num_ahead", num_ahead, "at least 1 batch")
        self.source = source
        self.num_steps = source.num_steps(batch_size)
        self.wait_seconds = 0.0
        self._batch_size = batch_size
        self._rank, self._world_size = rank, world_size
        self._num_ahead = num_ahead
        self._num_epochs = num_epochs
        self._pin_memory = pin_memory
        self._ahead: deque[_Ordered] = deque()
        self._threads = ThreadPoolExecutor(num_threads, thread_name_prefix="loader")

    def __enter__(self) -> "Loader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget batches made ahead and end the threads; returns when they have ended."""
        self._ahead.clear()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Any]:
        """Yield the batches of an epoch, from a step on.

        Args:
            epoch: From 0.
            first_step: More than 0 where an epoch is resumed.

        Raises:
            MotionFitError: What a thread met, at the batch where it did.
        """
        for step in range(first_step, self.num_steps):
            if not self._ahead or (self._ahead[0].epoch, self._ahead[0].step) != (epoch, step):
                self._begin_at(epoch, step)
            ordered = self._ahead.popleft()
            self._order_one_more()
            started = time.perf_counter()
            batch = ordered.batch.result()
            self.wait_seconds += time.perf_counter() - started
            yield batch

    def _begin_at(self, epoch: int, step: int) -> None:
        for ordered in self._ahead:
            ordered.batch.cancel()
        self._ahead.clear()
        self._next = (epoch, step)
        self._last_epoch = max(epoch, self._num_epochs - 1)
        for _ in range(self._num_ahead):
            self._order_one_more()

    def _order_one_more(self) -> None:
        epoch, step = self._next
        if epoch > self._last_epoch:
            return
        self._ahead.append(
            _Ordered(epoch=epoch, step=step, batch=self._threads.submit(self._make, epoch, step))
        )
        self._next = (epoch, step + 1) if step + 1 < self.num_steps else (epoch + 1, 0)

    def _make(self, epoch: int, step: int) -> Any:
        batch = self.source.batch(
            epoch, step, self._batch_size, rank=self._rank, world_size=self._world_size
        )
        return batch.pin_memory() if self._pin_memory else batch
