"""A video on its way from frames to flow."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.flow.making.batches import PairBatcher
from motionfit.flow.making.video_flow import VideoFlow
from motionfit.media.decode_events import VideoDecoded


class FlowSource:
    """What a run knows of a video that it works on.

    Args:
        flow: Where its flow goes.
        pairs_per_batch: See `PairBatcher`.
        num_frames_known: Frames that the video is believed to have.

    Attributes:
        flow: Where its flow goes.
        num_frames_known: Frames that the video is believed to have.
        num_batches: Batches handed to the threads.
        num_under_way: Of these, batches that still take memory.
        end: The decoder's last word, once it was said.
    """

    def __init__(self, flow: VideoFlow, *, pairs_per_batch: int, num_frames_known: int) -> None:
        self.flow = flow
        self.num_frames_known = num_frames_known
        self.num_batches = 0
        self.num_under_way = 0
        self.end: VideoDecoded | None = None
        self._batcher = PairBatcher(pairs_per_batch)

    @property
    def path(self) -> Path:
        """The video."""
        return self.flow.path

    @property
    def num_frames_taken(self) -> int:
        """Frames that have come so far."""
        return self._batcher.num_frames

    def take(self, grey: NDArray[np.uint8], num_frames_known: int) -> Iterator[NDArray[np.uint8]]:
        """Take the next frames and yield the batches that are complete by them.

        A decoder that finds a video damaged on the way counts its frames anew, and goes on with the
        frame on screen at the time that it had come to: perhaps the last one it has handed out.

        Args:
            grey: ``(time, height, width)`` uint8.
            num_frames_known: Frames that the decoder now believes the video to have.
        """
        if num_frames_known != self.num_frames_known:
            self.num_frames_known = num_frames_known
            before = self._batcher.last_frame
            if before is not None and np.array_equal(grey[0], before):
                grey = grey[1:]
        yield from self._batcher.add(grey)

    def take_end(self) -> NDArray[np.uint8] | None:
        """Return the last batch; None where no pair is left over."""
        return self._batcher.flush()
