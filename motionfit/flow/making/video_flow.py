"""The flow of one video on its way into the cache: computed in any order, written in the right one.

::

    threads        3 . 1 . 2 . 0 .          `deliver`, whichever is done first
    writer         . . . . . . 0 1 2 3      one thread at a time, the one that finds it free
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.flow.cache.writer import FlowWriter
from motionfit.flow.making.news import BatchGone, FlowCommitted, News


@dataclass(frozen=True, kw_only=True)
class QuantisedFlow:
    """A batch of flow as the cache keeps it.

    Attributes:
        levels: ``(num_flows, height, width, 2)`` uint8.
        saturated_share: Share of the vectors, 0 to 1, that were clipped.
    """

    levels: NDArray[np.uint8]
    saturated_share: float


@dataclass(frozen=True, kw_only=True)
class VideoEnd:
    """What is known of a video once it is decoded to its end.

    Attributes:
        num_batches: Batches that its pairs were cut into.
        num_frames_expected: Frames that its container promises.
        num_frames_decoded: Frames that could be read.
    """

    num_batches: int
    num_frames_expected: int
    num_frames_decoded: int


class VideoFlow:
    """Brings batches of a video's flow into the cache, in their order.

    Its methods may be called from several threads at once; nobody waits for a thread that writes,
    but `abandon`.

    Args:
        path: The video.
        writer: Takes the flow; closed when the video has come to its end, good or bad.
        tell: Told of each batch that is gone, and when the flow is in the cache.
    """

    def __init__(self, path: Path, writer: FlowWriter, tell: Callable[[News], None]) -> None:
        self.path = path
        self._writer = writer
        self._tell = tell
        self._state = threading.Lock()
        self._writing = threading.Lock()
        self._ready: dict[int, QuantisedFlow] = {}
        self._num_written = 0
        self._end: VideoEnd | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether no more flow is wanted: all is in the cache, or the video was given up."""
        return self._is_over

    def deliver(self, number: int, flow: QuantisedFlow) -> None:
        """Take the batch of a number, counted from 0.

        Raises:
            FlowCacheWriteError: This batch, or one that waited for it, could not be written.
        """
        with self._state:
            if not self._is_over:
                self._ready[number] = flow
        self._write_what_is_due()

    def complete(self, end: VideoEnd) -> None:
        """Say that there will be no more batches; the flow is committed after the last of them.

        Raises:
            FlowCacheWriteError: It could not be written.
        """
        with self._state:
            self._end = end
        self._write_what_is_due()

    def abandon(self) -> None:
        """Give up what is not yet in the cache; nothing of it stays on the disk."""
        with self._state:
            self._is_over = True
            self._ready.clear()
        with self._writing:
            self._writer.close()

    def _write_what_is_due(self) -> None:
        # Looked at again once the writer is free: what came meanwhile was left to this thread.
        while self._is_something_due() and self._writing.acquire(blocking=False):
            try:
                self._write_next()
            finally:
                self._writing.release()

    def _is_something_due(self) -> bool:
        with self._state:
            return self._num_written in self._ready or self._is_to_be_committed()

    def _is_to_be_committed(self) -> bool:
        end = self._end
        return not self._is_over and end is not None and self._num_written == end.num_batches

    def _write_next(self) -> None:
        with self._state:
            flow = self._ready.pop(self._num_written, None)
            end = self._end if self._is_to_be_committed() else None
        if flow is not None:
            self._writer.append(flow.levels, saturated_share=flow.saturated_share)
            with self._state:
                self._num_written += 1
            self._tell(BatchGone(path=self.path, num_pairs=len(flow.levels)))
        elif end is not None:
            self._writer.commit(
                num_frames_expected=end.num_frames_expected,
                num_frames_decoded=end.num_frames_decoded,
            )
            self._writer.close()
            self._is_over = True
            self._tell(FlowCommitted(path=self.path))
