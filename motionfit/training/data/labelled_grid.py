"""Clips of a grid with a label each, and which of them other clips overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class LabelledGrid:
    """Clips and their labels, all of one video in a row and in the order of time.

    Attributes:
        videos: ``(num_clips,)`` int64, places among the packed videos.
        starts: ``(num_clips,)`` int64, first frames.
        labels: ``(num_clips,)`` int64.
        span: Frames that each clip covers, first and last included.
    """

    videos: NDArray[np.int64]
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]
    span: int

    @classmethod
    def of(
        cls,
        videos: Sequence[int] | NDArray[np.int64],
        starts: Sequence[int] | NDArray[np.int64],
        labels: Sequence[int] | NDArray[np.int64],
        *,
        span: int,
    ) -> "LabelledGrid":
        """Return the grid of clips that come in any order.

        Raises:
            ConfigError: The three are not of one length, or the span is not positive.
        """
        columns = [np.asarray(column, np.int64) for column in (videos, starts, labels)]
        if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
            found = tuple(column.shape for column in columns)
            raise ConfigError("videos, starts and labels", found, "one number a clip each")
        if span < 1:
            raise ConfigError("span", span, "at least 1 frame")
        order = np.lexsort((columns[1], columns[0]))
        return cls(
            videos=columns[0][order],
            starts=columns[1][order],
            labels=columns[2][order],
            span=span,
        )

    def identity(self) -> str:
        """Return a short hash that differs where clips or labels do."""
        seen = sha256()
        for column in (self.videos, self.starts, self.labels):
            seen.update(column.tobytes())
        return seen.hexdigest()[:12]

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


def most_overlapped(
    starts: NDArray[np.int64], span: int, grid_starts: NDArray[np.int64], grid_span: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which clip of a video's grid each of some clips overlaps most; of equals the earlier.

    ::

        grid, span 4:        AAAABBBB....CCCC
        clips, span 4:      ....             overlaps A by 3
                                ....         A and B by 2 each: A
                                     ....    none

    Args:
        starts: ``(num_clips,)`` int64, first frames of the clips.
        span: Frames that each of them covers.
        grid_starts: ``(num_on_grid,)`` int64, increasing, at least one.
        grid_span: Frames that each clip of the grid covers.

    Returns:
        Places in ``grid_starts`` and numbers of shared frames, each ``(num_clips,)`` int64. Where
        no frame is shared, the place is one of a nearest clip.
    """
    # Of two spans the shorter one lies within the longer as long as the grid's clip starts between
    # these two frames; the further away from them it starts, the less is shared. So two clips
    # compete: the first that starts there or later, and the last that starts before.
    begin_of_most = np.minimum(starts, starts + span - grid_span)
    later = np.searchsorted(grid_starts, begin_of_most)
    earlier = np.maximum(later - 1, 0)
    later = np.minimum(later, len(grid_starts) - 1)
    shared = [
        np.minimum(starts + span, grid_starts[places] + grid_span)
        - np.maximum(starts, grid_starts[places])
        for places in (earlier, later)
    ]
    is_earlier = shared[0] >= shared[1]
    return np.where(is_earlier, earlier, later), np.maximum(np.maximum(*shared), 0)
