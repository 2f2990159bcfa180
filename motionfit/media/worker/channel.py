"""A decoder process's end of the line to its parent."""

import json
import os
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

from motionfit.media.decode_events import DecodeTask
from motionfit.media.worker.replies import Reply, write_reply
from motionfit.media.worker.task_message import task_from_json


class WorkerChannel:
    """Receives tasks and answers, sends replies, and knows which slots the parent has released.

    The process ends when the line does.
    """

    def __init__(self, connection: Connection, *, num_slots: int) -> None:
        self._connection = connection
        self._free_slots = deque(range(num_slots))

    def next_task(self) -> DecodeTask:
        """Wait for the next task; a relative path is then one from this process's directory."""
        message = self._receive("task")
        if message["directory"] is not None:
            os.chdir(message["directory"])
        return task_from_json(message["task"])

    def is_to_skip(self) -> bool:
        """Wait for the answer to `Identified`."""
        return bool(self._receive("skip")["skip"])

    def free_slot(self) -> int:
        """Wait until a slot is free and return it; it is the same one until it is handed over."""
        while not self._free_slots:
            self._receive("released")
        return self._free_slots[0]

    def hand_over(self, slot: int) -> None:
        """Take the free slot away until the parent releases it."""
        self._free_slots.remove(slot)

    def send(self, reply: Reply) -> None:
        """Tell the parent something."""
        try:
            self._connection.send_bytes(write_reply(reply))
        except OSError:
            os._exit(0)

    def _receive(self, kind: str) -> dict[str, Any]:
        """Return the next message that has a field ``kind``, noting released slots on the way."""
        while True:
            try:
                message: dict[str, Any] = json.loads(self._connection.recv_bytes())
            except (EOFError, OSError):
                # Not an exception: decoders take EOFError for the end of a video.
                os._exit(0)
            if "released" in message:
                self._free_slots.append(message["released"])
            if kind in message:
                return message
