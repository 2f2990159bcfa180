"""One run: events of the decoders in, one file a video out.

::

    decoder processes ── frames ──> main thread: grey, cut into batches ──┐
                                                                          ▼
         cache <── in order ── VideoFlow <── camera motion, 8 bits ── flow   (threads)

Memory is bounded however long a video is: only so many batches are under way at once, and while
there is room for no more, no frames are taken from the decoders.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import (
    FlowCacheDamagedError,
    FlowNotCachedError,
    FrameSizeError,
    MotionFitError,
    SingleFrameError,
    UnreadableVideoError,
)
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.compute import to_grey
from motionfit.flow.estimator import FlowEstimator, check_frames
from motionfit.flow.making.batches import count_pairs_per_batch
from motionfit.flow.making.bookkeeping import Bookkeeping
from motionfit.flow.making.computing import FlowComputing
from motionfit.flow.making.news import BatchGone, FlowCommitted, FlowRefused, News, ThreadFailed
from motionfit.flow.making.source import FlowSource
from motionfit.flow.making.video_flow import VideoEnd, VideoFlow
from motionfit.flow.settings import FlowSettings
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
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding

EVERY_FRAME = ClipSampling(spec=ClipSpec(clip_length=1), placement=Sliding(clip_hop=1))

# A signal that comes just before a wait is noticed after it: so none is long.
_LONGEST_WAIT_SECONDS = 0.5
_SECONDS_TO_STOP = 1.0


class MakingRun:
    """Brings the flow of videos into a cache; used once.

    Args:
        cache: Where the flow goes.
        settings: What it is computed with.
        estimator: The method.
        num_workers: Threads that compute.
        books: Told what becomes of each video.
    """

    def __init__(
        self,
        *,
        cache: FlowCache,
        settings: FlowSettings,
        estimator: FlowEstimator,
        num_workers: int,
        books: Bookkeeping,
    ) -> None:
        self._cache = cache
        self._settings = settings
        self._estimator = estimator
        self._books = books
        self._news: SimpleQueue[News] = SimpleQueue()
        self._computing = FlowComputing(
            estimator, settings, num_workers=num_workers, tell=self._news.put
        )
        self._known = KnownContent([])
        self._cached: set[Path] = set()
        self._hashes: dict[Path, str] = {}
        self._sources: dict[Path, FlowSource] = {}
        self._failed: set[Path] = set()

    def execute(self, paths: Iterable[Path], pool: DecodePool) -> None:
        """Decode each video that the cache does not know, compute its flow and keep it.

        A video that fails is reported and costs only itself. A kill loses the videos in work.

        Raises:
            FlowCacheWriteError: The disk is full, or fails; finished videos stay.
            FlowError: The cache cannot be used.
        """
        tasks = (
            DecodeTask(path=path, sampling=EVERY_FRAME, size=self._settings.size, identify=True)
            for path in paths
        )
        try:
            for event in pool.run(tasks, skip=self._is_known):
                self._take(event)
                self._hear_news()
            while self._sources:
                self._hear_news(wait=True)
        finally:
            for source in self._sources.values():
                source.flow.abandon()
            self._computing.stop(wait_seconds=_SECONDS_TO_STOP)
        for path, first in self._known.still_waiting():
            self._fail(path, UnreadableVideoError(path, f"the same bytes as {first}, which failed"))

    def _is_known(self, task: DecodeTask, identity: VideoIdentity) -> bool:
        """Return whether a video need not be decoded; called in the decoder pool's thread."""
        self._hashes[task.path] = identity.content_hash
        if self._is_cached(identity.content_hash):
            self._cached.add(task.path)
            return True
        return not self._known.claim(identity.content_hash, task.path)

    def _is_cached(self, content_hash: str) -> bool:
        # Opened, not only looked for: a file that a failing disk has cut short is made anew.
        try:
            self._cache.open(content_hash, self._settings).close()
        except (FlowNotCachedError, FlowCacheDamagedError):
            return False
        return True

    def _take(self, event: DecodeEvent) -> None:
        path = event.task.path
        match event:
            case ClipsDecoded(clips=clips, release=release):
                # Each frame once and in order, also where the sampling had to repeat some.
                grey = to_grey(clips.frames)
                release()
                self._take_frames(path, grey, clips.num_frames_decoded)
            case VideoDecoded():
                self._take_end(path, event)
            case VideoSkipped(identity=identity):
                if path in self._cached or self._known.wait_for(identity.content_hash, path):
                    self._books.note_skipped(path)
            case VideoFailed(error=error):
                self._fail(path, error)

    def _take_frames(self, path: Path, grey: NDArray[np.uint8], num_frames_known: int) -> None:
        if path not in self._sources and path not in self._failed:
            self._begin(path, grey, num_frames_known)
        if path in self._sources:
            source = self._sources[path]
            for batch in source.take(grey, num_frames_known):
                self._submit(source, batch)

    def _begin(self, path: Path, grey: NDArray[np.uint8], num_frames_known: int) -> None:
        try:
            check_frames(grey)
        except FrameSizeError as error:
            self._fail(path, error)
            return
        self._books.begin()
        _, height, width = grey.shape
        writer = self._cache.writer(self._hashes[path], self._settings)
        self._sources[path] = FlowSource(
            VideoFlow(path, writer, self._news.put),
            pairs_per_batch=count_pairs_per_batch(
                height, width, on_a_core=self._estimator.uses_cores
            ),
            num_frames_known=num_frames_known,
        )

    def _submit(self, source: FlowSource, batch: NDArray[np.uint8]) -> None:
        while self._num_under_way() >= self._computing.most_batches:
            self._hear_news(wait=True)
        self._computing.submit(source.flow, source.num_batches, batch)
        source.num_batches += 1
        source.num_under_way += 1

    def _num_under_way(self) -> int:
        return sum(source.num_under_way for source in self._sources.values())

    def _take_end(self, path: Path, end: VideoDecoded) -> None:
        if path not in self._sources:
            return
        source = self._sources[path]
        last_batch = source.take_end()
        if last_batch is not None:
            self._submit(source, last_batch)
        if source.num_batches == 0:
            self._fail(path, SingleFrameError(path))
            return
        source.end = end
        video_end = VideoEnd(
            num_batches=source.num_batches,
            num_frames_expected=end.num_frames_expected,
            num_frames_decoded=source.num_frames_taken,
        )
        self._computing.submit_job(partial(source.flow.complete, video_end))

    def _hear_news(self, *, wait: bool = False) -> None:
        """Act on what the threads have told; wait for something, but not for long, if asked to."""
        try:
            self._act_on(self._news.get(wait, timeout=_LONGEST_WAIT_SECONDS))
            while True:
                self._act_on(self._news.get_nowait())
        except Empty:
            pass

    def _act_on(self, news: News) -> None:
        match news:
            case BatchGone(path=path, num_pairs=num_pairs):
                if path in self._sources:
                    source = self._sources[path]
                    source.num_under_way -= 1
                    self._books.note_pairs(path, num_pairs, source.num_frames_known - 1)
            case FlowCommitted(path=path):
                self._finish(path, self._sources.pop(path))
            case FlowRefused(path=path, error=error):
                self._fail(path, error)
            case ThreadFailed(error=error):
                raise error

    def _finish(self, path: Path, source: FlowSource) -> None:
        assert source.end is not None  # nothing is committed before
        content_hash = self._hashes[path]
        with self._cache.open(content_hash, self._settings, video=path) as flow:
            self._books.note_made(path, flow, source.end)
        for waiting in self._known.settle(content_hash):
            self._books.note_skipped(waiting)

    def _fail(self, path: Path, error: MotionFitError) -> None:
        """Give a video up, for the first reason there is."""
        if path in self._failed:
            return
        self._failed.add(path)
        source = self._sources.pop(path, None)
        if source is not None:
            source.flow.abandon()
        self._books.note_failed(path, error)
