"""The connection to the SQL database: how it is opened, and its two kinds of transaction.

This is the wall where SQL errors become ``CatalogError``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from motionfit.errors import CatalogError, ConfigError

BUSY_TIMEOUT_SECONDS = 30


class Database:
    """A database that can be read from a snapshot and written all or nothing.

    Attributes:
        location: Where it is, for messages; holds no password.
        engine: SQLAlchemy's handle.
    """

    def __init__(self, url: str | URL) -> None:
        try:
            self._url = make_url(url)
            self.engine = _create_engine(self._url)
        except (ArgumentError, SQLAlchemyError, ImportError) as error:
            raise ConfigError(
                "database_url", str(url).split(":")[0] + ":...", "a URL that SQLAlchemy can open"
            ) from error

    @classmethod
    def at_path(cls, path: Path) -> "Database":
        """Return the SQLite database in a file, made at the first use."""
        return cls(URL.create("sqlite", database=str(path)))

    @property
    def location(self) -> str:
        """Where the database is."""
        if self.is_sqlite:
            return str(self._url.database)
        return self._url.render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """The database is a file of this machine."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def is_postgresql(self) -> bool:
        """The database is a PostgreSQL server."""
        return self._url.get_backend_name() == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database, whoever writes meanwhile.

        Raises:
            CatalogError: The database cannot be read.
        """
        with _translated(self.location), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together, or not at all after an exception.

        Raises:
            CatalogError: The database cannot be written.
        """
        with _translated(self.location), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def _translated(location: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        first_line = (str(cause).strip() or type(cause).__name__).splitlines()[0].rstrip(".")
        raise CatalogError(location, first_line) from error


def _create_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=url.get_backend_name() != "sqlite")
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Python's own transaction control starts none before a SELECT, so a reader would see a new
    # state with every statement. `_begin_sqlite` starts them instead.
    connection.isolation_level = None
    for setting in (
        f"busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}",
        "foreign_keys = ON",
        # A vector of 512 values is 2 kB: pages of 4 kB, the default, hold one each and waste half.
        "page_size = 16384",
        "journal_mode = WAL",
        # NORMAL may lose the last transactions with the power; a sync costs a few milliseconds a
        # video, next to nothing beside decoding it.
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail at the change-over: take the write
    # lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
