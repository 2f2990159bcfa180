"""The writer's lock: one process at a time writes to a store; any number read.

The kernel holds the lock for as long as the process lives, so that nothing is left to clean up
after ``kill -9``. A database server adds a lock of its own, for writers on other machines.
"""

import fcntl
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import text

from index_store.database import Database
from motionfit.errors import CatalogError, StoreLockedError

_RETRY_SECONDS = 0.05
_SERVER_LOCK_KEY = 0x6D6F74696F6E  # "motion"


class WriterLock:
    """The right to write to one store.

    Taking it again in the thread that holds it is allowed; it is given back with the last exit.

    Args:
        path: The lock file, made where there is none.
        database: Locked too where it is a server that other machines may reach.
    """

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._thread_lock = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self, purpose: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
        """Hold the lock.

        Args:
            purpose: What for; shown to whoever is refused meanwhile.
            wait_seconds: How long to wait for another writer to finish.

        Raises:
            StoreLockedError: Another writer holds it.
            CatalogError: The store cannot be written to.
        """
        deadline = time.monotonic() + wait_seconds
        if not self._thread_lock.acquire(timeout=max(wait_seconds, 0.001)):
            raise StoreLockedError(self._path.parent, _holder(self._path))
        try:
            with ExitStack() as stack:
                if self._depth == 0:
                    file = stack.enter_context(self._open())
                    self._lock_file(file, deadline)
                    if self._database.is_postgresql:
                        stack.enter_context(self._server_lock(deadline))
                    _note_holder(file, purpose)
                self._depth += 1
                stack.callback(self._release_one)
                yield
        finally:
            self._thread_lock.release()

    def _open(self) -> IO[bytes]:
        try:
            return self._path.open("a+b")
        except OSError as error:
            raise CatalogError(self._path, error.strerror or str(error)) from error

    def _release_one(self) -> None:
        self._depth -= 1

    def _lock_file(self, file: IO[bytes], deadline: float) -> None:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise StoreLockedError(self._path.parent, _holder(self._path)) from error
                time.sleep(_RETRY_SECONDS)
            else:
                return

    @contextmanager
    def _server_lock(self, deadline: float) -> Iterator[None]:
        key = {"key": _SERVER_LOCK_KEY}
        with self._database.reading() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            take = text("SELECT pg_try_advisory_lock(:key)")
            while not connection.execute(take, key).scalar_one():
                if time.monotonic() >= deadline:
                    raise StoreLockedError(self._database.location, "on another machine, perhaps")
                time.sleep(_RETRY_SECONDS)
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _note_holder(file: IO[bytes], purpose: str) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "purpose": purpose,
        "command": " ".join(sys.argv),
    }
    file.truncate(0)
    file.write(json.dumps(holder).encode())
    file.flush()


def _holder(path: Path) -> str:
    """Return who holds the lock, as the holder wrote it down."""
    try:
        holder = json.loads(path.read_bytes())
        return (
            f"process {holder['pid']} on {holder['host']}, {holder['purpose']}: {holder['command']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has just started"
