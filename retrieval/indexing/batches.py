"""Encoder batches filled across videos, and each video's vectors put together again."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Video = TypeVar("Video")
# Clips of the usual 16 frames of 128x171: 32 MiB, and some seconds of work at most.
BATCH_SIZE = 32

EncodeClips = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass
class _Parts:
    """The vectors of one video so far, in clip order."""

    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    num_pending: int = 0
    is_closed: bool = False


class ClipBatcher(Generic[Video]):
    """Collects clips of several videos until an encoder batch is full; a context manager.

    A video with three clips and one with ten would each waste part of a batch; together they fill
    it. A batch is encoded in a thread of its own while the caller collects the next one and stores
    what came of the last. Videos come out whole, once the last of their clips is encoded.

    Args:
        encode: From ``(num_clips, clip_length, height, width, 3)`` uint8, the same for all
            videos but for ``num_clips``, to ``(num_clips, embedding_dim)`` float32.
        embedding_dim: A video without clips comes out as ``(0, embedding_dim)``.
        batch_size: Clips to collect before ``encode`` is called.
    """

    def __init__(
        self, encode: EncodeClips, *, embedding_dim: int, batch_size: int = BATCH_SIZE
    ) -> None:
        self._encode = encode
        self._batch_size = batch_size
        self._embedding_dim = embedding_dim
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch")
        self._pending: list[tuple[Video, NDArray[np.uint8]]] = []
        self._num_pending = 0
        self._running: tuple[Future[NDArray[np.float32]], list[tuple[Video, int]]] | None = None
        self._videos: dict[Video, _Parts] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.shutdown()

    def add(self, video: Video, clips: NDArray[np.uint8]) -> None:
        """Take over some clips of ``video``; the array must be the batcher's own from now on.

        Waits while a batch is full and the one before it is still being encoded.
        """
        self._videos.setdefault(video, _Parts()).num_pending += len(clips)
        if len(clips):
            self._pending.append((video, clips))
            self._num_pending += len(clips)
        if self._num_pending >= self._batch_size:
            self._start()

    def close(self, video: Video) -> None:
        """Say that ``video`` gets no more clips."""
        self._videos.setdefault(video, _Parts()).is_closed = True

    def discard(self, video: Video) -> None:
        """Forget ``video`` and what was collected of it."""
        self._pending = [(owner, clips) for owner, clips in self._pending if owner != video]
        self._num_pending = sum(len(clips) for _, clips in self._pending)
        self._videos.pop(video, None)

    def flush(self) -> None:
        """Encode what is pending, however little, and wait for it."""
        self._start()
        self._finish()

    def completed(self) -> Iterator[tuple[Video, NDArray[np.float32]]]:
        """Yield and forget each video whose clips are all encoded by now."""
        if self._running is not None and self._running[0].done():
            self._finish()
        whole = [
            video
            for video, parts in self._videos.items()
            if parts.is_closed and parts.num_pending == 0
        ]
        for video in whole:
            vectors = self._videos.pop(video).vectors
            empty = np.empty((0, self._embedding_dim), dtype=np.float32)
            yield video, np.concatenate([empty, *vectors])

    def _start(self) -> None:
        """Encode what is pending, once the batch before it is done."""
        self._finish()
        if not self._pending:
            return
        clips = np.concatenate([clips for _, clips in self._pending])
        owners = [(video, len(clips)) for video, clips in self._pending]
        self._pending, self._num_pending = [], 0
        self._running = self._thread.submit(self._encode, clips), owners

    def _finish(self) -> None:
        """Wait for the batch that is being encoded and hand its vectors to their videos."""
        if self._running is None:
            return
        future, owners = self._running
        self._running = None
        boundaries = np.cumsum([count for _, count in owners])[:-1]
        for (video, count), part in zip(owners, np.split(future.result(), boundaries), strict=True):
            parts = self._videos.get(video)
            if parts is not None:  # else it was discarded meanwhile
                parts.vectors.append(part)
                parts.num_pending -= count
