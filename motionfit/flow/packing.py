"""Packing of cached flow: every video's levels at the size of training, in one file.

Levels are resized as pictures are, and mean the same displacements as before: in px of the frames
that flow was computed on. Source: denseflow and MARS, which resize images of flow.
"""

import json
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, FlowError, MediaError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.imported import KeptSettings
from motionfit.flow.opencv_threads import one_opencv_thread
from motionfit.media.identity import VideoIdentity, identify_video
from motionfit.media.outcomes import FailedFile
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.report import PackingReport, find_ready, refuse_nothing
from motionfit.media.packed.spool import RowSpool
from motionfit.media.packed.table import SourceFile
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.packed.writer import PackedWriter
from motionfit.progress import Progress

_FLOWS_AT_ONCE = 64


def pack_flow(
    videos: Sequence[str | Path],
    cache: FlowCache,
    settings: KeptSettings,
    out_path: str | Path,
    *,
    size: tuple[int, int],
    content_hashes: Sequence[str] | None = None,
    num_workers: int | None = None,
) -> PackingReport:
    """Resize the cached flow of videos and write it into one file.

    A file that holds just this is left as it is. A run that was killed is continued. A video whose
    flow is not in the cache is listed in ``report.failed`` and left out.

    Args:
        videos: Files; one named twice counts once.
        cache: Where their flow is.
        settings: What it was computed with.
        out_path: The file to make.
        size: ``(height, width)`` px.
        content_hashes: One for each video, where they are known; None reads the files.
        num_workers: Threads; None is one a core.

    Raises:
        TooFewVideosError: No video's flow is in the cache.
        PackedVideosError: The disk is full or fails, or another process is writing the file.
        FlowError: The cache cannot be used at all.
        ConfigError: There are not as many hashes as videos.
    """
    out_path = Path(out_path)
    packed_format = _format(settings, size)
    names = [str(video) for video in videos]
    num_workers = num_workers or os.cpu_count() or 1
    with ThreadPoolExecutor(num_workers, thread_name_prefix="packing") as threads:
        hashes, failed = _identify(names, content_hashes, threads)
        sources = _sources(names, hashes, cache, settings)
        ready = find_ready(out_path, packed_format, sources)
        if ready is not None:
            return PackingReport(packed=ready, was_ready=True)
        with PackedWriter(out_path, packed_format) as writer:
            packing = _FlowPacking(cache, settings, writer, threads)
            packing.execute(hashes, num_at_once=2 * num_workers)
            failed |= packing.failed
            in_order = [failed[file.name] for file in sources if file.name in failed]
            refuse_nothing(out_path, len(sources), in_order)
            listing = [(name, one) for name, one in hashes.items() if name not in failed]
            writer.finish(listing, failed=in_order, sources=sources)
    return PackingReport(packed=PackedVideos(out_path))


def find_packed_flow(
    videos: Sequence[str | Path],
    settings: KeptSettings,
    out_path: str | Path,
    *,
    size: tuple[int, int],
) -> PackedVideos | None:
    """Return a file that holds the flow of each of these videos as it is now; no cache is needed.

    Args:
        videos: Files; one named twice counts once.
        settings: What their flow was computed with.
        out_path: The file that `pack_flow` made.
        size: ``(height, width)`` px.
    """
    out_path = Path(out_path)
    if not out_path.is_file():
        return None
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="packing") as threads:
        hashes, failed = _identify([str(video) for video in videos], None, threads)
    sources = [
        SourceFile(name=name, stamp=_stamp(content_hash, is_cached=True))
        for name, content_hash in hashes.items()
    ]
    return None if failed else find_ready(out_path, _format(settings, size), sources)


def _format(settings: KeptSettings, size: tuple[int, int]) -> PackedFormat:
    return PackedFormat(
        kind="flow",
        size=size,
        settings={"flow": json.loads(settings.key()), "bound_px": settings.bound},
    )


def _stamp(content_hash: str, *, is_cached: bool) -> str:
    return f"{content_hash} {'cached' if is_cached else 'absent'}"


def _sources(
    names: Sequence[str], hashes: dict[str, str], cache: FlowCache, settings: KeptSettings
) -> list[SourceFile]:
    """Return each video with its content and whether its flow is cached: flow may come later."""

    def stamp(name: str) -> str:
        if name not in hashes:
            return "unreadable"
        return _stamp(hashes[name], is_cached=cache.has(hashes[name], settings))

    return [SourceFile(name=name, stamp=stamp(name)) for name in dict.fromkeys(names)]


