"""The clips that a protocol takes from packed videos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.flow.quantise import quantise_flow
from motionfit.media.packed.clip_frames import clip_frame_indices
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import ClipSampling, plan_clips
from motionfit.media.video import FrameTimeline
from retrieval.evaluation.query_time import QueryTime, clip_order

STILL_LEVEL = int(quantise_flow(np.zeros(1, np.float32), bound=1.0)[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoClips:
    """The clips of one video.

    Attributes:
        pixels: ``(num_distinct, clip_length, height, width, channel)`` uint8, no clip twice.
        place_of: ``(num_clips,)`` int64, where each clip is among ``pixels``.
        is_stretched: The video was shorter than a clip and was looped or held.
    """

    pixels: NDArray[np.uint8]
    place_of: NDArray[np.int64]
    is_stretched: bool


class PackedClips:
    """Copies clips out of packed videos.

    Args:
        packed: Frames, or levels of flow.
        sampling: Which clips; those of flow too are placed by frames.
        query_time: What is done to the frames of every clip. Where frames stand still, flow is
            zero; what it would be between frames in another order, packed flow does not tell.

    Raises:
        ConfigError: Flow is to be reversed or shuffled, or clips of one frame have no time.
    """

    def __init__(
        self, packed: PackedVideos, sampling: ClipSampling, query_time: QueryTime = "forward"
    ) -> None:
        if packed.is_flow and query_time not in ("forward", "frozen"):
            expected = "forward or frozen: packed flow is between frames as they were filmed"
            raise ConfigError("query_time", query_time, expected)
        self._packed = packed
        self._sampling = sampling
        self._order = clip_order(query_time, sampling.spec.clip_length)
        self._is_still_flow = packed.is_flow and query_time == "frozen"

    def rows(self, video: int) -> NDArray[np.int64]:
        """Return which frames, or flows, of a video make up its clips as they were filmed.

        ::

            5 frames, 2 clips of 4:    frames  0 1 2 3    1 2 3 4
            4 flows between them:      flows   0 1 2 3    1 2 3 3

        Returns:
            ``(num_clips, clip_length)`` int64; no clips where sampling drops the video.

        Raises:
            VideoTooShortError: It is shorter than a clip and ``sampling.short`` is ``error``.
        """
        num_rows = int(self._packed.num_frames[video])
        spec = self._sampling.spec
        if num_rows == 0:
            return np.empty((0, spec.clip_length), np.int64)
        # By the number, not by the second: packed videos have no time stamps.
        timeline = FrameTimeline.constant(self._num_frames(video), frame_rate=1)
        plan = plan_clips(timeline, self._sampling, path=self._packed.names[video])
        if not self._packed.is_flow:
            return plan.frame_indices
        rows = np.empty_like(plan.frame_indices)
        for clip, start in enumerate(plan.frame_indices[:, 0].tolist()):
            rows[clip] = clip_frame_indices(
                start, num_rows, clip_length=spec.clip_length, stride=spec.stride, is_flow=True
            )
        return rows

    def read(self, video: int) -> VideoClips:
        """Return the clips of a video.

        Raises:
            VideoTooShortError: It is shorter than a clip and ``sampling.short`` is ``error``.
        """
        shown = self.rows(video)[:, self._order]
        if self._is_still_flow:
            shown[:] = 0
        distinct, place_of = np.unique(shown, axis=0, return_inverse=True)
        # One plane a channel in memory, as packed: nothing is moved before the crop.
        pixels = np.moveaxis(self._packed.planes(video)[distinct], 2, -1)
        if self._is_still_flow:
            pixels[:] = STILL_LEVEL
        is_short = self._num_frames(video) < self._sampling.spec.span
        return VideoClips(
            pixels=pixels,
            place_of=place_of.reshape(-1),
            is_stretched=is_short and len(shown) > 0,
        )

    def _num_frames(self, video: int) -> int:
        return int(self._packed.num_frames[video]) + self._packed.is_flow
