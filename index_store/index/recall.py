"""How many of the true nearest neighbours an index finds, measured on stored vectors."""

from collections.abc import Mapping

import faiss
import numpy as np
from numpy.typing import NDArray

from index_store.index.hits import Hits
from index_store.index.segment import FetchVectors, Segment

CUT_OFFS = (1, 10)
"""Numbers of neighbours at which recall is measured."""

_EQUAL = 2e-6
"""Similarities this close are one: the reference is summed in float32."""


class RecallMeter:
    """Stored vectors with their true nearest neighbours, gathered block by block.

    Args:
        queries: ``(num_queries, dim)`` float32 of unit length.
        query_clip_ids: ``(num_queries,)`` int64: whose they are. A clip is no neighbour of its own.
    """

    def __init__(self, queries: NDArray[np.float32], query_clip_ids: NDArray[np.int64]) -> None:
        self._queries = queries
        self._own = query_clip_ids[:, None]
        self._nearest = Hits.none(len(queries))

    def add(self, clip_ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Let a block of stored vectors take part in the reference."""
        k = min(CUT_OFFS[-1] + 1, len(clip_ids))
        if not len(self._queries) or not k:
            return
        scores, rows = faiss.knn(self._queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
        block = Hits(similarities=scores, clip_ids=clip_ids[rows])
        self._nearest = self._nearest.joined(block).best(CUT_OFFS[-1] + 1)

    def measure(self, segment: Segment, fetch: FetchVectors) -> Mapping[str, float]:
        """Return the share of true neighbours that a segment finds, by how many are wanted.

        A neighbour counts as found where one at least as near was: of several at the same
        distance any will do.
        """
        if not self._nearest.clip_ids.shape[1] > 1:
            return {}
        rows = segment.rows
        found = segment.search(self._queries, CUT_OFFS[-1] + 1, rows.live, fetch)
        recall = {}
        for k in CUT_OFFS:
            if k < self._nearest.clip_ids.shape[1]:
                true, mine = self._others(self._nearest, k), self._others(found, k)
                recall[str(k)] = float((mine >= true[:, -1:] - _EQUAL).mean())
        return recall

    def _others(self, hits: Hits, k: int) -> NDArray[np.float32]:
        """Return the similarities of the first ``k`` hits other than the query's own clip."""
        own = hits.clip_ids == self._own
        # Where the own clip is not among them, one too many is there: the last.
        own[~own.any(axis=1), -1] = True
        others: NDArray[np.float32] = hits.similarities[~own].reshape(len(own), -1)[:, :k]
        return others
