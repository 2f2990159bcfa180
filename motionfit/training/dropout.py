"""Dropout that depends on a seed and the place in the run, not on what was drawn before.

PyTorch's own dropout draws from one global generator: threads that share it draw in an order that
nobody can repeat, and to continue a run its state would have to be kept for every process.
"""

import hashlib

import torch
from torch import Tensor, nn

from motionfit.errors import ConfigError


class SeededDropout(nn.Module):
    """Zero a share of the values in training, and scale the others so that the mean stays.

    Args:
        share: Of values that become zero.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        if not 0 <= share < 1:
            raise ConfigError("dropout", share, "from 0 to below 1")
        self.share = share
        self._generator: torch.Generator | None = None
        self._seed = 0

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, some of them zero; in evaluation mode as they are."""
        if not self.training or self.share == 0:
            return values
        uniform = torch.rand(values.shape, generator=self._drawing_on(values), device=values.device)
        return values * (uniform >= self.share) / (1 - self.share)

    def reseed(self, seed: int) -> None:
        """Begin anew: equal seeds drop the same of what follows."""
        self._seed = seed
        self._generator = None

    def _drawing_on(self, values: Tensor) -> torch.Generator:
        if self._generator is None or self._generator.device != values.device:
            self._generator = torch.Generator(values.device).manual_seed(self._seed)
        return self._generator

    def __deepcopy__(self, memo: dict[int, object]) -> "SeededDropout":
        # A generator cannot be copied, and a copy starts anew anyhow.
        copy = SeededDropout(self.share).train(self.training)
        copy.reseed(self._seed)
        return copy


def reseed_dropout(network: nn.Module, *place: int) -> None:
    """Give every dropout of a network a seed made of its number and ``place``.

    Args:
        network: Changed in place.
        place: Such as seed, epoch, step and micro-batch.
    """
    layers = [module for module in network.modules() if isinstance(module, SeededDropout)]
    for number, layer in enumerate(layers):
        text = ",".join(map(str, (*place, number)))
        layer.reseed(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()))


def check_dropout(network: nn.Module) -> None:
    """Refuse PyTorch's own dropout, with which a run could not be continued exactly.

    Raises:
        ConfigError: There is one.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0:
            raise ConfigError(name, type(module).__name__, "motionfit.training's SeededDropout")