def resize_levels(levels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return flow levels at another size, with the same values.

    Averaged over areas where they shrink, else interpolated.

    Args:
        levels: ``(num_flows, height, width, 2)`` uint8.
        size: ``(height, width)`` px.

    Returns:
        ``(num_flows, 2, *size)`` uint8, contiguous.
    """
    planes = np.moveaxis(levels, -1, 1)
    if planes.shape[2:] == size:
        return np.ascontiguousarray(planes)
    height, width = size
    shrinks = planes.shape[2] >= height and planes.shape[3] >= width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = np.empty((len(planes), 2, height, width), np.uint8)
    for flow, target in zip(planes, resized, strict=True):
        for plane, wanted in zip(flow, target, strict=True):
            cv2.resize(plane, (width, height), dst=wanted, interpolation=how)
    return resized


class _FlowPacking:
    """Reads and resizes in threads, writes in one; used once.

    Attributes:
        failed: Videos whose flow could not be read, by name.
    """

    def __init__(
        self,
        cache: FlowCache,
        settings: KeptSettings,
        writer: PackedWriter,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.failed: dict[str, FailedFile] = {}
        self._cache = cache
        self._settings = settings
        self._writer = writer
        self._threads = threads
        self._under_way: deque[tuple[list[str], str, Future[RowSpool]]] = deque()

    def execute(self, hashes: dict[str, str], *, num_at_once: int) -> None:
        """Pack all that is not yet in, with so many videos under way."""
        names_of: dict[str, list[str]] = {}
        for name, content_hash in hashes.items():
            if content_hash not in self._writer.stored:
                names_of.setdefault(content_hash, []).append(name)
        with Progress("packing flow", unit="video", total=len(names_of)) as progress:
            try:
                for content_hash, names in names_of.items():
                    if len(self._under_way) >= num_at_once:
                        self._take_first(progress)
                    made = self._threads.submit(self._resize, content_hash, names[0])
                    self._under_way.append((names, content_hash, made))
                while self._under_way:
                    self._take_first(progress)
            finally:
                self._abandon()

    def _take_first(self, progress: Progress) -> None:
        names, content_hash, made = self._under_way.popleft()
        try:
            self._writer.add(content_hash, made.result())
        except FlowError as error:
            self.failed.update({name: FailedFile.of(Path(name), error) for name in names})
        progress.advance()

    def _abandon(self) -> None:
        for _, _, made in self._under_way:
            if not made.cancel() and made.exception() is None:
                made.result().close()

    def _resize(self, content_hash: str, name: str) -> RowSpool:
        """Return a video's flow, resized; runs in a thread."""
        spool = self._writer.spool()
        try:
            with (
                one_opencv_thread(),
                self._cache.open(content_hash, self._settings, video=name) as flow,
            ):
                for start in range(0, flow.num_flows, _FLOWS_AT_ONCE):
                    stop = min(start + _FLOWS_AT_ONCE, flow.num_flows)
                    levels = flow.read_quantised(start, stop)
                    spool.append(resize_levels(levels, self._writer.format.size))
        except BaseException:
            spool.close()
            raise
        return spool


def _identify(
    names: Sequence[str], content_hashes: Sequence[str] | None, threads: ThreadPoolExecutor
) -> tuple[dict[str, str], dict[str, FailedFile]]:
    """Return the content of each video by its name, and those whose file cannot be read."""
    if content_hashes is not None:
        if len(content_hashes) != len(names):
            expected = f"{len(names)}, one for each video"
            raise ConfigError("content_hashes", len(content_hashes), expected)
        return dict(zip(names, content_hashes, strict=True)), {}
    hashes, failed = {}, {}
    wanted = list(dict.fromkeys(names))
    for name, identity in zip(wanted, threads.map(_identity_or_error, wanted), strict=True):
        if isinstance(identity, VideoIdentity):
            hashes[name] = identity.content_hash
        else:
            failed[name] = FailedFile.of(Path(name), identity)
    return hashes, failed


def _identity_or_error(name: str) -> VideoIdentity | MediaError:
    try:
        return identify_video(name)
    except MediaError as error:
        return error
