"""The ranking of a query that no filter could decide: near-ties and whole crowds of ties."""

from functools import cached_property
from hashlib import blake2b

import numpy as np

from retrieval.evaluation.arrays import Rows, Vectors, row_blocks
from retrieval.evaluation.metrics import MetricSpace
from retrieval.evaluation.vectors import VectorSource, iterate_blocks

SCORE_BLOCK_BYTES = 256 << 20


class ExhaustiveRanker:
    """Scores every gallery item in float64 and re-ranks all that can be among the nearest."""

    def __init__(self, gallery: VectorSource, space: MetricSpace) -> None:
        self._gallery = gallery
        self._space = space

    @property
    def queries_per_block(self) -> int:
        """Queries whose scores fit in a block of memory."""
        return max(1, SCORE_BLOCK_BYTES // (8 * self._space.num_items))

    def scores(self, queries: Vectors) -> Vectors:
        """Return the key score of every gallery item, ``(batch, num_items)``."""
        keys = self._space.query_keys(queries)
        scores = np.empty((len(queries), self._space.num_items))
        for rows in row_blocks(self._space.num_items, 8 * self._space.dim):
            scores[:, rows[0] : rows[-1] + 1] = keys @ self._space.gallery_keys(rows).T
        return scores

    def nearest(self, query: Vectors, scores: Vectors, k: int) -> Rows:
        """Return the rows of the ``k`` nearest items, nearest first.

        Args:
            query: ``(dim,)``.
            scores: ``(num_items,)``; minus infinity for items that do not take part.
            k: How many, at most the number of items that take part.
        """
        kth_best = np.partition(scores, -k)[-k]
        slack = self._space.rounding_slack(query[None])[0]
        rows = np.flatnonzero(scores >= kth_best - 2 * slack)
        # Of copies of one vector, one is measured: features of a dead encoder are all copies.
        firsts, place = np.unique(self._first_copies[rows], return_inverse=True)
        distances = self._distances(query, firsts)[place]
        return rows[np.argsort(distances, kind="stable")[:k]]

    def _distances(self, query: Vectors, rows: Rows) -> Vectors:
        parts = [
            self._space.exact_distances(query[None], rows[None, part])[0]
            for part in row_blocks(len(rows), 8 * self._space.dim)
        ]
        return np.concatenate(parts)

    @cached_property
    def _first_copies(self) -> Rows:
        """For each gallery item, the first one with exactly the same values."""
        first_of: dict[bytes, int] = {}
        firsts = np.empty(self._space.num_items, dtype=np.int64)
        for rows, vectors in iterate_blocks(self._gallery):
            vectors += 0.0  # turns -0.0, which is equal and has other bytes, to 0.0
            for row, vector in zip(rows, vectors, strict=True):
                digest = blake2b(vector.tobytes(), digest_size=16).digest()
                firsts[row] = first_of.setdefault(digest, row)
        return firsts
