"""The loops of TV-L1 that decide its speed, compiled by numba for the CPU at hand.

Every plane of a picture is one flat array, so that a loop runs over many rows without a seam::

    |<--- stride --->|
    0 0 0 ......... 0    a row of zeros above the picture
    v v v ... v 0 .. 0   width values, then at least one zero
    v v v ... v 0 .. 0
    0 0 0                one more vector of zeros

Whatever is computed in the padding is ``0 + 0``: it stays zero. It is what a backward difference
finds above the picture and, at the end of the row before, on its left.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

VECTOR = 16
"""Values in an AVX-512 register; a row's stride is a multiple of it."""

Planes = NDArray[np.float32]

_ONE = np.float32(1)
_SMALLEST_GRADIENT = np.float32(np.finfo(np.float32).eps)

_compiled = njit(nogil=True, cache=True, fastmath=True, error_model="numpy")


@_compiled
def linearise(warped: Planes, first: Planes, u: Planes, data: Planes) -> None:
    """Write what the data term needs: the line through the warped picture's brightness at ``u``.

    ``rho(u) = I1(x + u0) + <grad I1(x + u0), u - u0> - I0(x)`` is kept as its constant part and the
    gradient, with the gradient's squared length inverted.

    Args:
        warped: ``(height, width, 3)``: ``I1`` and its derivatives in x and y, all at ``x + u0``.
        first: ``(height, width)``: ``I0``.
        u: ``(2, height, width)``: ``u0``.
        data: ``(4, height, width)``: gets dI1/dx, dI1/dy, 1 / ``|grad I1|^2``, constant part.
    """
    height, width = first.shape
    for y in range(height):
        for x in range(width):
            grad_x = warped[y, x, 1]
            grad_y = warped[y, x, 2]
            data[0, y, x] = grad_x
            data[1, y, x] = grad_y
            data[2, y, x] = _ONE / max(grad_x * grad_x + grad_y * grad_y, _SMALLEST_GRADIENT)
            data[3, y, x] = (
                warped[y, x, 0] - grad_x * u[0, y, x] - grad_y * u[1, y, x] - first[y, x]
            )


@_compiled
def iterate(
    u: Planes,
    p: Planes,
    data: Planes,
    has_right: Planes,
    height: int,
    stride: int,
    lambda_theta: np.float32,
    theta: np.float32,
    tau_theta: np.float32,
    least_change: np.float32,
    max_iterations: int,
) -> tuple[int, np.float32]:
    """Iterate until ``u`` changes by no more than ``least_change``; return iterations, last change.

    Args:
        u: ``(2, padded)``, changed in place.
        p: ``(4, padded)``, changed in place: p11, p12, p21, p22.
        data: ``(4, padded)`` from `linearise`.
        has_right: ``(padded,)``: 1 where the pixel to the right is inside the picture, else 0.
        height: Rows.
        stride: From one row to the next.
        lambda_theta: ``lambda * theta``.
        theta: ``theta``.
        tau_theta: ``tau / theta``.
        least_change: Sum of squares over the picture, px^2.
        max_iterations: Most iterations.
    """
    first_row, last_row, end = stride, height * stride, (height + 1) * stride
    change = np.float32(np.inf)
    iterations = 0
    while iterations < max_iterations and change > least_change:
        change = _update_u(u, p, data, first_row, end, stride, lambda_theta, theta)
        _update_p(u, p, has_right, first_row, last_row, stride, tau_theta)
        _update_p(u, p, has_right, last_row, end, 0, tau_theta)
        iterations += 1
    return iterations, change


@_compiled
def _update_u(
    u: Planes,
    p: Planes,
    data: Planes,
    start: int,
    stop: int,
    stride: int,
    lambda_theta: np.float32,
    theta: np.float32,
) -> np.float32:
    """Take ``u[start:stop]`` to ``TH(u) + theta * div p``; return by how much that changed it.

    ``TH`` is the thresholding step: the ``v`` nearest to ``u`` that explains the brightness, where
    that is near enough, else a step of ``lambda * theta`` gradients towards it.
    """
    u1, u2 = u[0, start:stop], u[1, start:stop]
    p11, p12, p21, p22 = p[0, start:stop], p[1, start:stop], p[2, start:stop], p[3, start:stop]
    p11_left, p21_left = p[0, start - 1 : stop - 1], p[2, start - 1 : stop - 1]
    p12_above, p22_above = (
        p[1, start - stride : stop - stride],
        p[3, start - stride : stop - stride],
    )
    grad_x, grad_y = data[0, start:stop], data[1, start:stop]
    inverse, constant = data[2, start:stop], data[3, start:stop]
    change = np.float32(0)
    for x in range(len(u1)):
        old1, old2 = u1[x], u2[x]
        rho = constant[x] + grad_x[x] * old1 + grad_y[x] * old2
        step = max(min(-rho * inverse[x], lambda_theta), -lambda_theta)
        div_p1 = p11[x] - p11_left[x] + p12[x] - p12_above[x]
        div_p2 = p21[x] - p21_left[x] + p22[x] - p22_above[x]
        new1 = old1 + step * grad_x[x] + theta * div_p1
        new2 = old2 + step * grad_y[x] + theta * div_p2
        u1[x] = new1
        u2[x] = new2
        change += (new1 - old1) ** 2 + (new2 - old2) ** 2
    return change


@_compiled
def _update_p(
    u: Planes,
    p: Planes,
    has_right: Planes,
    start: int,
    stop: int,
    to_below: int,
    tau_theta: np.float32,
) -> None:
    """Take ``p[start:stop]`` a step up the gradient of ``u`` and back to a length of 1 at most.

    ``to_below`` leads to the pixel below; 0 in the last row, where that difference is none.
    """
    inside = has_right[start:stop]
    for component in range(2):
        here, right = u[component, start:stop], u[component, start + 1 : stop + 1]
        below = u[component, start + to_below : stop + to_below]
        p_x, p_y = p[2 * component, start:stop], p[2 * component + 1, start:stop]
        for x in range(len(here)):
            u_x = (right[x] - here[x]) * inside[x]
            u_y = below[x] - here[x]
            shrink = _ONE / (_ONE + tau_theta * np.sqrt(u_x * u_x + u_y * u_y))
            p_x[x] = (p_x[x] + tau_theta * u_x) * shrink
            p_y[x] = (p_y[x] + tau_theta * u_y) * shrink
