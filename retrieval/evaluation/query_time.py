"""What is done to time in query clips: the control that tells motion from texture.

An encoder that knows motion must lose its queries when their frames stand still or come in another
order; one that knows places and things does not mind.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError

QueryTime = Literal["forward", "frozen", "reversed", "shuffled"]
QUERY_TIMES: tuple[QueryTime, ...] = get_args(QueryTime)

SHUFFLE_SEED = 0


def clip_order(query_time: QueryTime, clip_length: int) -> NDArray[np.int64]:
    """Return which of a clip's frames is shown at each place.

    ::

        clip_length=4    forward 0 1 2 3    frozen 2 2 2 2    reversed 3 2 1 0

    Shuffled clips are all in one order, drawn from `SHUFFLE_SEED` and never the one filmed.

    Args:
        query_time: What to do.
        clip_length: Frames in a clip.

    Returns:
        ``(clip_length,)`` int64.

    Raises:
        ConfigError: Clips of one frame, which have no time, are to be shown other than forward.
    """
    filmed = np.arange(clip_length, dtype=np.int64)
    if query_time != "forward" and clip_length < 2:
        raise ConfigError("query_time", query_time, "forward for clips of one frame")
    match query_time:
        case "forward":
            return filmed
        case "frozen":
            return np.full_like(filmed, clip_length // 2)
        case "reversed":
            return filmed[::-1].copy()
        case "shuffled":
            return _shuffle(filmed)


def _shuffle(filmed: NDArray[np.int64]) -> NDArray[np.int64]:
    rng = np.random.default_rng(SHUFFLE_SEED)
    while True:
        shuffled = rng.permutation(filmed)
        if not np.array_equal(shuffled, filmed):
            return shuffled
