"""The one definition of similarity: cosine, the same bits whichever way a vector was found."""

import numpy as np
from numpy.typing import NDArray


def to_unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return ``(rows, dim)`` float32 rows of unit length; zero rows stay zero."""
    doubles = vectors.astype(np.float64)
    # Scaled first: the squares of very large or very small values leave the range of a double.
    scale = np.abs(doubles).max(axis=1, keepdims=True, initial=0.0)
    doubles /= np.where(scale == 0, 1.0, scale)
    lengths = np.sqrt(np.vecdot(doubles, doubles))[:, None]
    return (doubles / np.where(lengths == 0, 1.0, lengths)).astype(np.float32)


def cosine_similarity(
    queries: NDArray[np.float32], candidates: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the cosine of each query with each of its own candidates.

    Computed in float64, one pair at a time, and rounded once: equal vectors get equal values
    wherever they stand and however many queries are asked together, which a matrix product in
    float32 does not promise. A zero vector has similarity 0 with everything.

    Args:
        queries: ``(num_queries, dim)`` float32.
        candidates: ``(num_queries, num_candidates, dim)`` float32.

    Returns:
        ``(num_queries, num_candidates)`` float32 in [-1, 1].
    """
    left = queries.astype(np.float64)[:, None, :]
    right = candidates.astype(np.float64)
    lengths = np.sqrt(np.vecdot(left, left) * np.vecdot(right, right))
    cosines = np.vecdot(left, right) / np.where(lengths == 0, 1.0, lengths)
    rounded: NDArray[np.float32] = np.clip(cosines, -1.0, 1.0).astype(np.float32)
    return rounded
