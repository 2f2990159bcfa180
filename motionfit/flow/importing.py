"""Bringing a tree of flow images that another program made into the cache.

::

    decoder processes ── hash, number of frames ──> main thread ──> threads: images -> cache
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import (
    FlowCacheDamagedError,
    FlowImportError,
    FlowNotCachedError,
    MotionFitError,
)
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.denseflow import import_denseflow
from motionfit.flow.cache.imported import ImportedFlowSettings
from motionfit.flow.image_folders import ImageFolders
from motionfit.flow.import_report import ImportReport
from motionfit.flow.in_threads import map_in_threads
from motionfit.media.decode_events import (
    ClipsDecoded,
    DecodeTask,
    VideoDecoded,
    VideoFailed,
    VideoSkipped,
)
from motionfit.media.identity import VideoIdentity
from motionfit.media.outcomes import FailedFile
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Uniform
from motionfit.progress import Progress

# Of a video only its number of frames is wanted: one picture is decoded, and a small one.
_FIRST_FRAME = ClipSampling(
    spec=ClipSpec(clip_length=1), placement=Uniform(num_clips=1), end_seconds=1e-3
)
_SMALL = (16, 16)


def import_flow(
    videos: Iterable[str | Path],
    images: str | Path,
    cache: str | Path,
    *,
    settings: ImportedFlowSettings | None = None,
    first_number: int | None = None,
) -> ImportReport:
    """Bring the flow images of videos into a cache; what is there already costs a hash.

    The images of ``videos/walk/a.mp4``, named as ``videos/``, are those in ``images/walk/a``, else
    in ``images/a``. A video whose images cannot be used is reported and costs only itself.

    Args:
        videos: Files and folders.
        images: The tree of images; see `motionfit.flow.cache.denseflow` for their names.
        cache: The cache's folder; made where it is new.
        settings: Where the images came from and their bound; None is denseflow and 20 px.
        first_number: Number of each video's first image; None goes by their names.

    Raises:
        FlowCacheWriteError: The disk is full, or fails; what was imported stays.
        FlowCacheVersionError: The cache was written in another format.
        FlowCacheDamagedError: The cache does not say its format.
        ConfigError: Something else than a cache stands in its place.
    """
    started = time.monotonic()
    settings = settings or ImportedFlowSettings()
    flow_cache = FlowCache(cache)
    flow_cache.settings()  # refuses what is no cache before anything else is done
    report = ImportReport(cache=str(cache), settings=settings)
    folders = ImageFolders(videos, images)
    report.remarks += [(str(path), "no video file in this folder") for path in folders.empty]
    if folders.paths:
        with Progress("import", unit="video", total=len(folders.paths)) as progress:
            _ImportRun(flow_cache, folders, report, progress, first_number).execute()
    report.failed.sort(key=lambda failure: failure.path)
    report.seconds = time.monotonic() - started
    return report


@dataclass(frozen=True)
class _Imported:
    """What became of one video's images; without an error they are in the cache."""

    path: Path
    error: FlowImportError | None = None


@dataclass(frozen=True)
class _ImportRun:
    """Imports the images of videos; used once."""

    cache: FlowCache
    folders: ImageFolders
    report: ImportReport
    progress: Progress
    first_number: int | None

    def execute(self) -> None:
        """Import what is not there."""
        num_cores = os.cpu_count() or 1
        with DecodePool(num_workers=min(num_cores, len(self.folders.paths))) as pool:
            new = self._new_videos(pool)
            for imported in map_in_threads(self._import, new, num_threads=num_cores):
                if imported.error is not None:
                    self._fail(imported.path, imported.error)
                else:
                    self.report.imported += 1
                    self.progress.advance()

    def _new_videos(self, pool: DecodePool) -> Iterator[VideoDecoded]:
        tasks = (
            DecodeTask(path=path, sampling=_FIRST_FRAME, size=_SMALL, identify=True)
            for path in self.folders.paths
        )
        for event in pool.run(tasks, skip=self._is_imported):
            match event:
                case VideoDecoded():
                    yield event
                case VideoSkipped():
                    self.report.skipped += 1
                    self.progress.advance()
                case VideoFailed(task=task, error=error):
                    self._fail(task.path, error)
                case ClipsDecoded(release=release):
                    release()

    def _is_imported(self, task: DecodeTask, identity: VideoIdentity) -> bool:
        # Opened, not only looked for: a file that a failing disk has cut short is made anew.
        try:
            self.cache.open(identity.content_hash, self.report.settings, video=task.path).close()
        except (FlowNotCachedError, FlowCacheDamagedError):
            return False
        return True

    def _import(self, video: VideoDecoded) -> _Imported:
        assert video.identity is not None  # it was asked for
        path = video.task.path
        try:
            import_denseflow(
                self.folders.folder_of(path),
                self.cache,
                content_hash=video.identity.content_hash,
                bound=self.report.settings.bound_px,
                source=self.report.settings.source,
                first_number=self.first_number,
                num_frames=video.num_frames_expected,
            )
        except FlowImportError as error:
            return _Imported(path, error)
        return _Imported(path)

    def _fail(self, path: Path, error: MotionFitError) -> None:
        failure = FailedFile.of(path, error)
        self.report.failed.append(failure)
        self.progress.note(f"failed: {failure.message}")
        self.progress.advance()
