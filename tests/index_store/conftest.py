"""Stores to test with: on SQLite, and on a PostgreSQL server started for the session."""

import hashlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from sqlalchemy import make_url

from index_store.records import EmbeddedClips, FileRecord, Indexing, VideoRecord
from index_store.store import Store

DIM = 8


class Shelf:
    """A store with one collection, encoder and indexing, and short ways to fill it."""

    def __init__(self, store: Store, *, dim: int = DIM) -> None:
        self.store = store
        self.catalog = store.catalog
        self.collection = store.catalog.collections.add("films")
        self.encoder = store.catalog.encoders.register(
            identity="a" * 64, name="toy", embedding_dim=dim, header={"pool": "max"}
        )
        self.indexing = self.begin()

    def begin(
        self, collection: str = "films", *, sampling: str = "uniform", encoder: str = "a"
    ) -> Indexing:
        dim = self.encoder.embedding_dim
        encoded_by = self.catalog.encoders.register(
            identity=encoder * 64, name="toy", embedding_dim=dim, header={"pool": "max"}
        )
        return self.catalog.indexings.begin(
            collection_id=self.catalog.collections.add(collection).collection_id,
            encoder_id=encoded_by.encoder_id,
            sampling_key=sampling,
        )

    def add(
        self,
        path: str,
        vectors: NDArray[np.float32] | list[list[float]],
        *,
        content: str | None = None,
        indexing: Indexing | None = None,
        label: str | None = None,
    ) -> None:
        """Index a file; files of one ``content`` (by default: of one path) are one video."""
        rows = np.asarray(vectors, dtype=np.float32).reshape(-1, self.encoder.embedding_dim)
        starts = np.arange(len(rows), dtype=np.float64)
        self.catalog.videos.add(
            (indexing or self.indexing).indexing_id,
            self.file(path, label=label),
            self.video(content or path),
            EmbeddedClips(start_seconds=starts, end_seconds=starts + 0.5, vectors=rows),
        )

    @staticmethod
    def file(path: str, *, mtime_ns: int = 1, label: str | None = None) -> FileRecord:
        return FileRecord(path=Path(path), size_bytes=100, mtime_ns=mtime_ns, label=label)

    @staticmethod
    def video(content: str) -> VideoRecord:
        return VideoRecord(
            content_hash=Shelf.hash(content),
            size_bytes=100,
            duration_seconds=4.0,
            num_frames=100,
            frame_rate=25.0,
            width=320,
            height=240,
            codec="h264",
            container="mp4",
        )

    @staticmethod
    def hash(content: str) -> str:
        return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()

    def found_paths(self, query: list[float] | NDArray[np.float32], k: int = 100) -> list[str]:
        """Return the paths of the videos found, nearest clip first."""
        result = self.store.searcher(self.indexing.indexing_id).search(
            np.asarray([query], dtype=np.float32), k
        )
        return [str(result.clips[clip_id].path) for clip_id in result.clip_ids[0].tolist()]

    def count(self, indexing: Indexing | None = None) -> int:
        return self.catalog.indexings.count_clips((indexing or self.indexing).indexing_id)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server's ``postgres`` database."""
    given = os.environ.get("MOTIONFIT_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(programs[-1]) if programs else None)
    if found is None:
        pytest.skip("no PostgreSQL here: neither initdb nor MOTIONFIT_TEST_POSTGRES_URL")
    # The server refuses to run as root; the path of its socket may not be long.
    user = "nobody" if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user:
            shutil.chown(directory, user)
        data, control = directory / "data", Path(found).with_name("pg_ctl")
        options = f"-c listen_addresses= -c unix_socket_directories={directory} -c fsync=off"
        make = [found, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        start = [control, "-D", data, "-w", "-l", directory / "log", "-o", options, "start"]
        for command in (make, start):
            subprocess.run(command, check=True, user=user, cwd=directory, capture_output=True)
        yield f"postgresql+psycopg://postgres@/postgres?host={directory}"
        stop = [control, "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, check=True, user=user, cwd=directory, capture_output=True)
    finally:
        shutil.rmtree(directory)


_numbers = itertools.count()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    name = f"motionfit_test_{os.getpid()}_{next(_numbers)}"
    server = make_url(postgres_server)
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, once on each kind of database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else None
    with Store.open(tmp_path / "store", create=True, database_url=url) as store:
        yield store


@pytest.fixture
def any_shelf(any_store: Store) -> Shelf:
    """A filled-in store, once on each kind of database."""
    return Shelf(any_store)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """A filled-in store on SQLite."""
    with Store.open(tmp_path / "store", create=True) as store:
        yield Shelf(store)


@pytest.fixture
def make_shelf() -> Callable[..., Shelf]:
    """What fills in a store that a test opened itself."""
    return Shelf
