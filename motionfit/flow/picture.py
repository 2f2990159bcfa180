"""Flow as a picture: the direction is a hue, the speed how full it is."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

# The hues once round, and the steps from each to the next: unequal, since the eye tells yellows
# apart better than blues.
_PRIMARIES = ((1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1))
_NUM_STEPS = (15, 6, 4, 11, 13, 6)
_BEYOND = 0.75


def draw_flow(flow: NDArray[np.float32], max_px: float | None = None) -> NDArray[np.uint8]:
    """Return a flow as a picture in the colours of the Middlebury benchmark.

    What rests is white; what moves by ``max_px`` has the full colour of its direction (right red,
    down yellow, left cyan, up violet: see `draw_colour_wheel`); what moves further is darkened.

    Source: Baker, Scharstein, Lewis, Roth, Black, Szeliski, "A Database and Evaluation Methodology
    for Optical Flow", IJCV 2011, and its program ``color_flow``, pixel by pixel.

    Args:
        flow: ``(height, width, 2)`` float32, px; or several, ``(..., height, width, 2)``.
        max_px: Displacement with the full colour; None is the largest one in ``flow``.

    Returns:
        ``(..., height, width, 3)`` uint8 RGB.
    """
    x, y = flow[..., 0], flow[..., 1]
    distance = np.hypot(x, y)
    full_px = float(distance.max(initial=0.0)) if max_px is None else max_px
    radius = (distance / full_px if full_px > 0 else distance)[..., None]
    wheel = _wheel()
    position = (np.arctan2(-y, -x) / np.pi + 1) / 2 * (len(wheel) - 1)
    before = position.astype(np.int64)
    part = (position - before)[..., None]
    hue = (1 - part) * wheel[before] + part * wheel[(before + 1) % len(wheel)]
    colour = np.where(radius <= 1, 1 - radius * (1 - hue), _BEYOND * hue)
    picture: NDArray[np.uint8] = (255 * colour).astype(np.uint8)
    return picture


def draw_colour_wheel(side: int) -> NDArray[np.uint8]:
    """Return the key to the colours: what moves from the middle to a place has its colour.

    Args:
        side: Height and width, px.

    Returns:
        ``(side, side, 3)`` uint8 RGB; black outside the disc.
    """
    flow = _disc_flow(side)
    picture = draw_flow(flow, 1.0)
    picture[~colour_wheel_mask(side)] = 0
    return picture


def colour_wheel_mask(side: int) -> NDArray[np.bool_]:
    """Return which pixels of `draw_colour_wheel` are the disc: ``(side, side)``."""
    inside: NDArray[np.bool_] = np.linalg.norm(_disc_flow(side), axis=-1) <= 1
    return inside


def _disc_flow(side: int) -> NDArray[np.float32]:
    """Return the place of each pixel, from the middle and in radii."""
    middle = (side - 1) / 2
    steps = (np.arange(side, dtype=np.float32) - np.float32(middle)) / np.float32(side / 2)
    return np.stack(np.meshgrid(steps, steps), axis=-1)


@cache
def _wheel() -> NDArray[np.float64]:
    """Return the hues once round: ``(55, 3)`` float64 RGB, 0 to 1."""
    starts = np.array(_PRIMARIES, dtype=np.float64)
    ends = np.roll(starts, -1, axis=0)
    return np.concatenate(
        [
            start + (end - start) * np.floor(255 * np.arange(count) / count)[:, None] / 255
            for start, end, count in zip(starts, ends, _NUM_STEPS, strict=True)
        ]
    )
