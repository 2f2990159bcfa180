import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index_store.index.similarity import cosine_similarity, to_unit_rows

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(arrays(np.float32, (3, 5), elements=FINITE))
def test_rows_get_unit_length_or_stay_zero(vectors: np.ndarray) -> None:
    lengths = np.linalg.norm(to_unit_rows(vectors).astype(np.float64), axis=1)
    expected = vectors.any(axis=1).astype(np.float64)
    np.testing.assert_allclose(lengths, expected, rtol=1e-6)


def test_a_vector_has_similarity_one_with_itself_and_none_with_zero() -> None:
    vectors = np.random.default_rng(0).standard_normal((200, 512)).astype(np.float32)
    rows = to_unit_rows(vectors)
    assert (cosine_similarity(rows, rows[:, None]) == 1.0).all()
    assert (cosine_similarity(rows, np.zeros_like(rows[:, None])) == 0.0).all()


def test_a_similarity_does_not_depend_on_its_neighbours() -> None:
    draw = np.random.default_rng(1)
    queries = to_unit_rows(draw.standard_normal((7, 513)))
    candidates = to_unit_rows(draw.standard_normal((31, 513)))
    together = cosine_similarity(queries, np.broadcast_to(candidates, (7, 31, 513)))
    for query in range(7):
        for candidate in range(31):
            alone = cosine_similarity(queries[query][None], candidates[candidate][None, None])
            assert together[query, candidate] == alone[0, 0]
