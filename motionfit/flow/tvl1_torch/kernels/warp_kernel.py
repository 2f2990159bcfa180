"""The data term around the flow so far, in one pass. Triton's twin of ``warp.py``."""

# Triton reads the annotations itself, and knows only its own.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

import triton
from triton import language as tl

CUBIC_SHARPNESS = tl.constexpr(-0.75)


@triton.jit
def linearise_kernel(first, target, flow, gradient, constant, height, width, block: tl.constexpr):
    """Write gradient and constant of a block of pixels; see ``warp.linearise`` for the shapes."""
    pair = tl.program_id(1).to(tl.int64)
    area = height * width
    place = tl.program_id(0) * block + tl.arange(0, block)
    inside = place < area
    row = place // width
    column = place - row * width
    flow += pair * 2 * area
    u1 = tl.load(flow + place, mask=inside, other=0.0)
    u2 = tl.load(flow + area + place, mask=inside, other=0.0)
    value, gx, gy = _sample_cubic(
        target + pair * 3 * (height + 2) * (width + 2), column + u1, row + u2, inside, height, width
    )
    brightness = tl.load(first + pair * area + place, mask=inside, other=0.0)
    tl.store(gradient + pair * 2 * area + place, gx, mask=inside)
    tl.store(gradient + pair * 2 * area + area + place, gy, mask=inside)
    rest = value - gx * u1 - gy * u2 - brightness
    tl.store(constant + pair * area + place, rest, mask=inside)


@triton.jit
def _sample_cubic(target, x, y, inside, height, width):
    """Return value and gradient at ``(x, y)``; the planes stand in a frame of zeros."""
    x = tl.minimum(tl.maximum(x, -3.0), width + 2.0)
    y = tl.minimum(tl.maximum(y, -3.0), height + 2.0)
    left = tl.floor(x)
    top = tl.floor(y)
    plane = (height + 2) * (width + 2)
    value = tl.zeros_like(x)
    gx = tl.zeros_like(x)
    gy = tl.zeros_like(x)
    for down in tl.static_range(4):
        row = tl.minimum(tl.maximum(top.to(tl.int32) + down, 0), height + 1)
        row_weight = _cubic_weight(y - top - (down - 1))
        for right in tl.static_range(4):
            column = tl.minimum(tl.maximum(left.to(tl.int32) + right, 0), width + 1)
            weight = row_weight * _cubic_weight(x - left - (right - 1))
            tap = target + row * (width + 2) + column
            value += weight * tl.load(tap, mask=inside, other=0.0)
            gx += weight * tl.load(tap + plane, mask=inside, other=0.0)
            gy += weight * tl.load(tap + 2 * plane, mask=inside, other=0.0)
    return value, gx, gy


@triton.jit
def _cubic_weight(distance):
    """Return Keys' kernel at a signed distance of at most 2 px."""
    d = tl.abs(distance)
    near = ((CUBIC_SHARPNESS + 2) * d - (CUBIC_SHARPNESS + 3)) * d * d + 1
    far = ((CUBIC_SHARPNESS * d - 5 * CUBIC_SHARPNESS) * d + 8 * CUBIC_SHARPNESS) * d
    return tl.where(d <= 1, near, far - 4 * CUBIC_SHARPNESS)
