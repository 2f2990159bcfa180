"""Resizing and differentiating pictures as OpenCV does."""

import functools

import torch
from torch import Tensor
from torch.nn import functional


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return height and width times ``scale``, rounded to the nearest, halves to even."""
    return round(size[0] * scale), round(size[1] * scale)


def resize_linear(
    pictures: Tensor, size: tuple[int, int], step: tuple[float, float] | None = None
) -> Tensor:
    """Return the pictures resized by linear interpolation between the two nearest samples.

    There is no smoothing before a reduction. Pixels are areas, so the middle of pixel ``i`` of the
    result lies at ``(i + 1/2) * step - 1/2``; beyond the edge the edge is repeated.

    Args:
        pictures: ``(..., height, width)`` float32.
        size: Wanted height and width, px.
        step: Source pixels in a pixel of the result, down and across; None is the ratio of sizes.

    Source: `cv2.resize` with ``INTER_LINEAR``, which takes ``step = 1 / fx`` where it is given a
    factor, and the ratio of sizes where it is given a size.
    """
    height, width = pictures.shape[-2:]
    if step is None:
        step = (height / size[0], width / size[1])
    left, right, weight = _linear_taps(width, size[1], step[1], pictures.device)
    rows = (
        pictures.index_select(-1, left) * (1 - weight) + pictures.index_select(-1, right) * weight
    )
    top, bottom, weight = _linear_taps(height, size[0], step[0], pictures.device)
    weight = weight[:, None]
    return rows.index_select(-2, top) * (1 - weight) + rows.index_select(-2, bottom) * weight


@functools.lru_cache(maxsize=256)
def _linear_taps(
    source_length: int, length: int, step: float, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each sample its two neighbours in the source and the weight of the second."""
    position = (torch.arange(length, dtype=torch.float64) + 0.5) * step - 0.5
    position = position.clamp(0, source_length - 1)
    first = position.floor()
    weight = (position - first).to(torch.float32)
    second = (first + 1).clamp(max=source_length - 1)
    return first.long().to(device), second.long().to(device), weight.to(device)


def centered_gradient(pictures: Tensor) -> Tensor:
    """Return half the difference of the two neighbours, the edge being repeated outside.

    Args:
        pictures: ``(num, height, width)`` float32.

    Returns:
        ``(num, 2, height, width)``: to the right, downwards.
    """
    padded = functional.pad(pictures[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    right = 0.5 * (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2])
    down = 0.5 * (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1])
    return torch.stack((right, down), dim=1)
