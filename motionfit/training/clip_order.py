"""Clip order: told apart are the n! orders in which n clips of a video can be shown.

Source: Xu et al., "Self-supervised Spatiotemporal Learning via Video Clip Order Prediction" (CVPR
2019), sections 3.2-3.3.
"""

import math
from functools import cache
from itertools import combinations, permutations

import torch
from torch import Tensor, nn

from motionfit.errors import ConfigError
from motionfit.training.dropout import SeededDropout
from motionfit.training.network import build_linear

MAX_CLIPS = 6


@cache
def clip_orders(num_clips: int) -> tuple[tuple[int, ...], ...]:
    """Return every order, as ``itertools.permutations`` has them; an order's label is its place.

    An order's entry at position p is the original index of the clip shown at position p::

        3 clips   0 (0, 1, 2)   1 (0, 2, 1)   2 (1, 0, 2)
                  3 (1, 2, 0)   4 (2, 0, 1)   5 (2, 1, 0)
    """
    return tuple(permutations(range(num_clips)))


class ClipOrderHead(nn.Module):
    """Every pair of clips is compared by the same layer; all comparisons together name the order.

    ::

        f_i, f_j -> Linear(2 dim, hidden) -> ReLU     for each pair i < j, the same weights
        concatenation -> dropout -> Linear(hidden * pairs, num_clips!)

    Args:
        dim: Values in a clip's features.
        num_clips: Clips shown of a video.
        hidden: Values in a comparison.
        dropout: Share of values dropped in training.
        seed: Of the start values.

    Raises:
        ConfigError: There is no order to tell, or there are too many.
    """

    def __init__(
        self, dim: int, num_clips: int, *, hidden: int = 512, dropout: float = 0.5, seed: int = 0
    ) -> None:
        super().__init__()
        if not 2 <= num_clips <= MAX_CLIPS:
            raise ConfigError("num_clips", num_clips, f"2 to {MAX_CLIPS} to tell orders apart")
        self.num_clips = num_clips
        pairs = tuple(combinations(range(num_clips), 2))
        self._first = [first for first, _ in pairs]
        self._second = [second for _, second in pairs]
        self.compare = build_linear(2 * dim, hidden, seed=seed)
        self.dropout = SeededDropout(dropout)
        self.classify = build_linear(hidden * len(pairs), math.factorial(num_clips), seed=seed + 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(videos, num_clips!)`` logits, in the order of ``clip_orders``.

        Args:
            features: ``(videos, num_clips, dim)``, clips in the order in which they are shown.
        """
        pairs = torch.cat([features[:, self._first], features[:, self._second]], dim=-1)
        comparisons = self.compare(pairs).relu()
        logits: Tensor = self.classify(self.dropout(comparisons.flatten(1)))
        return logits
