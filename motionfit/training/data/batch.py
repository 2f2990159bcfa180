"""A batch of clips on its way from the loader to a network."""

from dataclasses import dataclass

from torch import Tensor

from motionfit.training.batches import map_tensors


@dataclass(frozen=True, kw_only=True)
class ClipBatch:
    """Clips of some videos, several of each.

    Attributes:
        clips: ``(videos, clips, channel, time, height, width)`` uint8, contiguous: RGB, or flow in
            8-bit levels, x and y.
        videos: ``(videos,)`` int64, the packed videos that the clips are of.
        starts: ``(videos, clips)`` int64, first frame of each clip.
        labels: ``(videos,)`` int64 of the videos, or ``(videos, clips)`` of the clips; None where
            there are none.
        previous_labels: ``(videos, clips)`` int64, of the clip before each on the grid, -1 where
            there is none; None where nobody asked.
        next_labels: As ``previous_labels``, of the clip after each.
        order: ``(videos,)`` int64, in which order the clips of a video are shown, as the number of
            that permutation in `itertools.permutations`; None where clips are not shuffled.
        num_videos_joint: Videos of this step in all processes together; the weight of this batch is
            ``len(batch) / num_videos_joint``.
    """

    clips: Tensor
    videos: Tensor
    starts: Tensor
    labels: Tensor | None = None
    previous_labels: Tensor | None = None
    next_labels: Tensor | None = None
    order: Tensor | None = None
    num_videos_joint: int

    def __len__(self) -> int:
        return len(self.clips)

    def pin_memory(self) -> "ClipBatch":
        """Return the batch in memory from which a GPU copies while it computes."""
        pinned: ClipBatch = map_tensors(self, lambda tensor: tensor.pin_memory())
        return pinned
