from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.labels.granularity import find_changes, group_clips
from motionfit.labels.settings import LEVELS
from tests.labels.conftest import dense_features


def items_of(values, level, percentile=75.0):
    """Return each item's clips as text, videos apart, such as ``0 0 1 | 2``."""
    features = dense_features(values)
    items = group_clips(features, level, percentile).item_of_clip
    parts = np.split(items, np.flatnonzero(np.diff(features.video)) + 1)
    return " | ".join(" ".join(map(str, part)) for part in parts)


def test_an_action_ends_where_features_change_most():
    # Changes 1 1 7 2 1: their 75th percentile is 2, and only 7 is more.
    assert items_of([[0, 1, 2, 9, 11, 12]], "segment_actionbytes") == "0 0 0 1 1 1"


def test_a_lower_percentile_finds_more_boundaries():
    # Changes 1 1 7 2 1: their median is 1; 7 and 2 are more.
    assert items_of([[0, 1, 2, 9, 11, 12]], "segment_actionbytes", 50) == "0 0 0 1 2 2"


def test_the_percentile_is_of_each_video_alone():
    # The second video's changes of .1 .1 .7 are small beside the first one's, and a boundary there.
    values = [[0, 10, 20, 90], [0, 0.1, 0.2, 0.9]]
    assert items_of(values, "segment_actionbytes") == "0 0 0 1 | 2 2 2 3"


@pytest.mark.parametrize("percentile", [0, 50, 75, 100])
def test_a_video_without_change_is_one_segment(percentile):
    assert items_of([[3, 3, 3, 3], [5, 5]], "segment_actionbytes", percentile) == "0 0 0 0 | 1 1"


def test_a_change_as_large_as_the_percentile_is_no_boundary():
    assert items_of([[0, 2, 4, 6, 8]], "segment_actionbytes") == "0 0 0 0 0"
    assert items_of([[0, 2]], "segment_actionbytes", 0) == "0 0"


def test_the_change_is_the_sum_over_all_dimensions():
    # By L1: 2 and 3. By the largest dimension: 2 and 1.
    features = np.array([[0, 0, 0], [2, 0, 0], [3, 1, 1]], np.float32)
    changes = find_changes(features, np.zeros(3, np.int64), 50)
    assert changes.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("num_clips", "expected"),
    [
        (1, "0"),
        (2, "0 1"),
        (3, "0 1 2"),
        (4, "0 1 1 2"),
        (5, "0 0 1 2 2"),
        (6, "0 0 1 1 2 2"),
        (9, "0 0 0 1 1 1 2 2 2"),
    ],
)
def test_a_clip_belongs_to_the_third_that_its_middle_lies_in(num_clips, expected):
    assert items_of([list(range(num_clips))], "segment_thirds") == expected


def test_a_video_is_one_item_with_the_mean_of_its_clips():
    items = group_clips(dense_features([[0, 1, 5], [4], [7, 8]]), "video")
    assert items.item_of_clip.tolist() == [0, 0, 0, 1, 2, 2]
    assert items.features[:, 0].tolist() == [2, 4, 7.5]


def test_each_clip_is_an_item_of_its_own():
    features = dense_features([[0, 1], [4]])
    items = group_clips(features, "clip")
    assert items.item_of_clip.tolist() == [0, 1, 2]
    assert np.array_equal(items.features, features.features)


videos = st.lists(st.lists(st.integers(-100, 100), min_size=1, max_size=12), min_size=1, max_size=6)


@given(values=videos, level=st.sampled_from(LEVELS), percentile=st.floats(0, 100))
def test_items_are_runs_of_clips_of_one_video_with_their_mean(values, level, percentile):
    features = dense_features(values)
    items = group_clips(features, level, percentile)
    assert set(np.diff(items.item_of_clip)) <= {0, 1}
    for item, mean in enumerate(items.features):
        inside = items.item_of_clip == item
        assert len(set(features.video[inside])) == 1
        assert np.allclose(mean, features.features[inside].mean(axis=0))


@given(values=videos, percentile=st.floats(0, 100))
def test_boundaries_are_those_of_equation_4(values, percentile):
    features = dense_features(values)
    found = find_changes(features.features, features.video, percentile)
    slow = []
    for of_video in values:
        changes = [abs(after - before) for before, after in pairwise(of_video)]
        limit = np.percentile(changes, percentile) if changes else 0
        slow += [False, *(change > limit for change in changes)]
    assert found.tolist() == slow
