"""The exact ranking against plain float64 references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_distances, euclidean_distances

from retrieval.evaluation.candidates import collect_candidates
from retrieval.evaluation.exhaustive import ExhaustiveRanker
from retrieval.evaluation.metrics import MetricSpace
from retrieval.evaluation.prefilter import Bfloat16Filter, FaissFilter
from retrieval.evaluation.ranking import NO_ITEM, VideoIdentities, rank_gallery
from retrieval.evaluation.vectors import ArrayVectors

METRICS = ("cosine", "euclidean", "dot")
needs_amx = pytest.mark.skipif(
    not Bfloat16Filter.is_fast_here(), reason="no bfloat16 matrix units in this processor"
)


def rank(queries, gallery, k, metric, **options):
    source, target = ArrayVectors(queries), ArrayVectors(gallery)
    blocks = [ranking for _, ranking in rank_gallery(source, target, k, metric=metric, **options)]
    return np.concatenate(blocks)


def reference(queries, gallery, k, metric):
    """Sort every distance, one pair after the other, in float64."""
    lines = []
    for x in queries.astype(np.float64):
        pairs = [(x, y) for y in gallery.astype(np.float64)]
        if metric == "euclidean":
            distances = [((x - y) ** 2).sum() for x, y in pairs]
        elif metric == "dot":
            distances = [-(x * y).sum() for x, y in pairs]
        else:
            lengths = [
                (np.sqrt((x * x).sum()) or 1) * (np.sqrt((y * y).sum()) or 1) for x, y in pairs
            ]
            distances = [
                min(max(1 - (x * y).sum() / length, 0), 2)
                for (x, y), length in zip(pairs, lengths, strict=True)
            ]
        lines.append(np.argsort(distances, kind="stable")[:k])
    return np.array(lines)


def clustered(rng, num_rows, dim, spread):
    """Rows around a few centres: many near-ties when the spread is small."""
    centres = rng.standard_normal((4, dim))
    rows = centres[rng.integers(4, size=num_rows)] + spread * rng.standard_normal((num_rows, dim))
    return rows.astype(np.float32)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("spread", [1.0, 1e-2, 1e-5])
def test_rankings_equal_a_pair_by_pair_reference(metric, spread):
    rng = np.random.default_rng(0)
    gallery, queries = clustered(rng, 400, 24, spread), clustered(rng, 30, 24, spread)

    ranking = rank(queries, gallery, 20, metric, prefilters=[FaissFilter()])

    np.testing.assert_array_equal(ranking, reference(queries, gallery, 20, metric))


@pytest.mark.parametrize("metric", METRICS)
def test_exact_ties_go_to_the_lowest_gallery_row_wherever_the_copies_lie(metric):
    rng = np.random.default_rng(1)
    distinct = rng.standard_normal((7, 33)).astype(np.float32)
    gallery = distinct[rng.integers(7, size=500)]
    gallery[rng.integers(500, size=60)] = 0
    queries = np.concatenate([distinct, np.zeros((2, 33), dtype=np.float32)])

    ranking = rank(queries, gallery, 50, metric, prefilters=[FaissFilter()])

    np.testing.assert_array_equal(ranking, reference(queries, gallery, 50, metric))


def test_rankings_equal_scikit_learn_and_a_stable_sort():
    rng = np.random.default_rng(2)
    gallery, queries = rng.standard_normal((900, 40)), rng.standard_normal((50, 40))
    gallery[17], queries[3] = 0, 0

    expected = np.argsort(cosine_distances(queries, gallery), axis=1, kind="stable")[:, :50]
    np.testing.assert_array_equal(rank(queries, gallery, 50, "cosine"), expected)
    expected = np.argsort(euclidean_distances(queries, gallery), axis=1, kind="stable")[:, :50]
    np.testing.assert_array_equal(rank(queries, gallery, 50, "euclidean"), expected)


@settings(max_examples=60, deadline=None)
@given(
    metric=st.sampled_from(METRICS),
    values=st.lists(st.integers(-2, 2), min_size=8, max_size=90),
    k=st.integers(1, 12),
)
def test_rankings_of_small_whole_numbers_full_of_ties_equal_the_reference(metric, values, k):
    rows = np.array(values[: len(values) // 2 * 2], dtype=np.float32).reshape(-1, 2)
    queries, gallery = rows[:2], rows[2:]

    ranking = rank(queries, gallery, k, metric, prefilters=[FaissFilter()])

    expected = reference(queries, gallery, k, metric)
    np.testing.assert_array_equal(ranking[:, : len(gallery)], expected)
    assert (ranking[:, len(gallery) :] == NO_ITEM).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_tiny_and_huge_values_rank_as_others_do(metric, scale):
    rng = np.random.default_rng(3)
    gallery = (rng.standard_normal((300, 16)) * scale).astype(np.float32)
    queries = (rng.standard_normal((9, 16)) * scale).astype(np.float32)

    ranking = rank(queries, gallery, 10, metric, prefilters=[FaissFilter()])

    np.testing.assert_array_equal(ranking, reference(queries, gallery, 10, metric))


@needs_amx
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("spread", [1.0, 1e-2])
def test_the_bfloat16_filter_leads_to_the_same_rankings(metric, spread):
    rng = np.random.default_rng(4)
    gallery, queries = clustered(rng, 20_001, 48, spread), clustered(rng, 40, 48, spread)

    with_faiss = rank(queries, gallery, 20, metric, prefilters=[FaissFilter()])

    filters = [Bfloat16Filter()]
    np.testing.assert_array_equal(
        rank(queries, gallery, 20, metric, prefilters=filters), with_faiss
    )


@pytest.mark.parametrize(
    "prefilter", [FaissFilter(), pytest.param(Bfloat16Filter(), marks=needs_amx)]
)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dim", [16, 2000])
def test_no_item_outside_a_pool_scores_above_its_ceiling(prefilter, metric, dim):
    rng = np.random.default_rng(5)
    gallery = ArrayVectors(clustered(rng, 5000, dim, 0.3))
    queries = clustered(rng, 20, dim, 0.3).astype(np.float64)
    space = MetricSpace(metric, gallery)
    keys = space.query_keys(queries)

    pool = collect_candidates(prefilter.round_keys(keys), space, 10, prefilter)

    scores = keys @ space.gallery_keys(np.arange(5000)).T
    for line, inside, ceiling in zip(scores, pool.rows, pool.ceilings, strict=True):
        outside = np.delete(line, inside)
        assert outside.max() <= ceiling
        assert len(outside) == 4990


@pytest.mark.parametrize("metric", METRICS)
def test_scores_of_keys_order_as_distances_do(metric):
    rng = np.random.default_rng(6)
    gallery, queries = rng.standard_normal((200, 12)) + 3, rng.standard_normal((5, 12))
    space = MetricSpace(metric, ArrayVectors(gallery))

    scores = ExhaustiveRanker(ArrayVectors(gallery), space).scores(queries)
    distances = space.exact_distances(queries, np.tile(np.arange(200), (5, 1)))

    np.testing.assert_array_equal(np.argsort(-scores, axis=1), np.argsort(distances, axis=1))
    assert np.abs(space.query_keys(queries)).max() <= 1


@pytest.mark.parametrize("dim", [1, 3, 8, 33, 512, 9216])
def test_copies_of_a_vector_have_equal_distances_in_any_batch(dim):
    rng = np.random.default_rng(7)
    vector, query = rng.standard_normal(dim), rng.standard_normal(dim)
    for metric in METRICS:
        seen = set()
        for batch, count in ((1, 1), (1, 7), (3, 64), (2, 101)):
            gallery = rng.standard_normal((count, dim))
            gallery[count // 2] = vector
            space = MetricSpace(metric, ArrayVectors(gallery))
            rows = np.tile(np.arange(count), (batch, 1))
            distances = space.exact_distances(np.tile(query, (batch, 1)), rows)
            seen.update(distances[:, count // 2].tolist())
        assert len(seen) == 1


@pytest.mark.parametrize("prefilters", [(), (FaissFilter(),)])
def test_a_querys_own_video_takes_no_part(prefilters):
    rng = np.random.default_rng(8)
    vectors = rng.standard_normal((60, 8))
    videos = np.repeat(np.arange(12), 5)
    leave_out = VideoIdentities(queries=videos, gallery=videos)

    ranking = rank(vectors, vectors, 55, "cosine", leave_out=leave_out, prefilters=prefilters)

    for row, line in enumerate(ranking):
        others = [
            item
            for item in reference(vectors[[row]], vectors, 60, "cosine")[0]
            if videos[item] != videos[row]
        ]
        assert line.tolist() == others


def test_a_gallery_of_own_videos_only_gives_no_items():
    vectors = np.eye(3)
    videos = np.zeros(3, dtype=np.int64)
    leave_out = VideoIdentities(queries=videos, gallery=videos)

    assert (rank(vectors, vectors, 2, "dot", leave_out=leave_out) == NO_ITEM).all()


@pytest.mark.parametrize("metric", METRICS)
def test_features_of_a_dead_encoder_are_ranked_by_row(metric):
    vectors = np.full((3000, 64), 0.1, dtype=np.float32)

    ranking = rank(vectors[:100], vectors, 5, metric)

    assert (ranking == np.arange(5)).all()


def test_a_large_k_ranks_as_many_items():
    rng = np.random.default_rng(9)
    gallery, queries = rng.standard_normal((3000, 4)), rng.standard_normal((2, 4))

    ranking = rank(queries, gallery, 2500, "euclidean", prefilters=[FaissFilter()])

    np.testing.assert_array_equal(ranking, reference(queries, gallery, 2500, "euclidean"))


def test_a_video_of_very_many_clips_is_left_out_whole():
    rng = np.random.default_rng(10)
    gallery = rng.standard_normal((2000, 4))
    gallery[:1500] = gallery[0] + 1e-3 * rng.standard_normal((1500, 4))
    videos = np.where(np.arange(2000) < 1500, 0, np.arange(2000))
    leave_out = VideoIdentities(queries=videos[:3], gallery=videos)

    ranking = rank(gallery[:3], gallery, 5, "cosine", leave_out=leave_out)

    expected = reference(gallery[:3], gallery[1500:], 5, "cosine") + 1500
    np.testing.assert_array_equal(ranking, expected)
