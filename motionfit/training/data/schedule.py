"""Which videos make up which step: a permutation an epoch, cut into batches, split over processes.

Everything is a function of numbers that are known before, so that a run that was killed, or is made
by several processes, sees what one process would have seen in one go.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError

_ORDER_OF_EPOCH, _ITEM = 0, 1


@lru_cache(maxsize=8)
def epoch_order(num_items: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return a permutation of the items: ``(num_items,)`` int64, not to be written to."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, _ORDER_OF_EPOCH, epoch]))
    order = rng.permutation(num_items).astype(np.int64)
    order.flags.writeable = False
    return order


def item_rng(seed: int, epoch: int, item: int) -> np.random.Generator:
    """Return what decides about one item in one epoch, whatever batch and process it is in."""
    return np.random.default_rng(np.random.SeedSequence([seed, _ITEM, epoch, item]))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The steps of all epochs.

    Attributes:
        num_items: Videos.
        seed: Decides about the order.
        is_random: Permute the items of each epoch; else they come in their order.
        drop_last: Leave out a last batch that would be smaller than the others, unless it is the
            only one.
    """

    num_items: int
    seed: int
    is_random: bool
    drop_last: bool = False

    def num_steps(self, batch_size: int) -> int:
        """Return the steps of an epoch with ``batch_size`` items in each, the last perhaps fewer.

        Raises:
            ConfigError: There would be no step.
        """
        if batch_size < 1:
            raise ConfigError("batch_size", batch_size, "at least 1 video")
        num_full, num_left = divmod(self.num_items, batch_size)
        has_smaller = num_left > 0 and not (self.drop_last and num_full > 0)
        return num_full + has_smaller

    def items(self, epoch: int, step: int, batch_size: int) -> NDArray[np.int64]:
        """Return the items of a step: ``(batch_size,)`` int64, fewer in a smaller last batch.

        Raises:
            ConfigError: The epoch has no such step.
        """
        num_steps = self.num_steps(batch_size)
        if not 0 <= step < num_steps:
            raise ConfigError("step", step, f"a number from 0 to {num_steps - 1}")
        batch = slice(step * batch_size, (step + 1) * batch_size)
        if not self.is_random:
            return np.arange(self.num_items, dtype=np.int64)[batch]
        return epoch_order(self.num_items, self.seed, epoch)[batch]


def shard(num_items: int, rank: int, world_size: int) -> slice:
    """Return the part of a batch that one of several processes makes.

    Parts follow each other and differ by at most one item; with fewer items than processes some are
    empty.

    Raises:
        ConfigError: There is no such process.
    """
    if not 0 <= rank < world_size:
        raise ConfigError("rank", rank, f"a number from 0 to {world_size - 1}")
    return slice(rank * num_items // world_size, (rank + 1) * num_items // world_size)
