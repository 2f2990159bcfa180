"""Random weights that depend on a seed and on nothing else: no machine, no global generator."""

import math
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn


def initialise(backbone: nn.Module, seed: int) -> None:
    """Give every weight a start value; PyTorch's global generator is neither read nor moved.

    Convolutions: uniform of variance ``2 / fan_out`` (He et al. 2015, as torchvision's video
    networks), without bias at first. Linear: uniform of deviation 0.01 (as S3D-G's gates). Batch
    norm: identity. Modules with a method ``start`` see to their own numbers.

    Differs in: uniform where torchvision has normal. Normal numbers come from logarithms and
    cosines, whose last bit is another on another processor, and an encoder's identity with it.

    Args:
        backbone: On the CPU; changed in place.
        seed: Equal seeds give equal weights.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in backbone.modules():
        if isinstance(module, nn.Conv3d):
            fan_out = module.out_channels * math.prod(module.kernel_size)
            _fill(module.weight, math.sqrt(2 / fan_out), generator)
            if module.bias is not None:
                module.bias.data.zero_()
        elif isinstance(module, nn.Linear):
            _fill(module.weight, 0.01, generator)
        elif isinstance(module, nn.BatchNorm3d):
            module.reset_parameters()
        elif isinstance(module, Starting):
            module.start(generator)


@runtime_checkable
class Starting(Protocol):
    """A module with numbers of its own kind."""

    def start(self, generator: torch.Generator) -> None:
        """Give every number that is the module's own a start value."""


def _fill(weight: Tensor, deviation: float, generator: torch.Generator) -> None:
    # Two steps of one rounding each; `uniform_(low, high)` may or may not fuse its own two.
    uniform = torch.rand(weight.shape, generator=generator).sub_(0.5)
    weight.data.copy_(uniform.mul_(math.sqrt(12) * deviation))
