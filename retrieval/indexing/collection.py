"""Indexing a collection from beginning to end."""

import time
from collections.abc import Iterable
from pathlib import Path

from index_store.records import Encoder, Indexing
from index_store.store import Store
from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import ConfigError, one_line
from motionfit.media.datasets.labels import make_labeler
from motionfit.media.discover import find_videos
from motionfit.media.pool import DecodePool
from motionfit.progress import Progress
from retrieval.indexing.changes import Changes, find_changes
from retrieval.indexing.report import IndexReport
from retrieval.indexing.run import IndexingRun
from retrieval.indexing.settings import IndexSettings


def index_collection(
    store: Store,
    record: Encoder,
    encoder: ClipEncoder,
    paths: Iterable[Path],
    settings: IndexSettings,
) -> IndexReport:
    """Add videos to a collection, or refresh it; the caller holds the store's writer lock.

    Args:
        store: Where to.
        record: The encoder as the store knows it.
        encoder: The encoder itself.
        paths: Files and folders.
        settings: How.

    Raises:
        DatasetError: The source of labels cannot be read.
        ConfigError: The clips are to be taken another way than before, and not from all files of
            the collection: the others could not be found any more.
    """
    started = time.monotonic()
    labeler = make_labeler(settings.labels) if settings.labels else None
    sampling = settings.sampling(encoder.spec.clip)
    collection = store.catalog.collections.add(settings.collection)
    changes = find_changes(
        paths,
        {known.file.path: known for known in store.catalog.files.all(collection.collection_id)},
        store.catalog.videos.embedded_hashes(record.encoder_id, sampling.key()),
        find_videos=find_videos,
        labeler=labeler,
    )
    _refuse_to_leave_behind(store, collection.name, record, sampling.key(), changes)
    indexing = store.catalog.indexings.begin(
        collection_id=collection.collection_id,
        encoder_id=record.encoder_id,
        sampling_key=sampling.key(),
    )
    report = IndexReport(
        collection=collection.name,
        encoder=record.header["description"],
        skipped=changes.num_unchanged,
    )
    _apply_without_reading(store, indexing, changes, report)
    if changes.to_read:
        with (
            DecodePool(num_workers=min(settings.num_workers, len(changes.to_read))) as pool,
            Progress("indexing", unit="video", total=len(changes.to_read)) as progress,
        ):
            run = IndexingRun(
                catalog=store.catalog,
                indexing=indexing,
                encode=encoder.encode,
                report=report,
                progress=progress,
            )
            run.execute(changes.to_read, pool, sampling=sampling, size=encoder.spec.resize)
    store.catalog.indexings.complete(indexing.indexing_id)
    if not store.is_published(indexing.indexing_id):
        store.publish(indexing.indexing_id)
    report.seconds = time.monotonic() - started
    return report


def _refuse_to_leave_behind(
    store: Store, collection: str, encoder: Encoder, sampling_key: str, changes: Changes
) -> None:
    """Refuse a new sampling, which replaces the old one, where some files would not have it."""
    is_replaced = any(
        indexing.is_complete
        and indexing.encoder.encoder_id == encoder.encoder_id
        and indexing.sampling_key != sampling_key
        for indexing in store.catalog.indexings.all(collection)
    )
    if is_replaced and changes.left_out:
        first = one_line(changes.left_out[0])
        raise ConfigError(
            "clip sampling",
            "another one than this collection has",
            f"the same one (--clips, --every, --short), since {len(changes.left_out)} of its files "
            f"are not named here, such as {first}; name those too, or another collection",
        )


def _apply_without_reading(
    store: Store, indexing: Indexing, changes: Changes, report: IndexReport
) -> None:
    """Bring vanished files and new labels into the catalog."""
    collection_id = indexing.collection.collection_id
    report.removed = store.catalog.files.forget(collection_id, changes.vanished)
    known = {file.file.path: file for file in store.catalog.files.all(collection_id)}
    for file in changes.relabeled:
        content_hash = known[file.path].content_hash
        assert content_hash is not None  # an unchanged file has been read
        store.catalog.files.link(collection_id, file, content_hash)
