"""All iterations between two warps, of one pair by one program. Twin of ``minimise.py``."""

# Triton reads the annotations itself, and knows only its own.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

import triton
from triton import language as tl

from motionfit.flow.tvl1_torch.kernels.iterate_kernel import update_dual, update_primal
from motionfit.flow.tvl1_torch.kernels.median_kernel import filter_plane


@triton.jit
def minimise_kernel(
    flow, spare, dual, gradient, constant, iterations,
    height, width, stop, bound, step, theta, num_outer, num_inner,
    median_size: tl.constexpr, block: tl.constexpr, median_block: tl.constexpr,
):  # fmt: skip
    """Minimise the linearised energy of pair ``program_id(0)``, in place.

    The program itself decides when its pair has converged, at the same iteration as the torch
    steps, and ends. Nobody waits for it, and another pair takes its place on the GPU.

    Args:
        flow: ``(pairs, 2, height, width)`` float32.
        spare: As large as ``flow``, for the median filter.
        dual: ``(pairs, 2, 2, height, width)`` float32.
        gradient: ``(pairs, 2, height, width)`` float32.
        constant: ``(pairs, height, width)`` float32.
        iterations: ``(pairs,)`` int32, written: how many were done.
        height: Of the pictures, px.
        width: Of the pictures, px.
        stop: Squared change at which the pair has converged, px^2.
        bound: ``lambda theta``.
        step: ``tau / theta``.
        theta: Tightness of the coupling.
        num_outer: Most rounds.
        num_inner: Most iterations of a round.
        median_size: Side of the median filter, px.
        block: Pixels at a time.
        median_block: Pixels at a time in the median filter, which needs more registers a pixel.
    """
    pair = tl.program_id(0).to(tl.int64)
    area = height * width
    flow += pair * 2 * area
    spare += pair * 2 * area
    dual += pair * 4 * area
    gradient += pair * 2 * area
    constant += pair * area
    total = 0
    outer = 0
    going = 1
    while (going != 0) & (outer < num_outer):
        if median_size > 1:
            filter_plane(flow, spare, height, width, median_size, median_block)
            filter_plane(flow + area, spare + area, height, width, median_size, median_block)
            tl.debug_barrier()
            _copy(spare, flow, 2 * area, block)
            tl.debug_barrier()
        inner = 0
        while (going != 0) & (inner < num_inner):
            change = update_primal(
                flow, dual, gradient, constant, height, width, bound, theta, block
            )
            tl.debug_barrier()
            update_dual(flow, dual, height, width, step, block)
            tl.debug_barrier()
            going = (change > stop).to(tl.int32)
            inner += 1
        total += inner
        outer += 1
    tl.store(iterations + pair, total)


@triton.jit
def _copy(source, target, length, block: tl.constexpr):
    for start in range(0, length, block):
        place = start + tl.arange(0, block)
        inside = place < length
        tl.store(target + place, tl.load(source + place, mask=inside), mask=inside)
