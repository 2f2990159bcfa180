"""From the last feature map to one vector a clip.

==========  ===============================================  ==========================
pool        what                                             512 x 2 x 7 x 7 becomes
==========  ===============================================  ==========================
``max``     largest value of each channel                    512
``avg``     mean of each channel                             512
``max122``  largest of each 2x2 square, time kept, flattened  512 * 2 * 3 * 3 = 9,216
``max222``  largest of each 2x2x2 cube, flattened            512 * 1 * 3 * 3 = 4,608
==========  ===============================================  ==========================

A last odd row, column or frame is left out (7 -> 3). A map of one place, such as that of a network
that pools by itself, is its own pool.

Source: ``max122`` is VCOP's retrieval feature, ``max222`` SeLaVi's.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from motionfit.encoders.spec import PoolName
from motionfit.errors import ConfigError

_WINDOWS: dict[PoolName, tuple[int, int, int]] = {"max122": (1, 2, 2), "max222": (2, 2, 2)}
_ONE_PLACE = (1, 1, 1)


def pool_features(features: Tensor, pool: PoolName) -> Tensor:
    """Return one float32 vector a clip.

    Args:
        features: ``(batch, channel, time, height, width)``, any float type.
        pool: How to pool.

    Returns:
        ``(batch, embedding_dim)`` float32; channels vary slowest, then time, height, width.
    """
    if pool == "max":
        return features.amax(dim=(2, 3, 4)).float()
    if pool == "avg":
        return features.mean(dim=(2, 3, 4), dtype=torch.float32)
    window = (1, 1, 1) if features.shape[2:] == _ONE_PLACE else _WINDOWS[pool]
    return functional.max_pool3d(features, window, stride=window).flatten(1).float()


def pooled_dim(feature_shape: tuple[int, int, int, int], pool: PoolName) -> int:
    """Return how many values ``pool_features`` makes of a map.

    Args:
        feature_shape: ``(channel, time, height, width)``.
        pool: How to pool.

    Raises:
        ConfigError: The map is smaller than the pool's window.
    """
    channels, *extent = feature_shape
    if pool not in _WINDOWS or tuple(extent) == _ONE_PLACE:
        return channels
    counts = [size // window for size, window in zip(extent, _WINDOWS[pool], strict=True)]
    if 0 in counts:
        shape = "x".join(map(str, extent))
        raise ConfigError("pool", pool, f"'max' or 'avg': features of {shape} are too small for it")
    return channels * math.prod(counts)
