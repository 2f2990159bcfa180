"""Publishing: a new generation from the catalog's state, and generations checked against it."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import insert, select

from index_store.catalog.indexings import get_indexing
from index_store.catalog.live_clips import live_clips, load_vectors
from index_store.database import Database
from index_store.index.build import BuiltIndex, build_index
from index_store.index.generations import (
    CURRENT,
    Generation,
    Generations,
    WriteIndex,
    write_faiss_index,
)
from index_store.index.kinds import IndexKind, IndexPolicy
from index_store.index.manifest import FORMAT, Manifest
from index_store.index.segment import FetchVectors
from index_store.migrate import read_store_id
from index_store.records import Indexing
from index_store.schema import indexings, publications
from motionfit.errors import IndexDamagedError, IndexWriteError

_NUM_SELF_QUERIES = 20
_SELF_SIMILARITY = 0.9999


class Publisher:
    """Makes generations and hands them to readers.

    Args:
        database: The catalog's.
        directory: Of all vector indexes of the store.
        policy: Which kind of index serves how many clips.
        write_index: How a FAISS index gets to disk.
    """

    def __init__(
        self,
        database: Database,
        directory: Path,
        policy: IndexPolicy,
        write_index: WriteIndex = write_faiss_index,
    ) -> None:
        self._database = database
        self._directory = directory
        self._policy = policy
        self._write_index = write_index

    def generations(self, indexing_id: int) -> Generations:
        """Return the folder of an indexing's generations."""
        return Generations(self._directory / str(indexing_id), self._write_index)

    def publish(self, indexing_id: int, kind: IndexKind = "auto") -> Manifest:
        """Build a generation, check it and make it current. Needs the writer's lock.

        Raises:
            IndexWriteError: It could not be written; the generation before it still serves.
            IndexingNotFoundError: There is no such indexing.
        """
        generations = self.generations(indexing_id)
        with self._database.reading() as connection:
            indexing = get_indexing(connection, indexing_id)
            store_id = read_store_id(connection)
            rows = np.column_stack(live_clips(connection, indexing_id))
            fetch = partial(load_vectors, connection, encoder=indexing.encoder)
            built = build_index(rows, indexing.encoder.embedding_dim, fetch, kind, self._policy)
            with _nothing_left_behind(generations):
                files = generations.write_files(built.index, rows)
                manifest = _manifest(store_id, indexing, built, len(rows), files)
                generation = generations.write_manifest(manifest)
                _check_self_query(generations.directory, generation, fetch)
        self._note(manifest)
        with _nothing_left_behind(generations):
            generations.make_current()
        self._remove_orphans()
        return manifest

    def is_up_to_date(self, indexing_id: int) -> bool:
        """Return whether a generation of the catalog's present state was published.

        Raises:
            IndexingNotFoundError: There is no such indexing.
        """
        with self._database.reading() as connection:
            published = select(publications).filter_by(
                indexing_id=indexing_id, revision=get_indexing(connection, indexing_id).revision
            )
            is_published = connection.execute(published).first() is not None
        return is_published and bool(self.generations(indexing_id).current())

    def load(self, indexing: Indexing, current: str) -> Generation:
        """Return the generation that a text of ``CURRENT`` names, if it is of this catalog.

        Raises:
            IndexDamagedError: It is missing, damaged, or of another catalog or state of it.
        """
        generations = self.generations(indexing.indexing_id)
        generation = generations.load(current)
        manifest = generation.manifest
        published = select(publications).filter_by(
            stamp=manifest.stamp, indexing_id=indexing.indexing_id, revision=manifest.revision
        )
        with self._database.reading() as connection:
            store_id = read_store_id(connection)
            is_known = connection.execute(published).first() is not None
        found = (manifest.store_id, manifest.encoder_identity, manifest.dim)
        if found != (store_id, indexing.encoder.identity, indexing.encoder.embedding_dim):
            raise IndexDamagedError(generations.directory, "it was made for another store")
        if not is_known:
            raise IndexDamagedError(
                generations.directory, "it is not of the catalog's present line of changes"
            )
        return generation

    def _note(self, manifest: Manifest) -> None:
        with self._database.writing() as connection:
            connection.execute(
                insert(publications).values(
                    stamp=manifest.stamp,
                    indexing_id=manifest.indexing_id,
                    revision=manifest.revision,
                )
            )

    def _remove_orphans(self) -> None:
        """Remove the generations of indexings that are no more."""
        with self._database.reading() as connection:
            known = {str(indexing_id) for indexing_id in connection.scalars(select(indexings.c.id))}
        for path in self._directory.iterdir():
            if path.name.isdigit() and path.name not in known and (path / CURRENT).exists():
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _nothing_left_behind(generations: Generations) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        generations.discard_unfinished()
        raise IndexWriteError(generations.directory, str(error).rstrip(".")) from error


def _check_self_query(directory: Path, generation: Generation, fetch: FetchVectors) -> None:
    """Refuse a generation in which stored vectors do not find themselves."""
    rows = generation.segment.rows
    step = max(1, len(rows.clip_ids) // _NUM_SELF_QUERIES)
    queries = fetch(rows.clip_ids[::step])
    queries = queries[queries.any(axis=1)]
    if not len(queries):
        return
    found = generation.segment.search(queries, 1, rows.live, fetch)
    if found.similarities.min() < _SELF_SIMILARITY:
        raise IndexDamagedError(directory, "stored vectors do not find themselves")


def _manifest(
    store_id: str, indexing: Indexing, built: BuiltIndex, count: int, files: dict[str, str]
) -> Manifest:
    return Manifest(
        format=FORMAT,
        store_id=store_id,
        indexing_id=indexing.indexing_id,
        encoder_identity=indexing.encoder.identity,
        revision=indexing.revision,
        stamp=uuid.uuid4().hex,
        kind=built.kind,
        count=count,
        dim=indexing.encoder.embedding_dim,
        metric="cosine",
        parameters=built.parameters,
        recall=built.recall,
        num_recall_queries=built.num_recall_queries,
        files=files,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
