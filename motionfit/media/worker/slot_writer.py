"""Where a decoder process puts the frames of a chunk."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import VideoTooLargeError
from motionfit.media.worker.channel import WorkerChannel
from motionfit.media.worker.shared_frames import SharedFrames


class SlotWriter:
    """Gives a reader memory in a free slot, and hands the slot over once its chunk is complete.

    A reader that asks again before it has delivered, because it starts over, gets the same memory;
    what one that fails has got serves the next.
    """

    def __init__(
        self, path: Path, slot_bytes: int, channel: WorkerChannel, frames: SharedFrames
    ) -> None:
        self._path = path
        self._slot_bytes = slot_bytes
        self._channel = channel
        self._frames = frames

    def allocate(self, shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
        """Return memory for frames, waiting until a slot is free.

        Args:
            shape: ``(num_frames, height, width, 3)``.

        Raises:
            VideoTooLargeError: The frames of one chunk do not fit into a slot.
        """
        if math.prod(shape) > self._slot_bytes:
            num_frames, height, width, channels = shape
            max_pixels = self._slot_bytes // (num_frames * channels)
            raise VideoTooLargeError(self._path, width, height, max_pixels)
        return self._frames.view(self._channel.free_slot(), shape)

    def hand_over(self, frames: NDArray[np.uint8]) -> int:
        """Return the slot that holds ``frames`` from its begin on, copied there if need be."""
        in_slot = self.allocate(frames.shape)
        if frames.ctypes.data != in_slot.ctypes.data or not frames.flags.c_contiguous:
            in_slot[...] = frames
        slot = self._channel.free_slot()
        self._channel.hand_over(slot)
        return slot
