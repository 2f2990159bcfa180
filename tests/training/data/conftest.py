"""What the tests of training clips may ask for: videos whose pixels say where they are from."""

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.videos import PackedVideos

SIZE = (20, 24)
LENGTHS = (30, 7, 64, 90, 41, 16, 33, 70, 25, 52)


def telling_video(num_frames: int) -> NDArray[np.uint8]:
    """Return frames whose red is the frame's number, green the row, blue the column."""
    time, rows, columns = np.indices((num_frames, *SIZE))
    return np.stack([time, rows, columns], axis=-1).astype(np.uint8)


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> PackedVideos:
    """Ten videos that tell frame, row and column of each pixel."""
    folder = tmp_path_factory.mktemp("clips")
    videos = [telling_video(length) for length in LENGTHS]
    for place, video in enumerate(videos):
        video[0, 0, 0, 0] = place  # else two would be of one content
    return pack_arrays(videos, folder / "frames")


@pytest.fixture(scope="session")
def flow(tmp_path_factory: pytest.TempPathFactory) -> PackedVideos:
    """Their flow, one less in each: levels of noise."""
    rng = np.random.default_rng(0)
    return pack_arrays(
        [rng.integers(0, 256, (length - 1, *SIZE, 2), dtype=np.uint8) for length in LENGTHS],
        tmp_path_factory.mktemp("clips") / "flow",
        kind="flow",
    )
