"""A pool of candidates for each query, and the best score that anything outside it can have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.arrays import Rows, Vectors, row_blocks
from retrieval.evaluation.metrics import MetricSpace
from retrieval.evaluation.prefilter import Prefilter, RoundedKeys

GALLERY_BLOCK_BYTES = 128 << 20
FLOAT32_ROUNDOFF = 2.0**-24
# More than products flushed to zero can add up to, for any dimension that fits in memory.
UNDERFLOW = 1e-30


@dataclass(frozen=True, kw_only=True, eq=False)
class CandidatePool:
    """What a filter found for some queries.

    Attributes:
        rows: ``(queries, pool_size)`` int64 gallery rows, increasing in each line.
        ceilings: ``(queries,)`` float64: no item outside the pool has a larger key score; minus
            infinity where nothing is outside.
    """

    rows: Rows
    ceilings: Vectors


def collect_candidates(
    query_keys: RoundedKeys[Any], space: MetricSpace, pool_size: int, prefilter: Prefilter
) -> CandidatePool:
    """Return the ``pool_size`` best items of each query as ``prefilter`` sees them.

    Args:
        query_keys: As the filter rounds them.
        space: Makes the gallery's keys.
        pool_size: At most the gallery's size.
        prefilter: What multiplies.
    """
    num_queries = len(query_keys.lengths)
    scores: NDArray[np.float32] = np.empty((num_queries, 0), dtype=np.float32)
    rows: Rows = np.empty((num_queries, 0), dtype=np.int64)
    longest, worst_error = 0.0, 0.0
    for first_row, block in _rounded_gallery(space, prefilter):
        found = _search_block(query_keys, block, pool_size, prefilter)
        scores = np.concatenate([scores, found[0]], axis=1)
        rows = np.concatenate([rows, found[1] + first_row], axis=1)
        if scores.shape[1] > pool_size:
            best = np.argpartition(scores, -pool_size, axis=1)[:, -pool_size:]
            scores = np.take_along_axis(scores, best, axis=1)
            rows = np.take_along_axis(rows, best, axis=1)
        longest = max(longest, float(block.lengths.max()))
        worst_error = max(worst_error, float(block.errors.max()))
    if pool_size == space.num_items:
        ceilings = np.full(num_queries, -np.inf)
    else:
        last = scores.min(axis=1).astype(np.float64)
        bound = _error_bound(query_keys, longest, worst_error, space.dim)
        ceilings = last + prefilter.score_roundoff * np.abs(last) * 1.01 + bound
    rows.sort(axis=1)
    return CandidatePool(rows=rows, ceilings=ceilings)


def _error_bound(
    queries: RoundedKeys[Any], longest: float, worst_error: float, dim: int
) -> Vectors:
    """Return how far a score, before it is rounded itself, can be from the keys' inner product.

    By Cauchy-Schwarz for q.g - q'.g' = (q - q').g + q'.(g - g'), plus the classic bound on a
    float32 sum of ``dim`` products in any order.
    """
    sum_roundoff = dim * FLOAT32_ROUNDOFF / (1 - dim * FLOAT32_ROUNDOFF)
    return (
        queries.errors * (longest + worst_error)
        + queries.lengths * worst_error
        + sum_roundoff * queries.lengths * longest
        + UNDERFLOW
    )


def _rounded_gallery(
    space: MetricSpace, prefilter: Prefilter
) -> Iterator[tuple[int, RoundedKeys[Any]]]:
    """Yield the first row and the rounded keys of large blocks, rounded a small part at a time."""
    row_bytes = prefilter.bytes_per_value * space.dim
    for block in row_blocks(space.num_items, row_bytes, GALLERY_BLOCK_BYTES):
        parts = [
            prefilter.round_keys(space.gallery_keys(block[part]))
            for part in row_blocks(len(block), 8 * space.dim)
        ]
        yield int(block[0]), join_keys(parts, prefilter)


def join_keys(parts: list[RoundedKeys[Any]], prefilter: Prefilter) -> RoundedKeys[Any]:
    """Return the rows of all parts one after the other."""
    return RoundedKeys(
        values=prefilter.join([part.values for part in parts]),
        lengths=np.concatenate([part.lengths for part in parts]),
        errors=np.concatenate([part.errors for part in parts]),
    )


def _search_block(
    queries: RoundedKeys[Any], gallery: RoundedKeys[Any], pool_size: int, prefilter: Prefilter
) -> tuple[NDArray[np.float32], Rows]:
    count = min(pool_size, len(gallery.lengths))
    step = prefilter.queries_per_search
    found = [
        prefilter.search(queries.values[start : start + step], gallery.values, count)
        for start in range(0, len(queries.lengths), step)
    ]
    scores, rows = zip(*found, strict=True)
    return np.concatenate(scores), np.concatenate(rows)
