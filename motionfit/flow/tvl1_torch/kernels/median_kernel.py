"""Median filter of a plane, by one program. Triton's twin of ``median.py``."""

# Triton reads the annotations itself, and knows only its own.
# mypy: disable-error-code="no-untyped-def,untyped-decorator,assignment"

import triton
from triton import language as tl


@triton.jit
def filter_plane(source, target, height, width, size: tl.constexpr, block: tl.constexpr):
    """Write the ``size`` x ``size`` median of a plane to another one; edges are repeated."""
    for start in range(0, height * width, block):
        place = start + tl.arange(0, block)
        inside = place < height * width
        row = place // width
        values = _load_window(source, row, place - row * width, inside, height, width, size)
        tl.store(target + place, _select_median(values, size), mask=inside)


@triton.jit
def _load_window(source, row, column, inside, height, width, size: tl.constexpr):
    values = ()
    for index in tl.static_range(size * size):
        down = tl.minimum(tl.maximum(row + (index // size - size // 2), 0), height - 1)
        right = tl.minimum(tl.maximum(column + (index % size - size // 2), 0), width - 1)
        values += (tl.load(source + down * width + right, mask=inside, other=0.0),)
    return values


@triton.jit
def _select_median(values, size: tl.constexpr):
    """Return the median by forgetful selection; see ``median.select_median``."""
    num: tl.constexpr = size * size
    in_play: tl.constexpr = num // 2 + 2
    candidates = values[0:in_play]
    for drop in tl.static_range(num - in_play):
        candidates = _drop_extremes(candidates, in_play - drop)
        candidates += (values[in_play + drop],)
    return _drop_extremes(candidates, 3)[0]


@triton.jit
def _drop_extremes(values, num: tl.constexpr):
    """Return all but the elementwise smallest and largest of ``num`` values."""
    half: tl.constexpr = num // 2
    low = ()
    high = ()
    smallest = tl.minimum(values[0], values[num - 1])
    largest = tl.maximum(values[0], values[num - 1])
    for index in tl.static_range(1, half):
        lower = tl.minimum(values[index], values[num - 1 - index])
        upper = tl.maximum(values[index], values[num - 1 - index])
        low += (tl.maximum(smallest, lower),)
        high += (tl.minimum(largest, upper),)
        smallest = tl.minimum(smallest, lower)
        largest = tl.maximum(largest, upper)
    if num % 2 == 1:
        high += (tl.minimum(largest, tl.maximum(smallest, values[half])),)
    return low + high
