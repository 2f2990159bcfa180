"""When frames are shown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.media.video import FrameTimeline

UNEVEN = FrameTimeline(start_seconds=np.array([0, 0.5, 0.6, 2.0]), end_seconds=2.5)


def test_a_constant_timeline_ends_after_its_last_frames_turn():
    timeline = FrameTimeline.constant(4, 10)
    assert timeline.num_frames == 4
    np.testing.assert_allclose(timeline.start_seconds, [0, 0.1, 0.2, 0.3])
    assert timeline.end_seconds == pytest.approx(0.4)


def test_a_frames_turn_ends_where_the_next_begins():
    np.testing.assert_allclose(UNEVEN.ends(np.array([0, 1, 2, 3, 3])), [0.5, 0.6, 2.0, 2.5, 2.5])


def test_a_clock_twice_as_fast_sees_each_frame_twice():
    timeline = FrameTimeline.constant(3, 2.5)
    assert timeline.indices_at_rate(5).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_clock_half_as_fast_sees_every_other_frame():
    assert FrameTimeline.constant(6, 50).indices_at_rate(25).tolist() == [0, 2, 4]


def test_a_clock_sees_the_frame_on_screen_where_frames_are_unevenly_spaced():
    assert UNEVEN.indices_at_rate(2).tolist() == [0, 1, 2, 2, 3]


def test_a_video_shorter_than_a_tick_is_seen_once():
    assert FrameTimeline.constant(2, 100).indices_at_rate(5).tolist() == [0]


def test_times_rounded_to_microseconds_do_not_lose_a_frame():
    rounded = np.ceil(np.arange(300) / 29.97 * 1e7) / 1e7
    timeline = FrameTimeline(start_seconds=rounded, end_seconds=300 / 29.97)
    assert timeline.indices_at_rate(29.97).tolist() == list(range(300))


@given(num_frames=st.integers(1, 500), rate=st.floats(1, 120), clock=st.floats(1, 120))
def test_a_clock_sees_frames_in_order_for_as_long_as_the_video_lasts(
    num_frames: int, rate: float, clock: float
):
    seen = FrameTimeline.constant(num_frames, rate).indices_at_rate(clock)
    assert seen[0] == 0
    assert (np.diff(seen) >= 0).all()
    assert seen.max() < num_frames
    assert abs(len(seen) - num_frames / rate * clock) <= 1
