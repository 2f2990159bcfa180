"""What the clip reader asks of PyAV and of decord alike."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motionfit.media.clips import ReaderName
from motionfit.media.video import FrameTimeline, VideoInfo


class FrameMismatchError(Exception):
    """A video's frames are not where its packets promised; the clip reader looks again."""


class FrameSource(Protocol):
    """The frames of one open video, by index in the order shown."""

    @property
    def name(self) -> ReaderName:
        """Which reader this is."""

    @property
    def info(self) -> VideoInfo:
        """The video's header."""

    @property
    def size(self) -> tuple[int, int]:
        """``(height, width)`` of the pictures that `read_into` writes, px."""

    @property
    def num_frames_expected(self) -> int:
        """Frames that the container promises."""

    @property
    def has_size_change(self) -> bool:
        """Whether a frame written so far was stored in another size than the first one."""

    @property
    def timeline(self) -> FrameTimeline:
        """When each frame is shown, as far as known; `look_again` may correct it."""

    def read_into(
        self,
        frame_indices: NDArray[np.int64],
        frames: NDArray[np.uint8],
        rows: NDArray[np.int64],
    ) -> None:
        """Write the frames of given indices into rows of ``frames``.

        Args:
            frame_indices: ``(num_wanted,)`` int64, increasing, inside `timeline`.
            frames: ``(num_frames, height, width, 3)`` uint8 RGB, partly filled.
            rows: ``(num_wanted,)`` int64, where to.

        Raises:
            FrameMismatchError: The timeline does not hold; ask `look_again` for a better source.
        """

    def look_again(self) -> "FrameSource":
        """Return a source whose timeline was made more carefully."""
