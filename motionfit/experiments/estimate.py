"""A number measured with several seeds: its mean, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number measured with several seeds.

    Attributes:
        by_seed: Its values.
    """

    by_seed: Mapping[int, float]

    @property
    def num_seeds(self) -> int:
        """How often it was measured."""
        return len(self.by_seed)

    @property
    def mean(self) -> float:
        """Mean over seeds; nan without any."""
        return float(np.mean(self._values)) if self.num_seeds else float("nan")

    @property
    def standard_error(self) -> float:
        """Of the mean: sample deviation over the root of the number of seeds; nan for one seed."""
        if self.num_seeds < 2:
            return float("nan")
        return float(np.std(self._values, ddof=1) / np.sqrt(self.num_seeds))

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the difference, seed by seed, of the seeds that both were measured with."""
        common = self.by_seed.keys() & other.by_seed.keys()
        return Estimate(by_seed={seed: self.by_seed[seed] - other.by_seed[seed] for seed in common})

    @property
    def _values(self) -> list[float]:
        return list(self.by_seed.values())
