"""Segments: vectors that are searched together, exact or compressed, and whose clip each is."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from index_store.index.hits import Hits
from index_store.index.scan import compare, scan, search_parameters

FetchVectors = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""From ``(num_clips,)`` clip ids to stored vectors ``(num_clips, dim)``."""

_SPARE = 32
"""Candidates beyond ``k``, so that equal and nearly equal ones can be told apart."""
_CANDIDATES_A_HIT = 4
_MIN_SPARE_COMPRESSED = 100


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Whose clip each row of a segment is, and whether it is still to be found.

    Attributes:
        clip_ids: ``(num_rows,)`` int64, growing.
        video_ids: ``(num_rows,)`` int64.
        live: ``(num_rows,)`` bool.
    """

    clip_ids: NDArray[np.int64]
    video_ids: NDArray[np.int64]
    live: NDArray[np.bool_]

    @classmethod
    def all_live(cls, clip_ids: NDArray[np.int64], video_ids: NDArray[np.int64]) -> Self:
        """Return rows that are all to be found."""
        return cls(clip_ids=clip_ids, video_ids=video_ids, live=np.ones(len(clip_ids), dtype=bool))

    def without(self, video_ids: Collection[int]) -> Self:
        """Return the rows with those of some videos hidden."""
        gone = np.isin(self.video_ids, np.fromiter(video_ids, dtype=np.int64))
        return replace(self, live=self.live & ~gone)


class Segment(Protocol):
    """What a searcher needs of a segment."""

    @property
    def rows(self) -> Rows:
        """Whose clip each row is."""

    def without(self, video_ids: Collection[int]) -> "Segment":
        """Return the segment with the clips of some videos hidden."""

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        wanted: NDArray[np.bool_],
        fetch: FetchVectors,
    ) -> Hits:
        """Return the nearest ``k`` of the wanted rows, or all of them where they are fewer.

        Args:
            queries: ``(num_queries, dim)`` float32 of unit length, at least one.
            k: At least 1.
            wanted: ``(num_rows,)`` bool.
            fetch: Reads stored vectors, for segments that hold none.
        """


@dataclass(frozen=True, kw_only=True)
class ExactSegment:
    """Vectors held as they are.

    FAISS's float32 sums differ in the last digits with the number of queries and the place of a
    row, so it only nominates: candidates are compared again by the one definition of similarity,
    and where the nominees are too close to each other to be sure that none is missing, every row
    within reach of FAISS's rounding error is fetched.

    Attributes:
        index: A flat FAISS index of unit vectors.
        rows: Whose they are.
    """

    index: Any
    rows: Rows

    @classmethod
    def of(cls, vectors: NDArray[np.float32], rows: Rows) -> Self:
        """Return a segment of given vectors."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index=index, rows=rows)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """``(num_rows, dim)`` float32: the index's own memory; the index must outlive it."""
        size = self.index.ntotal * self.index.d
        values = faiss.rev_swig_ptr(self.index.get_xb(), size)
        matrix: NDArray[np.float32] = values.reshape(self.index.ntotal, self.index.d)
        return matrix

    def without(self, video_ids: Collection[int]) -> Self:
        """Return the segment with the clips of some videos hidden."""
        return replace(self, rows=self.rows.without(video_ids))

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        wanted: NDArray[np.bool_],
        fetch: FetchVectors,
    ) -> Hits:
        """Return the nearest ``k`` of the wanted rows; see :class:`Segment`."""
        del fetch
        num_wanted = int(np.count_nonzero(wanted))
        if num_wanted == 0:
            return Hits.none(len(queries))
        found = scan(self.index, queries, k + _SPARE, wanted)
        hits = self._ranked(queries, found.row_numbers, min(k, num_wanted))
        if found.min_found() == num_wanted:
            return hits
        # A row that was not fetched scores at most the last score, and is at most that much nearer.
        nearest_missed = found.scores[:, -1] + self._rounding_error
        for query in np.flatnonzero(nearest_missed >= hits.similarities[:, -1]):
            one = slice(query, query + 1)
            thorough = self._search_within_reach(queries[one], hits.similarities[query, -1], wanted)
            hits.similarities[query] = thorough.similarities[0, :k]
            hits.clip_ids[query] = thorough.clip_ids[0, :k]
        return hits

    def _ranked(self, queries: NDArray[np.float32], row_numbers: NDArray[np.int64], k: int) -> Hits:
        vectors = self.vectors
        similarities = compare(queries, row_numbers, lambda rows: vectors[rows])
        return Hits(similarities=similarities, clip_ids=self.rows.clip_ids[row_numbers]).best(k)

    def _search_within_reach(
        self, query: NDArray[np.float32], similarity: float, wanted: NDArray[np.bool_]
    ) -> Hits:
        radius = float(similarity) - 2 * self._rounding_error
        selected = search_parameters(self.index, wanted)
        _, _, row_numbers = self.index.range_search(query, radius, params=selected)
        return self._ranked(query, row_numbers[None], len(row_numbers))

    @property
    def _rounding_error(self) -> float:
        """Largest difference of a float32 inner product of unit vectors from the true one."""
        return float((self.index.d + 8) * np.finfo(np.float32).eps / 2)


@dataclass(frozen=True, kw_only=True)
class CompressedSegment:
    """Vectors held with one byte a value: they nominate, the stored vectors decide.

    Attributes:
        index: A FAISS index of unit vectors.
        rows: Whose they are.
        parameters: Of the kind, such as ``nprobe``.
    """

    index: Any
    rows: Rows
    parameters: Mapping[str, int] = field(default_factory=dict)

    def without(self, video_ids: Collection[int]) -> Self:
        """Return the segment with the clips of some videos hidden."""
        return replace(self, rows=self.rows.without(video_ids))

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        wanted: NDArray[np.bool_],
        fetch: FetchVectors,
    ) -> Hits:
        """Return ``k`` of the wanted rows, seldom not the nearest; see :class:`Segment`."""
        num_wanted = int(np.count_nonzero(wanted))
        if num_wanted == 0:
            return Hits.none(len(queries))
        k = min(k, num_wanted)
        num_fetched = max(_CANDIDATES_A_HIT * k, k + _MIN_SPARE_COMPRESSED)
        found = scan(self.index, queries, num_fetched, wanted, **self.parameters)
        if found.min_found() < k:
            # The cells searched hold too few of the wanted rows: search them all.
            found = scan(self.index, queries, num_fetched, wanted, nprobe=self.index.nlist)

        def gather(row_numbers: NDArray[np.int64]) -> NDArray[np.float32]:
            vectors = fetch(self.rows.clip_ids[row_numbers].ravel())
            return vectors.reshape(*row_numbers.shape, -1)

        similarities = compare(queries, found.row_numbers, gather)
        clip_ids = self.rows.clip_ids[found.row_numbers]
        exact = found.min_found() == num_wanted
        return Hits(similarities=similarities, clip_ids=clip_ids, exact=exact).best(k)
