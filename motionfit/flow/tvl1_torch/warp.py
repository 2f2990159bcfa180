"""The data term made linear around the flow so far."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from motionfit.flow.tvl1_torch.resample import centered_gradient

# OpenCV's choice of the free parameter of Keys' kernel.
CUBIC_SHARPNESS = -0.75


@dataclass(frozen=True)
class Linearisation:
    """``rho(u) = gradient . u + constant``: what stays the same between two warps.

    Attributes:
        gradient: ``(pairs, 2, height, width)`` float32, the gradient of the second picture where
            the flow points, grey levels per px, to the right and downwards.
        constant: ``(pairs, height, width)`` float32, grey levels: ``I1(x + u0) - gradient . u0 -
            I0``, where ``u0`` is the flow at the time of the warp.
    """

    gradient: Tensor
    constant: Tensor


def prepare_target(pictures: Tensor) -> Tensor:
    """Return pictures and their gradients in a frame of zeros, ready to be sampled.

    Args:
        pictures: ``(num, height, width)`` float32.

    Returns:
        ``(num, 3, height + 2, width + 2)``: value, gradient to the right, gradient downwards.
    """
    stack = torch.cat((pictures[:, None], centered_gradient(pictures)), dim=1)
    return functional.pad(stack, (1, 1, 1, 1))


def linearise(first: Tensor, target: Tensor, flow: Tensor) -> Linearisation:
    """Return the data term around ``flow``.

    Args:
        first: ``(pairs, height, width)`` float32, grey levels 0..255.
        target: The second pictures by ``prepare_target``.
        flow: ``(pairs, 2, height, width)`` float32, px.
    """
    warped = sample_cubic(target, flow)
    value, gradient = warped[:, 0], warped[:, 1:]
    constant = value - gradient[:, 0] * flow[:, 0] - gradient[:, 1] * flow[:, 1] - first
    return Linearisation(gradient=gradient, constant=constant)


def sample_cubic(target: Tensor, flow: Tensor) -> Tensor:
    """Return each plane of ``target`` at ``(x, y) + flow``, by cubic convolution; 0 outside.

    Args:
        target: ``(pairs, planes, height + 2, width + 2)``, with a frame of zeros.
        flow: ``(pairs, 2, height, width)`` float32, px.

    Source: Keys, "Cubic convolution interpolation for digital image processing", 1981; a = -0.75
    as in `cv2.remap` with ``INTER_CUBIC``. Coordinates are taken as they are, as OpenCV 5 does;
    OpenCV 4 rounds them to 1/32 px.
    """
    pairs, planes = target.shape[:2]
    height, width = flow.shape[-2:]
    flat = target.reshape(pairs, planes, -1)
    across = torch.arange(width, dtype=flow.dtype, device=flow.device)
    down = torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None]
    columns, column_weights = _cubic_taps(across + flow[:, 0], width)
    rows, row_weights = _cubic_taps(down + flow[:, 1], height)
    sampled = flow.new_zeros((pairs, planes, height, width))
    for row, row_weight in zip(rows, row_weights, strict=True):
        of_row = torch.zeros_like(sampled)
        for column, column_weight in zip(columns, column_weights, strict=True):
            place = (row * (width + 2) + column).reshape(pairs, 1, -1).expand(-1, planes, -1)
            of_row += flat.gather(2, place).reshape(sampled.shape) * column_weight[:, None]
        sampled += of_row * row_weight[:, None]
    return sampled


def _cubic_taps(position: Tensor, length: int) -> tuple[list[Tensor], list[Tensor]]:
    """Return the four samples around each position, counted in the frame of zeros, and weights."""
    # Farther out there is nothing but zeros, and whole numbers could overflow.
    position = position.clamp(-3, length + 2)
    floor = position.floor()
    taps = [(floor.long() + offset).clamp(0, length + 1) for offset in range(4)]
    return taps, cubic_weights(position - floor)


def cubic_weights(fraction: Tensor) -> list[Tensor]:
    """Return the weights of the samples at -1, 0, 1, 2 for a point at ``fraction`` in [0, 1)."""
    a = CUBIC_SHARPNESS
    before, after = fraction + 1, 1 - fraction
    first = ((a * before - 5 * a) * before + 8 * a) * before - 4 * a
    second = ((a + 2) * fraction - (a + 3)) * fraction * fraction + 1
    third = ((a + 2) * after - (a + 3)) * after * after + 1
    return [first, second, third, 1 - first - second - third]
