"""Flow as 8-bit numbers, and back."""

import math

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError

MAX_LEVEL = 255


def quantise_flow(flow: NDArray[np.float32], bound: float) -> NDArray[np.uint8]:
    """Return flow as 8-bit levels: clipped to the bound, then rounded to the nearest level.

    ::

        flow, px     -bound  ...     0     ...  bound        (beyond: clipped)
        level          0     ...   127.5   ...   255         0 px is stored as 128

    An even number of levels has none in the middle: 0 px comes back as half a step.
    Source: denseflow, which rounds as here; MARS truncates, and keeps 0 px as 127.

    Args:
        flow: ``(..., 2)`` float32, px.
        bound: Largest displacement that is kept, px.

    Returns:
        uint8 of the same shape.

    Raises:
        ConfigError: A value is not a number or infinite, or the bound is not positive.
    """
    _check_bound(bound)
    _check_finite(flow)
    levels: NDArray[np.float32] = np.clip(flow, -bound, bound, dtype=np.float32)
    levels *= np.float32(MAX_LEVEL / (2 * bound))
    # The half turns the conversion, which drops what is after the point, into rounding.
    levels += np.float32(MAX_LEVEL / 2 + 0.5)
    return levels.astype(np.uint8)


def restore_flow(levels: NDArray[np.uint8], bound: float) -> NDArray[np.float32]:
    """Return the flow that 8-bit levels stand for.

    Args:
        levels: ``(..., 2)`` uint8, as `quantise_flow` returns them.
        bound: The one they were quantised with, px.

    Returns:
        float32 of the same shape, px, at most half a step (``bound / 255``) from what was quantised
        where that was inside the bound.

    Raises:
        ConfigError: The bound is not positive.
    """
    _check_bound(bound)
    flow_of_level = np.linspace(-bound, bound, MAX_LEVEL + 1, dtype=np.float32)
    return flow_of_level[levels]


def saturated_share(flow: NDArray[np.float32], bound: float) -> float:
    """Return which share of the flow's vectors, from 0 to 1, lie beyond the bound in x or in y.

    Args:
        flow: ``(..., 2)`` float32, px.
        bound: Largest displacement that is kept, px.
    """
    _check_bound(bound)
    if flow.size == 0:
        return 0.0
    beyond = np.abs(flow) > bound
    return float((beyond[..., 0] | beyond[..., 1]).mean())


def _check_bound(bound: float) -> None:
    if not 0 < bound < math.inf:
        raise ConfigError("bound", bound, "a positive number of px")


def _check_finite(flow: NDArray[np.float32]) -> None:
    if not np.isfinite(flow).all():
        first = flow[~np.isfinite(flow)][0]
        raise ConfigError("flow", float(first), "finite numbers of px throughout")
