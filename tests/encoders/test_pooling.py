"""Pools: published sizes, and values against a slow version."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motionfit.encoders.pooling import pool_features, pooled_dim
from motionfit.encoders.spec import POOL_NAMES
from motionfit.errors import ConfigError


@pytest.mark.parametrize(
    ("shape", "pool", "expected"),
    [
        ((512, 2, 7, 7), "max122", 9216),
        ((512, 2, 7, 7), "max222", 4608),
        ((512, 2, 7, 7), "max", 512),
        ((512, 2, 7, 7), "avg", 512),
        ((512, 4, 7, 7), "max122", 18432),
        ((512, 4, 7, 7), "max222", 9216),
        ((1024, 8, 7, 7), "max122", 73728),
        ((1024, 8, 7, 7), "max222", 36864),
        ((1024, 8, 7, 7), "max", 1024),
        ((256, 2, 7, 7), "max", 256),
    ],
)
def test_pooled_sizes_are_the_published_ones(shape, pool, expected):
    assert pooled_dim(shape, pool) == expected
    assert pool_features(torch.zeros(1, *shape), pool).shape == (1, expected)


@given(
    sizes=st.tuples(*[st.integers(2, 5)] * 3),
    window=st.sampled_from([("max122", 1), ("max222", 2)]),
)
@settings(max_examples=25, deadline=None)
def test_windowed_pools_equal_a_loop_over_windows(sizes, window):
    pool, depth = window
    features = torch.rand(2, 3, *sizes, generator=torch.Generator().manual_seed(sum(sizes)))
    expected = [
        [
            features[b, c, t : t + depth, y : y + 2, x : x + 2].max()
            for c in range(3)
            for t in range(0, sizes[0] - depth + 1, depth)
            for y in range(0, sizes[1] - 1, 2)
            for x in range(0, sizes[2] - 1, 2)
        ]
        for b in range(2)
    ]
    assert torch.equal(pool_features(features, pool), torch.tensor(expected))


def test_global_pools_take_the_largest_and_the_mean_of_each_channel():
    features = torch.tensor([[1.0, 2.0, 6.0, -1.0], [-3.0, -2.0, -2.0, -1.0]]).view(1, 2, 1, 2, 2)
    assert pool_features(features, "max").tolist() == [[6.0, -1.0]]
    assert pool_features(features, "avg").tolist() == [[2.0, -2.0]]


def test_the_mean_of_half_precision_features_is_taken_in_float32():
    features = torch.full((1, 1, 4, 32, 32), 1.0078125, dtype=torch.bfloat16)
    pooled = pool_features(features, "avg")
    assert pooled.dtype == torch.float32
    assert pooled.item() == 1.0078125


@pytest.mark.parametrize("pool", POOL_NAMES)
def test_one_place_is_its_own_pool(pool):
    features = torch.tensor([[3.0, -1.0]]).view(1, 2, 1, 1, 1)
    assert pool_features(features, pool).tolist() == [[3.0, -1.0]]
    assert pooled_dim((2, 1, 1, 1), pool) == 2


def test_features_smaller_than_the_window_are_refused():
    with pytest.raises(ConfigError, match=r"features of 1x7x7 are too small"):
        pooled_dim((512, 1, 7, 7), "max222")
