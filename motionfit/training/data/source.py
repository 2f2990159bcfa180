"""What a loader loads from: batches by their numbers."""

from typing import Any, Protocol


class ClipSource(Protocol):
    """Batches of clips, each a function of its epoch and step alone; threads may ask at once."""

    @property
    def num_videos(self) -> int:
        """Videos of an epoch."""
        ...

    def num_steps(self, batch_size: int) -> int:
        """Return the steps of an epoch.

        Args:
            batch_size: Videos of a step, in all processes together.
        """
        ...

    def batch(
        self, epoch: int, step: int, batch_size: int, *, rank: int = 0, world_size: int = 1
    ) -> Any:
        """Return this process's part of a batch: a `ClipBatch`, or a dataclass of several.

        The parts of all processes in a row are exactly the batch of a single process.

        Args:
            epoch: From 0.
            step: From 0, less than `num_steps`.
            batch_size: Videos of a step, in all processes together.
            rank: Which process, from 0.
            world_size: How many there are.
        """
        ...
