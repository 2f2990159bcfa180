"""Decoded clips: what a reader hands to an encoder."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from motionfit.media.video import VideoInfo

ReaderName = Literal["pyav", "decord"]


@dataclass(frozen=True, kw_only=True)
class DecodedClips:
    """Some clips of one video, each frame kept once however many clips share it.

    Ten clips of a 40-frame video overlap: 160 frames in clips are 40 frames in memory.

    Attributes:
        frames: ``(num_frames, height, width, 3)`` uint8 RGB, each wanted frame once.
        positions: ``(num_clips, clip_length)`` int64, rows of ``frames`` that make up each clip.
        start_seconds: ``(num_clips,)`` float64, from the video's first frame.
        end_seconds: ``(num_clips,)`` float64, where the clip's last frame leaves the screen.
        info: The video's header.
        reader: Which reader served.
        num_frames_expected: Frames that the container promises (by its packets, not its header).
        num_frames_decoded: Frames that the video was found to have; fewer than expected where the
            file is truncated or damaged, and the clips were then taken from what is readable.
        is_stretched: The video was shorter than a clip and was looped or held.
        has_size_change: Up to here the stream has changed its size; all frames were brought to one.
    """

    frames: NDArray[np.uint8]
    positions: NDArray[np.int64]
    start_seconds: NDArray[np.float64]
    end_seconds: NDArray[np.float64]
    info: VideoInfo
    reader: ReaderName
    num_frames_expected: int
    num_frames_decoded: int
    is_stretched: bool
    has_size_change: bool = False

    @property
    def num_clips(self) -> int:
        """Clips held."""
        return len(self.positions)

    def gather(self) -> NDArray[np.uint8]:
        """Return all clips: ``(num_clips, clip_length, height, width, 3)`` uint8 RGB."""
        clips: NDArray[np.uint8] = self.frames[self.positions]
        return clips
