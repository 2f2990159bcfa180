"""Frame numbers of ranges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding, plan_clips
from motionfit.media.video import FrameTimeline
from retrieval.export.frame_counts import first_and_end_frame, timecode
from retrieval.export.ranges import ExportedRange

RATES = [24000 / 1001, 24.0, 25.0, 30000 / 1001, 50.0, 60000 / 1001, 240.0, 15.008]


def count(start: float, end: float, rate: float, duration: float = 0.0) -> tuple[int, int]:
    return first_and_end_frame(
        ExportedRange(
            path="a.mp4",
            start_seconds=start,
            end_seconds=end,
            frame_rate=rate,
            duration_seconds=duration,
        )
    )


@pytest.mark.parametrize("num_decimals", [3, 6, 16])
@given(
    rate=st.sampled_from(RATES),
    first=st.integers(0, 400_000),
    num_frames=st.integers(1, 10_000),
)
def test_times_of_frames_give_those_frames_however_they_were_rounded(
    num_decimals: int, rate: float, first: int, num_frames: int
) -> None:
    start = round(first / rate, num_decimals)
    end = round((first + num_frames) / rate, num_decimals)
    assert count(start, end, rate) == (first, first + num_frames)


@given(
    start_ms=st.integers(0, 1990),
    length_ms=st.integers(1, 3000),
    rate=st.sampled_from([10.0, 25.0, 30.0]),
)
def test_a_range_chosen_by_hand_has_the_frames_that_are_decoded_of_it(
    start_ms: int, length_ms: int, rate: float
) -> None:
    start, end = start_ms / 1000, (start_ms + length_ms) / 1000
    timeline = FrameTimeline.constant(round(2 * rate), rate)
    sampling = ClipSampling(
        spec=ClipSpec(clip_length=1),
        placement=Sliding(clip_hop=1),
        start_seconds=start,
        end_seconds=end,
    )
    frames = plan_clips(timeline, sampling).frame_indices[:, 0]
    first, behind = count(start, end, rate, duration=2.0)
    np.testing.assert_array_equal(frames, np.arange(first, behind))


def test_a_range_between_two_frames_has_the_one_on_screen() -> None:
    assert count(0.41, 0.42, 10.0) == (4, 5)


def test_what_lies_beyond_the_end_is_left_out() -> None:
    assert count(1.0, 60.0, 25.0, duration=2.0) == (25, 50)
    assert count(1.99, 60.0, 25.0, duration=2.0) == (49, 50)


def test_a_range_that_begins_after_the_end_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"duration of 2\.000 s"):
        count(2.0, 3.0, 25.0, duration=2.0)


@pytest.mark.parametrize(
    ("num_frames", "base", "expected"),
    [
        (0, 25, "00:00:00:00"),
        (24, 25, "00:00:00:24"),
        (25, 25, "00:00:01:00"),
        (107_892, 30, "00:59:56:12"),
        (90_000 * 23 + 89_999, 25, "23:59:59:24"),
    ],
)
def test_timecode_counts_every_frame(num_frames: int, base: int, expected: str) -> None:
    assert timecode(num_frames, base) == expected
