"""Local motion descriptors, on flows whose histograms are known."""

import math

import pytest
import torch
from torch import Tensor

from motionfit.encoders.motion_descriptors import DESCRIPTOR_DIM, MotionDescriptors, halve_flow

HOF, MBH_X, MBH_Y = slice(0, 9 * 12), slice(9 * 12, 17 * 12), slice(17 * 12, 25 * 12)
STILL = 8


def describe(flow: Tensor) -> tuple[Tensor, Tensor]:
    descriptors, motion = MotionDescriptors()(halve_flow(flow))
    return descriptors, motion


def constant(x: float, y: float, *, time: int = 15, size: tuple[int, int] = (16, 16)) -> Tensor:
    return torch.tensor([x, y]).view(1, 2, 1, 1, 1).expand(1, 2, time, *size).contiguous()


def by_bin(descriptors: Tensor, part: slice) -> Tensor:
    """Return a histogram's shares, bins first, summed over the cells: they sum to one."""
    return descriptors[0, part, 0, 0, 0].square().unflatten(0, (-1, 12)).sum(1)


@pytest.mark.parametrize(
    ("time", "size", "expected"),
    [(15, (16, 16), (1, 1, 1)), (31, (64, 86), (3, 13, 18)), (22, (17, 23), (1, 1, 2))],
)
def test_descriptors_lie_on_a_grid(time, size, expected):
    descriptors, motion = describe(constant(1, 0, time=time, size=size))

    assert descriptors.shape == (1, DESCRIPTOR_DIM, *expected)
    assert motion.shape == (1, *expected)


@pytest.mark.parametrize("direction", range(8))
def test_what_moves_one_way_is_counted_there_and_at_the_neighbours(direction):
    angle = direction * math.pi / 4
    descriptors, motion = describe(constant(2 * math.cos(angle), 2 * math.sin(angle)))

    # cos 0 : cos 45 of both neighbours : nothing from 90 degrees on.
    half = math.cos(math.pi / 4)
    expected = torch.zeros(9)
    for neighbour, share in ((0, 1.0), (1, half), (-1, half)):
        expected[(direction + neighbour) % 8] = share
    torch.testing.assert_close(by_bin(descriptors, HOF), expected / expected.sum())
    # 2 px at each of 16x16 px of 15 flows, in three directions.
    assert motion.item() == pytest.approx(2 * (1 + 2 * half) * 16 * 16 * 15, rel=1e-5)
    # Nothing changes from place to place.
    assert by_bin(descriptors, MBH_X).sum() == by_bin(descriptors, MBH_Y).sum() == 0


def test_what_stands_still_is_a_bin_of_its_own():
    descriptors, motion = describe(constant(0.05, 0.05))

    assert by_bin(descriptors, HOF)[STILL].item() == pytest.approx(1)
    assert motion.item() == 0


def test_speed_changes_nothing_and_direction_in_time_does():
    slow, _ = describe(constant(1, 0))
    fast, _ = describe(constant(3, 0))
    torch.testing.assert_close(slow, fast)

    turning = torch.cat([constant(1, 0, time=5), constant(-1, 0, time=10)], 2)
    there, _ = describe(turning)
    back, _ = describe(-turning)
    assert not torch.allclose(there, back)
    # Of the twelve cells, the first four are of the first five flows.
    right = there[0, :12, 0, 0, 0]
    assert right[:4].min() > 0
    assert right[4:].max() == 0


def test_a_zoom_is_a_motion_boundary_and_a_shift_is_none():
    column = torch.arange(16.0) - 7.5
    zoom = torch.zeros(1, 2, 15, 16, 16)
    zoom[:, 0] = 0.5 * column
    shifted = zoom + constant(3, 0)

    for flow in (zoom, shifted):
        descriptors, _ = describe(flow)
        shares = by_bin(descriptors, MBH_X)
        # x grows to the right: direction 0 and its neighbours.
        assert shares.argmax() == 0
        torch.testing.assert_close(shares[[1, 7]], shares[[0, 0]] * math.cos(math.pi / 4))
        assert by_bin(descriptors, MBH_Y).sum() == 0


def test_the_mirrored_flow_has_the_mirrored_descriptors():
    flow = torch.randn(1, 2, 15, 16, 24, generator=torch.Generator().manual_seed(0))
    mirrored = flow.flip(-1) * torch.tensor([-1.0, 1.0]).view(1, 2, 1, 1, 1)

    there, there_moved = describe(flow)
    back, back_moved = describe(mirrored)

    torch.testing.assert_close(there_moved, back_moved.flip(-1))
    # Direction d of the flow becomes 4 - d, and left cells change places with right ones.
    shares = there[0, HOF].unflatten(0, (9, 3, 2, 2))
    expected = shares[[4, 3, 2, 1, 0, 7, 6, 5, 8]].flip(3).flip(-1)
    torch.testing.assert_close(back[0, HOF].unflatten(0, (9, 3, 2, 2)), expected)


def test_a_slow_reference_agrees():
    flow = 2 * torch.randn(2, 2, 23, 20, 24, generator=torch.Generator().manual_seed(1))
    descriptors, _ = describe(flow)

    for clip, time, row, column in ((0, 0, 0, 0), (1, 1, 1, 2)):
        expected = slow(flow[clip], 8 * time, 4 * row, 4 * column)
        torch.testing.assert_close(descriptors[clip, :, time, row, column], expected)


def slow(flow: Tensor, first: int, top: int, left: int) -> Tensor:
    """Return one descriptor, pixel by pixel."""
    _, _, height, width = flow.shape
    half = flow.unflatten(2, (height // 2, 2)).unflatten(4, (width // 2, 2)).mean((3, 5))
    vectors = {"hof": half}
    for name, values in (("x", half[0]), ("y", half[1])):
        rows, columns = (torch.arange(size) for size in values.shape[1:])
        right, before = (columns + 1).clamp(max=len(columns) - 1), (columns - 1).clamp(min=0)
        below, above = (rows + 1).clamp(max=len(rows) - 1), (rows - 1).clamp(min=0)
        vectors[name] = torch.stack(
            [values[:, :, right] - values[:, :, before], values[:, below] - values[:, above]]
        )
    parts = []
    for name, field in vectors.items():
        bins = torch.zeros(9 if name == "hof" else 8, 3, 2, 2)
        for time in range(15):
            for y in range(8):
                for x in range(8):
                    vector = field[:, first + time, top // 2 + y, left // 2 + x]
                    place = (slice(None), time // 5, y // 4, x // 4)
                    if name == "hof" and vector.norm() < 0.1:
                        bins[place][8] += 1
                        continue
                    for direction in range(8):
                        angle = direction * math.pi / 4
                        along = vector[0] * math.cos(angle) + vector[1] * math.sin(angle)
                        bins[place][direction] += along.clamp(min=0)
        parts.append((bins / bins.sum()).sqrt().flatten())
    return torch.cat(parts)
