"""The k nearest gallery items of every query: exact, in bounded memory.

The result is that of a float64 distance matrix sorted stably (ties: lowest gallery row), and no
such matrix is made. For a large block of queries:

1. A fast filter streams over the gallery and keeps a pool of candidates for each query.
2. The pool is re-ranked by exact float64 distances. A ranking stands if its k-th item beats the
   best score that anything outside the pool can have, given the filter's rounding.
3. Where it does not stand, the next filter tries; at last every item that float64 scores cannot
   tell from the k-th is re-ranked.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.arrays import Rows, inner_products, row_blocks
from retrieval.evaluation.candidates import CandidatePool, collect_candidates, join_keys
from retrieval.evaluation.exhaustive import ExhaustiveRanker
from retrieval.evaluation.metrics import MetricSpace
from retrieval.evaluation.prefilter import Prefilter, default_prefilters
from retrieval.evaluation.protocol import Metric
from retrieval.evaluation.vectors import VectorSource

NO_ITEM = -1
QUERY_BLOCK_BYTES = 256 << 20
RERANK_BLOCK_BYTES = 16 << 20
# A video with more clips than this: the pool may turn out too small, and the next search tries.
MAX_LEFT_OUT = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoIdentities:
    """Which video each vector is of; a query's own video is left out of its ranking.

    Attributes:
        queries: ``(num_queries,)`` int64.
        gallery: ``(num_gallery,)`` int64, equal where the video is the same.
    """

    queries: Rows
    gallery: Rows


def rank_gallery(
    queries: VectorSource,
    gallery: VectorSource,
    k: int,
    *,
    metric: Metric,
    leave_out: VideoIdentities | None = None,
    prefilters: Sequence[Prefilter] | None = None,
) -> Iterator[tuple[Rows, Rows]]:
    """Yield, for block after block of queries, their row numbers and their nearest gallery items.

    Args:
        queries: What to search for.
        gallery: What to search in; at least one vector.
        k: Items to return for each query.
        metric: What is near.
        leave_out: Items of a query's own video do not take part.
        prefilters: Searches to try one after the other; by default what is fast on this machine.

    Yields:
        ``(block,)`` int64 query rows and ``(block, k)`` int64 gallery rows, nearest first, of equal
        distances the lowest row first, filled up with ``NO_ITEM`` where fewer items take part.
    """
    ranker = _Ranker(queries, gallery, k, metric, leave_out)
    if prefilters is None:
        prefilters = default_prefilters(queries.shape[0] * gallery.shape[0] * gallery.shape[1])
    for block in row_blocks(queries.shape[0], 4 * gallery.shape[1] + 16 * k, QUERY_BLOCK_BYTES):
        ranking = np.full((len(block), k), NO_ITEM)
        pending = np.arange(len(block))
        for prefilter in prefilters:
            if len(pending):
                found, stands = ranker.rank_filtered(block[pending], prefilter)
                ranking[pending[stands]] = found[stands]
                pending = pending[~stands]
        if len(pending):
            ranking[pending] = ranker.rank_exhaustively(block[pending])
        yield block, ranking


class _Ranker:
    def __init__(
        self,
        queries: VectorSource,
        gallery: VectorSource,
        k: int,
        metric: Metric,
        leave_out: VideoIdentities | None,
    ) -> None:
        self._queries = queries
        self._gallery = gallery
        self._k = k
        self._leave_out = leave_out
        self._space = MetricSpace(metric, gallery)
        most = 0 if leave_out is None else int(np.bincount(leave_out.gallery).max())
        self._num_left_out = min(most, MAX_LEFT_OUT)

    def rank_filtered(self, rows: Rows, prefilter: Prefilter) -> tuple[Rows, NDArray[np.bool_]]:
        """Return the rankings of some queries, and for each whether it is certainly right."""
        wanted = self._k + self._num_left_out + prefilter.num_spare
        pool_size = min(wanted, self._space.num_items)
        parts = [
            prefilter.round_keys(self._space.query_keys(self._queries.take(rows[part])))
            for part in row_blocks(len(rows), 8 * self._space.dim)
        ]
        pool = collect_candidates(join_keys(parts, prefilter), self._space, pool_size, prefilter)
        blocks = list(row_blocks(len(rows), 8 * self._space.dim * pool_size, RERANK_BLOCK_BYTES))
        # NumPy lets go of the interpreter's lock while it gathers and multiplies.
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            results = list(threads.map(lambda block: self._rerank(rows, block, pool), blocks))
        ranking, stands = zip(*results, strict=True)
        return np.concatenate(ranking), np.concatenate(stands)

    def _rerank(
        self, rows: Rows, block: Rows, pool: CandidatePool
    ) -> tuple[Rows, NDArray[np.bool_]]:
        queries = self._queries.take(rows[block])
        candidates = pool.rows[block]
        distances = self._space.exact_distances(queries, candidates)
        if self._leave_out is not None:
            own = self._leave_out.gallery[candidates] == self._leave_out.queries[rows[block], None]
            distances[own] = np.inf
        order = np.argsort(distances, axis=1, kind="stable")[:, : self._k]
        nearest = np.take_along_axis(candidates, order, axis=1)
        takes_part = np.isfinite(np.take_along_axis(distances, order, axis=1))
        last_keys = self._space.gallery_keys(nearest[:, -1])
        last_scores = inner_products(self._space.query_keys(queries), last_keys)
        beats = last_scores - self._space.rounding_slack(queries) > pool.ceilings[block]
        stands = (beats & takes_part[:, -1]) | np.isneginf(pool.ceilings[block])
        ranking = np.full((len(block), self._k), NO_ITEM)
        ranking[:, : order.shape[1]] = np.where(takes_part, nearest, NO_ITEM)
        return ranking, stands

    def rank_exhaustively(self, rows: Rows) -> Rows:
        """Return the rankings of some queries, whatever ties there are."""
        ranker = ExhaustiveRanker(self._gallery, self._space)
        ranking = np.full((len(rows), self._k), NO_ITEM)
        for start in range(0, len(rows), ranker.queries_per_block):
            block = rows[start : start + ranker.queries_per_block]
            queries = self._queries.take(block)
            scores = ranker.scores(queries)
            if self._leave_out is not None:
                scores[self._leave_out.queries[block, None] == self._leave_out.gallery] = -np.inf
            for place, (query, line) in enumerate(zip(queries, scores, strict=True), start=start):
                count = min(self._k, int(np.isfinite(line).sum()))
                if count:
                    ranking[place, :count] = ranker.nearest(query, line, count)
        return ranking
