"""What the tests of packed videos may ask for."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.report import PackingReport

SIZE = (32, 43)


@pytest.fixture(scope="session")
def packing(video_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> PackingReport:
    """Five real files, packed."""
    out_path = tmp_path_factory.mktemp("packed") / "frames.packed"
    return pack_frames(video_files[:5], out_path, size=SIZE, num_workers=2)


@pytest.fixture
def arrays() -> list[NDArray[np.uint8]]:
    """Three videos of noise: ``(time, 6, 8, 3)``."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (length, 6, 8, 3), dtype=np.uint8) for length in (5, 1, 9)]
