"""Files: which video a path of a collection holds, or why it holds none."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from index_store.catalog.changes import record_changes, sightings
from index_store.catalog.garbage import collect_garbage
from index_store.database import Database
from index_store.records import FileRecord, IndexedFile
from index_store.schema import files, videos
from motionfit.errors import ConfigError


class Files:
    """The files of every collection. Each change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, collection_id: int) -> list[IndexedFile]:
        """Return the files of a collection, in the order of their paths."""
        wanted = (
            select(files, videos.c.content_hash)
            .join_from(files, videos, files.c.video_id == videos.c.id, isouter=True)
            .where(files.c.collection_id == collection_id)
        )
        with self._database.reading() as connection:
            records = map(_record, connection.execute(wanted).mappings())
            return sorted(records, key=lambda record: record.file.path)

    def link(self, collection_id: int, file: FileRecord, content_hash: str) -> None:
        """Note that a path holds a video that the catalog knows already.

        Raises:
            ConfigError: The catalog does not know the video.
        """
        known = select(videos.c.id).where(videos.c.content_hash == content_hash)
        with self._database.writing() as connection:
            video_id = connection.scalars(known).one_or_none()
            if video_id is None:
                raise ConfigError("content_hash", content_hash, "one that the catalog knows")
            place(connection, collection_id, file, video_id)

    def record_failure(
        self, collection_id: int, file: FileRecord, *, error_class: str, message: str
    ) -> None:
        """Note that a file could not be indexed, and why, in place of what its path held before.

        Where the file has not changed since it was indexed (same size and time), its video stays
        for the encoders that did read it.
        """
        failure = {"status": "failed", "error_class": error_class, "message": message}
        with self._database.writing() as connection:
            before = _find(connection, collection_id, file.path)
            unchanged = before is not None and (
                (before["size_bytes"], before["mtime_ns"]) == (file.size_bytes, file.mtime_ns)
            )
            video_id = before["video_id"] if before is not None and unchanged else None
            place(connection, collection_id, file, video_id, **failure)

    def forget(self, collection_id: int, paths: Iterable[Path]) -> int:
        """Remove files from a collection, and what nothing refers to any more.

        Returns:
            How many of the paths the collection held.
        """
        with self._database.writing() as connection:
            found = [_find(connection, collection_id, path) for path in paths]
            rows = [row for row in found if row is not None]
            video_ids = {row["video_id"] for row in rows if row["video_id"] is not None}
            before = sightings(connection, video_ids)
            for row in rows:
                connection.execute(delete(files).where(files.c.id == row["id"]))
            record_changes(connection, before - sightings(connection, video_ids))
            collect_garbage(connection, video_ids)
        return len(rows)


def place(
    connection: Connection,
    collection_id: int,
    file: FileRecord,
    video_id: int | None,
    **failure: Any,
) -> None:
    """Let a path hold a video (or none), in place of whatever it held before."""
    row = _row(file, video_id) | failure
    before = _find(connection, collection_id, file.path)
    held_before = None if before is None else before["video_id"]
    concerned = {held for held in (held_before, video_id) if held is not None}
    seen_before = sightings(connection, concerned)
    if before is None:
        connection.execute(insert(files).values(**row, collection_id=collection_id))
    else:
        connection.execute(update(files).where(files.c.id == before["id"]).values(**row))
    record_changes(connection, seen_before ^ sightings(connection, concerned))
    collect_garbage(connection, {held for held in concerned if held != video_id})


def _find(connection: Connection, collection_id: int, path: Path) -> RowMapping | None:
    wanted = select(files).where(files.c.collection_id == collection_id, files.c.path == str(path))
    return connection.execute(wanted).mappings().one_or_none()


def _row(file: FileRecord, video_id: int | None) -> dict[str, Any]:
    return {
        "video_id": video_id,
        "path": str(file.path),
        "size_bytes": file.size_bytes,
        "mtime_ns": file.mtime_ns,
        "status": "indexed",
        "error_class": None,
        "message": None,
        "note": file.note,
        "label": file.label,
        "indexed_at": datetime.now(UTC).isoformat(timespec="microseconds"),
    }


def _record(row: RowMapping) -> IndexedFile:
    file = FileRecord(
        path=Path(row["path"]),
        size_bytes=row["size_bytes"],
        mtime_ns=row["mtime_ns"],
        label=row["label"],
        note=row["note"],
    )
    return IndexedFile(
        file=file,
        status=row["status"],
        content_hash=row["content_hash"],
        error_class=row["error_class"],
        message=row["message"],
        indexed_at=row["indexed_at"],
    )
