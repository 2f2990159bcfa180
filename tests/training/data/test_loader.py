import threading
import time
from collections.abc import Callable

import pytest
import torch

from motionfit.errors import ConfigError, UnreadableVideoError
from motionfit.media.packed.videos import PackedVideos
from motionfit.training.data.batch import ClipBatch
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.loader import Loader
from motionfit.training.data.settings import ClipSettings

SMALL = ClipSettings(clip_length=5, num_clips=2, crop=(12, 14))


class Numbered:
    """Five batches an epoch that hold their own numbers; what is made is noted."""

    num_videos = 10

    def __init__(self, meet: Callable[[int, int], None] | None = None) -> None:
        self.meet = meet
        self.made: list[tuple[int, int]] = []

    def num_steps(self, batch_size: int) -> int:
        return self.num_videos // batch_size

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> ClipBatch:
        self.made.append((epoch, step))
        if self.meet is not None:
            self.meet(epoch, step)
        numbers = torch.tensor([epoch, step, batch_size, rank, world_size])
        return ClipBatch(clips=numbers, videos=numbers, starts=numbers, num_videos_joint=2)


def numbers_of(batch: ClipBatch) -> tuple[int, int]:
    epoch, step, *_ = batch.videos.tolist()
    return epoch, step


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def slow_first(epoch: int, step: int) -> None:
    time.sleep(0.02 if step % 2 == 0 else 0)


def test_batches_come_in_order_whichever_thread_is_first() -> None:
    with Loader(Numbered(slow_first), batch_size=2, num_threads=4, num_epochs=3) as loader:
        seen = [numbers_of(batch) for epoch in range(3) for batch in loader.batches(epoch)]
    assert seen == [(epoch, step) for epoch in range(3) for step in range(5)]


def test_batches_are_those_of_the_source(frames: PackedVideos) -> None:
    clips = TrainingClips(frames, SMALL, seed=1)
    with Loader(clips, batch_size=4, rank=1, world_size=2) as loader:
        loaded = list(loader.batches(0))
    assert len(loaded) == loader.num_steps == 2
    for step, batch in enumerate(loaded):
        wanted = clips.batch(0, step, 4, rank=1, world_size=2)
        assert torch.equal(batch.clips, wanted.clips)


def test_an_epoch_is_resumed_in_its_middle() -> None:
    source = Numbered()
    with Loader(source, batch_size=2, num_epochs=4) as loader:
        assert [numbers_of(batch) for batch in loader.batches(2, 3)] == [(2, 3), (2, 4)]
        assert [numbers_of(batch)[0] for batch in loader.batches(3)] == [3] * 5
    assert min(source.made) == (2, 3)
    assert len(source.made) == len(set(source.made)) == 7


def test_an_epoch_that_is_left_early_can_be_begun_again() -> None:
    with Loader(Numbered(), batch_size=2) as loader:
        assert numbers_of(next(loader.batches(0))) == (0, 0)
        assert [numbers_of(batch) for batch in loader.batches(0)] == [(0, s) for s in range(5)]


def test_the_next_epoch_is_begun_before_this_one_ends_but_none_after_the_last() -> None:
    source = Numbered()
    with Loader(source, batch_size=2, num_epochs=2, num_ahead=3) as loader:
        batches = loader.batches(0)
        for _ in range(5):
            next(batches)
        wait_until(lambda: (1, 1) in source.made)
        list(loader.batches(1))
    assert max(source.made) == (1, 4)


def test_only_so_many_batches_are_made_ahead() -> None:
    source = Numbered()
    with Loader(source, batch_size=2, num_ahead=2, num_threads=3) as loader:
        next(loader.batches(0))
        wait_until(lambda: len(source.made) == 3)
        time.sleep(0.05)
        assert len(source.made) == 3


def test_what_a_thread_meets_is_raised_where_it_belongs() -> None:
    def fail(epoch: int, step: int) -> None:
        if step == 2:
            raise UnreadableVideoError("video.mp4", "the disk is gone")

    with Loader(Numbered(fail), batch_size=2) as loader:
        batches = loader.batches(0)
        assert [numbers_of(next(batches))[1] for _ in range(2)] == [0, 1]
        with pytest.raises(UnreadableVideoError, match="the disk is gone"):
            next(batches)


def test_waiting_is_measured() -> None:
    def sleep(epoch: int, step: int) -> None:
        time.sleep(0.03)

    with Loader(Numbered(sleep), batch_size=2, num_threads=1) as starving:
        list(starving.batches(0))
    assert starving.wait_seconds > 0.1
    with Loader(Numbered(), batch_size=2) as fed:
        for _ in fed.batches(0):
            time.sleep(0.01)
    assert fed.wait_seconds < starving.wait_seconds / 2


def test_no_thread_outlives_the_loader() -> None:
    before = threading.active_count()
    with Loader(Numbered(slow_first), batch_size=2, num_threads=3, num_ahead=5) as loader:
        next(loader.batches(0))
    assert threading.active_count() == before


def test_a_loader_that_could_not_load_is_refused() -> None:
    with pytest.raises(ConfigError, match="num_threads is 0"):
        Loader(Numbered(), batch_size=2, num_threads=0)
    with pytest.raises(ConfigError, match="num_ahead is 0"):
        Loader(Numbered(), batch_size=2, num_ahead=0)
