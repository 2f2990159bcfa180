from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from motionfit.training.data.placement import draw_order, draw_starts
from motionfit.training.data.settings import ClipSettings

lengths = st.integers(1, 200)
seeds = st.integers(0, 2**32 - 1)
shapes = st.fixed_dictionaries(
    {
        "clip_length": st.integers(1, 20),
        "stride": st.integers(1, 4),
        "num_clips": st.integers(1, 5),
        "gap": st.integers(0, 9),
    }
)


@given(num_frames=lengths, shape=shapes, seed=seeds)
def test_every_clip_lies_inside_or_begins_at_the_first_frame(
    num_frames: int, shape: dict[str, int], seed: int
) -> None:
    for placement in ("random", "segments", "uniform"):
        settings = ClipSettings(**shape, placement=placement)
        starts = draw_starts(num_frames, settings, np.random.default_rng(seed))
        assert starts.shape == (settings.num_clips,)
        assert (starts >= 0).all()
        assert (starts <= max(0, num_frames - settings.span)).all()


@given(num_frames=lengths, shape=shapes, seed=seeds)
def test_segments_take_turns(num_frames: int, shape: dict[str, int], seed: int) -> None:
    settings = ClipSettings(**shape, placement="segments")
    starts = draw_starts(num_frames, settings, np.random.default_rng(seed))
    num_starts = max(0, num_frames - settings.span) + 1
    edges = [part * num_starts // settings.num_clips for part in range(settings.num_clips + 1)]
    for start, first, end in zip(starts, edges, edges[1:], strict=False):
        assert first <= start < max(end, first + 1)


def test_every_start_of_a_segment_is_drawn() -> None:
    settings = ClipSettings(clip_length=4, num_clips=3, placement="segments")
    rng = np.random.default_rng(0)
    drawn = np.array([draw_starts(12, settings, rng) for _ in range(300)])
    assert [sorted(set(column)) for column in drawn.T.tolist()] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_random_starts_are_independent_and_uniform() -> None:
    settings = ClipSettings(clip_length=4, num_clips=2)
    rng = np.random.default_rng(0)
    drawn = np.array([draw_starts(7, settings, rng) for _ in range(3200)])
    counts = np.zeros((4, 4), int)
    np.add.at(counts, tuple(drawn.T), 1)
    # 16 pairs of 200 each; the standard deviation of a count is 14.
    assert abs(counts - 200).max() < 60


@given(extra=st.integers(0, 30), shape=shapes, seed=seeds)
def test_clips_of_vcop_follow_each_other_at_the_gap(
    extra: int, shape: dict[str, int], seed: int
) -> None:
    settings = ClipSettings(**shape, placement="vcop")
    num_frames = settings.tuple_span + extra
    for one in (settings, settings.for_validation()):
        starts = draw_starts(num_frames, one, np.random.default_rng(seed))
        assert (np.diff(starts) == settings.span + settings.gap).all()
        assert starts[0] >= 0
        assert starts[-1] + settings.span <= num_frames


def test_the_clips_of_vcop_span_64_frames() -> None:
    settings = ClipSettings(placement="vcop")
    assert settings.tuple_span == 64
    rng = np.random.default_rng(0)
    assert draw_starts(64, settings, rng).tolist() == [0, 24, 48]
    firsts = {int(draw_starts(66, settings, rng)[0]) for _ in range(60)}
    assert firsts == {0, 1, 2}


def test_orders_are_numbered_as_itertools_numbers_them() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_order(3, rng) for _ in range(600)]
    counts = np.bincount([number for _, number in drawn], minlength=6)
    assert all(tuple(shown) == list(permutations(range(3)))[number] for shown, number in drawn)
    assert counts.min() > 60
