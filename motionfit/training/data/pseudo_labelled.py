"""Clips of a grid for training, each with a label of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import sample_clip_starts
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.cutting import ClipCutter
from motionfit.training.data.schedule import Schedule, item_rng, shard
from motionfit.training.data.settings import ClipSettings


@dataclass(frozen=True, kw_only=True)
class LabelledGrid:
    """Clips and their labels, all of one video in a row and in the order of time.

    Attributes:
        videos: ``(num_clips,)`` int64, places among the packed videos.
        starts: ``(num_clips,)`` int64, first frames.
        labels: ``(num_clips,)`` int64.
    """

    videos: NDArray[np.int64]
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        videos: Sequence[int] | NDArray[np.int64],
        starts: Sequence[int] | NDArray[np.int64],
        labels: Sequence[int] | NDArray[np.int64],
    ) -> "LabelledGrid":
        """Return the grid of clips that come in any order.

        Raises:
            ConfigError: The three are not of one length.
        """
        columns = [np.asarray(column, np.int64) for column in (videos, starts, labels)]
        if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
            found = tuple(column.shape for column in columns)
            raise ConfigError("videos, starts and labels", found, "one number a clip each")
        order = np.lexsort((columns[1], columns[0]))
        return cls(videos=columns[0][order], starts=columns[1][order], labels=columns[2][order])

    def neighbour_labels(self, distance: int) -> NDArray[np.int64]:
        """Return the label of the clip ``distance`` later in the same video, -1 where none is.

        Args:
            distance: 1 is the next clip, -1 the one before.
        """
        found = np.full(len(self.videos), -1, np.int64)
        if distance < 0:
            here, there = slice(-distance, None), slice(None, distance)
        else:
            here, there = slice(None, len(found) - distance), slice(distance, None)
        same = self.videos[here] == self.videos[there]
        found[here] = np.where(same, self.labels[there], -1)
        return found


class PseudoLabelledClips:
    """Batches of R clips of a grid for each video, with the labels of the clips.

    Only clips of the grid, so that every label is that of exactly these frames. A batch is a
    function of ``(seed, epoch, step)``; see `TrainingClips`. A video with fewer than R clips on the
    grid shows all of them, and some again.

    Args:
        packed: The videos.
        settings: How clips are cut; of ``placement`` only ``uniform`` matters, which takes clips
            spread evenly over the video's grid, always the same.
        grid: The clips and their labels. Videos without a clip are not used.
        video_indices: Videos to use, by their places in ``packed``; None is all on the grid.
        with_neighbours: Also give the labels of the clips before and after.
        seed: Of the run.
        drop_last: Leave out a last batch of an epoch that would be smaller than the others.

    Attributes:
        video_indices: ``(num_videos,)`` int64, the videos in use.

    Raises:
        TooFewVideosError: No video has a clip on the grid.
        ConfigError: The settings do not fit the packed videos.
    """

    def __init__(
        self,
        packed: PackedVideos,
        settings: ClipSettings,
        grid: LabelledGrid,
        *,
        video_indices: Sequence[int] | NDArray[np.int64] | None = None,
        with_neighbours: bool = False,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.settings = settings
        self._cutter = ClipCutter(packed, settings)
        self._grid = grid
        on_grid, firsts, counts = np.unique(grid.videos, return_index=True, return_counts=True)
        is_used = np.ones(len(on_grid), bool)
        if video_indices is not None:
            is_used = np.isin(on_grid, np.asarray(video_indices, np.int64))
        self.video_indices = on_grid[is_used]
        self._firsts, self._counts = firsts[is_used], counts[is_used]
        if len(self.video_indices) == 0:
            raise TooFewVideosError(packed.path, "no video has a labelled clip", "some that have")
        if not 0 <= on_grid[0] <= on_grid[-1] < len(packed):
            found = (int(on_grid[0]), int(on_grid[-1]))
            raise ConfigError("videos", found, f"numbers from 0 to {len(packed) - 1}")
        self._before = grid.neighbour_labels(-1) if with_neighbours else None
        self._after = grid.neighbour_labels(1) if with_neighbours else None
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
        rows = np.empty((len(items), num_clips), np.int64)
        views = []
        for row, item in enumerate(items.tolist()):
            rng = item_rng(self._seed, epoch if self.settings.is_random else 0, item)
            rows[row] = self._firsts[item] + self._draw(int(self._counts[item]), rng)
            views.append([self._cutter.draw_view(rng) for _ in range(num_clips)])
        videos, starts = self.video_indices[items], self._grid.starts[rows]
        clips = self._cutter.cut(videos, starts, views)
        before, after = self._before, self._after
        return ClipBatch(
            clips=torch.from_numpy(clips),
            videos=torch.from_numpy(videos),
            starts=torch.from_numpy(starts),
            labels=torch.from_numpy(self._grid.labels[rows]),
            previous_labels=None if before is None else torch.from_numpy(before[rows]),
            next_labels=None if after is None else torch.from_numpy(after[rows]),
            num_videos_joint=len(joint),
        )

    def _draw(self, num_on_grid: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return which of a video's clips to show; none twice before all were shown."""
        num_clips = self.settings.num_clips
        if self.settings.placement == "uniform":
            return sample_clip_starts(num_on_grid, num_clips, 1)
        num_rounds = -(-num_clips // num_on_grid)
        rounds = [rng.permutation(num_on_grid) for _ in range(num_rounds)]
        return np.concatenate(rounds)[:num_clips].astype(np.int64)
