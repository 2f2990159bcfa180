"""Previews of flow that is in a cache: one short video of each video, beside its flow."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.durable import TemporaryFile, make_folder, remove_leftovers
from motionfit.errors import FlowCacheDamagedError, FlowNotCachedError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.cache.file import FlowFile
from motionfit.flow.cache.write_errors import translated_write_errors
from motionfit.flow.making.report import FlowReport
from motionfit.flow.preview import PreviewPainter, choose_scale
from motionfit.flow.settings import FlowSettings
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import (
    ClipsDecoded,
    DecodeEvent,
    DecodeTask,
    VideoDecoded,
    VideoFailed,
)
from motionfit.media.identity import VideoIdentity
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding
from motionfit.media.write import VideoWriter
from motionfit.progress import Progress

PREVIEW_SECONDS = 10.0
"""A preview shows a video's first seconds, at its own speed."""

_SAMPLING = ClipSampling(
    spec=ClipSpec(clip_length=1), placement=Sliding(clip_hop=1), end_seconds=PREVIEW_SECONDS
)
_NUM_FLOWS_TO_SCALE = 16
_USUAL_FRAME_RATE = 25
_MAX_FRAME_RATE = 240
_MAX_NAME_BYTES = 200


@dataclass(kw_only=True)
class PreviewRun:
    """Writes previews of videos whose flow is in a cache.

    Attributes:
        cache: Where the flow is.
        settings: What it was computed with.
        preview_dir: Where the previews go; made where it is new.
        report: Counts them, and tells of those that failed.
        progress: Is told of each finished video.
    """

    cache: FlowCache
    settings: FlowSettings
    preview_dir: Path
    report: FlowReport
    progress: Progress

    def __post_init__(self) -> None:
        self._hashes: dict[Path, str] = {}
        self._open: dict[Path, _Preview] = {}
        self._given_up: set[Path] = set()

    def execute(self, paths: Iterable[Path], pool: DecodePool, *, num_workers: int) -> None:
        """Write a preview of each video that has flow, in place of one that stands there.

        Raises:
            FlowCacheWriteError: A preview cannot be written.
        """
        with translated_write_errors(self.preview_dir):
            make_folder(self.preview_dir)
        tasks = (
            DecodeTask(path=path, sampling=_SAMPLING, size=self.settings.size, identify=True)
            for path in paths
        )
        with ThreadPoolExecutor(num_workers) as threads:
            try:
                for event in pool.run(tasks, skip=self._has_no_flow):
                    self._take(event, threads)
            finally:
                for preview in self._open.values():
                    preview.abandon()

    def _has_no_flow(self, task: DecodeTask, identity: VideoIdentity) -> bool:
        self._hashes[task.path] = identity.content_hash
        return not self.cache.has(identity.content_hash, self.settings)

    def _take(self, event: DecodeEvent, threads: ThreadPoolExecutor) -> None:
        path = event.task.path
        match event:
            case ClipsDecoded(clips=clips, release=release):
                if path not in self._given_up:
                    self._add(path, clips, threads)
                release()
                return
            case VideoDecoded() if path in self._open:
                self._open.pop(path).finish()
                self.report.previews += 1
            case VideoFailed(error=error):
                self._give_up(path, str(error))
        self.progress.advance()

    def _add(self, path: Path, clips: DecodedClips, threads: ThreadPoolExecutor) -> None:
        try:
            if path not in self._open:
                self._open[path] = self._begin(path, clips)
            self._open[path].add(clips.frames, threads)
        except (FlowNotCachedError, FlowCacheDamagedError) as error:
            self._give_up(path, str(error))

    def _begin(self, path: Path, clips: DecodedClips) -> "_Preview":
        content_hash = self._hashes[path]
        flow = self.cache.open(content_hash, self.settings, video=path)
        rate = round(clips.info.frame_rate) or _USUAL_FRAME_RATE
        target = self.preview_dir / preview_name(path, content_hash)
        return _Preview(flow, target, min(rate, _MAX_FRAME_RATE))

    def _give_up(self, path: Path, why: str) -> None:
        self._given_up.add(path)
        self.report.remarks.append((str(path), f"no preview: {why}"))
        if path in self._open:
            self._open.pop(path).abandon()


def preview_name(path: Path, content_hash: str) -> str:
    """Return the name of a video's preview: its own, and of its content so that none collide."""
    stem = os.fsdecode(os.fsencode(path.stem)[:_MAX_NAME_BYTES])
    return f"{stem}-{content_hash[:12]}.mp4"


class _Preview:
    """A preview that is being written.

    Args:
        flow: What to show; closed at the end.
        target: Where it will stand.
        frame_rate: Frames per second.
    """

    def __init__(self, flow: FlowFile, target: Path, frame_rate: int) -> None:
        self._flow = flow
        self._target = target
        self._num_shown = 0
        with ExitStack() as on_failure:
            on_failure.callback(flow.close)
            self._painter = PreviewPainter((flow.height, flow.width), _scale(flow, frame_rate))
            with translated_write_errors(target):
                # A plain name: libav takes no names that are not UTF-8.
                stem = f"preview-{target.stem[-12:]}"
                remove_leftovers(target.parent, stem)
                self._temporary = TemporaryFile(target.parent, stem)
                on_failure.callback(self._temporary.close)
                self._writer = VideoWriter(
                    self._temporary.path, size=self._painter.size, frame_rate=frame_rate
                )
            on_failure.pop_all()

    def add(self, frames: NDArray[np.uint8], threads: ThreadPoolExecutor) -> None:
        """Show the next frames; the last one of a video has no flow and is not shown."""
        start = self._num_shown
        stop = min(start + len(frames), self._flow.num_flows)
        self._num_shown = stop
        flows = self._flow.read(start, stop)
        pictures = threads.map(self._painter.paint, frames[: stop - start], flows)
        with translated_write_errors(self._target):
            self._writer.write(pictures)

    def finish(self) -> None:
        """Put the preview in its place."""
        with translated_write_errors(self._target):
            self._writer.finish()
            self._temporary.publish(self._target)
        self._temporary.close()
        self._flow.close()

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._writer.abandon()
        self._temporary.close()
        self._flow.close()


def _scale(flow: FlowFile, frame_rate: int) -> float:
    num_shown = min(flow.num_flows, round(PREVIEW_SECONDS * frame_rate))
    some = np.unique(np.linspace(0, num_shown - 1, _NUM_FLOWS_TO_SCALE).astype(int))
    return choose_scale(np.concatenate([flow.read(each, each + 1) for each in some.tolist()]))
