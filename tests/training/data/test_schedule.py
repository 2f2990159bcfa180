from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from motionfit.training.data.schedule import Schedule, shard


def epoch_of(schedule: Schedule, epoch: int, batch_size: int) -> list[list[int]]:
    steps = range(schedule.num_steps(batch_size))
    return [schedule.items(epoch, step, batch_size).tolist() for step in steps]


@given(
    num_items=st.integers(1, 60),
    batch_size=st.integers(1, 20),
    seed=st.integers(0, 99),
    epoch=st.integers(0, 9),
)
def test_an_epoch_shows_every_video_once(
    num_items: int, batch_size: int, seed: int, epoch: int
) -> None:
    schedule = Schedule(num_items=num_items, seed=seed, is_random=True)
    batches = epoch_of(schedule, epoch, batch_size)
    assert sorted(chain(*batches)) == list(range(num_items))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= batch_size


def test_the_last_smaller_batch_can_be_left_out_and_is_of_other_videos_each_time() -> None:
    schedule = Schedule(num_items=10, seed=0, is_random=True, drop_last=True)
    assert [len(batch) for batch in epoch_of(schedule, 0, 4)] == [4, 4]
    left_out = {
        frozenset(range(10)) - set(chain(*epoch_of(schedule, epoch, 4))) for epoch in range(20)
    }
    assert frozenset().union(*left_out) == set(range(10))


def test_the_only_batch_is_never_left_out() -> None:
    schedule = Schedule(num_items=10, seed=0, is_random=True, drop_last=True)
    assert [len(batch) for batch in epoch_of(schedule, 0, 11)] == [10]
    assert [len(batch) for batch in epoch_of(schedule, 0, 10)] == [10]


def test_epochs_and_seeds_differ_and_repeat() -> None:
    orders = {
        (seed, epoch): tuple(
            Schedule(num_items=30, seed=seed, is_random=True).items(epoch, 0, 30).tolist()
        )
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(set(orders.values())) == 9
    again = Schedule(num_items=30, seed=1, is_random=True).items(2, 0, 30)
    assert tuple(again.tolist()) == orders[1, 2]


def test_without_randomness_videos_come_in_their_order() -> None:
    schedule = Schedule(num_items=5, seed=3, is_random=False)
    assert epoch_of(schedule, 7, 2) == [[0, 1], [2, 3], [4]]


@given(num_items=st.integers(0, 40), world_size=st.integers(1, 9))
def test_parts_make_up_the_whole_and_differ_by_one_at_most(num_items: int, world_size: int) -> None:
    items = np.arange(num_items)
    parts = [items[shard(num_items, rank, world_size)] for rank in range(world_size)]
    assert np.array_equal(np.concatenate(parts), items)
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_what_does_not_exist_is_refused() -> None:
    schedule = Schedule(num_items=5, seed=0, is_random=True)
    with pytest.raises(ConfigError, match="step is 3; expected a number from 0 to 2"):
        schedule.items(0, 3, 2)
    with pytest.raises(ConfigError, match="batch_size is 0"):
        schedule.num_steps(0)
    with pytest.raises(ConfigError, match="rank is 2; expected a number from 0 to 1"):
        shard(4, 2, 2)
