"""One indexing run: events of the decoders in, one transaction a video out."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_store.catalog.catalog import Catalog
from index_store.records import FileRecord, Indexing
from motionfit.errors import MotionFitError, UnreadableVideoError, VideoNotFoundError
from motionfit.media.decode_events import (
    ClipsDecoded,
    DecodeEvent,
    DecodeTask,
    VideoDecoded,
    VideoFailed,
    VideoSkipped,
)
from motionfit.media.identity import VideoIdentity
from motionfit.media.known_content import KnownContent
from motionfit.media.outcomes import FailedFile
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling
from motionfit.progress import Progress
from retrieval.indexing.batches import ClipBatcher, EncodeClips
from retrieval.indexing.records import ChunkTimes, embedded_clips, remark_on, video_record
from retrieval.indexing.report import IndexReport


class IndexingRun:
    """Brings files into the catalog.

    Args:
        catalog: Where the videos go.
        indexing: The collection, encoder and sampling they go to.
        encode: Clips to vectors.
        report: Counts what happens.
        progress: Is told of each finished file.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        indexing: Indexing,
        encode: EncodeClips,
        report: IndexReport,
        progress: Progress,
    ) -> None:
        self._catalog = catalog
        self._indexing = indexing
        self._report = report
        self._progress = progress
        self._known = KnownContent(
            catalog.videos.embedded_hashes(indexing.encoder.encoder_id, indexing.sampling_key)
        )
        self._batcher: ClipBatcher[Path] = ClipBatcher(
            encode, embedding_dim=indexing.encoder.embedding_dim
        )
        self._files: dict[Path, FileRecord] = {}
        self._chunks: dict[Path, list[ChunkTimes]] = {}
        self._ends: dict[Path, VideoDecoded] = {}

    def execute(
        self,
        files: Iterable[FileRecord],
        pool: DecodePool,
        *,
        sampling: ClipSampling,
        size: tuple[int, int],
    ) -> None:
        """Decode, encode and store each file; a file that fails is reported and costs only itself.

        A kill loses the videos whose clips are decoded but not yet stored: a batch or two.
        """
        self._files = {file.path: file for file in files}
        tasks = (
            DecodeTask(path=path, sampling=sampling, size=size, identify=True)
            for path in self._files
        )
        with self._batcher:
            for event in pool.run(tasks, skip=self._is_known):
                self._take(event)
                self._store_completed()
            self._batcher.flush()
            self._store_completed()
        for path, first in self._known.still_waiting():
            self._fail(path, UnreadableVideoError(path, f"the same bytes as {first}, which failed"))

    def _is_known(self, task: DecodeTask, identity: VideoIdentity) -> bool:
        return not self._known.claim(identity.content_hash, task.path)

    def _take(self, event: DecodeEvent) -> None:
        path = event.task.path
        match event:
            case ClipsDecoded(clips=clips):
                self._batcher.add(path, clips.gather())
                self._chunks.setdefault(path, []).append(ChunkTimes.of(clips))
                event.release()
            case VideoDecoded():
                self._ends[path] = event
                self._batcher.close(path)
            case VideoSkipped(identity=identity):
                if self._known.wait_for(identity.content_hash, path):
                    self._link(path, identity.content_hash)
            case VideoFailed(error=error):
                self._batcher.discard(path)
                self._chunks.pop(path, None)
                self._fail(path, error)

    def _store_completed(self) -> None:
        for path, vectors in self._batcher.completed():
            self._store(path, self._ends.pop(path), self._chunks.pop(path), vectors)

    def _store(
        self,
        path: Path,
        end: VideoDecoded,
        chunks: list[ChunkTimes],
        vectors: NDArray[np.float32],
    ) -> None:
        assert end.identity is not None  # since `identify` was asked for
        note = remark_on(end)
        self._catalog.videos.add(
            self._indexing.indexing_id,
            replace(self._files[path], note=note),
            video_record(end.info, end.identity, end.num_frames_decoded),
            embedded_clips(chunks, vectors),
        )
        self._report.indexed += 1
        self._report.clips += len(vectors)
        self._report.stretched += any(chunk.is_stretched for chunk in chunks)
        if note:
            self._report.remarks.append((str(path), note))
        self._progress.advance(f"{self._report.clips} clips")
        for waiting in self._known.settle(end.identity.content_hash):
            self._link(waiting, end.identity.content_hash)

    def _link(self, path: Path, content_hash: str) -> None:
        collection_id = self._indexing.collection.collection_id
        self._catalog.files.link(collection_id, self._files[path], content_hash)
        self._report.skipped += 1
        self._progress.advance()

    def _fail(self, path: Path, error: MotionFitError) -> None:
        collection_id = self._indexing.collection.collection_id
        error_class, message = type(error).__name__, str(error)
        if isinstance(error, VideoNotFoundError) and not os.path.lexists(path):
            # A path at which nothing stands is a slip of the hand, not a file with a status.
            self._catalog.files.forget(collection_id, [path])
        else:
            self._catalog.files.record_failure(
                collection_id, self._files[path], error_class=error_class, message=message
            )
        self._report.failed.append(FailedFile(path=str(path), error=error_class, message=message))
        self._progress.advance()
