"""The record of which videos changed in which revision of an indexing.

A reader that holds an indexing in memory asks for the videos that changed since the revision it
knows, and looks at those alone.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, insert, select, update

from index_store.catalog.garbage import in_chunks
from index_store.schema import changes, files, indexings

Sighting = tuple[int, int]
"""An indexing and a video that it sees: ``(indexing_id, video_id)``."""


def sightings(connection: Connection, video_ids: Iterable[int]) -> set[Sighting]:
    """Return which indexings see which of some videos: those whose collection holds them."""
    seen: set[Sighting] = set()
    for ids in in_chunks(sorted(set(video_ids))):
        pairs = (
            select(indexings.c.id, files.c.video_id)
            .join(files, files.c.collection_id == indexings.c.collection_id)
            .where(files.c.video_id.in_(ids))
        )
        seen.update((indexing_id, video_id) for indexing_id, video_id in connection.execute(pairs))
    return seen


def record_changes(connection: Connection, changed: Collection[Sighting]) -> None:
    """Advance the revision of each indexing named, and note its changed videos under it."""
    for indexing_id in sorted({indexing_id for indexing_id, _ in changed}):
        connection.execute(
            update(indexings)
            .where(indexings.c.id == indexing_id)
            .values(revision=indexings.c.revision + 1)
        )
        revision = current_revision(connection, indexing_id)
        for changed_indexing_id, video_id in sorted(changed):
            if changed_indexing_id == indexing_id:
                _note(connection, indexing_id, video_id, revision)


def current_revision(connection: Connection, indexing_id: int) -> int | None:
    """Return an indexing's revision, or None where there is no such indexing."""
    wanted = select(indexings.c.revision).where(indexings.c.id == indexing_id)
    return connection.scalars(wanted).one_or_none()


def changed_since(connection: Connection, indexing_id: int, revision: int) -> list[int]:
    """Return the ids of the videos that changed after a revision, in order; some are gone."""
    wanted = select(changes.c.video_id).where(
        changes.c.indexing_id == indexing_id, changes.c.revision > revision
    )
    return sorted(connection.scalars(wanted))


def _note(connection: Connection, indexing_id: int, video_id: int, revision: int | None) -> None:
    noted = connection.execute(
        update(changes)
        .where(changes.c.indexing_id == indexing_id, changes.c.video_id == video_id)
        .values(revision=revision)
    )
    if not noted.rowcount:
        row = {"indexing_id": indexing_id, "video_id": video_id, "revision": revision}
        connection.execute(insert(changes).values(row))
