"""Indexings: a collection seen by one encoder with one way to sample clips."""

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from index_store.catalog.encoders import encoder_record
from index_store.catalog.garbage import collect_garbage
from index_store.catalog.live_clips import count_live_clips
from index_store.database import Database
from index_store.records import Collection, Indexing
from index_store.schema import collections, encoders, files, indexings, samplings
from motionfit.errors import CollectionNotFoundError, IndexingNotFoundError


class Indexings:
    """The indexings of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, *, collection_id: int, encoder_id: int, sampling_key: str) -> Indexing:
        """Return the indexing of exactly these three, made where there is none.

        An indexing of the same collection by the same encoder with *another* sampling stays
        searchable until this one is complete.
        """
        with self._database.writing() as connection:
            sampling_id = _sampling_id(connection, sampling_key)
            values = {
                "collection_id": collection_id,
                "encoder_id": encoder_id,
                "sampling_id": sampling_id,
            }
            wanted = _described().filter_by(**values)
            row = connection.execute(wanted).mappings().one_or_none()
            if row is None:
                connection.execute(insert(indexings).values(**values, revision=0))
                row = connection.execute(wanted).mappings().one()
            return _record(connection, row)

    def complete(self, indexing_id: int) -> None:
        """Make an indexing its collection's default, and forget what it replaces.

        Replaced are the indexings of the same collection by the same encoder with another
        sampling; their clips go unless another collection uses them.

        Raises:
            IndexingNotFoundError: It was removed meanwhile.
        """
        with self._database.writing() as connection:
            indexing = get_indexing(connection, indexing_id)
            latest = select(func.coalesce(func.max(indexings.c.completed_order), 0) + 1)
            order = connection.scalars(latest).one()
            connection.execute(
                update(indexings).where(indexings.c.id == indexing_id).values(completed_order=order)
            )
            replaced = connection.execute(
                delete(indexings).where(
                    indexings.c.collection_id == indexing.collection.collection_id,
                    indexings.c.encoder_id == indexing.encoder.encoder_id,
                    indexings.c.id != indexing_id,
                )
            )
            if replaced.rowcount:
                held = select(files.c.video_id).where(
                    files.c.collection_id == indexing.collection.collection_id,
                    files.c.video_id.is_not(None),
                )
                collect_garbage(connection, set(connection.scalars(held)))

    def all(self, collection: str | None = None) -> list[Indexing]:
        """Return the indexings of a collection (or all): the default first, then the next latest.

        The default is the one completed last; those never completed stand last, newest first.
        """
        with self._database.reading() as connection:
            return _in_order(connection, collection)

    def default(self, collection: str) -> Indexing:
        """Return the indexing that a query of this collection uses when it names no encoder.

        Raises:
            CollectionNotFoundError: No such collection, or nothing was ever indexed in it.
        """
        with self._database.reading() as connection:
            found = _in_order(connection, collection)
            if not found:
                indexed = {indexing.collection.name for indexing in _in_order(connection, None)}
                raise CollectionNotFoundError(collection, sorted(indexed))
            return found[0]

    def get(self, indexing_id: int) -> Indexing:
        """Return an indexing as it is now.

        Raises:
            IndexingNotFoundError: Its collection was removed or indexed anew.
        """
        with self._database.reading() as connection:
            return get_indexing(connection, indexing_id)

    def count_clips(self, indexing_id: int) -> int:
        """Return how many clips a search of an indexing chooses from."""
        with self._database.reading() as connection:
            return count_live_clips(connection, indexing_id)


def get_indexing(connection: Connection, indexing_id: int) -> Indexing:
    """Return an indexing as a transaction sees it.

    Raises:
        IndexingNotFoundError: Its collection was removed or indexed anew.
    """
    wanted = _described().where(indexings.c.id == indexing_id)
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise IndexingNotFoundError(indexing_id)
    return _record(connection, row)


def _in_order(connection: Connection, collection: str | None) -> list[Indexing]:
    wanted = _described().order_by(
        indexings.c.completed_order.is_(None),
        indexings.c.completed_order.desc(),
        indexings.c.id.desc(),
    )
    if collection is not None:
        wanted = wanted.where(collections.c.name == collection)
    return [_record(connection, row) for row in connection.execute(wanted).mappings().all()]


def _described() -> Select[Any]:
    return (
        select(indexings, collections.c.name.label("collection"), samplings.c.key)
        .join_from(indexings, collections)
        .join(samplings, samplings.c.id == indexings.c.sampling_id)
    )


def _record(connection: Connection, row: RowMapping) -> Indexing:
    encoder = select(encoders).where(encoders.c.id == row["encoder_id"])
    return Indexing(
        indexing_id=row["id"],
        collection=Collection(collection_id=row["collection_id"], name=row["collection"]),
        encoder=encoder_record(connection.execute(encoder).mappings().one()),
        sampling_key=row["key"],
        revision=row["revision"],
        is_complete=row["completed_order"] is not None,
    )


def _sampling_id(connection: Connection, key: str) -> int:
    wanted = select(samplings.c.id).where(samplings.c.key == key)
    found = connection.scalars(wanted).one_or_none()
    if found is None:
        connection.execute(insert(samplings).values(key=key))
        found = connection.scalars(wanted).one()
    return int(found)
