import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.labels.grid import grid_starts
from motionfit.labels.settings import GridSettings


@pytest.mark.parametrize(
    ("num_frames", "starts"),
    [
        (0, []),
        (1, [0]),
        (4, [0]),
        (5, [0]),
        (6, [0, 2]),
        (8, [0, 4]),
        (9, [0, 4]),
        (10, [0, 4, 6]),
        (11, [0, 4, 7]),
        (12, [0, 4, 8]),
    ],
)
def test_a_last_clip_is_added_where_half_a_clip_would_stay_unseen(num_frames, starts):
    assert grid_starts(num_frames, GridSettings(clip_length=4)).tolist() == starts


def test_a_hop_of_half_a_clip_overlaps():
    grid = GridSettings(clip_length=16, clip_hop=8)
    assert grid_starts(40, grid).tolist() == [0, 8, 16, 24]


def test_a_stride_widens_the_clips():
    grid = GridSettings(clip_length=4, stride=3)
    assert grid.span == 10
    assert grid_starts(25, grid).tolist() == [0, 12]
    assert grid_starts(30, grid).tolist() == [0, 12, 20]


grids = st.builds(
    GridSettings,
    clip_length=st.integers(1, 20),
    stride=st.integers(1, 4),
    clip_hop=st.none() | st.integers(1, 30),
)


@given(num_frames=st.integers(1, 300), grid=grids)
def test_every_clip_lies_within_its_video_and_little_of_the_end_is_unseen(num_frames, grid):
    starts = grid_starts(num_frames, grid)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    if num_frames >= grid.span:
        ends = starts + grid.span
        assert ends[-1] <= num_frames
        assert 2 * (num_frames - ends[-1]) < grid.span
    else:
        assert len(starts) == 1
