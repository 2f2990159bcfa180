"""Flow in the colours of the Middlebury benchmark."""

import math

import numpy as np
import pytest

from motionfit.flow.picture import colour_wheel_mask, draw_colour_wheel, draw_flow


def middlebury_colour(x: float, y: float) -> list[int]:
    """Return the colour of one vector, written after the benchmark's ``colorcode.cpp``."""
    steps = {"RY": 15, "YG": 6, "GC": 4, "CB": 11, "BM": 13, "MR": 6}
    wheel: list[tuple[int, int, int]] = []
    wheel += [(255, 255 * i // 15, 0) for i in range(steps["RY"])]
    wheel += [(255 - 255 * i // 6, 255, 0) for i in range(steps["YG"])]
    wheel += [(0, 255, 255 * i // 4) for i in range(steps["GC"])]
    wheel += [(0, 255 - 255 * i // 11, 255) for i in range(steps["CB"])]
    wheel += [(255 * i // 13, 0, 255) for i in range(steps["BM"])]
    wheel += [(255, 0, 255 - 255 * i // 6) for i in range(steps["MR"])]
    radius = math.hypot(x, y)
    angle = math.atan2(-y, -x) / math.pi
    place = (angle + 1.0) / 2.0 * (len(wheel) - 1)
    first = int(place)
    second = (first + 1) % len(wheel)
    part = place - first
    colour = []
    for channel in range(3):
        value = (1 - part) * wheel[first][channel] / 255 + part * wheel[second][channel] / 255
        value = 1 - radius * (1 - value) if radius <= 1 else value * 0.75
        colour.append(int(255.0 * value))
    return colour


def test_the_colours_are_those_of_the_benchmark() -> None:
    vectors = np.random.default_rng(0).uniform(-1.2, 1.2, (20, 30, 2)).astype(np.float32)
    expected = [[middlebury_colour(*map(float, vector)) for vector in row] for row in vectors]
    difference = draw_flow(vectors, 1.0).astype(int) - expected
    assert np.abs(difference).max() <= 1


def test_rest_is_white_and_the_directions_have_their_colours() -> None:
    flow = np.array([[[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]], np.float32)
    still, right, down, left, up = draw_flow(flow, 1.0)[0].tolist()
    assert still == [255, 255, 255]
    assert right == [255, 0, 0]
    assert down[0] == 255
    assert down[1] > 200
    assert left[2] == 255
    assert left[0] == 0
    assert up[2] == 255
    assert up[1] == 0


def test_without_a_scale_the_fastest_pixel_has_the_full_colour() -> None:
    flow = np.zeros((4, 4, 2), np.float32)
    flow[1, 2] = (-7, 0)
    np.testing.assert_array_equal(draw_flow(flow), draw_flow(flow, 7.0))
    assert draw_flow(flow)[1, 2].min() == 0


def test_what_is_faster_than_the_scale_is_darker() -> None:
    inside, beyond = draw_flow(np.array([[[2, 0], [2.1, 0]]], np.float32), 2.0)[0]
    assert int(beyond.sum()) < int(inside.sum())


def test_where_nothing_moves_all_is_white() -> None:
    assert (draw_flow(np.zeros((3, 5, 2), np.float32)) == 255).all()


def test_several_flows_are_drawn_at_once_like_one_by_one() -> None:
    flows = np.random.default_rng(0).normal(0, 2, (3, 8, 9, 2)).astype(np.float32)
    one_by_one = [draw_flow(flow, 4.0) for flow in flows]
    np.testing.assert_array_equal(draw_flow(flows, 4.0), np.stack(one_by_one))


@pytest.mark.parametrize("side", [16, 33])
def test_the_wheel_shows_at_each_place_the_colour_of_moving_there(side: int) -> None:
    wheel, is_disc = draw_colour_wheel(side), colour_wheel_mask(side)
    assert wheel.shape == (side, side, 3)
    assert not wheel[0, 0].any()
    assert is_disc[side // 2, 0]
    assert not is_disc[0, 0]
    middle = (side - 1) / 2
    row, column = side // 4, side // 2
    towards = [(column - middle) / (side / 2), (row - middle) / (side / 2)]
    np.testing.assert_array_equal(
        wheel[row, column], draw_flow(np.array([[towards]], np.float32), 1.0)[0, 0]
    )
