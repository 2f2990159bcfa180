"""An indexing in memory as of one revision: a generation, and what is newer than it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from sqlalchemy import Connection

from index_store.catalog.changes import changed_since, current_revision
from index_store.catalog.live_clips import ClipRows, live_clips, load_vectors
from index_store.index.generations import Generation
from index_store.index.segment import ExactSegment, Rows, Segment
from index_store.records import Indexing
from motionfit.errors import IndexingNotFoundError

_MOST_FRESH_SEGMENTS = 8


@dataclass(frozen=True, kw_only=True)
class View:
    """What an indexing holds in one revision.

    Attributes:
        current: What ``CURRENT`` said when the generation was chosen.
        revision: Of the indexing.
        indexed: The generation's vectors, those of changed videos hidden; or None.
        fresh: Vectors of videos that are newer than the generation.
    """

    current: str
    revision: int
    indexed: Segment | None
    fresh: tuple[ExactSegment, ...]

    @classmethod
    def of_generation(cls, current: str, generation: Generation) -> Self:
        """Return what a generation holds, as of the revision that it covers."""
        revision = generation.manifest.revision
        return cls(current=current, revision=revision, indexed=generation.segment, fresh=())

    @classmethod
    def of_catalog(cls, current: str, connection: Connection, indexing: Indexing) -> Self:
        """Return what the catalog holds, all of it read into memory."""
        revision = _revision(connection, indexing)
        fresh = _load(connection, indexing, live_clips(connection, indexing.indexing_id))
        return cls(current=current, revision=revision, indexed=None, fresh=_compacted(fresh))

    @property
    def segments(self) -> Sequence[Segment]:
        """Everything to search."""
        return self.fresh if self.indexed is None else (self.indexed, *self.fresh)

    def caught_up(self, connection: Connection, indexing: Indexing) -> Self:
        """Return the view as of the revision that a transaction sees.

        Raises:
            IndexingNotFoundError: The indexing was removed meanwhile.
        """
        revision = _revision(connection, indexing)
        if revision == self.revision:
            return self
        changed = changed_since(connection, indexing.indexing_id, self.revision)
        # A clip that is still there is read again: its vector may be another encoder run's.
        added = _load(connection, indexing, live_clips(connection, indexing.indexing_id, changed))
        kept = [segment.without(changed) for segment in self.fresh]
        return replace(
            self,
            revision=revision,
            indexed=None if self.indexed is None else self.indexed.without(changed),
            fresh=_compacted([*kept, *added]),
        )


def _revision(connection: Connection, indexing: Indexing) -> int:
    revision = current_revision(connection, indexing.indexing_id)
    if revision is None:
        raise IndexingNotFoundError(indexing.indexing_id)
    return revision


def _load(connection: Connection, indexing: Indexing, clip_rows: ClipRows) -> list[ExactSegment]:
    vectors = load_vectors(connection, clip_rows[0], indexing.encoder)
    return [ExactSegment.of(vectors, Rows.all_live(*clip_rows))]


def _compacted(segments: Iterable[ExactSegment]) -> tuple[ExactSegment, ...]:
    """Leave out segments that hold nothing live; join them where they have become many."""
    kept = tuple(segment for segment in segments if segment.rows.live.any())
    if len(kept) <= _MOST_FRESH_SEGMENTS:
        return kept
    live = [segment.rows.live for segment in kept]
    parts = list(zip(kept, live, strict=True))
    rows = Rows.all_live(
        np.concatenate([segment.rows.clip_ids[keep] for segment, keep in parts]),
        np.concatenate([segment.rows.video_ids[keep] for segment, keep in parts]),
    )
    return (ExactSegment.of(np.concatenate([s.vectors[keep] for s, keep in parts]), rows),)
