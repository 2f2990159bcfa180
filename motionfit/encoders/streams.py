"""Clips side by side on a CPU, each on cores of its own.

With all cores on one clip, every layer ends in a meeting of all threads, and where decoders run on
the same cores the meeting waits for whichever thread is not scheduled: measured beside busy
decoders, one clip on two cores takes several times as long as two clips on one core each
(`python benchmarks/encode.py --busy 2`).
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_streams(
    function: Callable[[Item], Result], items: Iterable[Item], num_streams: int
) -> list[Result]:
    """Return ``function`` of each item, in order, several at once.

    The threads that PyTorch may use here (``torch.get_num_threads``) are dealt out to the streams.
    """
    if num_streams == 1:
        return [function(item) for item in items]
    threads_each = max(1, torch.get_num_threads() // num_streams)
    return list(_pool(num_streams, threads_each).map(function, items))


@cache
def _pool(num_streams: int, threads_each: int) -> ThreadPoolExecutor:
    """Return a pool whose threads each run PyTorch's operators on ``threads_each`` threads.

    ``torch.set_num_threads`` counts for the thread that calls it, and becomes what threads to come
    begin with; the latter is put back once all streams have started.
    """
    default = torch.get_num_threads()
    started = threading.Barrier(num_streams + 1)

    def start() -> None:
        # Reading first: a thread's first use of PyTorch would fetch the default once more.
        torch.get_num_threads()
        torch.set_num_threads(threads_each)
        started.wait()

    pool = ThreadPoolExecutor(num_streams, thread_name_prefix="encode", initializer=start)
    for _ in range(num_streams):
        pool.submit(int)
    started.wait()
    torch.set_num_threads(default)
    return pool
