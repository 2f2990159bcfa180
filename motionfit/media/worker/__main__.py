"""A decoder process: takes one task at a time from its parent and decodes into shared memory.

It is started by `motionfit.media.worker.launch` as ``python -m motionfit.media.worker``, so that it
loads nothing but what decoding needs. It has no clean-up to do and may be killed at any moment.
"""

import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from motionfit.errors import DecodeMemoryError, MotionFitError
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import DecodeTask
from motionfit.media.identity import hash_content, unchanging_file
from motionfit.media.probe import probe
from motionfit.media.worker.channel import WorkerChannel
from motionfit.media.worker.limits import apply_limits
from motionfit.media.worker.replies import (
    ChunkDecoded,
    Failed,
    Finished,
    Identified,
    Ready,
    Reply,
    Skipped,
)
from motionfit.media.worker.settings import WorkerSettings
from motionfit.media.worker.shared_frames import SharedFrames
from motionfit.media.worker.slot_writer import SlotWriter

Decode = Callable[..., Iterator[DecodedClips]]

# Where decord finds this package it loads all CUDA libraries in it: 3 GiB of address space, 600 MiB
# of memory and half a second for what its decoders on the CPU never call.
_CUDA_LIBRARIES = "nvidia"


def main(connection_fd: int, frames_fd: int, parent_pid: int, settings: WorkerSettings) -> None:
    """Serve tasks until killed, or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then kills
    threading.Thread(target=_exit_with_parent, args=(parent_pid,), daemon=True).start()
    os.nice(settings.niceness)
    sys.modules[_CUDA_LIBRARIES] = None  # type: ignore[assignment]  # not to be found
    frames = SharedFrames(frames_fd, num_slots=settings.num_slots, slot_bytes=settings.slot_bytes)
    channel = WorkerChannel(Connection(connection_fd), num_slots=settings.num_slots)
    decode = _import_function(settings.decode)
    apply_limits(settings.limits)
    channel.send(Ready())
    while True:
        task = channel.next_task()
        writer = SlotWriter(task.path, settings.slot_bytes, channel, frames)
        channel.send(_perform(task, decode, settings, channel, writer))


def _perform(
    task: DecodeTask,
    decode: Decode,
    settings: WorkerSettings,
    channel: WorkerChannel,
    writer: SlotWriter,
) -> Reply:
    try:
        with unchanging_file(task.path) as file:
            if task.identify:
                identity = hash_content(file, task.path)
                channel.send(Identified(identity=identity))
                if channel.is_to_skip():
                    return Skipped(identity=identity)
            for chunk in decode(
                task.path,
                task.sampling,
                task.size,
                reader=task.reader,
                max_frames=_max_frames(task, settings),
                allocate=writer.allocate,
                threads=settings.threads,
            ):
                slot = writer.hand_over(chunk.frames)
                shape = chunk.frames.shape
                channel.send(ChunkDecoded(slot=slot, shape=shape, clips=chunk))
    except MotionFitError as error:
        return Failed(error=error)
    except MemoryError:
        return Failed(error=DecodeMemoryError(task.path, settings.limits.memory_bytes))
    return Finished()


def _max_frames(task: DecodeTask, settings: WorkerSettings) -> int:
    """Return how many frames a chunk may hold so that they fit into a slot."""
    if task.size is None:
        info = probe(task.path)
        height, width = info.height, info.width
    else:
        height, width = task.size
    frame_bytes = max(1, height * width * 3)
    return max(1, min(settings.max_frames, settings.slot_bytes // frame_bytes))


def _import_function(dotted: str) -> Decode:
    module, _, name = dotted.partition(":")
    function: Decode = getattr(importlib.import_module(module), name)
    return function


def _exit_with_parent(parent_pid: int) -> None:
    """End this process within a second of its parent, also where a decoder hangs."""
    while os.getppid() == parent_pid:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    connection_fd, frames_fd, parent_pid, settings_json = sys.argv[1:]
    main(
        int(connection_fd),
        int(frames_fd),
        int(parent_pid),
        WorkerSettings.from_json(settings_json),
    )
