"""Clips: looked up by id, for showing results and for queries by a stored clip."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, RowMapping, Select, func, select

from index_store.catalog.garbage import in_chunks
from index_store.catalog.live_clips import load_vectors
from index_store.database import Database
from index_store.records import ClipRecord, Encoder
from index_store.schema import clips, files, videos
from motionfit.errors import ClipNotFoundError


class Clips:
    """The clips of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self, collection_id: int, clip_ids: Sequence[int]) -> dict[int, ClipRecord]:
        """Return the clips of a collection by id, without those that it has not (any more)."""
        with self._database.reading() as connection:
            return describe_clips(connection, collection_id, clip_ids)

    def get(self, collection_id: int, clip_id: int) -> ClipRecord:
        """Return one clip of a collection.

        Raises:
            ClipNotFoundError: The collection has no such clip.
        """
        found = self.describe(collection_id, [clip_id])
        if clip_id not in found:
            raise ClipNotFoundError(clip_id)
        return found[clip_id]

    def vectors(self, clip_ids: Sequence[int], encoder: Encoder) -> NDArray[np.float32]:
        """Return stored embeddings: ``(num_clips, embedding_dim)`` float32 of unit length.

        Raises:
            ClipNotFoundError: The encoder has no embedding of one of the clips.
        """
        with self._database.reading() as connection:
            return load_vectors(connection, np.asarray(clip_ids, dtype=np.int64), encoder)


def describe_clips(
    connection: Connection, collection_id: int, clip_ids: Sequence[int]
) -> dict[int, ClipRecord]:
    """Return clips by id, as one transaction sees them."""
    described: dict[int, ClipRecord] = {}
    for ids in in_chunks(sorted({int(clip_id) for clip_id in clip_ids})):
        rows = connection.execute(_described(collection_id).where(clips.c.id.in_(ids)))
        described.update((row["id"], _record(row)) for row in rows.mappings())
    return described


def _described(collection_id: int) -> Select[Any]:
    first_path = (
        select(func.min(files.c.path))
        .where(files.c.video_id == clips.c.video_id, files.c.collection_id == collection_id)
        .correlate(clips)
        .scalar_subquery()
    )
    return (
        select(clips, videos.c.content_hash, videos.c.duration_seconds, files.c.path, files.c.label)
        .join_from(clips, videos)
        .join(files, files.c.video_id == videos.c.id)
        .where(files.c.collection_id == collection_id, files.c.path == first_path)
    )


def _record(row: RowMapping) -> ClipRecord:
    return ClipRecord(
        clip_id=row["id"],
        video_id=row["video_id"],
        path=Path(row["path"]),
        start_seconds=row["start_seconds"],
        end_seconds=row["end_seconds"],
        label=row["label"],
        content_hash=row["content_hash"],
        duration_seconds=row["duration_seconds"],
    )
