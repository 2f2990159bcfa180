"""Where the clips of a video start."""

import numpy as np
from numpy.typing import NDArray

from motionfit.media.sampling import sample_clip_starts
from motionfit.training.clip_order import clip_orders
from motionfit.training.data.settings import ClipSettings


def draw_starts(
    num_frames: int, settings: ClipSettings, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the first frame of each of a video's clips, in the order of time for ``vcop``.

    In a video shorter than a clip every clip starts with the first frame.

    Args:
        num_frames: Frames of the video; for ``vcop`` at least ``settings.tuple_span``.
        settings: Which clips.
        rng: Decides; not asked by ``uniform``, nor by ``vcop`` unless ``settings.is_random``.

    Returns:
        ``(num_clips,)`` int64.

    Source: MotionFit (how the clips of a video are drawn is not stated; independent uniform starts
    here); TSN for ``segments``; VCOP (Xu et al.) for ``vcop``.
    """
    room = max(0, num_frames - settings.span)
    match settings.placement:
        case "random":
            return rng.integers(0, room + 1, settings.num_clips)
        case "segments":
            return _one_per_segment(room, settings.num_clips, rng)
        case "vcop":
            tuple_room = num_frames - settings.tuple_span
            first = rng.integers(0, tuple_room + 1) if settings.is_random else tuple_room // 2
            hop = settings.span + settings.gap
            return np.asarray(first + hop * np.arange(settings.num_clips), np.int64)
        case "uniform":
            return sample_clip_starts(room + settings.span, settings.num_clips, settings.span)


def _one_per_segment(room: int, num_clips: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Cut the ``room + 1`` possible starts into equal parts and draw one of each.

    ::

        room=8, num_clips=3:   0 1 2 | 3 4 5 | 6 7 8

    With fewer starts than clips some parts are empty; such a clip starts where its part would.
    """
    edges = np.arange(num_clips + 1, dtype=np.int64) * (room + 1) // num_clips
    return rng.integers(edges[:-1], np.maximum(edges[1:], edges[:-1] + 1))


def draw_order(num_clips: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], int]:
    """Return an order to show clips in, and its number.

    Returns:
        ``(num_clips,)`` int64, at each place the clip (in time) shown there; and which permutation
        that is in `itertools.permutations`, from 0.

    Source: VCOP (Xu et al., CVPR 2019), whose targets are these numbers.
    """
    orders = clip_orders(num_clips)
    number = int(rng.integers(len(orders)))
    return np.array(orders[number], dtype=np.int64), number
