"""The store: a directory with a catalog, encoder checkpoints, and vector indexes.

::

    DIR/catalog.sqlite          the truth (or DIR/database.url, which says where it is)
    DIR/encoders/               checkpoints of the encoders in use
    DIR/indexes/<indexing id>/  generations of vector indexes, derived from the catalog
    DIR/writer.lock             who writes
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from index_store.catalog.catalog import Catalog
from index_store.database import Database
from index_store.durable_files import replace_durably
from index_store.index.generations import WriteIndex, write_faiss_index
from index_store.index.kinds import IndexKind, IndexPolicy
from index_store.index.manifest import Manifest
from index_store.index.publisher import Publisher
from index_store.index.searcher import Searcher
from index_store.lock import WriterLock
from index_store.migrate import migrate, needs_migration
from motionfit.errors import CatalogError, StoreLockedError, StoreNotFoundError

_MIGRATION_WAIT_SECONDS = 30.0
_URL_FILE = "database.url"


class Store:
    """An open store. Made by :meth:`open`; a context manager that closes it.

    Attributes:
        directory: Where it is.
        catalog: The truth.
    """

    def __init__(
        self, directory: Path, database: Database, policy: IndexPolicy, write_index: WriteIndex
    ) -> None:
        self.directory = directory
        self.catalog = Catalog(database)
        self._database = database
        self._lock = WriterLock(directory / "writer.lock", database)
        self._publisher = Publisher(database, directory / "indexes", policy, write_index)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        create: bool = False,
        database_url: str | None = None,
        policy: IndexPolicy | None = None,
        write_index: WriteIndex = write_faiss_index,
    ) -> "Store":
        """Open a store, bringing its catalog to this version where it is older.

        Args:
            directory: The store.
            create: Make one where there is none.
            database_url: Where the catalog is, as SQLAlchemy writes it; remembered in the
                directory. None: as remembered, else a SQLite file in the directory.
            policy: Which kind of vector index serves how many clips.
            write_index: How a FAISS index gets to disk.

        Raises:
            StoreNotFoundError: There is no store, and ``create`` is off.
            CatalogError: The catalog cannot be used, or a newer version of this program made it.
            StoreLockedError: The catalog is older, and another process is writing.
        """
        database = _locate(directory, create=create, database_url=database_url)
        store = cls(directory, database, policy or IndexPolicy(), write_index)
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        if database_url is not None:
            # Readable by the owner alone: a URL may hold a password.
            replace_durably(directory / _URL_FILE, f"{database_url}\n".encode(), mode=0o600)
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

    def is_published(self, indexing_id: int) -> bool:
        """Return whether the vector index holds all that the catalog does, so nothing is to do.

        Raises:
            IndexingNotFoundError: There is no such indexing.
        """
        return self._publisher.is_up_to_date(indexing_id)

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
        """Bring the catalog to this version, or wait while another process does.

        That process may go on to write for hours; so the catalog is looked at again and again, not
        the lock waited for.
        """
        deadline = time.monotonic() + _MIGRATION_WAIT_SECONDS
        while needs_migration(self._database):
            try:
                with self.writer("preparing the catalog", wait_seconds=0.1):
                    migrate(self._database)
            except StoreLockedError:
                if time.monotonic() > deadline:
                    raise


def _locate(directory: Path, *, create: bool, database_url: str | None) -> Database:
    url_path, sqlite_path = directory / _URL_FILE, directory / "catalog.sqlite"
    try:
        if database_url is None and url_path.exists():
            database_url = url_path.read_text(encoding="utf-8").strip()
        if database_url is None and not sqlite_path.exists() and not create:
            raise StoreNotFoundError(directory)
        directory.mkdir(parents=True, exist_ok=True)
    except StoreNotFoundError:
        raise
    except OSError as error:
        raise CatalogError(directory, error.strerror or str(error)) from error
    return Database.at_path(sqlite_path) if database_url is None else Database(database_url)
