"""Which frames of a packed video make up a clip; the one rule for labels, training and tests."""

import numpy as np
from numpy.typing import NDArray


def clip_frame_indices(
    start: int, num_rows: int, *, clip_length: int, stride: int, is_flow: bool
) -> NDArray[np.int64]:
    """Return which frames (or flows) of a video make up a clip.

    Past the end of the video, frames begin anew from the first; flow stays at the last, since from
    the last frame to the first there is none.

    ::

        5 frames, clip_length=4, start=2:    frames  2 3 4 0
        4 flows between them:                flows   2 3 3 3

    Args:
        start: Of the clip.
        num_rows: Frames (or flows) of the video, at least 1.
        clip_length: Frames (or flows) of the clip.
        stride: From one to the next.
        is_flow: The video is of flow.

    Returns:
        ``(clip_length,)`` int64, each from 0 to ``num_rows - 1``.
    """
    indices = start + stride * np.arange(clip_length, dtype=np.int64)
    return np.minimum(indices, num_rows - 1) if is_flow else indices % num_rows
