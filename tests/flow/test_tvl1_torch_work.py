"""The count of bytes and operations that a measurement is held against."""

import pytest

from motionfit.errors import ConfigError
from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.work import Work, count_work, level_sizes

H100_BYTES_PER_SECOND = 3.35e12
H100_OPERATIONS_PER_SECOND = 60e12


def test_the_levels_are_those_of_the_pyramid():
    sides = [(128, 171), (102, 137), (82, 110), (66, 88), (53, 70)]

    assert level_sizes(128, 171, TvL1Parameters()) == [height * width for height, width in sides]


def test_narrow_pictures_have_fewer_levels():
    assert level_sizes(17, 300, TvL1Parameters()) == [17 * 300]


def test_a_single_level_and_warp_counts_each_iteration_once():
    plain = TvL1Parameters(num_scales=1, num_warps=1, median_size=1)
    by_iteration = [count_work(16, 16, count, parameters=plain) for count in (1, 2)]

    assert by_iteration[1].bytes - by_iteration[0].bytes == 256 * 84
    assert by_iteration[1].operations - by_iteration[0].operations == 256 * 62


def test_each_way_moves_less_than_the_one_before():
    ways = ("eager", "two_passes", "one_pass", "tiled")
    moved = [count_work(128, 171, 20, way=way) for way in ways]

    assert sorted((work.bytes for work in moved), reverse=True) == [work.bytes for work in moved]
    assert len({work.operations for work in moved}) == 1


def test_the_slower_of_memory_and_arithmetic_decides():
    work = Work(bytes=100.0, operations=10.0)

    assert work.least_seconds(10, 10) == 10
    assert work.least_seconds(1000, 10) == 1


def test_the_floor_stated_for_an_h100_is_the_computed_one():
    """The figures of docs/flow_gpu.md, in microseconds a pair."""
    floors = {
        way: count_work(128, 171, 20, way=way).least_seconds(
            H100_BYTES_PER_SECOND, H100_OPERATIONS_PER_SECOND
        )
        for way in ("eager", "two_passes", "one_pass", "tiled")
    }

    rounded = {way: round(seconds * 1e6) for way, seconds in floors.items()}
    assert rounded == {"eager": 967, "two_passes": 142, "one_pass": 103, "tiled": 33}


def test_an_unknown_way_is_refused():
    with pytest.raises(ConfigError, match="way"):
        count_work(128, 171, 20, way="magic")
