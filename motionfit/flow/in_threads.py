"""Many calls in threads, without a list of all that is still to be done."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_WAITING_PER_THREAD = 2


def map_in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], *, num_threads: int
) -> Iterator[Result]:
    """Yield what a function returns for each item, in the order in which the calls end.

    Items are taken as threads get free, in the caller's thread. Whoever leaves early, with an error
    or with Ctrl-C, waits for the calls that have begun; no further one begins.

    Args:
        function: Called in the threads; what it raises is raised here.
        items: Consumed lazily.
        num_threads: How many calls at once.
    """
    with ThreadPoolExecutor(num_threads) as threads:
        under_way: set[Future[Result]] = set()
        try:
            for item in items:
                under_way.add(threads.submit(function, item))
                if len(under_way) >= num_threads * _WAITING_PER_THREAD:
                    ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in ended)
            while under_way:
                ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ended)
        finally:
            for future in under_way:
                future.cancel()
