"""Which frames make up which clip."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError, VideoTooShortError
from motionfit.media.sampling import (
    ClipSampling,
    ClipSpec,
    Every,
    Sliding,
    Uniform,
    plan_clips,
    sample_clip_starts,
)
from motionfit.media.video import FrameTimeline

SHORT_SPEC = ClipSpec(clip_length=4)


def starts(num_frames: int, sampling: ClipSampling, rate: float = 25) -> list[int]:
    plan = plan_clips(FrameTimeline.constant(num_frames, rate), sampling)
    return plan.frame_indices[:, 0].tolist()


# Uniform


def test_ten_clips_reach_from_the_first_frame_to_the_last():
    assert sample_clip_starts(40, 10, 16).tolist() == [0, 2, 5, 8, 10, 13, 16, 18, 21, 24]


def test_a_video_as_long_as_a_clip_gives_the_same_clip_ten_times():
    assert sample_clip_starts(16, 10, 16).tolist() == [0] * 10


def test_a_single_clip_is_taken_from_the_middle():
    assert sample_clip_starts(40, 1, 16).tolist() == [12]
    assert sample_clip_starts(41, 1, 16).tolist() == [12]


@pytest.mark.parametrize("clip_length", [16, 32, 64])
def test_starts_equal_the_float_expression_of_the_reference_protocol(clip_length: int):
    half = clip_length / 2
    for num_frames in range(clip_length, 2000):
        centers = np.linspace(half, num_frames - half, 10)
        expected = np.trunc(centers - half).astype(int)
        assert sample_clip_starts(num_frames, 10, clip_length).tolist() == expected.tolist()


@given(span=st.integers(1, 200), room=st.integers(0, 100_000), num_clips=st.integers(2, 50))
def test_starts_begin_at_zero_end_at_the_end_and_are_evenly_spaced(
    span: int, room: int, num_clips: int
):
    found = sample_clip_starts(room + span, num_clips, span)
    assert found.dtype == np.int64
    assert (found[0], found[-1]) == (0, room)
    steps = np.diff(found)
    assert steps.min() >= 0
    assert steps.max() - steps.min() <= 1


# Every, Sliding


def test_every_second_starts_a_clip_each_25_frames():
    sampling = ClipSampling(spec=SHORT_SPEC, placement=Every(seconds=1))
    assert starts(79, sampling) == [0, 25, 50, 75]


def test_every_adds_a_last_clip_where_more_than_half_a_clip_is_unseen():
    sampling = ClipSampling(spec=SHORT_SPEC, placement=Every(seconds=1))
    assert starts(31, sampling) == [0, 25]  # 2 of 4 frames unseen: half
    assert starts(32, sampling) == [0, 25, 28]  # 3 of 4


def test_every_smaller_than_a_frame_starts_a_clip_at_each_frame():
    sampling = ClipSampling(spec=SHORT_SPEC, placement=Every(seconds=1e-9))
    assert starts(10, sampling) == list(range(7))


def test_every_follows_time_where_frames_are_unevenly_spaced():
    times = np.array([0, 0.1, 0.2, 0.3, 3.0, 3.1, 3.2, 3.3, 3.4, 3.5])
    timeline = FrameTimeline(start_seconds=times, end_seconds=3.6)
    sampling = ClipSampling(spec=ClipSpec(clip_length=2), placement=Every(seconds=3))
    assert plan_clips(timeline, sampling).start_seconds.tolist() == [0, 3.0, 3.4]


@given(
    hundredths=st.integers(1, 500),
    rate=st.sampled_from([10, 24, 25, 30, 50, 60, 100]),
    num_frames=st.integers(16, 3000),
)
def test_every_equals_exact_arithmetic(hundredths: int, rate: int, num_frames: int):
    hop = max(Fraction(hundredths, 100) * rate, Fraction(1))
    last = num_frames - 16
    expected = [math.floor(step * hop) for step in range(math.floor(last / hop) + 1)]
    if 2 * (last - expected[-1]) > 16:
        expected.append(last)
    assert starts(num_frames, ClipSampling(placement=Every(seconds=hundredths / 100)), rate) == (
        expected
    )


def test_sliding_windows_stop_where_a_clip_no_longer_fits():
    sampling = ClipSampling(spec=ClipSpec(clip_length=32), placement=Sliding(clip_hop=15))
    assert starts(80, sampling) == [0, 15, 30, 45]
    assert starts(76, sampling) == [0, 15, 30]


# The shape of a clip


def test_stride_leaves_out_frames_inside_a_clip():
    spec = ClipSpec(clip_length=4, stride=3)
    plan = plan_clips(
        FrameTimeline.constant(12, 25), ClipSampling(spec=spec, placement=Uniform(num_clips=2))
    )
    assert spec.span == 10
    assert plan.frame_indices.tolist() == [[0, 3, 6, 9], [2, 5, 8, 11]]


def test_times_are_those_of_the_first_and_behind_the_last_frame():
    sampling = ClipSampling(spec=SHORT_SPEC, placement=Uniform(num_clips=2))
    plan = plan_clips(FrameTimeline.constant(10, 10), sampling)
    np.testing.assert_allclose(plan.start_seconds, [0, 0.6])
    np.testing.assert_allclose(plan.end_seconds, [0.4, 1.0])


# `indexing` a 50 fps and a 25 fps recording


@given(num_frames=st.integers(20, 300), placement=st.sampled_from([Uniform(), Every(seconds=0.4)]))
def test_a_frame_rate_makes_two_recordings_of_one_movement_alike(
    num_frames: int, placement: Uniform | Every
):
    sampling = ClipSampling(spec=ClipSpec(frame_rate=12.5), placement=placement)
    slow = plan_clips(FrameTimeline.constant(num_frames, 25), sampling)
    fast = plan_clips(FrameTimeline.constant(2 * num_frames, 50), sampling)
    np.testing.assert_array_equal(fast.frame_indices, 2 * slow.frame_indices)
    np.testing.assert_allclose(fast.start_seconds, slow.start_seconds)


def test_a_frame_rate_above_the_videos_own_repeats_frames():
    sampling = ClipSampling(
        spec=ClipSpec(clip_length=4, frame_rate=50), placement=Uniform(num_clips=1)
    )
    plan = plan_clips(FrameTimeline.constant(2, 25), sampling)
    assert plan.frame_indices.tolist() == [[0, 0, 1, 1]]


# Short videos


@pytest.mark.parametrize(
    ("short", "expected"), [("loop", [0, 1, 2, 0]), ("repeat_last", [0, 1, 2, 2])]
)
def test_a_short_video_is_stretched_to_every_clip(short: str, expected: list[int]):
    sampling = ClipSampling(spec=SHORT_SPEC, placement=Uniform(num_clips=2), short=short)
    plan = plan_clips(FrameTimeline.constant(3, 10), sampling)
    assert plan.is_stretched
    assert plan.frame_indices.tolist() == [expected, expected]
    np.testing.assert_allclose(plan.start_seconds, 0)
    np.testing.assert_allclose(plan.end_seconds, 0.3)


def test_a_one_frame_video_is_looped_to_a_clip():
    plan = plan_clips(FrameTimeline.constant(1, 25), ClipSampling())
    assert plan.frame_indices.shape == (10, 16)
    assert not plan.frame_indices.any()


def test_strides_wrap_around_a_looped_video():
    spec = ClipSpec(clip_length=4, stride=2)
    sampling = ClipSampling(spec=spec, placement=Uniform(num_clips=1))
    assert plan_clips(FrameTimeline.constant(5, 25), sampling).frame_indices.tolist() == [
        [0, 2, 4, 1]
    ]


@pytest.mark.parametrize("placement", [Every(seconds=0.01), Sliding(clip_hop=1)])
def test_a_short_video_gives_one_clip_where_clips_are_not_counted(placement: Every | Sliding):
    plan = plan_clips(FrameTimeline.constant(3, 25), ClipSampling(placement=placement))
    assert plan.num_clips == 1


@pytest.mark.parametrize("distinct", [False, True])
def test_a_short_video_is_dropped_on_request(distinct: bool):
    sampling = ClipSampling(short="drop", distinct=distinct)
    plan = plan_clips(FrameTimeline.constant(15, 25), sampling)
    assert plan.frame_indices.shape == (0, 16)
    assert plan.start_seconds.shape == plan.end_seconds.shape == (0,)


def test_a_short_video_is_refused_on_request():
    with pytest.raises(VideoTooShortError, match=r"wave\.mp4: 15 frames, a clip needs 16"):
        plan_clips(FrameTimeline.constant(15, 25), ClipSampling(short="error"), path="wave.mp4")


@pytest.mark.parametrize("short", ["loop", "repeat_last", "drop", "error"])
def test_a_video_of_just_a_clip_is_not_short(short: str):
    plan = plan_clips(FrameTimeline.constant(16, 25), ClipSampling(short=short))
    assert not plan.is_stretched
    assert plan.num_clips == 10


def test_distinct_keeps_one_of_equal_clips_in_order():
    assert starts(18, ClipSampling(distinct=True)) == [0, 1, 2]


# A stretch of the video


def test_a_stretch_is_sampled_like_a_video_of_its_own():
    sampling = ClipSampling(
        spec=SHORT_SPEC, placement=Uniform(num_clips=3), start_seconds=1, end_seconds=2
    )
    assert starts(100, sampling, rate=10) == [10, 13, 16]


def test_clips_every_so_often_count_from_the_stretchs_start():
    sampling = ClipSampling(spec=SHORT_SPEC, placement=Every(seconds=0.5), start_seconds=1)
    assert starts(24, sampling, rate=10) == [10, 15, 20]


def test_a_stretch_between_two_frames_is_the_frame_on_screen():
    sampling = ClipSampling(start_seconds=1.02, end_seconds=1.03)
    plan = plan_clips(FrameTimeline.constant(100, 10), sampling)
    assert plan.is_stretched
    assert set(plan.frame_indices.ravel()) == {10}


def test_a_stretch_applies_to_resampled_frames():
    sampling = ClipSampling(
        spec=ClipSpec(clip_length=4, frame_rate=5), placement=Uniform(num_clips=1), start_seconds=1
    )
    plan = plan_clips(FrameTimeline.constant(18, 10), sampling)
    assert plan.frame_indices.tolist() == [[10, 12, 14, 16]]


def test_a_stretch_behind_the_end_is_refused():
    with pytest.raises(ConfigError, match=r"start is 4\.0; expected less than .* 4\.000 s"):
        plan_clips(FrameTimeline.constant(40, 10), ClipSampling(start_seconds=4.0))


@given(
    num_frames=st.integers(1, 400),
    rate=st.sampled_from([None, 7.5, 25, 60]),
    placement=st.sampled_from([Uniform(num_clips=3), Every(seconds=0.3), Sliding(clip_hop=5)]),
    stride=st.integers(1, 4),
    begin=st.floats(0, 0.99),
    share=st.floats(0.01, 1),
)
def test_every_plan_stays_inside_its_stretch(
    num_frames: int,
    rate: float | None,
    placement: Uniform | Every | Sliding,
    stride: int,
    begin: float,
    share: float,
):
    timeline = FrameTimeline.constant(num_frames, 30)
    start = begin * timeline.end_seconds
    end = start + share * (timeline.end_seconds - start)
    sampling = ClipSampling(
        spec=ClipSpec(clip_length=8, stride=stride, frame_rate=rate),
        placement=placement,
        start_seconds=start,
        end_seconds=end if end > start else None,
    )
    plan = plan_clips(timeline, sampling)
    assert plan.frame_indices.shape == (plan.num_clips, 8)
    assert plan.num_clips >= 1
    assert plan.frame_indices.min() >= math.floor(start * 30 - 1e-3)
    assert plan.frame_indices.max() <= math.ceil(end * 30 + 1e-3)
    assert plan.frame_indices.max() < num_frames
    assert (np.diff(plan.start_seconds) >= 0).all()
    assert (plan.end_seconds > plan.start_seconds).all()


# Values


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClipSpec(clip_length=0),
        lambda: ClipSpec(stride=0),
        lambda: ClipSpec(frame_rate=0),
        lambda: ClipSpec(frame_rate=math.nan),
        lambda: Uniform(num_clips=0),
        lambda: Every(seconds=0),
        lambda: Every(seconds=math.nan),
        lambda: Every(seconds=math.inf),
        lambda: Sliding(clip_hop=0),
        lambda: ClipSampling(short="pad"),
        lambda: ClipSampling(start_seconds=-1),
        lambda: ClipSampling(start_seconds=math.nan),
        lambda: ClipSampling(start_seconds=2, end_seconds=2),
        lambda: ClipSampling(end_seconds=math.nan),
    ],
)
def test_settings_that_cannot_be_used_are_refused_at_birth(make):
    with pytest.raises(ConfigError, match="expected"):
        make()


def test_keys_are_equal_for_equal_samplings_however_numbers_are_written():
    whole = ClipSampling(spec=ClipSpec(frame_rate=25), placement=Every(seconds=2), end_seconds=9)
    decimal = ClipSampling(
        spec=ClipSpec(frame_rate=25.0), placement=Every(seconds=2.0), end_seconds=9.0
    )
    assert whole.key() == decimal.key()
    assert ClipSampling().key() == ClipSampling(start_seconds=0).key()


def test_keys_differ_where_any_setting_does():
    samplings = [
        ClipSampling(),
        ClipSampling(spec=ClipSpec(clip_length=8)),
        ClipSampling(spec=ClipSpec(stride=2)),
        ClipSampling(spec=ClipSpec(frame_rate=25)),
        ClipSampling(placement=Uniform(num_clips=5)),
        ClipSampling(placement=Every(seconds=5)),
        ClipSampling(placement=Sliding(clip_hop=5)),
        ClipSampling(short="drop"),
        ClipSampling(start_seconds=1),
        ClipSampling(end_seconds=1),
        ClipSampling(distinct=True),
    ]
    assert len({sampling.key() for sampling in samplings}) == len(samplings)
