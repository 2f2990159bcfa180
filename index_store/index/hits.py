"""Hits: the nearest clips of each query, from one segment or merged from several."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Clips near each query; the same number for every query, and never a place left empty.

    Attributes:
        similarities: ``(num_queries, num_hits)`` float32.
        clip_ids: ``(num_queries, num_hits)`` int64.
        exact: No clip was overlooked, for certain.
    """

    similarities: NDArray[np.float32]
    clip_ids: NDArray[np.int64]
    exact: bool = True

    @classmethod
    def none(cls, num_queries: int) -> Self:
        """Return no hits for each query."""
        return cls(
            similarities=np.empty((num_queries, 0), dtype=np.float32),
            clip_ids=np.empty((num_queries, 0), dtype=np.int64),
        )

    def best(self, k: int) -> Self:
        """Return the first ``k``: nearest first, equally near ones by clip id."""
        order = np.lexsort((self.clip_ids, -self.similarities), axis=1)[:, :k]
        return replace(
            self,
            similarities=np.take_along_axis(self.similarities, order, axis=1),
            clip_ids=np.take_along_axis(self.clip_ids, order, axis=1),
        )

    def joined(self, other: Self) -> Self:
        """Return these and others, in no order."""
        return replace(
            self,
            similarities=np.concatenate([self.similarities, other.similarities], axis=1),
            clip_ids=np.concatenate([self.clip_ids, other.clip_ids], axis=1),
            exact=self.exact and other.exact,
        )
