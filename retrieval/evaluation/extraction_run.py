"""One run over videos: events of the decoders in, cached features out."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.encoders.encoder import ClipEncoder
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import (
    ClipsDecoded,
    DecodeEvent,
    DecodeTask,
    VideoDecoded,
    VideoFailed,
    VideoSkipped,
)
from motionfit.media.identity import VideoIdentity
from motionfit.media.outcomes import FailedFile, damage_note
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling
from motionfit.progress import Progress
from retrieval.evaluation.feature_cache import CachedVideo, FeatureCache
from retrieval.evaluation.query_time import QueryTime, clip_order
from retrieval.indexing.batches import ClipBatcher


class ExtractionRun:
    """Brings the features of videos into the cache; knows afterwards what became of each.

    Args:
        encoder: Clips to vectors.
        cache: Where the features go.
        progress: Is told of each finished video.
        query_time: What is done to the frames of every clip.

    Attributes:
        cache: Where the features are.
        content_hashes: Of each video that was read.
        num_clips: Of each video that was read; 0 where sampling dropped it.
        stretched: Videos that were shorter than a clip and were looped or held.
        dropped: Paths of videos without clips.
        damaged: Path and remark of videos that were decoded only in part.
        failed: Videos that could not be decoded.
    """

    def __init__(
        self,
        encoder: ClipEncoder,
        cache: FeatureCache,
        progress: Progress,
        *,
        query_time: QueryTime = "forward",
    ) -> None:
        self._encoder = encoder
        self.cache = cache
        self._progress = progress
        self._clip_order = clip_order(query_time, encoder.spec.clip.clip_length)
        self._batcher: ClipBatcher[Path] = ClipBatcher(
            lambda clips: encoder.encode(clips, normalize=False),
            embedding_dim=encoder.embedding_dim,
        )
        self._found: dict[Path, CachedVideo] = {}
        self._chunks: dict[Path, list[_Chunk]] = {}
        self._ends: dict[Path, VideoDecoded] = {}
        self.content_hashes: dict[Path, str] = {}
        self.num_clips: dict[Path, int] = {}
        self.stretched: list[str] = []
        self.dropped: list[str] = []
        self.damaged: list[tuple[str, str]] = []
        self.failed: list[FailedFile] = []

    def execute(self, paths: Iterable[Path], pool: DecodePool, sampling: ClipSampling) -> None:
        """Decode and encode each video whose features are not in the cache."""
        tasks = (
            DecodeTask(path=path, sampling=sampling, size=self._encoder.spec.resize, identify=True)
            for path in paths
        )
        with self._batcher:
            for event in pool.run(tasks, skip=self._is_cached):
                self._take(event)
                self._keep_completed()
            self._batcher.flush()
            self._keep_completed()

    def _is_cached(self, task: DecodeTask, identity: VideoIdentity) -> bool:
        video = self.cache.load(identity.content_hash)
        if video is not None:
            self._found[task.path] = video
        return video is not None

    def _take(self, event: DecodeEvent) -> None:
        path = event.task.path
        match event:
            case ClipsDecoded(clips=clips):
                chunk = _Chunk(clips, self._clip_order)
                self._batcher.add(path, chunk.take_distinct_clips(clips))
                self._chunks.setdefault(path, []).append(chunk)
                event.release()
            case VideoDecoded():
                self._ends[path] = event
                self._batcher.close(path)
            case VideoSkipped(identity=identity):
                self._finish(path, identity, self._found.pop(path))
            case VideoFailed(error=error):
                self._batcher.discard(path)
                self._chunks.pop(path, None)
                self.failed.append(FailedFile.of(path, error))
                self._progress.note(f"failed: {error}")
                self._progress.advance()

    def _keep_completed(self) -> None:
        for path, vectors in self._batcher.completed():
            end, chunks = self._ends.pop(path), self._chunks.pop(path, [])
            assert end.identity is not None  # `identify` was asked for
            parts = np.split(vectors, np.cumsum([chunk.num_distinct for chunk in chunks])[:-1])
            clips = [part[chunk.clip_of] for part, chunk in zip(parts, chunks, strict=False)]
            # A video that was dropped for being short was not stretched.
            is_stretched = len(vectors) > 0 and any(chunk.is_stretched for chunk in chunks)
            video = CachedVideo(
                features=np.concatenate([vectors[:0], *clips]),
                is_stretched=is_stretched,
                damage=damage_note(end.num_frames_decoded, end.num_frames_expected) or "",
            )
            self.cache.save(end.identity.content_hash, video)
            self._finish(path, end.identity, video)

    def _finish(self, path: Path, identity: VideoIdentity, video: CachedVideo) -> None:
        self.content_hashes[path] = identity.content_hash
        self.num_clips[path] = len(video.features)
        if video.is_stretched:
            self.stretched.append(str(path))
        if len(video.features) == 0:
            self.dropped.append(str(path))
        if video.damage:
            self.damaged.append((str(path), video.damage))
        self._progress.advance()


class _Chunk:
    """What is kept of some decoded clips: a clip that occurs twice is encoded once."""

    def __init__(self, clips: DecodedClips, order: NDArray[np.int64]) -> None:
        shown = clips.positions[:, order]
        self._distinct, place = np.unique(shown, axis=0, return_inverse=True)
        self.clip_of: NDArray[np.int64] = place.reshape(-1)
        self.num_distinct = len(self._distinct)
        self.is_stretched = clips.is_stretched

    def take_distinct_clips(self, clips: DecodedClips) -> NDArray[np.uint8]:
        """Return a copy of the pixels of each distinct clip."""
        pixels: NDArray[np.uint8] = clips.frames[self._distinct]
        return pixels
