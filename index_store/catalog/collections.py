"""Collections: named sets of files."""

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from index_store.catalog.garbage import collect_garbage
from index_store.database import Database
from index_store.records import Collection
from index_store.schema import collections, files
from motionfit.errors import CollectionNotFoundError, ConfigError


class Collections:
    """The collections of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str) -> Collection:
        """Return the collection of that name, made where there is none.

        Raises:
            ConfigError: The name is empty.
        """
        _check_name(name)
        with self._database.writing() as connection:
            row = _find(connection, name)
            if row is None:
                connection.execute(insert(collections).values(name=name))
                row = _find(connection, name)
            assert row is not None
            return _record(row)

    def all(self) -> list[Collection]:
        """Return every collection, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(collections)).mappings()
            return sorted(map(_record, rows), key=lambda collection: collection.name)

    def get(self, name: str) -> Collection:
        """Return the collection of that name.

        Raises:
            CollectionNotFoundError: There is none.
        """
        with self._database.reading() as connection:
            return _get(connection, name)

    def rename(self, name: str, new_name: str) -> Collection:
        """Give a collection another name.

        Raises:
            CollectionNotFoundError: There is none of the old name.
            ConfigError: The new name is empty or taken.
        """
        _check_name(new_name)
        with self._database.writing() as connection:
            collection = _get(connection, name)
            taken = _find(connection, new_name)
            if taken is not None and taken["id"] != collection.collection_id:
                raise ConfigError("new name", new_name, "a name that no other collection has")
            connection.execute(
                update(collections)
                .where(collections.c.id == collection.collection_id)
                .values(name=new_name)
            )
        return Collection(collection_id=collection.collection_id, name=new_name)

    def remove(self, name: str) -> None:
        """Forget a collection, and whatever no other collection holds of its videos.

        Raises:
            CollectionNotFoundError: There is none of that name.
        """
        with self._database.writing() as connection:
            collection_id = _get(connection, name).collection_id
            held = select(files.c.video_id).where(
                files.c.collection_id == collection_id, files.c.video_id.is_not(None)
            )
            video_ids = set(connection.scalars(held))
            connection.execute(delete(collections).where(collections.c.id == collection_id))
            collect_garbage(connection, video_ids)


def _check_name(name: str) -> None:
    if not name.strip():
        raise ConfigError("collection", name, "a name")


def _find(connection: Connection, name: str) -> RowMapping | None:
    wanted = select(collections).where(collections.c.name == name)
    return connection.execute(wanted).mappings().one_or_none()


def _get(connection: Connection, name: str) -> Collection:
    row = _find(connection, name)
    if row is None:
        known = connection.scalars(select(collections.c.name))
        raise CollectionNotFoundError(name, sorted(known))
    return _record(row)


def _record(row: RowMapping) -> Collection:
    return Collection(collection_id=row["id"], name=row["name"])
