"""Searching an indexing: its vector index together with everything newer than the index.

What a search returns is what the catalog says at that moment: each one asks for the indexing's
revision, and the clips of videos that changed since the index was built are hidden in it and
searched from the catalog's own vectors instead.
"""

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from index_store.catalog.clips import describe_clips
from index_store.catalog.indexings import get_indexing
from index_store.catalog.live_clips import load_vectors
from index_store.database import Database
from index_store.index.hits import Hits
from index_store.index.publisher import Publisher
from index_store.index.segment import Rows
from index_store.index.similarity import to_unit_rows
from index_store.index.view import View
from index_store.lock import WriterLock
from index_store.records import ClipRecord
from motionfit.errors import (
    ConfigError,
    EncoderMismatchError,
    IndexDamagedError,
    StoreError,
)

_logger = logging.getLogger(__name__)
_NUM_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """The nearest clips of each query.

    Attributes:
        similarities: ``(num_queries, num_hits)`` float32: cosine, falling.
        clip_ids: ``(num_queries, num_hits)`` int64; equally near clips stand in order of id.
        clips: What is known of each clip that was found, by id; empty where not asked for.
        exact: No nearer clip was overlooked, for certain.
    """

    similarities: NDArray[np.float32]
    clip_ids: NDArray[np.int64]
    clips: dict[int, ClipRecord]
    exact: bool


class Searcher:
    """Searches one indexing, and keeps up with its writers. Safe to share between threads.

    Args:
        database: The catalog's.
        publisher: Gives generations of the vector index, and makes a new one for a damaged one.
        writer_lock: Wanted for that.
        indexing_id: What to search.

    Attributes:
        indexing: What is searched, as it was when the searcher was made.

    Raises:
        IndexingNotFoundError: There is no such indexing.
    """

    def __init__(
        self, database: Database, publisher: Publisher, writer_lock: WriterLock, indexing_id: int
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._writer_lock = writer_lock
        self._view_lock = threading.Lock()
        self._view: View | None = None
        with database.reading() as connection:
            self.indexing = get_indexing(connection, indexing_id)

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        *,
        allowed_video_ids: Collection[int] | None = None,
        excluded_video_ids: Collection[int] = (),
        describe: bool = True,
    ) -> SearchResult:
        """Return the ``k`` nearest clips of each query, or all where there are fewer.

        Args:
            queries: ``(num_queries, embedding_dim)`` float32 of any length.
            k: At least 1.
            allowed_video_ids: Only clips of these videos; None is any.
            excluded_video_ids: No clips of these videos.
            describe: Look up what is known of each clip found, in the same state of the catalog.

        Raises:
            EncoderMismatchError: The queries are not of the size that the encoder makes.
            ConfigError: ``k`` is below 1, or a query has a value that is not finite.
            IndexingNotFoundError: The collection was removed or indexed anew meanwhile.
            CatalogError: The catalog cannot be read.
        """
        self._check(queries, k)
        unit_queries = to_unit_rows(queries)
        with self._database.reading() as connection:
            with self._view_lock:
                view = self._view = self._refreshed(connection)
            fetch = partial(load_vectors, connection, encoder=self.indexing.encoder)
            hits = Hits.none(len(queries))
            for segment in view.segments if len(queries) else ():
                wanted = _wanted(segment.rows, allowed_video_ids, excluded_video_ids)
                hits = hits.joined(segment.search(unit_queries, k, wanted, fetch)).best(k)
            described_ids = np.unique(hits.clip_ids).tolist() if describe else []
            collection_id = self.indexing.collection.collection_id
            clips = describe_clips(connection, collection_id, described_ids)
        return SearchResult(
            similarities=hits.similarities, clip_ids=hits.clip_ids, clips=clips, exact=hits.exact
        )

    def _check(self, queries: NDArray[np.float32], k: int) -> None:
        encoder = self.indexing.encoder
        if k < 1:
            raise ConfigError("k", k, "at least 1")
        if queries.ndim != 2 or not np.isfinite(queries).all():
            raise ConfigError("queries", queries.shape, "finite rows (num_queries, embedding_dim)")
        if queries.shape[1] != encoder.embedding_dim:
            raise EncoderMismatchError(
                f"{encoder.name} of {encoder.embedding_dim} values",
                f"one of {queries.shape[1]} values",
            )

    def _refreshed(self, connection: Connection) -> View:
        """Return the indexing as this transaction sees it."""
        # Read before the transaction's first statement, which decides what state it sees: so the
        # generation is never newer than that state.
        current = self._publisher.generations(self.indexing.indexing_id).current()
        view = self._view
        if current and (view is None or current != view.current):
            opened = self._opened(current)
            if opened is None and view is not None:
                # What is held stays right; the damaged generation is not looked at again.
                opened = replace(view, current=current)
            view = opened
        if view is None:
            return View.of_catalog(current, connection, self.indexing)
        return view.caught_up(connection, self.indexing)

    def _opened(self, current: str) -> View | None:
        """Return the current generation, or None where it is damaged and cannot be rebuilt now."""
        generations = self._publisher.generations(self.indexing.indexing_id)
        for _ in range(_NUM_ATTEMPTS):
            try:
                generation = self._publisher.load(self.indexing, current)
            except IndexDamagedError as error:
                damage = error
            else:
                return View.of_generation(current, generation)
            newer = generations.current()
            if newer == current:
                _logger.warning("%s It is rebuilt from the catalog.", damage)
                return self._rebuilt(current)
            # It was published over and removed while it was being read.
            current = newer
        return None

    def _rebuilt(self, damaged: str) -> View | None:
        indexing_id = self.indexing.indexing_id
        generations = self._publisher.generations(indexing_id)
        try:
            with self._writer_lock.held("rebuilding a damaged vector index"):
                if generations.current() == damaged:
                    self._publisher.publish(indexing_id)
                current = generations.current()
                generation = self._publisher.load(self.indexing, current)
        except StoreError as error:
            _logger.warning("%s Until then the catalog's own vectors are searched.", error)
            return None
        return View.of_generation(current, generation)


def _wanted(
    rows: Rows, allowed_video_ids: Collection[int] | None, excluded_video_ids: Collection[int]
) -> NDArray[np.bool_]:
    wanted = rows.without(excluded_video_ids).live if excluded_video_ids else rows.live
    if allowed_video_ids is None:
        return wanted
    return wanted & np.isin(rows.video_ids, np.fromiter(allowed_video_ids, dtype=np.int64))
