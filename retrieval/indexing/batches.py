"""Encoder batches filled across videos, and each video's vectors put together again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Video = TypeVar("Video")
EncodeClips = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass
class _Parts:
    """The vectors of one video so far, in clip order."""

    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    num_pending: int = 0
    is_closed: bool = False


class ClipBatcher(Generic[Video]):
    """Collects clips of several videos until an encoder batch is full.

    A video with three clips and one with ten would each waste part of a batch; together they fill
    it. Videos come out whole, as soon as the last of their clips is encoded.

    Args:
        encode: From ``(num_clips, clip_length, height, width, 3)`` uint8, the same for all
            videos but for ``num_clips``, to ``(num_clips, embedding_dim)`` float32.
        batch_size: Clips to collect before ``encode`` is called.
        embedding_dim: A video without clips comes out as ``(0, embedding_dim)``.
    """

    def __init__(self, encode: EncodeClips, *, batch_size: int, embedding_dim: int) -> None:
        self._encode = encode
        self._batch_size = batch_size
        self._embedding_dim = embedding_dim
        self._pending: list[tuple[Video, NDArray[np.uint8]]] = []
        self._num_pending = 0
        self._videos: dict[Video, _Parts] = {}

    def add(self, video: Video, clips: NDArray[np.uint8]) -> None:
        """Take over some clips of ``video``; the array must be the batcher's own from now on."""
        self._videos.setdefault(video, _Parts()).num_pending += len(clips)
        if len(clips):
            self._pending.append((video, clips))
            self._num_pending += len(clips)
        if self._num_pending >= self._batch_size:
            self.flush()

    def close(self, video: Video) -> None:
        """Say that ``video`` gets no more clips."""
        self._videos.setdefault(video, _Parts()).is_closed = True

    def discard(self, video: Video) -> None:
        """Forget ``video`` and what was collected of it."""
        self._pending = [(owner, clips) for owner, clips in self._pending if owner != video]
        self._num_pending = sum(len(clips) for _, clips in self._pending)
        self._videos.pop(video, None)

    def flush(self) -> None:
        """Encode what is pending, however little."""
        if self._pending:
            group, self._pending, self._num_pending = self._pending, [], 0
            self._encode_group(group)

    def completed(self) -> Iterator[tuple[Video, NDArray[np.float32]]]:
        """Yield and forget each video whose clips are all encoded."""
        whole = [
            video
            for video, parts in self._videos.items()
            if parts.is_closed and parts.num_pending == 0
        ]
        for video in whole:
            vectors = self._videos.pop(video).vectors
            empty = np.empty((0, self._embedding_dim), dtype=np.float32)
            yield video, np.concatenate([empty, *vectors])

    def _encode_group(self, group: list[tuple[Video, NDArray[np.uint8]]]) -> None:
        vectors = self._encode(np.concatenate([clips for _, clips in group]))
        boundaries = np.cumsum([len(clips) for _, clips in group])[:-1]
        for (video, clips), part in zip(group, np.split(vectors, boundaries), strict=True):
            parts = self._videos[video]
            parts.vectors.append(part)
            parts.num_pending -= len(clips)
