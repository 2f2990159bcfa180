"""OpenCV kept to one thread while several of ours call it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_lock = threading.Lock()
_num_inside = 0
_num_threads_before = 0


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV's own threads away while the block runs; any number of threads may be inside.

    OpenCV's setting is one for the whole process: the last to leave puts back what the first found.
    """
    global _num_inside, _num_threads_before
    with _lock:
        if _num_inside == 0:
            _num_threads_before = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _num_inside += 1
    try:
        yield
    finally:
        with _lock:
            _num_inside -= 1
            if _num_inside == 0:
                cv2.setNumThreads(_num_threads_before)
