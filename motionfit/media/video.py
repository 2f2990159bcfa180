"""What is known of a video before its pixels are wanted: its header, and when frames are shown."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What a video's header says.

    Attributes:
        path: The file.
        duration_seconds: From the first frame's start to the last frame's end; 0 where the header
            is silent.
        num_frames: Frames that the header promises, or an estimate from duration and rate.
        frame_rate: Average frames per second; 0 where unknown.
        height: Of the picture as shown, after rotation, px.
        width: Of the picture as shown, after rotation, px.
        rotation_degrees: Clockwise turn that brings the stored picture upright: 0, 90, 180 or 270.
        codec: The decoder's name, such as ``h264``.
        container: The container's name, such as ``mp4``.
        pixel_format: Of the stored picture, such as ``yuv420p``.
    """

    path: Path
    duration_seconds: float
    num_frames: int
    frame_rate: float
    height: int
    width: int
    rotation_degrees: int
    codec: str
    container: str
    pixel_format: str


@dataclass(frozen=True, kw_only=True)
class FrameTimeline:
    """When each frame of a video is shown, counted from the first one.

    A container's first time stamp need not be zero and frames need not be evenly spaced; here the
    first frame starts at 0 and frame ``i`` is shown during ``[start[i], start[i + 1])``.

    Attributes:
        start_seconds: ``(num_frames,)`` float64, strictly increasing, first value 0.
        end_seconds: When the last frame's turn ends.
    """

    start_seconds: NDArray[np.float64]
    end_seconds: float

    @classmethod
    def constant(cls, num_frames: int, frame_rate: float) -> "FrameTimeline":
        """Return the timeline of ``num_frames`` frames, evenly spaced."""
        return cls(
            start_seconds=np.arange(num_frames) / frame_rate, end_seconds=num_frames / frame_rate
        )

    @property
    def num_frames(self) -> int:
        """Frames in the video."""
        return len(self.start_seconds)

    def ends(self, frame_indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return when the turn of each given frame ends, in seconds."""
        boundaries = np.append(self.start_seconds[1:], self.end_seconds)
        ends: NDArray[np.float64] = boundaries[frame_indices]
        return ends

    def indices_at_rate(self, frame_rate: float) -> NDArray[np.int64]:
        """Return which frame is on screen at each tick of a clock of ``frame_rate`` ticks a second.

        ::

            frames of a 2.5 fps video   |0   |1   |2   |
            ticks at 5 per second       0 0  1 1  2 2         indices 0 0 1 1 2 2
        """
        num_ticks = max(1, round(self.end_seconds * frame_rate))
        # Half a microsecond forgives time stamps that were rounded to the container's time base.
        ticks = np.arange(num_ticks) / frame_rate + 5e-7
        shown = np.searchsorted(self.start_seconds, ticks, side="right") - 1
        return np.clip(shown, 0, self.num_frames - 1).astype(np.int64)
