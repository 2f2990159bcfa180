"""What is done to time in query clips."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from retrieval.evaluation.query_time import QueryTime, clip_order

lengths = st.integers(2, 64)


@pytest.mark.parametrize(
    ("query_time", "order"),
    [("forward", [0, 1, 2, 3]), ("frozen", [2, 2, 2, 2]), ("reversed", [3, 2, 1, 0])],
)
def test_the_drawn_orders_are_so(query_time: QueryTime, order: list[int]):
    assert clip_order(query_time, 4).tolist() == order


@given(lengths)
def test_turning_time_round_twice_is_as_filmed(clip_length: int):
    turned = clip_order("reversed", clip_length)
    assert np.array_equal(turned[turned], clip_order("forward", clip_length))


@given(lengths)
def test_a_frozen_clip_shows_one_frame_with_as_much_before_as_after(clip_length: int):
    (shown,) = set(clip_order("frozen", clip_length).tolist())
    assert 0 <= shown - (clip_length - 1 - shown) <= 1


@given(lengths)
def test_shuffled_frames_are_all_there_always_in_one_order_and_never_the_filmed(clip_length: int):
    order = clip_order("shuffled", clip_length)
    assert sorted(order.tolist()) == list(range(clip_length)) != order.tolist()
    assert np.array_equal(order, clip_order("shuffled", clip_length))


@pytest.mark.parametrize("query_time", get_args(QueryTime))
def test_clips_of_one_frame_have_no_time(query_time: QueryTime):
    if query_time == "forward":
        assert clip_order(query_time, 1).tolist() == [0]
        return
    with pytest.raises(ConfigError, match="expected forward for clips of one frame"):
        clip_order(query_time, 1)
