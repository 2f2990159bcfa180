"""The store: a directory with a catalog, encoder checkpoints, and vector indexes.

::

    DIR/catalog.sqlite          the truth (or DIR/database.url, which says where it is)
    DIR/encoders/               checkpoints of the encoders in use
    DIR/indexes/<indexing id>/  generations of vector indexes, derived from the catalog
    DIR/writer.lock             who writes
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from index_store.catalog.catalog import Catalog
from index_store.database import Database
from index_store.durable_files import replace_durably
from index_store.index.kinds import IndexKind
from index_store.index.manifest import Manifest
from index_store.index.publisher import Publisher
from index_store.index.searcher import Searcher
from index_store.lock import WriterLock
from index_store.migrate import migrate, needs_migration
from motionfit.errors import StoreNotFoundError

_MIGRATION_WAIT_SECONDS = 30.0


class Store:
    """An open store. Made by :meth:`open`; a context manager that closes it.

    Attributes:
        directory: Where it is.
        catalog: The truth.
    """

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory = directory
        self.catalog = Catalog(database)
        self._database = database
        self._lock = WriterLock(directory / "writer.lock", database)
        self._publisher = Publisher(database, directory / "indexes")

    @classmethod
    def open(
        cls, directory: Path, *, create: bool = False, database_url: str | None = None
    ) -> "Store":
        """Open a store, bringing its catalog to this version where it is older.

        Args:
            directory: The store.
            create: Make one where there is none.
            database_url: Where the catalog is, as SQLAlchemy writes it; remembered in the
                directory. None: as remembered, else a SQLite file in the directory.

        Raises:
            StoreNotFoundError: There is no store, and ``create`` is off.
            CatalogError: The catalog cannot be used, or a newer version of this program made it.
            StoreLockedError: The catalog is older, and another process is writing.
        """
        url_path = directory / "database.url"
        sqlite_path = directory / "catalog.sqlite"
        if not create and not url_path.exists() and not sqlite_path.exists():
            raise StoreNotFoundError(directory)
        directory.mkdir(parents=True, exist_ok=True)
        if database_url is None and url_path.exists():
            database_url = url_path.read_text(encoding="utf-8").strip()
        database = Database(database_url) if database_url else Database.at_path(sqlite_path)
        store = cls(directory, database)
        try:
            store._prepare()
            if database_url and not url_path.exists():
                replace_durably(url_path, f"{database_url}\n".encode())
        except BaseException:
            store.close()
            raise
        return store

    @property
    def encoders_dir(self) -> Path:
        """Where checkpoints of the encoders in use are kept; made when asked for."""
        path = self.directory / "encoders"
        path.mkdir(exist_ok=True)
        return path

    @contextmanager
    def writer(self, purpose: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
        """Be the only process that writes to this store.

        Args:
            purpose: What for; shown to whoever is refused meanwhile.
            wait_seconds: How long to wait for another writer to finish.

        Raises:
            StoreLockedError: Another process is writing.
        """
        with self._lock.held(purpose, wait_seconds=wait_seconds):
            yield

    def publish(self, indexing_id: int, kind: IndexKind = "auto") -> Manifest:
        """Make a new generation of an indexing's vector index and let readers have it.

        Raises:
            StoreLockedError: Another process is writing.
            IndexWriteError: It could not be written; the generation before it still serves.
            IndexingNotFoundError: There is no such indexing.
        """
        with self.writer("making a vector index"):
            return self._publisher.publish(indexing_id, kind)

    def searcher(self, indexing_id: int) -> Searcher:
        """Return a searcher of an indexing, which follows what writers do from now on.

        Raises:
            IndexingNotFoundError: There is no such indexing.
        """
        return Searcher(self._database, self._publisher, self._lock, indexing_id)

    def close(self) -> None:
        """Close the catalog's connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        if needs_migration(self._database):
            with self.writer("preparing the catalog", wait_seconds=_MIGRATION_WAIT_SECONDS):
                migrate(self._database)
