"""Clips of videos for training: several of each, drawn anew in every epoch."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.cutting import ClipCutter
from motionfit.training.data.drawn_clips import Draw, DrawnClips
from motionfit.training.data.placement import draw_order, draw_starts
from motionfit.training.data.settings import ClipSettings

_LOGGER = logging.getLogger(__name__)


class TrainingClips(DrawnClips):
    """Batches of R clips of each video, with the labels of the videos.

    Frames and flow of the same videos, in the same order, give clips of the same time, cut alike.

    Args:
        packed: The videos.
        settings: Which clips, and how they are cut.
        video_indices: Videos to use, by their places in ``packed``; None is all.
        labels: One for each of ``video_indices``; None is no labels.
        seed: Of the run.

    Raises:
        TooFewVideosError: There is no video, or all are too short; see `are_long_enough`.
        ConfigError: The settings do not fit the packed videos, or labels are too few or many.
    """

    def __init__(
        self,
        packed: PackedVideos,
        settings: ClipSettings,
        *,
        video_indices: Sequence[int] | NDArray[np.int64] | None = None,
        labels: Sequence[int] | NDArray[np.int64] | None = None,
        seed: int = 0,
    ) -> None:
        cutter = ClipCutter(packed, settings)
        wanted = np.asarray(
            np.arange(len(packed)) if video_indices is None else video_indices, np.int64
        )
        all_labels = None if labels is None else np.asarray(labels, np.int64)
        if all_labels is not None and all_labels.shape != wanted.shape:
            raise ConfigError("labels", len(all_labels), f"{len(wanted)}, one for each video")
        is_usable = are_long_enough(packed, settings, wanted)
        super().__init__(cutter, wanted[is_usable], seed=seed)
        self._labels = None if all_labels is None else all_labels[is_usable]

    def _draw(self, items: NDArray[np.int64], rngs: Sequence[np.random.Generator]) -> Draw:
        starts = np.empty((len(items), self.settings.num_clips), np.int64)
        order = np.empty(len(items), np.int64) if self.settings.placement == "vcop" else None
        for row, (video, rng) in enumerate(zip(self.video_indices[items], rngs, strict=True)):
            in_time = draw_starts(self._cutter.num_frames(int(video)), self.settings, rng)
            if order is None:
                starts[row] = in_time
            else:
                shown, order[row] = draw_order(len(in_time), rng)
                starts[row] = in_time[shown]
        labels = None if self._labels is None else self._labels[items]
        return Draw(starts=starts, labels=labels, order=order)


def are_long_enough(
    packed: PackedVideos, settings: ClipSettings, videos: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which videos have room for the clips of ``vcop``; any has, for other placements.

    How many have not is logged.

    Args:
        packed: The videos.
        settings: Which clips.
        videos: ``(num_videos,)`` int64, their places.

    Raises:
        TooFewVideosError: None has.
    """
    needed = settings.tuple_span if settings.placement == "vcop" else 0
    is_usable: NDArray[np.bool_] = packed.num_frames[videos] + packed.is_flow >= needed
    if not is_usable.any():
        if not len(videos):
            raise TooFewVideosError(packed.path, "none to train or to validate on", "videos")
        found = f"{len(videos)} videos, none of them long enough"
        raise TooFewVideosError(packed.path, found, f"videos of {needed} frames")
    if num_short := int((~is_usable).sum()):
        _LOGGER.warning(
            "%d of %d videos have fewer than the %d frames of %d clips in a row; "
            "they are not trained on.",
            num_short,
            len(videos),
            needed,
            settings.num_clips,
        )
    return is_usable
