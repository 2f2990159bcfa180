"""Clips of videos for training: several of each, drawn anew in every epoch."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.cutting import ClipCutter
from motionfit.training.data.placement import draw_order, draw_starts
from motionfit.training.data.schedule import Schedule, item_rng, shard
from motionfit.training.data.settings import ClipSettings


class TrainingClips:
    """Batches of R clips of each video, with the labels of the videos.

    A batch is a function of ``(seed, epoch, step)``: nothing is remembered between two of them, so
    that a run resumes exactly, processes share a batch, and threads make several at once. What is
    drawn of a video depends on neither the batch size nor on what kind is packed: frames and flow
    of the same videos, in the same order, give clips of the same time, cut alike.

    Args:
        packed: The videos.
        settings: Which clips, and how they are cut.
        video_indices: Videos to use, by their places in ``packed``; None is all.
        labels: One for each of ``video_indices``; None is no labels.
        seed: Of the run.
        drop_last: Leave out a last batch of an epoch that would be smaller than the others.

    Attributes:
        video_indices: ``(num_videos,)`` int64, the videos in use.
        left_out: Videos that are shorter than the clips of ``vcop`` together.

    Raises:
        TooFewVideosError: There is no video, or all are too short.
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
        drop_last: bool = False,
    ) -> None:
        self.settings = settings
        self._cutter = ClipCutter(packed, settings)
        wanted = np.asarray(
            np.arange(len(packed)) if video_indices is None else video_indices, np.int64
        )
        all_labels = None if labels is None else np.asarray(labels, np.int64)
        if all_labels is not None and all_labels.shape != wanted.shape:
            raise ConfigError("labels", len(all_labels), f"{len(wanted)}, one for each video")
        is_usable = self._are_long_enough(wanted)
        if not is_usable.any():
            found = f"{len(wanted)} videos, none of them long enough"
            needed = f"videos of {settings.tuple_span} frames"
            raise TooFewVideosError(packed.path, found, needed if len(wanted) else "videos")
        self.left_out = wanted[~is_usable]
        self.video_indices = wanted[is_usable]
        self._labels = None if all_labels is None else all_labels[is_usable]
        self._seed = seed
        self._schedule = Schedule(
            num_items=len(self.video_indices),
            seed=seed,
            is_random=settings.is_random,
            drop_last=drop_last,
        )

    @property
    def num_videos(self) -> int:
        """Videos of an epoch."""
        return len(self.video_indices)

    def num_steps(self, batch_size: int) -> int:
        """Return the steps of an epoch; see `ClipSource`."""
        return self._schedule.num_steps(batch_size)

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> ClipBatch:
        """Return this process's part of a batch; see `ClipSource`."""
        joint = self._schedule.items(epoch, step, batch_size)
        items = joint[shard(len(joint), rank, world_size)]
        num_clips = self.settings.num_clips
        starts = np.empty((len(items), num_clips), np.int64)
        orders = np.empty(len(items), np.int64)
        views = []
        for row, item in enumerate(items.tolist()):
            rng = item_rng(self._seed, epoch if self.settings.is_random else 0, item)
            starts[row], orders[row] = self._draw(int(self.video_indices[item]), rng)
            views.append([self._cutter.draw_view(rng) for _ in range(num_clips)])
        videos = self.video_indices[items]
        clips = self._cutter.cut(videos, starts, views)
        return ClipBatch(
            clips=torch.from_numpy(clips),
            videos=torch.from_numpy(videos),
            starts=torch.from_numpy(starts),
            labels=None if self._labels is None else torch.from_numpy(self._labels[items]),
            order=torch.from_numpy(orders) if self.settings.placement == "vcop" else None,
            num_videos_joint=len(joint),
        )

    def _draw(self, video: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], int]:
        """Return the starts of a video's clips in the order shown, and the number of that order."""
        starts = draw_starts(self._cutter.num_frames(video), self.settings, rng)
        if self.settings.placement != "vcop":
            return starts, 0
        shown, number = draw_order(len(starts), rng)
        return starts[shown], number

    def _are_long_enough(self, videos: NDArray[np.int64]) -> NDArray[np.bool_]:
        if self.settings.placement != "vcop":
            return np.ones(len(videos), bool)
        lengths = [self._cutter.num_frames(video) for video in videos.tolist()]
        return np.array(lengths, np.int64) >= self.settings.tuple_span
