import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.training.data.labelled_grid import LabelledGrid, centred_on, most_overlapped


def test_neighbours_on_a_drawn_grid() -> None:
    grid = LabelledGrid.of([4, 2, 2, 4, 2], [0, 16, 0, 16, 32], [7, 1, 0, 8, 2], span=16)
    assert grid.videos.tolist() == [2, 2, 2, 4, 4]
    assert grid.labels.tolist() == [0, 1, 2, 7, 8]
    assert grid.neighbour_labels(1).tolist() == [1, 2, -1, 8, -1]
    assert grid.neighbour_labels(-1).tolist() == [-1, 0, 1, -1, 7]


def test_columns_that_do_not_fit_and_clips_without_frames_are_refused() -> None:
    with pytest.raises(ConfigError, match="one number a clip each"):
        LabelledGrid.of([1, 2], [0], [0, 0], span=4)
    with pytest.raises(ConfigError, match="span is 0; expected at least 1 frame"):
        LabelledGrid.of([1], [0], [0], span=0)


def test_overlaps_of_a_drawn_grid() -> None:
    starts = np.array([1, 2, 3, 8, 9, 11])
    #  AAAABBBB....CCCC
    places, num_shared = most_overlapped(starts, 4, np.array([0, 4, 12]), 4)
    assert num_shared.tolist() == [3, 2, 3, 0, 1, 3]
    assert places[[0, 1, 2, 4, 5]].tolist() == [0, 0, 1, 2, 2]


@given(
    gaps=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    first=st.integers(0, 20),
    grid_span=st.integers(1, 12),
    span=st.integers(1, 12),
)
def test_overlaps_are_those_of_counting_frames(
    gaps: list[int], first: int, grid_span: int, span: int
) -> None:
    grid_starts = first + np.cumsum(gaps) - gaps[0]
    starts = np.arange(int(grid_starts[-1]) + grid_span + 5)
    places, num_shared = most_overlapped(starts, span, grid_starts, grid_span)
    for start, place, shared in zip(starts.tolist(), places, num_shared, strict=True):
        frames = set(range(start, start + span))
        counted = [len(frames & set(range(g, g + grid_span))) for g in grid_starts.tolist()]
        assert shared == max(counted)
        if shared:
            of_most = [one for one, count in enumerate(counted) if count == shared]
            apart = [abs(2 * start + span - 2 * grid_starts[one] - grid_span) for one in of_most]
            assert place == of_most[apart.index(min(apart))]
            if span == grid_span:
                assert place == of_most[0]


def test_a_long_clip_has_the_label_in_its_middle() -> None:
    grid_starts = np.array([0, 16, 32, 48, 64])
    places, num_shared = most_overlapped(np.array([0, 1, 8, 16, 17]), 64, grid_starts, 16)
    assert num_shared.tolist() == [16, 16, 16, 16, 16]
    assert places.tolist() == [1, 2, 2, 2, 3]


def test_clips_of_another_span_are_centred_and_stay_in_the_video() -> None:
    def starts_of(span: int, num_frames: int) -> list[int]:
        grid_starts = np.array([0, 16, 32, 48, 64])
        return centred_on(grid_starts, 16, span=span, num_frames=num_frames).tolist()

    assert starts_of(span=64, num_frames=80) == [0, 0, 8, 16, 16]
    assert starts_of(span=17, num_frames=80) == [0, 15, 31, 47, 63]
    assert starts_of(span=4, num_frames=80) == [6, 22, 38, 54, 70]
    assert starts_of(span=90, num_frames=80) == [0, 0, 0, 0, 0]
    assert starts_of(span=16, num_frames=70) == [0, 16, 32, 48, 64]
