"""Clips: looked up by id, for showing results and for queries by a stored clip."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, RowMapping, select

from index_store.catalog.garbage import in_chunks
from index_store.catalog.live_clips import load_vectors
from index_store.database import Database
from index_store.records import ClipRecord, Encoder
from index_store.schema import clips, files, videos
from motionfit.errors import ClipNotFoundError

_CLIPS = select(
    clips.c.id,
    clips.c.video_id,
    clips.c.start_seconds,
    clips.c.end_seconds,
    videos.c.content_hash,
    videos.c.duration_seconds,
).join_from(clips, videos)
_FILES = select(files.c.video_id, files.c.path, files.c.label)


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
        rows = connection.execute(_CLIPS.where(clips.c.id.in_(ids))).mappings().all()
        held = _files_by_video(connection, collection_id, {row["video_id"] for row in rows})
        for row in rows:
            if row["video_id"] in held:
                path, label = held[row["video_id"]]
                described[row["id"]] = _record(row, path, label)
    return described


def _files_by_video(
    connection: Connection, collection_id: int, video_ids: Iterable[int]
) -> dict[int, tuple[str, str | None]]:
    """Return path and label of each video: those of the first path where several hold it."""
    held = _FILES.where(
        files.c.collection_id == collection_id, files.c.video_id.in_(sorted(video_ids))
    )
    rows = sorted(connection.execute(held).all(), key=lambda row: str(row.path), reverse=True)
    return {row.video_id: (row.path, row.label) for row in rows}


def _record(row: RowMapping, path: str, label: str | None) -> ClipRecord:
    return ClipRecord(
        clip_id=row["id"],
        video_id=row["video_id"],
        path=Path(path),
        start_seconds=row["start_seconds"],
        end_seconds=row["end_seconds"],
        label=label,
        content_hash=row["content_hash"],
        duration_seconds=row["duration_seconds"],
    )
