"""Making the flow of many videos from beginning to end."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.bookkeeping import Bookkeeping
from motionfit.flow.making.choice import choose_estimator
from motionfit.flow.making.pace import Pace
from motionfit.flow.making.previews import PreviewRun
from motionfit.flow.making.report import FlowReport
from motionfit.flow.making.run import MakingRun
from motionfit.flow.making.settings import MakingSettings
from motionfit.media.discover import find_videos
from motionfit.media.pool import DecodePool
from motionfit.media.worker.settings import WorkerSettings
from motionfit.progress import Progress

# Decoding gives way: it is a small part of the work, and there are always frames enough waiting.
_NICENESS = 5
# Chunks are small, so that the first frames of a video are worked on while the next are decoded.
_MAX_FRAMES = 64


def make_flow(
    videos: Iterable[str | Path],
    cache: str | Path,
    settings: MakingSettings | None = None,
    *,
    preview_dir: str | Path | None = None,
    names_method: bool = True,
) -> FlowReport:
    """Compute the flow of videos and keep it in a cache; what is there already costs nothing.

    Safe to stop, to kill and to repeat: a video's flow is in the cache whole, or not at all, and
    has the same bytes however often the run was interrupted.

    Args:
        videos: Files and folders.
        cache: The cache's folder; made where it is new.
        settings: How; None is all defaults.
        preview_dir: Where to write a video of each video beside its flow; None is nowhere. See
            `motionfit.flow.making.previews`.
        names_method: Say by which method, and why; False for those that have been told.

    Raises:
        FlowMethodError: The method cannot run on this machine.
        FlowCacheWriteError: The disk is full, or fails; finished videos stay.
        FlowCacheVersionError: The cache was written in another format.
        FlowCacheDamagedError: The cache does not say its format.
        ConfigError: Something else than a cache stands in its place.
    """
    started = time.monotonic()
    settings = settings or MakingSettings()
    flow_cache = FlowCache(cache)
    report = FlowReport(cache=str(cache))
    flow_cache.settings()  # refuses what is no cache before anything else is done
    paths = _find(videos, report)
    if paths:
        _make(paths, flow_cache, settings, report, preview_dir, names_method)
    report.seconds = time.monotonic() - started
    return report


def _find(videos: Iterable[str | Path], report: FlowReport) -> list[Path]:
    """Return each video file once; a folder without any is noted."""
    found: dict[Path, None] = {}
    for named in videos:
        inside = list(find_videos([named]))
        if not inside:
            report.remarks.append((str(named), "no video file in this folder"))
        found.update(dict.fromkeys(inside))
    return list(found)


def _make(
    paths: list[Path],
    cache: FlowCache,
    wanted: MakingSettings,
    report: FlowReport,
    preview_dir: str | Path | None,
    names_method: bool,
) -> None:
    num_decoders = min(os.cpu_count() or 1, len(paths))
    decoding = WorkerSettings(niceness=_NICENESS, max_frames=_MAX_FRAMES)
    with DecodePool(num_workers=num_decoders, settings=decoding) as pool:
        choice = choose_estimator(wanted, cache)
        report.settings = settings = wanted.flow_settings(choice.estimator.method)
        pace = Pace({path: _size_bytes(path) for path in paths})
        started = time.monotonic()
        with Progress("flow", unit="video", total=len(paths), guesses_time_left=False) as progress:
            if names_method:
                progress.note(f"flow by {settings.method}: {choice.reason}")
            MakingRun(
                cache=cache,
                settings=settings,
                estimator=choice.estimator,
                num_workers=wanted.num_workers,
                books=Bookkeeping(report, progress, pace),
            ).execute(paths, pool)
        report.making_seconds = time.monotonic() - started
        if preview_dir is not None:
            with Progress("previews", unit="video", total=len(paths)) as progress:
                PreviewRun(
                    cache=cache,
                    settings=settings,
                    preview_dir=Path(preview_dir),
                    report=report,
                    progress=progress,
                ).execute(paths, pool, num_workers=wanted.num_workers)


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
