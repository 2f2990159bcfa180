"""A video's frames cut into batches of pairs, at places that depend on nothing but the video."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Small enough that threads come to an end soon when they are told to and share a video's last
# frames; large enough that the frame two batches share is rarely prepared twice for nothing.
_PIXELS_ON_A_CORE = 640_000
_PAIRS_ON_A_CORE = 8
# A device wants many pixels at once; how many fit its memory is its own business.
_PIXELS_ON_A_DEVICE = 32_000_000
_PAIRS_ON_A_DEVICE = 512


def count_pairs_per_batch(height: int, width: int, *, on_a_core: bool) -> int:
    """Return how many pairs of frames are computed in one call.

    Args:
        height: Of the frames, px.
        width: Of the frames, px.
        on_a_core: Whether each call keeps one core busy; else a device serves one after another.
    """
    pixels, pairs = (
        (_PIXELS_ON_A_CORE, _PAIRS_ON_A_CORE)
        if on_a_core
        else (_PIXELS_ON_A_DEVICE, _PAIRS_ON_A_DEVICE)
    )
    return max(1, min(pairs, pixels // (height * width)))


class PairBatcher:
    """Takes a video's frames as they come and cuts them into batches.

    ::

        pairs_per_batch=3      frames   0 1 2 3 4 5 6 7
        batch 0                         # # # #
        batch 1                               # # # #
        batch 2 (by `flush`)                        # #

    Args:
        pairs_per_batch: Pairs of neighbouring frames in each batch but the last.

    Attributes:
        num_frames: Frames taken so far.
    """

    def __init__(self, pairs_per_batch: int) -> None:
        self.num_frames = 0
        self._pairs_per_batch = pairs_per_batch
        self._waiting: NDArray[np.uint8] | None = None

    @property
    def last_frame(self) -> NDArray[np.uint8] | None:
        """The frame taken last, ``(height, width)``; None before the first."""
        return None if self._waiting is None else self._waiting[-1]

    def add(self, grey: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        """Take the next frames and yield the batches that are complete by them.

        Args:
            grey: ``(time, height, width)`` uint8; kept, not copied, where that is enough.
        """
        self.num_frames += len(grey)
        waiting = grey if self._waiting is None else np.concatenate([self._waiting, grey])
        while len(waiting) > self._pairs_per_batch:
            yield waiting[: self._pairs_per_batch + 1]
            waiting = waiting[self._pairs_per_batch :]
        self._waiting = waiting

    def flush(self) -> NDArray[np.uint8] | None:
        """Return the last batch; None where no pair is left over."""
        waiting, self._waiting = self._waiting, None
        return waiting if waiting is not None and len(waiting) > 1 else None
