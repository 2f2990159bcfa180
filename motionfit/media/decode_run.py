"""One pass over some tasks: hands them to decoder processes and turns replies into events."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from motionfit.errors import (
    DecodeMemoryError,
    DecoderCrashError,
    DecodeTimeoutError,
    UnreadableVideoError,
)
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
from motionfit.media.worker.crew import WorkerCrew
from motionfit.media.worker.process import WorkerProcess
from motionfit.media.worker.replies import (
    ChunkDecoded,
    Failed,
    Finished,
    Identified,
    Ready,
    Reply,
    Skipped,
)

Skip = Callable[[DecodeTask, VideoIdentity], bool]

_MAX_EVENTS_AHEAD = 64
_LONGEST_WAIT_SECONDS = 1.0


class DecodeRun(threading.Thread):
    """One pass over some tasks, in a thread of its own; the consumer iterates over `events`."""

    def __init__(
        self, crew: WorkerCrew, tasks: Iterable[DecodeTask], skip: Skip | None = None
    ) -> None:
        super().__init__(name="motionfit-decode-run", daemon=True)
        self._crew = crew
        self._tasks = iter(tasks)
        self._upcoming: DecodeTask | None = None
        self._skip = skip
        self._videos: dict[WorkerProcess, _Video] = {}
        self._events: SimpleQueue[DecodeEvent | None] = SimpleQueue()
        self._failure: BaseException | None = None
        self._is_stopped = False

    def events(self) -> Iterator[DecodeEvent]:
        """Yield events until every task has come to its end.

        Raises:
            DecoderStartError: Decoder processes cannot be started, or die without taking a task.
            RuntimeError: The run was stopped before its end.
            BaseException: Whatever the tasks' iterator or ``skip`` has raised.
        """
        while (event := self._next_event()) is not None:
            yield event
            self._crew.wake()
        if self._failure is not None:
            raise self._failure

    def _next_event(self) -> DecodeEvent | None:
        # A signal that comes between Python's last look for one and the wait itself would be
        # noticed only after the wait: so none is long.
        while True:
            with suppress(Empty):
                return self._events.get(timeout=_LONGEST_WAIT_SECONDS)

    def stop(self) -> None:
        """End the run, at once if need be, and wait for that.

        Where its end was not awaited the processes are killed: some may still work on it, others
        wait for the release of chunks that nobody has seen.
        """
        self._is_stopped = True
        self._crew.wake()
        self.join()
        if self._failure is not None or not self._events.empty():
            self._crew.kill_all()

    def run(self) -> None:
        """Serve the tasks and note what goes wrong; the thread's own function."""
        try:
            self._serve()
        except BaseException as error:  # noqa: BLE001 - raised again where the consumer waits
            self._failure = error
        self._events.put(None)

    def _serve(self) -> None:
        self._upcoming = next(self._tasks, None)
        while self._upcoming is not None or self._videos:
            if self._is_stopped:
                raise RuntimeError("the decode pool was closed before its tasks came to their end")
            self._hand_out()
            for worker in self._crew.wait_for_news():
                self._receive(worker)
            self._end_overdue()

    def _hand_out(self) -> None:
        if self._upcoming is not None:
            self._crew.start_missing()
        for worker in self._crew.workers:
            if self._upcoming is None or self._events.qsize() >= _MAX_EVENTS_AHEAD:
                return
            if worker.is_free:
                self._videos[worker] = _Video(self._upcoming)
                self._crew.assign(worker, self._upcoming)
                self._upcoming = next(self._tasks, None)

    def _receive(self, worker: WorkerProcess) -> None:
        try:
            reply = worker.receive()
        except (EOFError, OSError):
            self._lose(worker, self._crew.dismiss(worker))
        except ValueError as error:
            worker.kill()
            self._crew.dismiss(worker)
            self._lose(worker, f"it sent what no decoder sends: {error}")
        else:
            if not isinstance(reply, Ready):
                self._act(worker, self._videos[worker], reply)

    def _act(self, worker: WorkerProcess, video: "_Video", reply: Reply) -> None:
        match reply:
            case Identified(identity=identity):
                video.identity = identity
                is_known = self._skip is not None and self._skip(video.task, identity)
                worker.answer(skip=is_known)
            case ChunkDecoded():
                self._hand_on(worker, video, reply)
            case Skipped(identity=identity):
                self._finish(worker, VideoSkipped(task=video.task, identity=identity))
            case Finished():
                self._finish(worker, video.complete())
            case Failed(error=error):
                if isinstance(
                    error, DecodeMemoryError
                ):  # what it could not have, it may still hold
                    worker.kill()
                    self._crew.dismiss(worker)
                self._finish(worker, VideoFailed(task=video.task, error=error))

    def _hand_on(self, worker: WorkerProcess, video: "_Video", chunk: ChunkDecoded) -> None:
        frames, ticket = worker.hold(chunk)
        video.add(chunk.clips)
        release = partial(self._crew.request_release, worker, chunk.slot, ticket)
        clips = replace(chunk.clips, frames=frames)
        self._events.put(ClipsDecoded(task=video.task, clips=clips, release=release))

    def _end_overdue(self) -> None:
        for worker in tuple(self._crew.workers):
            seconds = worker.exceeded_seconds()
            if seconds is None:
                continue
            worker.kill()
            self._crew.dismiss(worker)
            if worker in self._videos:
                task = self._videos[worker].task
                error = DecodeTimeoutError(task.path, seconds)
                self._finish(worker, VideoFailed(task=task, error=error))

    def _lose(self, worker: WorkerProcess, cause: str) -> None:
        if worker in self._videos:
            task = self._videos[worker].task
            error = DecoderCrashError(task.path, cause)
            self._finish(worker, VideoFailed(task=task, error=error))

    def _finish(
        self, worker: WorkerProcess, end: VideoDecoded | VideoSkipped | VideoFailed
    ) -> None:
        worker.task = None
        del self._videos[worker]
        self._events.put(end)


class _Video:
    """What is known so far of a video that is being decoded."""

    def __init__(self, task: DecodeTask) -> None:
        self.task = task
        self.identity: VideoIdentity | None = None
        self._num_clips = 0
        self._last_chunk: DecodedClips | None = None

    def add(self, chunk: DecodedClips) -> None:
        self._num_clips += chunk.num_clips
        self._last_chunk = chunk

    def complete(self) -> VideoDecoded | VideoFailed:
        last = self._last_chunk
        if last is None:
            error = UnreadableVideoError(self.task.path, "its decoder has delivered nothing")
            return VideoFailed(task=self.task, error=error)
        return VideoDecoded(
            task=self.task,
            identity=self.identity,
            info=last.info,
            num_clips=self._num_clips,
            num_frames_expected=last.num_frames_expected,
            num_frames_decoded=last.num_frames_decoded,
            has_size_change=last.has_size_change,
        )
