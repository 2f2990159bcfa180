"""Parts of a batch that are normalised and differentiated by themselves."""

from dataclasses import dataclass
from typing import Any

from motionfit.training.batches import cut


@dataclass(frozen=True, kw_only=True)
class MicroBatch:
    """Some videos of a batch.

    Attributes:
        content: The videos.
        number: Of this micro-batch among all of the step, in all processes.
        weight: Its share of the step's videos.
    """

    content: Any
    number: int
    weight: float


def cut_into_micro_batches(
    batch: Any, micro_batches: int, *, rank: int = 0, world_size: int = 1
) -> list[MicroBatch]:
    """Return this process' micro-batches, as equal in size as can be; empty ones are left out.

    Micro-batch ``m`` of ``M`` holds the videos from ``m * videos // M`` on, so that one process
    and several cut a batch alike.

    Args:
        batch: This process' part of a batch.
        micro_batches: Of all processes together, a multiple of ``world_size``.
        rank: Which process this is.
        world_size: How many there are.
    """
    joint = batch.num_videos_joint
    first = rank * joint // world_size
    num_own = micro_batches // world_size
    parts = []
    for number in range(rank * num_own, (rank + 1) * num_own):
        start, stop = (edge * joint // micro_batches for edge in (number, number + 1))
        if start < stop:
            content = cut(batch, start - first, stop - first)
            parts.append(MicroBatch(content=content, number=number, weight=(stop - start) / joint))
    return parts
