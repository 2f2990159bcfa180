"""A decoder process, seen from its parent."""

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import time
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.media.decode_events import DecodeTask
from motionfit.media.worker.deadline import Deadline
from motionfit.media.worker.launch import describe_end, last_line, start_worker
from motionfit.media.worker.limits import bytes_read
from motionfit.media.worker.replies import (
    MAX_REPLY_BYTES,
    ChunkDecoded,
    Identified,
    Ready,
    Reply,
    read_reply,
)
from motionfit.media.worker.settings import WorkerSettings
from motionfit.media.worker.shared_frames import SharedFrames, create_nameless_file, shared_memory
from motionfit.media.worker.task_message import task_to_json

_SECONDS_TO_DIE = 2.0
_MAX_STALL_SECONDS = 5.0


class WorkerProcess:
    """A decoder process: started by construction, given one task at a time.

    Only one thread may use it.

    Attributes:
        connection: Readable when a reply, or the end of the process, can be received.
        task: What it works on; None while it starts or has nothing to do.
        is_ready: It has started.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self.task: DecodeTask | None = None
        self.is_ready = False
        self._settings = settings
        self._tickets = count()
        self._held: dict[int, int] = {}
        self._awaits_answer = False
        self._bytes_read: int | None = None
        seconds = settings.limits.start_seconds
        self._deadline = Deadline(
            progress_seconds=seconds, total_seconds=seconds, now=time.monotonic()
        )
        with contextlib.ExitStack() as undo:
            self._stderr_fd = create_nameless_file("motionfit-stderr")
            undo.callback(os.close, self._stderr_fd)
            fcntl.fcntl(self._stderr_fd, fcntl.F_SETFL, os.O_APPEND)
            ours, theirs = socket.socketpair()
            _limit_blocking(ours, min(settings.limits.progress_seconds, _MAX_STALL_SECONDS))
            self.connection = Connection(ours.detach())
            undo.callback(self.connection.close)
            with theirs, shared_memory(settings.num_slots * settings.slot_bytes) as frames_fd:
                self._frames = SharedFrames(
                    frames_fd, num_slots=settings.num_slots, slot_bytes=settings.slot_bytes
                )
                self._process = start_worker(settings, theirs.fileno(), frames_fd, self._stderr_fd)
            undo.pop_all()

    @property
    def is_free(self) -> bool:
        """It takes a task now; one that has ended unnoticed does not."""
        return self._is_idle and not self.connection.poll()

    @property
    def expires_at(self) -> float:
        """When it is to be killed if nothing is heard of it, on the clock of `time.monotonic`."""
        return float("inf") if self._is_idle else self._deadline.expires_at

    def assign(self, task: DecodeTask) -> None:
        """Give a free process its next task."""
        self.task = task
        os.ftruncate(self._stderr_fd, 0)
        limits = self._settings.limits
        self._deadline = Deadline(
            progress_seconds=limits.progress_seconds,
            total_seconds=limits.total_seconds,
            now=time.monotonic(),
        )
        self._set_clock()
        directory = None if task.path.is_absolute() else str(Path.cwd())
        self._send({"task": task_to_json(task), "directory": directory})

    def receive(self) -> Reply:
        """Return the next reply.

        Raises:
            EOFError: The process has ended.
            OSError: It has ended, or stopped in the middle of a message.
            ValueError: It has sent what no decoder sends.
        """
        message = self.connection.recv_bytes(MAX_REPLY_BYTES)
        path = Path() if self.task is None else self.task.path
        reply = read_reply(message, path, self._settings.slot_bytes)
        if isinstance(reply, Ready):
            self.is_ready = True
        elif self.task is None:
            raise ValueError("a reply to no task")
        if isinstance(reply, ChunkDecoded) and not self._may_hand_over(reply.slot):
            raise ValueError(f"slot {reply.slot}, which is not free")
        self._awaits_answer = isinstance(reply, Identified)
        self._set_clock()
        return reply

    def answer(self, *, skip: bool) -> None:
        """Answer `Identified`."""
        self._awaits_answer = False
        self._set_clock()
        self._send({"skip": skip})

    def hold(self, chunk: ChunkDecoded) -> tuple[NDArray[np.uint8], int]:
        """Return the frames of a received chunk, and the ticket to release their slot with."""
        ticket = next(self._tickets)
        self._held[chunk.slot] = ticket
        self._set_clock()
        return self._frames.view(chunk.slot, chunk.shape), ticket

    def release(self, slot: int, ticket: int) -> None:
        """Let the decoder write to a slot again; nothing happens if it was released before."""
        if self._held.get(slot) == ticket:
            del self._held[slot]
            self._set_clock()
            self._send({"released": slot})

    def exceeded_seconds(self) -> float | None:
        """Return which deadline has passed, in seconds; None while the process may go on.

        A decoder that has read on in its file makes progress, though it may not have said so.
        """
        now = time.monotonic()
        if now < self.expires_at or self.connection.poll():
            return None
        if self._deadline.is_total_up(now):
            return self._deadline.total_seconds
        read_before, self._bytes_read = self._bytes_read, bytes_read(self._process.pid)
        if self._bytes_read == read_before:
            return self._deadline.progress_seconds
        self._deadline.note_progress(now)
        return None

    def kill(self) -> None:
        """End the process at once; `end` is still to be called."""
        self._process.kill()

    def end(self) -> str:
        """Let go of a process that was killed or has ended by itself, and return how it died."""
        if not self._has_ended_soon():
            self._process.kill()
            self._has_ended_soon()
        cause = describe_end(self._process.returncode, last_line(self._stderr_fd))
        self.connection.close()
        os.close(self._stderr_fd)
        return cause

    def _has_ended_soon(self) -> bool:
        # Not for ever: a process that waits inside the driver of a dead disk cannot be killed.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECONDS_TO_DIE)
        return self._process.returncode is not None

    @property
    def _is_idle(self) -> bool:
        return self.is_ready and self.task is None

    def _may_hand_over(self, slot: int) -> bool:
        return slot < self._settings.num_slots and slot not in self._held

    def _set_clock(self) -> None:
        waits_for_us = self._awaits_answer or len(self._held) == self._settings.num_slots
        self._deadline.set_paused(waits_for_us, time.monotonic())

    def _send(self, message: dict[str, Any]) -> None:
        # A process that has ended is noticed, and its task accounted for, by the next `receive`.
        with contextlib.suppress(OSError):
            self.connection.send_bytes(json.dumps(message).encode("ascii"))


def _limit_blocking(line: socket.socket, seconds: float) -> None:
    """Make reading half a message, or writing to a full line, an ``OSError`` after some time."""
    whole_seconds, rest = divmod(seconds, 1)
    timeval = struct.pack("ll", int(whole_seconds), int(rest * 1e6))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
