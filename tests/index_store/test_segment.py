"""Segments against a five-line reference: ties, near ties, hidden rows, compressed vectors."""

import faiss
import numpy as np
import pytest

from index_store.index.kinds import make_index
from index_store.index.segment import CompressedSegment, ExactSegment, Rows
from index_store.index.similarity import to_unit_rows


def reference(queries, vectors, clip_ids, wanted, k):
    similarities = (queries.astype(np.float64) @ vectors[wanted].astype(np.float64).T).astype("f4")
    ids = np.broadcast_to(clip_ids[wanted], similarities.shape)
    order = np.lexsort((ids, -similarities), axis=1)[:, :k]
    return np.take_along_axis(similarities, order, 1), np.take_along_axis(ids, order, 1)


def make_rows(num_rows: int) -> Rows:
    return Rows.all_live(np.arange(num_rows) * 3 + 5, np.arange(num_rows) // 10)


def no_fetch(clip_ids: np.ndarray) -> np.ndarray:
    raise AssertionError("an exact segment has its vectors")


@pytest.mark.parametrize("num_queries", [1, 64])
@pytest.mark.parametrize("num_hidden", [0, 5, 256, 257, 2990, 3000])
def test_an_exact_segment_equals_the_reference(num_queries: int, num_hidden: int) -> None:
    draw = np.random.default_rng(num_hidden)
    vectors = to_unit_rows(draw.standard_normal((3000, 24)))
    queries = to_unit_rows(draw.standard_normal((num_queries, 24)))
    wanted = np.ones(3000, dtype=bool)
    wanted[draw.choice(3000, num_hidden, replace=False)] = False
    rows = make_rows(3000)
    hits = ExactSegment.of(vectors, rows).search(queries, 20, wanted, no_fetch)
    similarities, clip_ids = reference(queries, vectors, rows.clip_ids, wanted, 20)
    np.testing.assert_array_equal(hits.clip_ids, clip_ids)
    np.testing.assert_allclose(hits.similarities, similarities, atol=1e-7)
    assert hits.exact


@pytest.mark.parametrize("num_queries", [1, 64])
def test_of_many_equal_clips_those_with_the_lowest_ids_are_found(num_queries: int) -> None:
    draw = np.random.default_rng(0)
    vectors = np.repeat(to_unit_rows(draw.standard_normal((4, 32))), 500, axis=0)
    vectors = vectors[draw.permutation(2000)]
    queries = vectors[:num_queries]
    rows = make_rows(2000)
    hits = ExactSegment.of(vectors, rows).search(queries, 30, rows.live, no_fetch)
    for query, clip_ids in zip(queries, hits.clip_ids, strict=True):
        equal = rows.clip_ids[(vectors == query).all(axis=1)]
        np.testing.assert_array_equal(clip_ids, equal[:30])
    assert (hits.similarities == 1.0).all()


def test_nearly_equal_clips_stand_in_their_true_order() -> None:
    draw = np.random.default_rng(3)
    base = draw.standard_normal(512)
    vectors = to_unit_rows(base + 1e-6 * draw.standard_normal((5000, 512)))
    queries = to_unit_rows(base + 1e-3 * draw.standard_normal((40, 512)))
    rows = make_rows(5000)
    hits = ExactSegment.of(vectors, rows).search(queries, 10, rows.live, no_fetch)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    doubles = vectors / lengths
    queries_64 = queries / np.linalg.norm(queries.astype(np.float64), axis=1, keepdims=True)
    _, clip_ids = reference(queries_64, doubles, rows.clip_ids, rows.live, 10)
    np.testing.assert_array_equal(hits.clip_ids, clip_ids)


@pytest.mark.parametrize("kind", ["sq8", "ivf_sq8"])
@pytest.mark.parametrize("num_hidden", [0, 100, 3000, 3995])
def test_a_compressed_segment_gives_true_similarities_and_no_empty_place(
    kind: str, num_hidden: int
) -> None:
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((40, 32))
    vectors = to_unit_rows(np.repeat(centres, 100, axis=0) + 0.4 * draw.standard_normal((4000, 32)))
    queries = to_unit_rows(centres + 0.4 * draw.standard_normal((40, 32)))
    index = make_index(kind, 4000, 32, vectors)
    index.add(vectors)
    rows = make_rows(4000)
    parameters = {"nprobe": 4} if kind == "ivf_sq8" else {}
    segment = CompressedSegment(index=index, rows=rows, parameters=parameters)
    wanted = np.ones(4000, dtype=bool)
    wanted[draw.choice(4000, num_hidden, replace=False)] = False

    def fetch(clip_ids: np.ndarray) -> np.ndarray:
        assert wanted[(clip_ids - 5) // 3].all()
        return vectors[(clip_ids - 5) // 3]

    hits = segment.search(queries, 10, wanted, fetch)
    similarities, clip_ids = reference(queries, vectors, rows.clip_ids, wanted, 10)
    assert hits.clip_ids.shape == clip_ids.shape
    found = (hits.similarities >= similarities[:, -1:] - 1e-6).mean()
    assert found == 1.0 if kind == "sq8" else found > 0.9
    assert hits.exact == (kind == "sq8" and num_hidden == 3995) or num_hidden == 3995
    distinct = [len(set(line)) for line in hits.clip_ids.tolist()]
    assert distinct == [clip_ids.shape[1]] * 40


def test_flat_indexes_share_their_memory_with_the_segment() -> None:
    vectors = to_unit_rows(np.random.default_rng(0).standard_normal((10, 6)))
    index = faiss.IndexFlatIP(6)
    index.add(vectors)
    segment = ExactSegment(index=index, rows=make_rows(10))
    np.testing.assert_array_equal(segment.vectors, vectors)
