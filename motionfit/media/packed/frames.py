"""Packing of video files: every frame decoded once, by processes that can be killed."""

import os
from collections.abc import Iterable
from pathlib import Path

from motionfit.errors import MotionFitError, UnreadableVideoError
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
from motionfit.media.outcomes import FailedFile, damage_note
from motionfit.media.packed.arriving import ArrivingFrames
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.report import PackingReport, find_ready, refuse_nothing
from motionfit.media.packed.table import SourceFile
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.packed.writer import PackedWriter
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding
from motionfit.media.worker.settings import WorkerSettings
from motionfit.progress import Progress

_EVERY_FRAME = ClipSampling(spec=ClipSpec(clip_length=1), placement=Sliding(clip_hop=1))


def pack_frames(
    videos: Iterable[str | Path],
    out_path: str | Path,
    *,
    size: tuple[int, int],
    num_workers: int | None = None,
    decoding: WorkerSettings | None = None,
) -> PackingReport:
    """Decode videos, bring every frame to one size, and write them into one file.

    A file that holds just these videos is left as it is; a video is known again by its name, length
    and time of modification. Otherwise the file is made anew, aside, and put in place in one step.
    What a killed run has left aside is continued: only its last seconds are decoded again. Memory
    does not depend on how many or how long the videos are.

    Videos of the same bytes are decoded and stored once, and listed under each name. A video that
    fails is listed in ``report.failed`` and left out; it is not tried again until the file is
    removed or something among the videos changes.

    Args:
        videos: Files; one named twice counts once.
        out_path: The file to make.
        size: ``(height, width)`` px; aspect is not kept.
        num_workers: Decoder processes; None is one a core.
        decoding: What they are started with.

    Raises:
        TooFewVideosError: Not one video could be packed.
        PackedVideosError: The disk is full or fails, or another process is writing the file.
        DecoderStartError: Decoder processes cannot be started.
    """
    out_path = Path(out_path)
    paths = list(dict.fromkeys(Path(video) for video in videos))
    packed_format = PackedFormat(kind="frames", size=size)
    sources = [SourceFile(name=str(path), stamp=_stamp(path)) for path in paths]
    ready = find_ready(out_path, packed_format, sources)
    if ready is not None:
        return PackingReport(packed=ready, was_ready=True)
    num_workers = min(num_workers or os.cpu_count() or 1, max(1, len(paths)))
    with (
        PackedWriter(out_path, packed_format) as writer,
        DecodePool(num_workers=num_workers, settings=decoding) as pool,
        Progress("packing", unit="video", total=len(paths)) as progress,
    ):
        packing = _FramePacking(writer, progress)
        packing.execute(paths, pool)
        failed = [packing.failed[path] for path in paths if path in packing.failed]
        refuse_nothing(out_path, len(paths), failed)
        listing = [(str(path), packing.hashes[path]) for path in paths if path in packing.hashes]
        writer.finish(listing, failed=failed, sources=sources)
    return PackingReport(packed=PackedVideos(out_path), remarks=tuple(packing.remarks))


class _FramePacking:
    """Events of decoders in, rows of whole videos out; used once."""

    def __init__(self, writer: PackedWriter, progress: Progress) -> None:
        self.hashes: dict[Path, str] = {}
        self.failed: dict[Path, FailedFile] = {}
        self.remarks: list[tuple[str, str]] = []
        self._writer = writer
        self._progress = progress
        self._known = KnownContent(writer.stored)
        self._arriving: dict[Path, ArrivingFrames] = {}

    def execute(self, paths: Iterable[Path], pool: DecodePool) -> None:
        """Take all videos in, or note why not."""
        size = self._writer.format.size
        tasks = (
            DecodeTask(path=path, sampling=_EVERY_FRAME, size=size, identify=True) for path in paths
        )
        try:
            for event in pool.run(tasks, skip=self._is_known):
                self._take(event)
        finally:
            for arriving in self._arriving.values():
                arriving.spool.close()
        for path, first in self._known.still_waiting():
            self._fail(path, UnreadableVideoError(path, f"the same bytes as {first}, which failed"))

    def _is_known(self, task: DecodeTask, identity: VideoIdentity) -> bool:
        """Return whether a video need not be decoded; called in the decoder pool's thread."""
        return not self._known.claim(identity.content_hash, task.path)

    def _take(self, event: DecodeEvent) -> None:
        path = event.task.path
        match event:
            case ClipsDecoded(clips=clips, release=release):
                arriving = self._arriving.get(path)
                if arriving is None:
                    arriving = self._arriving[path] = ArrivingFrames(self._writer.spool())
                # Each frame once and in order, also where the sampling had to repeat some.
                arriving.take(clips.frames, clips.num_frames_decoded)
                release()
            case VideoDecoded():
                self._take_end(path, event)
            case VideoSkipped(identity=identity):
                if self._known.wait_for(identity.content_hash, path):
                    self._list(path, identity.content_hash)
            case VideoFailed(error=error):
                self._fail(path, error)

    def _take_end(self, path: Path, end: VideoDecoded) -> None:
        arriving = self._arriving.pop(path, None)
        if arriving is None or arriving.spool.num_rows == 0:
            self._fail(path, UnreadableVideoError(path, "no frame of it can be decoded"))
            return
        assert end.identity is not None  # asked for
        content_hash = end.identity.content_hash
        self._writer.add(content_hash, arriving.spool)
        damage = damage_note(arriving.spool.num_rows, end.num_frames_expected)
        if damage is not None:
            self.remarks.append((str(path), damage))
        self._list(path, content_hash)
        for waiting in self._known.settle(content_hash):
            self._list(waiting, content_hash)

    def _list(self, path: Path, content_hash: str) -> None:
        self.hashes[path] = content_hash
        self._progress.advance()

    def _fail(self, path: Path, error: MotionFitError) -> None:
        arriving = self._arriving.pop(path, None)
        if arriving is not None:
            arriving.spool.close()
        self.failed[path] = failed = FailedFile.of(path, error)
        self._progress.note(failed.message)
        self._progress.advance()


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "absent"
    return f"{status.st_size} bytes, modified {status.st_mtime_ns} ns"
