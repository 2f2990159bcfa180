"""Batches of clips that are drawn anew in every epoch: what all ways to draw them share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.cutting import ClipCutter
from motionfit.training.data.schedule import Schedule, item_rng, shard


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Which clips of some videos to show, and what is to be learned from them.

    Attributes:
        starts: ``(videos, clips)`` int64, first frame of each clip.
        labels: As in `ClipBatch`, as are the others.
        previous_labels: Of the clip before each.
        next_labels: Of the clip after each.
        order: In which order the clips of a video are shown.
    """

    starts: NDArray[np.int64]
    labels: NDArray[np.int64] | None = None
    previous_labels: NDArray[np.int64] | None = None
    next_labels: NDArray[np.int64] | None = None
    order: NDArray[np.int64] | None = None


class DrawnClips(ABC):
    """A `ClipSource` over packed videos; who inherits says where clips start, and their labels.

    A batch is a function of ``(seed, epoch, step)``: nothing is remembered between two of them, so
    that a run resumes exactly, processes share a batch, and threads make several at once. What is
    drawn of a video depends on neither the batch size nor the other videos of the batch.

    Where clips are drawn at random, to learn from, a last batch that would be smaller than the
    others is left out: a full step on the batch-norm statistics of a few clips does harm, and the
    next epoch leaves out other videos. Where they are not, to validate on, every video counts.

    Args:
        cutter: Cuts clips of the packed videos, as its settings say.
        video_indices: ``(num_videos,)`` int64, the videos in use.
        seed: Of the run.

    Attributes:
        settings: Which clips, and how they are cut.
        video_indices: ``(num_videos,)`` int64, the videos in use.
    """

    def __init__(self, cutter: ClipCutter, video_indices: NDArray[np.int64], *, seed: int) -> None:
        self.settings = cutter.settings
        self.video_indices = video_indices
        self._cutter = cutter
        self._seed = seed
        self._schedule = Schedule(
            num_items=len(video_indices),
            seed=seed,
            is_random=cutter.settings.is_random,
            drop_last=cutter.settings.is_random,
        )

    @property
    def num_videos(self) -> int:
        """Videos of an epoch."""
        return len(self.video_indices)

    @property
    def content_hashes(self) -> tuple[str, ...]:
        """Of the videos of an epoch: which they are, whatever their places in the file."""
        known = self._cutter.packed.content_hashes
        return tuple(known[video] for video in self.video_indices.tolist())

    def num_steps(self, batch_size: int) -> int:
        """Return the steps of an epoch; see `ClipSource`."""
        return self._schedule.num_steps(batch_size)

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> ClipBatch:
        """Return this process's part of a batch; see `ClipSource`."""
        joint = self._schedule.items(epoch, step, batch_size)
        items = joint[shard(len(joint), rank, world_size)]
        drawing_epoch = epoch if self.settings.is_random else 0
        rngs = [item_rng(self._seed, drawing_epoch, item) for item in items.tolist()]
        draw = self._draw(items, rngs)
        views = [
            [self._cutter.draw_view(rng) for _ in range(self.settings.num_clips)] for rng in rngs
        ]
        videos = self.video_indices[items]
        return ClipBatch(
            clips=torch.from_numpy(self._cutter.cut(videos, draw.starts, views)),
            videos=torch.from_numpy(videos),
            starts=torch.from_numpy(draw.starts),
            labels=_tensor(draw.labels),
            previous_labels=_tensor(draw.previous_labels),
            next_labels=_tensor(draw.next_labels),
            order=_tensor(draw.order),
            num_videos_joint=len(joint),
        )

    @abstractmethod
    def _draw(self, items: NDArray[np.int64], rngs: Sequence[np.random.Generator]) -> Draw:
        """Return which clips to show.

        Args:
            items: ``(videos,)`` int64, places in ``video_indices``; perhaps none.
            rngs: One for each item, which alone decides about it.
        """


def _tensor(values: NDArray[np.int64] | None) -> Tensor | None:
    return None if values is None else torch.from_numpy(values)
