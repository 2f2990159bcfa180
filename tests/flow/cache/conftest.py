"""What tests of the flow cache may ask for."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.settings import FlowSettings

CONTENT_HASH = "0123456789abcdef" * 4


@pytest.fixture
def content_hash() -> str:
    """The content of a video."""
    return CONTENT_HASH


@pytest.fixture
def settings() -> FlowSettings:
    """What its flow was computed with."""
    return FlowSettings(method="tvl1")


@pytest.fixture
def cache(tmp_path: Path) -> FlowCache:
    """A cache in a folder that is not there yet."""
    return FlowCache(tmp_path / "cache")


@pytest.fixture(scope="session")
def levels() -> NDArray[np.uint8]:
    """Quantised flow of a video of 24 frames, all different: ``(23, 12, 17, 2)`` uint8."""
    levels = np.random.default_rng(0).integers(100, 140, (23, 12, 17, 2), dtype=np.uint8)
    levels[:, 4:] = 128
    levels[..., 0, 0, 0] = np.arange(23)
    return levels


@pytest.fixture
def flow_path(
    cache: FlowCache, content_hash: str, settings: FlowSettings, levels: NDArray[np.uint8]
) -> Path:
    """The file that keeps this flow in the cache."""
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels, saturated_share=0.25)
        writer.commit(num_frames_expected=25, num_frames_decoded=24)
    (path,) = cache.cache_dir.rglob("*.flow")
    return path
