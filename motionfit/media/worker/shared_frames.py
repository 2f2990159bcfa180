"""Frames that pass between two processes through memory which both have mapped.

The memory has no name: it goes when the last process that maps it does, however that one ends.
"""

import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray


class SharedFrames:
    """A few slots of memory of one size, each for the frames of one chunk of clips.

    Pages cost memory only once they are written to, so slots may be much larger than the usual
    chunk.
    """

    def __init__(self, descriptor: int, *, num_slots: int, slot_bytes: int) -> None:
        """Map the slots behind ``descriptor``, which may be closed afterwards."""
        self._slot_bytes = slot_bytes
        self._memory = mmap.mmap(descriptor, num_slots * slot_bytes)

    def view(self, slot: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return the begin of a slot as an array; it keeps the memory mapped while it is in use."""
        return np.ndarray(shape, np.uint8, buffer=self._memory, offset=slot * self._slot_bytes)


@contextmanager
def shared_memory(num_bytes: int) -> Iterator[int]:
    """Give the descriptor of new memory; once closed, whoever has mapped the memory keeps it."""
    descriptor = create_nameless_file("motionfit-frames")
    try:
        os.ftruncate(descriptor, num_bytes)
        if hasattr(os, "memfd_create"):
            # Touching a mapped page of a file that another process cut short kills by SIGBUS.
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        yield descriptor
    finally:
        os.close(descriptor)


def create_nameless_file(purpose: str) -> int:
    """Return the descriptor of an empty file that no path leads to, in memory where possible."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(purpose, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp(prefix=purpose)
    os.unlink(path)  # noqa: PTH108 - a plain string from mkstemp
    return descriptor
