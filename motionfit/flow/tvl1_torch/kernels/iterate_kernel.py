"""One iteration of TV-L1 on a pair, by one program. Triton's twin of ``steps.py``.

Two passes over the picture. The first changes ``u`` and reads ``p`` of the left and upper
neighbours; the second changes ``p`` and reads ``u`` of the right and lower ones. Each pass changes
only what belongs to the pixel itself, so both work in place; a barrier stands between them.
"""

# Triton reads the annotations itself, and knows only its own.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

import triton
from triton import language as tl

FLOAT_EPSILON = tl.constexpr(1.1920928955078125e-07)


@triton.jit
def update_primal(flow, dual, gradient, constant, height, width, bound, theta, block: tl.constexpr):
    """Threshold (TH), then the primal step; return the squared change of the flow, px^2."""
    area = height * width
    place = tl.arange(0, block)
    column = place % width
    squared_change = tl.zeros([block], dtype=tl.float32)
    for _ in range(0, area, block):
        inside = place < area
        u1 = tl.load(flow + place, mask=inside, other=0.0)
        u2 = tl.load(flow + area + place, mask=inside, other=0.0)
        gx = tl.load(gradient + place, mask=inside, other=0.0)
        gy = tl.load(gradient + area + place, mask=inside, other=0.0)
        residual = tl.load(constant + place, mask=inside, other=0.0) + gx * u1 + gy * u2
        length = -residual / tl.maximum(gx * gx + gy * gy, FLOAT_EPSILON)
        length = tl.minimum(tl.maximum(length, -bound), bound)
        has_left = inside & (column > 0)
        has_upper = inside & (place >= width)
        div1 = _divergence(dual, place, area, width, inside, has_left, has_upper)
        div2 = _divergence(dual + 2 * area, place, area, width, inside, has_left, has_upper)
        new1 = u1 + length * gx + theta * div1
        new2 = u2 + length * gy + theta * div2
        squared_change += (new1 - u1) * (new1 - u1) + (new2 - u2) * (new2 - u2)
        tl.store(flow + place, new1, mask=inside)
        tl.store(flow + area + place, new2, mask=inside)
        place, column = _next_block(place, column, width, block)
    return tl.sum(squared_change, axis=0)


@triton.jit
def update_dual(flow, dual, height, width, step, block: tl.constexpr):
    """Take the dual step for both components of the flow."""
    area = height * width
    place = tl.arange(0, block)
    column = place % width
    for _ in range(0, area, block):
        inside = place < area
        has_right = inside & (column < width - 1)
        has_lower = place < area - width
        for component in tl.static_range(2):
            u = flow + component * area + place
            p = dual + 2 * component * area + place
            here = tl.load(u, mask=inside, other=0.0)
            right = tl.load(u + 1, mask=has_right, other=0.0)
            lower = tl.load(u + width, mask=has_lower, other=0.0)
            ux = tl.where(has_right, right - here, 0.0)
            uy = tl.where(has_lower, lower - here, 0.0)
            by_length = 1.0 / (1.0 + step * tl.sqrt(ux * ux + uy * uy))
            px = tl.load(p, mask=inside, other=0.0)
            py = tl.load(p + area, mask=inside, other=0.0)
            tl.store(p, (px + step * ux) * by_length, mask=inside)
            tl.store(p + area, (py + step * uy) * by_length, mask=inside)
        place, column = _next_block(place, column, width, block)


@triton.jit
def _divergence(dual, place, area, width, inside, has_left, has_upper):
    """Return ``div p`` of one component; ``p`` is 0 outside."""
    of_x = tl.load(dual + place, mask=inside, other=0.0)
    of_x -= tl.load(dual + place - 1, mask=has_left, other=0.0)
    of_y = tl.load(dual + area + place, mask=inside, other=0.0)
    of_y -= tl.load(dual + area + place - width, mask=has_upper, other=0.0)
    return of_x + of_y


@triton.jit
def _next_block(place, column, width, block: tl.constexpr):
    """Return the pixels ``block`` further on, and their columns without a division."""
    column += block % width
    return place + block, tl.where(column >= width, column - width, column)
