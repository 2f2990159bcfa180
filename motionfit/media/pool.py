"""Videos decoded side by side in child processes, each of which can be killed.

::

    tasks ──> pool's thread ──> decoder process 1 ── frames in shared memory ──┐
                   │      └───> decoder process 2 ── frames in shared memory ──┤
                   └── events: clips, ends, failures ──────────────────────────┴──> consumer

One hostile file costs only itself: a decoder that crashes, hangs or takes too much memory is killed
and replaced, its video fails with one error, and all others go on. That is why this is neither
``concurrent.futures.ProcessPoolExecutor`` (one abort fails its neighbours) nor
``multiprocessing.Pool`` (the task of a dead worker never returns).
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np

from motionfit.errors import ConfigError, DecoderStartError
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import ClipsDecoded, DecodeEvent, DecodeTask, VideoFailed
from motionfit.media.decode_run import DecodeRun, Skip
from motionfit.media.reader import ReaderChoice
from motionfit.media.sampling import ClipSampling
from motionfit.media.worker.crew import WorkerCrew
from motionfit.media.worker.settings import WorkerSettings


class DecodePool:
    """Decoder processes, used in a ``with`` statement.

    Entering starts the processes and returns at once, so that they load while the caller does.
    Leaving kills them. The caller's script needs no guard ``if __name__ == "__main__"``.
    """

    def __init__(self, *, num_workers: int, settings: WorkerSettings | None = None) -> None:
        """Note how many processes to start, and what with.

        Raises:
            ConfigError: There would be no process.
        """
        if num_workers < 1:
            raise ConfigError("num_workers", num_workers, "at least 1")
        self._num_workers = num_workers
        self._settings = settings or WorkerSettings()
        self._crew: WorkerCrew | None = None
        self._run: DecodeRun | None = None

    def __enter__(self) -> "DecodePool":
        crew = WorkerCrew(self._settings, self._num_workers)
        try:
            crew.start_missing()
        except DecoderStartError:
            crew.close()
            raise
        self._crew = crew
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end_run()
        if self._crew is not None:
            self._crew.close()
            self._crew = None

    def run(
        self, tasks: Iterable[DecodeTask], *, skip: Skip | None = None
    ) -> Generator[DecodeEvent, None, None]:
        """Yield what becomes of each task; decoding goes on while the caller is busy.

        For each task: any number of `ClipsDecoded`, then exactly one of `VideoDecoded`,
        `VideoSkipped` and `VideoFailed`. Events of different tasks are mixed. A decoder goes on as
        its chunks are released: who keeps all of them waits for the next event for ever.

        A caller that leaves the iteration early, and closes it, ends the work in progress. One run
        at a time.

        Args:
            tasks: Consumed lazily, one ahead of what is being decoded, in the pool's thread.
            skip: Called in the pool's thread for a task with ``identify`` before it is decoded:
                True where that content is known and need not be decoded. All decoders wait
                meanwhile, so it should be quick.

        Raises:
            DecoderStartError: Decoder processes cannot be started, or die without taking a task.
            RuntimeError: The pool is not entered, or busy with another run.
        """
        if self._crew is None or self._run is not None:
            raise RuntimeError("a decode pool runs once at a time, inside its with statement")
        run = self._run = DecodeRun(self._crew, tasks, skip)
        run.start()
        try:
            yield from run.events()
        finally:
            if self._run is run:
                self._end_run()

    def _end_run(self) -> None:
        """End the run in progress, if there is one; processes that still work on it are killed."""
        run, self._run = self._run, None
        if run is not None:
            run.stop()


def decode_clips(
    path: str | Path,
    sampling: ClipSampling,
    size: tuple[int, int] | None = None,
    *,
    reader: ReaderChoice = "auto",
    settings: WorkerSettings | None = None,
) -> DecodedClips:
    """Return all clips of one video, decoded in a process of its own and copied out of it.

    Args:
        path: The video.
        sampling: The clips to take.
        size: ``(height, width)`` of the frames, px; None is the video's own.
        reader: Which reader serves.
        settings: What the process is started with, limits among them; None leaves it to the reader
            how many threads to use.

    Raises:
        MediaError: The video cannot be decoded within the limits.
        ConfigError: The sampling does not fit the video.
    """
    chunks: list[DecodedClips] = []
    task = DecodeTask(path=Path(path), sampling=sampling, size=size, reader=reader)
    settings = settings or WorkerSettings(threads=None)
    with DecodePool(num_workers=1, settings=settings) as pool:
        for event in pool.run([task]):
            match event:
                case ClipsDecoded(clips=clips, release=release):
                    chunks.append(replace(clips, frames=clips.frames.copy()))
                    release()
                case VideoFailed(error=error):
                    raise error
    return _join(chunks)


def _join(chunks: Sequence[DecodedClips]) -> DecodedClips:
    first_rows = np.cumsum([0, *(len(chunk.frames) for chunk in chunks)])
    return replace(
        chunks[-1],
        frames=np.concatenate([chunk.frames for chunk in chunks]),
        positions=np.concatenate(
            [chunk.positions + first for chunk, first in zip(chunks, first_rows, strict=False)]
        ),
        start_seconds=np.concatenate([chunk.start_seconds for chunk in chunks]),
        end_seconds=np.concatenate([chunk.end_seconds for chunk in chunks]),
    )
