"""Frames of a video on their way from a decoder into a spool."""

import numpy as np
from numpy.typing import NDArray

from motionfit.media.packed.spool import RowSpool


class ArrivingFrames:
    """Takes the chunks of one video, each frame once.

    Args:
        spool: Where the frames go.
    """

    def __init__(self, spool: RowSpool) -> None:
        self.spool = spool
        self._num_frames_known = 0
        self._last: NDArray[np.uint8] | None = None

    def take(self, frames: NDArray[np.uint8], num_frames_known: int) -> None:
        """Take the next frames: ``(time, height, width, 3)`` uint8.

        A decoder that finds a video damaged on the way counts its frames anew, and goes on with the
        frame on screen at the time that it had come to: perhaps the last one it has handed out.
        """
        if len(frames) == 0:
            return
        if self._last is not None and num_frames_known != self._num_frames_known:
            frames = frames[1:] if np.array_equal(frames[0], self._last) else frames
        self._num_frames_known = num_frames_known
        if len(frames):
            self._last = frames[-1].copy()
            self.spool.append(np.moveaxis(frames, -1, 1))
