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


def centred_on(
    grid_starts: NDArray[np.int64], grid_span: int, *, span: int, num_frames: int
) -> NDArray[np.int64]:
    """Return where clips of another span start that have their middle on that of a grid's clips.

    They stay within the video. Of one span, the two are the same clips.

    ::

        video of 10 frames, grid, span 2:   AABBCCDDEE
        clips, span 6:                      ......        on A and B, moved into the video
                                              ......      on C
                                                ......    on D, and on E, moved

    Args:
        grid_starts: ``(num_on_grid,)`` int64.
        grid_span: Frames that each clip of the grid covers.
        span: Frames that the others cover; they start with the first frame of a shorter video.
        num_frames: Of the video.

    Returns:
        ``(num_on_grid,)`` int64. What cannot be in the middle is half a frame early.
    """
    if span == grid_span:
        return grid_starts
    return np.clip(grid_starts + (grid_span - span) // 2, 0, max(0, num_frames - span))


def most_overlapped(
    starts: NDArray[np.int64], span: int, grid_starts: NDArray[np.int64], grid_span: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which clip of a video's grid each of some clips overlaps most.

    Of equals it is the one whose middle is nearest, and of such the earlier one.

    ::

        grid, span 4:        AAAABBBB....CCCC
        clips, span 4:      ....             overlaps A by 3
                                ....         A and B by 2 each, as near: A
                                     ....    none
        clip, span 12:       ............    A and B by 4 each, B is nearer to its middle

    Args:
        starts: ``(num_clips,)`` int64, first frames of the clips.
        span: Frames that each of them covers.
        grid_starts: ``(num_on_grid,)`` int64, increasing, at least one.
        grid_span: Frames that each clip of the grid covers.

    Returns:
        Places in ``grid_starts`` and numbers of shared frames, each ``(num_clips,)`` int64. Where
        no frame is shared, the place is one of a nearest clip.
    """
    # The further apart two middles are, the less is shared. All in half frames.
    middles, on_grid = 2 * starts + span, 2 * grid_starts + grid_span
    later = np.searchsorted(on_grid, middles)
    earlier = np.maximum(later - 1, 0)
    later = np.minimum(later, len(grid_starts) - 1)
    is_earlier = abs(middles - on_grid[earlier]) <= abs(middles - on_grid[later])
    places = np.where(is_earlier, earlier, later)
    num_shared = np.minimum(starts + span, grid_starts[places] + grid_span) - np.maximum(
        starts, grid_starts[places]
    )
    return places, np.maximum(num_shared, 0)
