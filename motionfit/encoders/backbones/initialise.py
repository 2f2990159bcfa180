"""Random weights that depend on a seed and on nothing else."""

import math

import torch
from torch import nn


def initialise(backbone: nn.Module, seed: int) -> None:
    """Give every weight a start value; PyTorch's global generator is neither read nor moved.

    Convolutions: normal, variance ``2 / fan_out`` (He et al. 2015), as torchvision starts its video
    networks. Batch norm: identity. Linear: normal with deviation 0.01, as S3D-G starts its gates.

    Args:
        backbone: On the CPU; changed in place.
        seed: Equal seeds give equal weights.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in backbone.modules():
        if isinstance(module, nn.Conv3d):
            fan_out = module.out_channels * math.prod(module.kernel_size)
            module.weight.data.normal_(0, math.sqrt(2 / fan_out), generator=generator)
        elif isinstance(module, nn.Linear):
            module.weight.data.normal_(0, 0.01, generator=generator)
        elif isinstance(module, nn.BatchNorm3d):
            module.reset_parameters()
