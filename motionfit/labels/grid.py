"""The grid of clips that covers a video."""

import numpy as np
from numpy.typing import NDArray

from motionfit.labels.settings import GridSettings


def grid_starts(num_frames: int, grid: GridSettings) -> NDArray[np.int64]:
    """Return where the clips of a video start, in its frames (or flows).

    A last clip, at the very end, is added where at least half a clip would stay unseen::

        clip_length=4, 11 frames   ####        starts 0, 4, 7
                                       ####
                                          ####
        clip_length=4,  9 frames   ####        starts 0, 4
                                       ####.

    A video shorter than a clip has one, at 0; one without frames has none.

    Args:
        num_frames: Of the video.
        grid: Shape and hop of the clips.

    Returns:
        ``(num_clips,)`` int64, increasing.
    """
    if num_frames <= grid.span:
        return np.zeros(min(num_frames, 1), np.int64)
    last = num_frames - grid.span
    starts: NDArray[np.int64] = np.arange(0, last + 1, grid.hop, dtype=np.int64)
    num_unseen = last - int(starts[-1])
    return np.append(starts, last) if 2 * num_unseen >= grid.span else starts
