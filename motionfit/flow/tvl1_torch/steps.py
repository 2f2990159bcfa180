"""One iteration of TV-L1, each step named as in the paper.

Source: Zach, Pock and Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM
2007, whose equation numbers are given. Sums and products are spelt out one by one: fused forms
round differently in the last, incomplete vector of a row, and then a pair's flow would depend on
its place in the batch.
"""

import torch
from torch import Tensor

from motionfit.flow.tvl1_torch.warp import Linearisation

FLOAT_EPSILON = torch.finfo(torch.float32).eps


def threshold(flow: Tensor, linear: Linearisation, squared_norm: Tensor, bound: float) -> Tensor:
    """Return ``v``, the minimum of data term and coupling for fixed ``u`` (TH, equation 17).

    Along the gradient, ``u`` is moved until the linearised residual vanishes, by at most
    ``lambda theta |gradient|``: the paper's three cases are one clamp.

    Args:
        flow: ``u``, ``(pairs, 2, height, width)`` px.
        linear: The data term.
        squared_norm: ``|gradient|^2``, ``(pairs, height, width)``, at least ``FLOAT_EPSILON``.
        bound: ``lambda theta``.

    Differs from OpenCV where ``|gradient|^2`` is below ``FLOAT_EPSILON``, by less than 2e-5 px.
    """
    residual = (
        linear.constant + linear.gradient[:, 0] * flow[:, 0] + linear.gradient[:, 1] * flow[:, 1]
    )
    length = (-residual / squared_norm).clamp(-bound, bound)
    return flow + length[:, None] * linear.gradient


def divergence(dual: Tensor) -> Tensor:
    """Return ``div p`` by backward differences, ``p`` being 0 outside.

    Args:
        dual: ``p``, ``(pairs, 2, 2, height, width)``: component of the flow, then direction.
    """
    of_x = dual[:, :, 0].clone()
    of_x[..., 1:] -= dual[:, :, 0, :, :-1]
    of_y = dual[:, :, 1].clone()
    of_y[..., 1:, :] -= dual[:, :, 1, :-1, :]
    return of_x + of_y


def update_primal(auxiliary: Tensor, dual: Tensor, theta: float) -> Tensor:
    """Return ``u = v + theta div p`` (equation 14)."""
    return auxiliary + theta * divergence(dual)


def forward_gradient(flow: Tensor) -> Tensor:
    """Return the differences to the right and lower neighbour, 0 at the last column and row.

    Returns:
        ``(pairs, 2, 2, height, width)``: component of the flow, then direction.
    """
    pairs, components, height, width = flow.shape
    gradient = flow.new_zeros((pairs, components, 2, height, width))
    torch.sub(flow[..., 1:], flow[..., :-1], out=gradient[:, :, 0, :, :-1])
    torch.sub(flow[..., 1:, :], flow[..., :-1, :], out=gradient[:, :, 1, :-1, :])
    return gradient


def update_dual(dual: Tensor, flow: Tensor, step: float) -> Tensor:
    """Return ``p`` after a step of Chambolle's projection (equation 15).

    Args:
        dual: ``p``.
        flow: The new ``u``.
        step: ``tau / theta``.
    """
    gradient = forward_gradient(flow)
    squared = gradient * gradient
    length = (squared[:, :, 0] + squared[:, :, 1]).sqrt()
    return (dual + step * gradient) / (1 + step * length)[:, :, None]


def squared_change(before: Tensor, after: Tensor) -> Tensor:
    """Return for each pair the sum of squared changes of the flow, px^2.

    Summed row by row, so that the order of additions does not depend on the number of pairs.
    """
    change = after - before
    squared = change * change
    return (squared[:, 0] + squared[:, 1]).sum(dim=2).sum(dim=1)
