"""The product as one object: what commands, the app and a user's own code go through."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from index_store.index.searcher import Searcher
from index_store.records import Encoder, IndexedFile, Indexing
from index_store.store import Store
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.shipped import DEFAULT_ENCODER
from motionfit.errors import CollectionNotFoundError, ConfigError, StoreNotFoundError
from retrieval.collection_summary import CollectionSummary, summarize_collections
from retrieval.indexing.collection import index_collection
from retrieval.indexing.report import IndexReport
from retrieval.indexing.settings import IndexSettings
from retrieval.kept_encoders import keep_encoder, load_kept_encoder
from retrieval.location import default_store_dir
from retrieval.querying.hits import GROUPINGS, Grouping
from retrieval.querying.question import ask_about_clip, ask_about_file
from retrieval.querying.result import QueryResult
from retrieval.querying.scope import choose_indexings
from retrieval.querying.search import search_indexings


class Library:
    """A store with the means to fill and to search it; a context manager.

    Example::

        with Library.open() as library:
            library.index(["holiday/"], collection="holiday")
            for hit in library.query("jump.mp4", start_seconds=1.0, end_seconds=2.5, k=20):
                print(hit.rank, hit.path, hit.start_seconds, hit.end_seconds, hit.similarity)
    """

    def __init__(self, directory: Path, *, device: DeviceName = "auto") -> None:
        self.directory = directory
        self._device: DeviceName = device
        self._store: Store | None = None
        self._encoders: dict[str, ClipEncoder] = {}
        self._searchers: dict[int, Searcher] = {}

    @classmethod
    def open(cls, directory: str | Path | None = None, *, device: DeviceName = "auto") -> "Library":
        """Return a library; a store that is not there yet is made by the first :meth:`index`.

        Args:
            directory: The store; None is ``$MOTIONFIT_STORE``, else the user's data folder.
            device: Where to encode: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        """
        return cls(default_store_dir() if directory is None else Path(directory), device=device)

    def store(self, *, create: bool = False) -> Store:
        """Return the open store.

        Raises:
            StoreNotFoundError: There is none, and ``create`` is off.
        """
        if self._store is None:
            self._store = Store.open(self.directory, create=create)
        return self._store

    def index(self, paths: Iterable[str | Path], **settings: Any) -> IndexReport:
        """Add videos to a collection, or refresh it.

        Args:
            paths: Files and folders.
            settings: Fields of :class:`~retrieval.indexing.settings.IndexSettings`.
        """
        return self.index_with(IndexSettings(**settings), paths)

    def index_with(self, settings: IndexSettings, paths: Iterable[str | Path]) -> IndexReport:
        """Add videos to a collection, or refresh it; see :meth:`index`.

        Raises:
            StoreLockedError: Another process is writing to the store.
            EncoderError: The encoder cannot be had.
        """
        encoder = self._encoder_to_index_with(settings)
        store = self.store(create=True)
        with store.writer(f"indexing collection {settings.collection}"):
            record = keep_encoder(store, encoder)
            self._encoders[record.identity] = encoder
            return index_collection(store, record, encoder, map(Path, paths), settings)

    def query(
        self,
        video: str | Path | int,
        *,
        start_seconds: float | None = None,
        end_seconds: float | None = None,
        collection: str | None = None,
        encoder: str | None = None,
        k: int = 20,
        group: Grouping = "clip",
        exclude_self: bool = False,
    ) -> QueryResult:
        """Return the clips that move most like a video.

        Args:
            video: A file, indexed or not; or the id of an indexed clip.
            start_seconds: Begin of the stretch of the file to look for.
            end_seconds: Its end.
            collection: Where to search; None is everywhere.
            encoder: Name of one that the collection was indexed with; None is the latest.
            k: Hits wanted.
            group: ``clip``; ``video`` for the best of each; ``range`` for touching clips as one.
            exclude_self: Leave out clips of the query's own video, whatever its path.

        Raises:
            StoreNotFoundError: Nothing was indexed yet.
            CollectionNotFoundError: There is no such collection.
            ClipNotFoundError: There is no such clip.
            MediaError: The file cannot be decoded.
        """
        if k < 1:
            raise ConfigError("k", k, "at least 1")
        if group not in GROUPINGS:
            raise ConfigError("group", group, f"one of {', '.join(GROUPINGS)}")
        store = self.store()
        indexings = choose_indexings(store, collection, encoder)
        record = indexings[0].encoder
        if isinstance(video, int):
            if start_seconds is not None or end_seconds is not None:
                raise ConfigError("start", start_seconds, "nothing, since a clip is a stretch")
            question = ask_about_clip(store, indexings, video)
        else:
            question = ask_about_file(
                self._encoder(record),
                Path(video),
                start_seconds=start_seconds,
                end_seconds=end_seconds,
                identify=exclude_self,
            )
        hits, exact = search_indexings(
            [self._searcher(each) for each in indexings],
            question.vector,
            k=k,
            grouping=group,
            keep=lambda clip: not exclude_self or clip.content_hash != question.content_hash,
        )
        return QueryResult(
            path=str(question.path),
            start_seconds=question.start_seconds,
            end_seconds=question.end_seconds,
            collection=collection,
            encoder=record.name,
            encoder_description=record.header["description"],
            exact=exact,
            hits=tuple(hits),
        )

    def collections(self) -> list[CollectionSummary]:
        """Return every collection with what it holds, by name."""
        return summarize_collections(self.store())

    def rename_collection(self, name: str, new_name: str) -> None:
        """Give a collection another name.

        Raises:
            CollectionNotFoundError: There is none of the old name.
            ConfigError: The new name is empty or taken.
        """
        store = self.store()
        with store.writer(f"renaming collection {name}"):
            store.catalog.collections.rename(name, new_name)

    def remove_collection(self, name: str) -> None:
        """Forget a collection; its video files stay untouched.

        Raises:
            CollectionNotFoundError: There is none of that name.
        """
        store = self.store()
        with store.writer(f"removing collection {name}"):
            store.catalog.collections.remove(name)
            self._searchers.clear()

    def files(self, collection: str) -> list[IndexedFile]:
        """Return the files of a collection with their status, in the order of their paths.

        Raises:
            CollectionNotFoundError: There is none of that name.
        """
        catalog = self.store().catalog
        return catalog.files.all(catalog.collections.get(collection).collection_id)

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()
            self._store = None
        self._searchers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _encoder_to_index_with(self, settings: IndexSettings) -> ClipEncoder:
        if settings.encoder is not None:
            return load_encoder(settings.encoder, device=self._device)
        try:
            latest = self.store().catalog.indexings.default(settings.collection)
        except (StoreNotFoundError, CollectionNotFoundError):
            return load_encoder(DEFAULT_ENCODER, device=self._device)
        return self._encoder(latest.encoder)

    def _encoder(self, record: Encoder) -> ClipEncoder:
        if record.identity not in self._encoders:
            loaded = load_kept_encoder(self.store(), record, device=self._device)
            self._encoders[record.identity] = loaded
        return self._encoders[record.identity]

    def _searcher(self, indexing: Indexing) -> Searcher:
        if indexing.indexing_id not in self._searchers:
            self._searchers[indexing.indexing_id] = self.store().searcher(indexing.indexing_id)
        return self._searchers[indexing.indexing_id]
