"""TV-L1 optical flow of a batch of pairs, coarse to fine.

The flow ``u`` from picture ``I0`` to picture ``I1`` is the minimum of ::

    E(u) = integral over the picture of
           |grad u1| + |grad u2|  +  lambda |I1(x + u(x)) - I0(x)|

total variation, which lets the flow jump at the edge of an object, and an absolute residual, which
bears occlusions. ``I1`` is made linear around the flow so far, ``u0``::

    rho(u) = I1(x + u0) + grad I1(x + u0) . (u - u0) - I0(x)

and ``u`` and a second variable ``v`` share the work, tied to each other ever so tightly ::

    E(u, v) = integral of  |grad u1| + |grad u2|  +  |u - v|^2 / (2 theta)  +  lambda |rho(v)|

which is minimised in turn: for ``v`` at each pixel alone (threshold), for ``u`` through the dual
variable ``p`` (Chambolle). The linearisation holds near ``u0`` only; hence several warps a level,
and a pyramid.

Source: Zach, Pock and Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM
2007; pyramid, median filter, stop and borders as in `cv2.optflow.DualTVL1OpticalFlow`.
"""

from torch import Tensor

from motionfit.flow.estimator import SMALLEST_SIDE_PX
from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.backend import Backend
from motionfit.flow.tvl1_torch.resample import resize_linear, scaled_size
from motionfit.flow.tvl1_torch.warp import prepare_target


def solve(frames: Tensor, parameters: TvL1Parameters, backend: Backend) -> Tensor:
    """Return the flow of each frame to the next.

    Every frame is brought down the pyramid once, though it is the second of one pair and the first
    of another.

    Args:
        frames: ``(time, height, width)`` float32, grey levels 0..255; at least 2.
        parameters: The numbers of TV-L1.
        backend: Who does the arithmetic at a level.

    Returns:
        ``(time - 1, 2, height, width)`` float32, px.
    """
    pyramid = build_pyramid(frames, parameters.num_scales, parameters.scale_step)
    coarsest = pyramid[-1]
    flow = coarsest.new_zeros((len(frames) - 1, 2, *coarsest.shape[1:]))
    for level in reversed(pyramid):
        if level is not coarsest:
            flow = resize_linear(flow, (level.shape[1], level.shape[2]))
            flow = flow * (1 / parameters.scale_step)
        solve_level(level, flow, parameters, backend)
    return flow


def solve_level(frames: Tensor, flow: Tensor, parameters: TvL1Parameters, backend: Backend) -> None:
    """Improve the flow at one level of the pyramid, in place."""
    first = frames[:-1]
    target = prepare_target(frames[1:])
    dual = flow.new_zeros((len(flow), 2, *flow.shape[1:]))
    for _ in range(parameters.num_warps):
        linear = backend.linearise(first, target, flow)
        backend.minimise(linear, flow, dual, parameters)


def build_pyramid(frames: Tensor, num_scales: int, scale_step: float) -> list[Tensor]:
    """Return the frames at every scale, finest first; scales with a side below 16 px are left out.

    Args:
        frames: ``(time, height, width)`` float32.
        num_scales: Most levels.
        scale_step: Size of a level in terms of the finer one.
    """
    pyramid = [frames]
    while len(pyramid) < num_scales:
        finer = pyramid[-1]
        size = scaled_size((finer.shape[1], finer.shape[2]), scale_step)
        if min(size) < SMALLEST_SIDE_PX:
            break
        pyramid.append(resize_linear(finer, size, step=(1 / scale_step, 1 / scale_step)))
    return pyramid
