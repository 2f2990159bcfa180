"""R@k, chance and intervals."""

from itertools import combinations

import numpy as np
import pytest

from retrieval.evaluation.ranking import NO_ITEM, VideoIdentities
from retrieval.evaluation.recall import (
    NO_HIT,
    bootstrap_intervals,
    chance_levels,
    count_hits,
    find_first_hits,
)


def test_a_hit_is_any_item_of_the_class_among_the_first_k():
    gallery_labels = np.array([0, 1, 2, 0])
    rankings = [
        (np.array([0, 1]), np.array([[1, 2, 0], [2, 1, 0]])),
        (np.array([2]), np.array([[NO_ITEM, NO_ITEM, NO_ITEM]])),
    ]

    first_hits = find_first_hits(rankings, np.array([0, 2, 0]), gallery_labels)

    assert first_hits.tolist() == [2, 0, NO_HIT]
    assert count_hits(first_hits, (1, 2, 3, 50)) == {1: 1, 2: 1, 3: 2, 50: 2}


def test_chance_is_the_mean_over_all_equally_likely_rankings():
    gallery_labels = np.array([0, 0, 1, 2, 2, 2])
    query_labels = np.array([0, 1, 2, 2, 3])

    chance = chance_levels(query_labels, gallery_labels, (1, 2, 3, 6, 9))

    for k in (1, 2, 3, 6):
        draws = list(combinations(gallery_labels, k))
        expected = np.mean([[label in draw for draw in draws] for label in query_labels])
        assert chance[k] == pytest.approx(expected)
    assert chance[9] == chance[6]


def test_chance_on_hmdb51_is_a_little_above_drawing_with_replacement():
    gallery_labels = np.repeat(np.arange(51), 70)

    chance = chance_levels(np.arange(51), gallery_labels, (1, 5, 10, 20, 50))

    for k, value in chance.items():
        with_replacement = 1 - (50 / 51) ** k
        assert 0 <= value - with_replacement + 1e-12 < 0.003
    assert chance[1] == pytest.approx(1 / 51)


def test_chance_leaves_out_a_querys_own_video():
    labels = np.array([0, 0, 0, 1, 1])
    videos = np.array([7, 7, 8, 9, 9])
    leave_out = VideoIdentities(queries=videos, gallery=videos)

    chance = chance_levels(labels, labels, (1,), leave_out)

    assert chance[1] == pytest.approx(np.mean([1 / 3, 1 / 3, 2 / 4, 0, 0]))


def test_intervals_are_as_wide_as_a_binomials_where_videos_are_queries():
    first_hits = np.where(np.arange(400) < 100, 0, NO_HIT)

    low, high = bootstrap_intervals(
        first_hits, np.arange(400), (1,), num_resamples=2000, generator=np.random.default_rng(0)
    )[1]

    half_width = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert (low, high) == pytest.approx((0.25 - half_width, 0.25 + half_width), abs=0.01)


def test_intervals_of_clips_are_those_of_their_videos():
    first_hits = np.where(np.arange(40) < 10, 0, NO_HIT)
    options = {"num_resamples": 500}

    alone = bootstrap_intervals(
        first_hits, np.arange(40), (1, 5), generator=np.random.default_rng(1), **options
    )
    tenfold = bootstrap_intervals(
        np.repeat(first_hits, 10),
        np.repeat(np.arange(40), 10),
        (1, 5),
        generator=np.random.default_rng(1),
        **options,
    )

    assert tenfold == alone
