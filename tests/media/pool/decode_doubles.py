"""Stands in for `stream_clips` in decoder processes: a "video" is a line that says what happens.

``good 7``: two chunks of three frames, all of the value 7. Others misbehave as their name says.
"""

import ctypes
import json
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from motionfit.errors import UnreadableVideoError
from motionfit.media.clips import DecodedClips
from motionfit.media.video import VideoInfo

CLIP_LENGTH = 2


def make_chunk(path, frames):
    return DecodedClips(
        frames=frames,
        positions=np.array([[0, 1], [1, 2]], dtype=np.int64),
        start_seconds=np.array([0.0, 0.1]),
        end_seconds=np.array([0.2, 1 / 3]),
        info=VideoInfo(
            path=path,
            duration_seconds=0.3,
            num_frames=3,
            frame_rate=10.0,
            height=frames.shape[1],
            width=frames.shape[2],
            rotation_degrees=0,
            codec="double",
            container="text",
            pixel_format="rgb24",
        ),
        reader="pyav",
        num_frames_expected=4,
        num_frames_decoded=3,
        is_stretched=False,
    )


def decode(path, sampling, size, *, reader, max_frames, allocate, threads):
    name, *values = Path(path).read_text().split()
    yield from BEHAVIOURS[name](Path(path), size, allocate, *values)


def good(path, size, allocate, value, num_chunks="2"):
    for _ in range(int(num_chunks)):
        frames = allocate((3, *size, 3))
        frames[...] = int(value)
        yield make_chunk(path, frames)


def good_elsewhere(path, size, allocate, value):
    """Frames that do not lie in the memory given, and not in C order."""
    yield make_chunk(path, np.full((3, size[1], size[0], 3), int(value), np.uint8).swapaxes(1, 2))


def starts_over(path, size, allocate, value):
    allocate((50, *size, 3))[...] = 99
    yield from good(path, size, allocate, value)


def crashes_after_a_chunk(path, size, allocate):
    yield from good(path, size, allocate, 1, 1)
    os.kill(os.getpid(), signal.SIGSEGV)


def segfaults(path, size, allocate):
    ctypes.string_at(0)
    yield


def aborts(path, size, allocate):
    sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
    sys.stderr.flush()
    os.abort()
    yield


def exits(path, size, allocate):
    os._exit(3)
    yield


def raises(path, size, allocate):
    sys.stderr.write("noise\n" * 100_000)
    raise RuntimeError("a bug in the reader")
    yield


def refuses(path, size, allocate):
    raise UnreadableVideoError(path, "it is a poem")
    yield


def refuses_with_memory_in_hand(path, size, allocate):
    allocate((3, *size, 3))
    raise UnreadableVideoError(path, "it is half a poem")
    yield


def delivers_nothing(path, size, allocate):
    yield from ()


def hangs(path, size, allocate):
    while True:
        time.sleep(60)
    yield


def hangs_in_c(path, size, allocate):
    ctypes.PyDLL(None).sleep(3600)  # a PyDLL keeps the interpreter's lock
    yield


def spins(path, size, allocate):
    while True:
        pass
    yield


def reads_for_long(path, size, allocate, seconds):
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        path.read_bytes()
        time.sleep(0.05)
    yield from good(path, size, allocate, 5)


def never_ends(path, size, allocate):
    while True:
        time.sleep(0.02)
        yield from good(path, size, allocate, 1, 1)


def eats_memory(path, size, allocate):
    eaten = []
    while True:
        eaten.append(np.ones(64 << 20, np.uint8))
    yield


def wants_too_large_a_slot(path, size, allocate):
    allocate((2, 40_000, 30_000, 3))
    yield


def fills_the_disk(path, size, allocate):
    with path.with_suffix(".large").open("wb") as file:
        file.write(bytes(64 << 20))
    yield


def is_written_to(path, size, allocate):
    yield from good(path, size, allocate, 1)
    with path.open("a") as file:
        file.write("more")


def sends(path, size, allocate, *words):
    """Say to the parent what no decoder says."""
    line = Connection(os.dup(int(sys.argv[1])))
    text = json.loads(" ".join(words))
    line.send_bytes(text.encode() if isinstance(text, str) else json.dumps(text).encode())
    time.sleep(60)
    yield


def sends_a_giant(path, size, allocate):
    os.write(int(sys.argv[1]), (1 << 30).to_bytes(4, "big"))
    time.sleep(60)
    yield


def sends_half_a_message(path, size, allocate):
    os.write(int(sys.argv[1]), (100).to_bytes(4, "big") + b"{")
    time.sleep(60)
    yield


def says_where_it_runs(path, size, allocate):
    own = f"{os.getpid()} {os.getppid()} {os.nice(0)} {sys.modules.get('torch')}"
    raise UnreadableVideoError(path, own)
    yield


BEHAVIOURS = {name: value for name, value in globals().items() if callable(value)}
