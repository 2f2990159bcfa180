"""Exact median filter without sorting."""

from torch import Tensor, maximum, minimum
from torch.nn import functional


def median_filter(planes: Tensor, size: int) -> Tensor:
    """Return the median of the ``size`` x ``size`` px around each pixel; edges are repeated.

    Args:
        planes: ``(num, channels, height, width)``.
        size: Odd; 1 returns the planes themselves.
    """
    if size == 1:
        return planes
    height, width = planes.shape[-2:]
    margin = size // 2
    padded = functional.pad(planes, (margin, margin, margin, margin), mode="replicate")
    shifted = [
        padded[..., down : down + height, right : right + width]
        for down in range(size)
        for right in range(size)
    ]
    return select_median(shifted)


def select_median(values: list[Tensor]) -> Tensor:
    """Return the elementwise median of an odd number of tensors.

    Forgetful selection: of ``n // 2 + 2`` of ``n`` values neither the smallest nor the largest can
    be the median, so both are dropped and one of the waiting values takes part instead, until one
    is left. For 25 values that takes 14 intermediate results and 132 comparisons; sorting 25
    values a pixel takes several times as long (measured: see ``docs/flow_gpu.md``).
    """
    in_play = len(values) // 2 + 2
    candidates, waiting = values[:in_play], values[in_play:]
    while len(candidates) > 1:
        candidates = _drop_extremes(candidates)
        if waiting:
            candidates.append(waiting[0])
            waiting = waiting[1:]
    return candidates[0]


def _drop_extremes(values: list[Tensor]) -> list[Tensor]:
    """Return the values, in another order, without the elementwise smallest and largest."""
    half = len(values) // 2
    low = [minimum(a, b) for a, b in zip(values[:half], values[-half:], strict=True)]
    high = [maximum(a, b) for a, b in zip(values[:half], values[-half:], strict=True)]
    rest = values[half:-half]
    smallest, low = low[0], low[1:]
    for index, value in enumerate(low):
        smallest, low[index] = minimum(smallest, value), maximum(smallest, value)
    largest, high = high[0], high[1:]
    for index, value in enumerate(high):
        largest, high[index] = maximum(largest, value), minimum(largest, value)
    for index, value in enumerate(rest):
        value_above = maximum(smallest, value)
        rest[index] = minimum(largest, value_above)
    return low + rest + high
