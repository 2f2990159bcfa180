"""What moves how at each place of a clip: histograms of flow and of motion boundaries.

For every cell of 8x8 px, the flow in it is summed up by direction: eight directions, each counting
what points its way, and a ninth number for what stands still (HOF). The same is done for how the
flow's x and its y change from pixel to pixel (MBHx, MBHy), which a moving camera leaves alone. A
descriptor joins 2x2 cells over three times five flows, each of its three histograms summing to one
and its values square roots: so it says what moves which way and in which order, but not how fast.

Source: Laptev et al., "Learning Realistic Human Actions from Movies", CVPR 2008 (HOF); Dalal,
Triggs and Schmid, "Human Detection Using Oriented Histograms of Flow and Appearance", ECCV 2006
(MBH); Wang and Schmid, "Action Recognition with Improved Trajectories", ICCV 2013 (cells, square
roots). Differs: descriptors lie on a grid and follow no trajectory; directions are counted by
half-wave rectified projections, as in Efros et al., "Recognizing Action at a Distance", ICCV 2003;
they are those of flow of half the size.
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812  everybody's name for it
from torch import Tensor, nn

NUM_DIRECTIONS = 8
NUM_FLOWS = 15
"""Flows that a descriptor looks at: those between 16 frames."""
FLOW_HOP = 8
"""Flows from one descriptor to the next one in time."""
CELL_PX = 8
CELL_HOP_PX = 4
"""Pixels from one descriptor to the next one in space."""
DESCRIPTOR_DIM = 12 * (3 * NUM_DIRECTIONS + 1)

_NUM_TIMES = 3
_STILL_PX = 0.1
_HALF = 2
_LEAST_SHARE = 1e-6


class MotionDescriptors(nn.Module):
    """Describes motion in flow; nothing in it is learnt."""

    def forward(self, halved_flow: Tensor) -> tuple[Tensor, Tensor]:
        """Return descriptors, and how much moves at each.

        ::

            flows        ...............................    31, of 32 frames
            descriptors  ###############                    15 flows each, 8 apart
                                 ###############
                                         ###############

        Args:
            halved_flow: ``(batch, 2, time, height // 2, width // 2)`` float, x and y, px of the
                whole size: see `halve_flow`. ``time`` at least 15, height and width at least 16.

        Returns:
            ``(batch, 300, times, rows, columns)``, and the motion ``(batch, times, rows, columns)``
            in px: the lengths of the flow's projections, summed. Row i and column j look at 16x16
            px from ``(4 i, 4 j)`` on.
        """
        x, y = halved_flow[:, 0], halved_flow[:, 1]
        of_flow = _directions(x, y)
        is_still = (x.square() + y.square() < _STILL_PX**2).to(x.dtype).unsqueeze(1)
        histograms = (
            torch.cat([of_flow * (1 - is_still), is_still], 1),
            _directions(*_changes(x)),
            _directions(*_changes(y)),
        )
        moved, *_ = cells = [_in_cells(histogram) for histogram in histograms]
        descriptors = torch.cat([_normalise(cell) for cell in cells], 1)
        return descriptors, moved[:, :NUM_DIRECTIONS].sum((1, 2))


def halve_flow(flow: Tensor) -> Tensor:
    """Return the mean of each 2x2 px, still in px of the whole size.

    Args:
        flow: ``(batch, 2, time, height, width)``, px.

    Returns:
        ``(batch, 2, time, height // 2, width // 2)``; a last odd row or column is left out.
    """
    batch, channels, time, height, width = flow.shape
    frames = F.avg_pool2d(flow.transpose(1, 2).reshape(-1, channels, height, width), _HALF)
    return frames.view(batch, time, *frames.shape[1:]).transpose(1, 2)


def _directions(x: Tensor, y: Tensor) -> Tensor:
    """Return how far each vector points into each direction, nothing where it points away.

    Args:
        x: ``(batch, time, height, width)``.
        y: The same.

    Returns:
        ``(batch, 8, time, height, width)``; the directions go from x to y in steps of 45 degrees.
    """
    angles = torch.arange(NUM_DIRECTIONS, dtype=x.dtype, device=x.device)
    angles = (angles * (2 * math.pi / NUM_DIRECTIONS)).view(1, -1, 1, 1, 1)
    return (x.unsqueeze(1) * angles.cos() + y.unsqueeze(1) * angles.sin()).clamp(min=0)


def _changes(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return differences between the neighbours right and left, and below and above."""
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    middle = slice(1, -1)
    return (
        padded[..., middle, 2:] - padded[..., middle, :-2],
        padded[..., 2:, middle] - padded[..., :-2, middle],
    )


def _in_cells(histogram: Tensor) -> Tensor:
    """Return the cells of each descriptor.

    Args:
        histogram: ``(batch, bins, time, height, width)``, of half the size.

    Returns:
        ``(batch, bins, 12, times, rows, columns)`` sums over the pixels of the whole size; the
        twelve are three parts in time of four cells each: top left, top right, and below.
    """
    batch, bins, time, height, width = histogram.shape
    side, hop = CELL_PX // _HALF, CELL_HOP_PX // _HALF
    frames = histogram.transpose(1, 2).reshape(-1, bins, height, width)
    cells = F.avg_pool2d(frames, side, hop) * CELL_PX**2
    cells = cells.view(batch, time, *cells.shape[1:]).transpose(1, 2)
    # (batch, bins, times, rows, columns, flows)
    in_time = cells.unfold(2, NUM_FLOWS, FLOW_HOP)
    in_time = torch.stack([part.sum(-1) for part in in_time.chunk(_NUM_TIMES, -1)], 2)
    step = CELL_PX // CELL_HOP_PX
    corners = [
        in_time[..., rows, columns]
        for rows in (slice(None, -step), slice(step, None))
        for columns in (slice(None, -step), slice(step, None))
    ]
    return torch.stack(corners, 3).flatten(2, 3)


def _normalise(cells: Tensor) -> Tensor:
    """Return the roots of the shares: ``(batch, bins * 12, times, rows, columns)``."""
    values = cells.flatten(1, 2)
    total = values.sum(1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
    shares = values / total
    # The slope of a root is infinite at 0, and fine-tuning comes through here.
    return shares.clamp(min=_LEAST_SHARE).sqrt() * (shares > _LEAST_SHARE)
