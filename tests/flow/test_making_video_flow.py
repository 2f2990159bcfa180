"""Batches of one video, computed in any order by several threads, end in the cache in theirs."""

import threading
import time
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motionfit.errors import FlowNotCachedError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.news import BatchGone, FlowCommitted, News, ThreadFailed
from motionfit.flow.making.threads import Threads, is_any_busy
from motionfit.flow.making.video_flow import QuantisedFlow, VideoEnd, VideoFlow
from motionfit.flow.settings import FlowSettings

SETTINGS = FlowSettings(method="dis")
HASH = "0123456789abcdef" * 4
PATH = Path("video.mp4")


def batch(number: int) -> QuantisedFlow:
    """Return two flows that hold their own number."""
    numbers = np.array([2 * number, 2 * number + 1], np.uint8)[:, None, None, None]
    levels = np.broadcast_to(numbers, (2, 16, 20, 2)).copy()
    return QuantisedFlow(levels=levels, saturated_share=0.25)


def end_after(num_batches: int) -> VideoEnd:
    frames = 2 * num_batches + 1
    return VideoEnd(num_batches=num_batches, num_frames_expected=frames, num_frames_decoded=frames)


def begin(cache: FlowCache) -> tuple[VideoFlow, "SimpleQueue[News]"]:
    news: SimpleQueue[News] = SimpleQueue()
    return VideoFlow(PATH, cache.writer(HASH, SETTINGS), news.put), news


def heard(news: "SimpleQueue[News]") -> list[News]:
    return [news.get() for _ in range(news.qsize())]


def numbers_in(cache: FlowCache) -> list[int]:
    with cache.open(HASH, SETTINGS) as flow:
        assert flow.saturated_share == 0.25
        return flow.read_quantised()[:, 0, 0, 0].tolist()


def leftovers(cache: FlowCache) -> list[Path]:
    return list(cache.cache_dir.rglob("*.part"))


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(5)), end_comes_after=st.integers(0, 5))
def test_whatever_is_computed_first_the_flow_is_in_order(
    order: list[int], end_comes_after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = FlowCache(tmp_path_factory.mktemp("cache"))
    video, news = begin(cache)
    for place, number in enumerate(order):
        if place == end_comes_after:
            video.complete(end_after(5))
        video.deliver(number, batch(number))
    if end_comes_after == 5:
        video.complete(end_after(5))
    assert numbers_in(cache) == list(range(10))
    assert video.is_over
    told = heard(news)
    assert told == [BatchGone(path=PATH, num_pairs=2)] * 5 + [FlowCommitted(path=PATH)]


def test_many_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    cache = FlowCache(tmp_path)
    video, news = begin(cache)
    order = np.random.default_rng(0).permutation(100).tolist()
    threads = Threads(8, name="test", on_failure=lambda error: news.put(ThreadFailed(error=error)))
    for number in order:
        threads.submit(lambda number=number: video.deliver(number, batch(number)))
    threads.submit(lambda: video.complete(end_after(100)))
    told = [news.get(timeout=30) for _ in range(101)]
    threads.stop(wait_seconds=10)
    assert told[-1] == FlowCommitted(path=PATH)
    assert numbers_in(cache) == list(range(200))


def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    cache = FlowCache(tmp_path)
    video, _ = begin(cache)
    video.deliver(0, batch(0))
    video.deliver(2, batch(2))
    assert leftovers(cache)
    video.abandon()
    video.deliver(1, batch(1))
    video.complete(end_after(3))
    assert not leftovers(cache)
    with pytest.raises(FlowNotCachedError):
        cache.open(HASH, SETTINGS)


def test_what_is_committed_stays_when_the_run_is_given_up(tmp_path: Path) -> None:
    cache = FlowCache(tmp_path)
    video, _ = begin(cache)
    video.deliver(0, batch(0))
    video.complete(end_after(1))
    video.abandon()
    assert numbers_in(cache) == [0, 1]


def test_a_job_that_fails_is_told_of_and_the_thread_goes_on() -> None:
    told: SimpleQueue[object] = SimpleQueue()
    threads = Threads(1, name="test", on_failure=told.put)
    threads.submit(lambda: [][0])
    threads.submit(lambda: told.put("next"))
    assert isinstance(told.get(timeout=10), IndexError)
    assert told.get(timeout=10) == "next"
    threads.stop(wait_seconds=10)
    assert not is_any_busy()


def test_stopping_does_not_wait_for_a_job_that_takes_long() -> None:
    told: SimpleQueue[object] = SimpleQueue()
    go_on, begun = threading.Event(), threading.Event()
    threads = Threads(1, name="test", on_failure=told.put)

    def work() -> None:
        begun.set()
        go_on.wait(30)

    threads.submit(work)
    threads.submit(lambda: told.put("began another job"))
    begun.wait(10)
    started = time.monotonic()
    threads.stop(wait_seconds=0.1)
    assert time.monotonic() - started < 5
    assert is_any_busy()
    go_on.set()
    threads.stop(wait_seconds=10)
    assert not is_any_busy()
    assert told.empty()
