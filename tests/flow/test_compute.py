"""`compute_flow`: frames in memory, flow out."""

import cv2
import numpy as np
import pytest

from motionfit.errors import ConfigError, FrameSizeError
from motionfit.flow.compute import compute_flow, to_grey
from motionfit.flow.methods import make_estimator


@pytest.fixture
def colour(known_motion):
    """Four frames in colour, made of two."""
    return np.repeat(known_motion.grey[[0, 1, 0, 1], :, :, None], 3, axis=3)


def test_flow_of_colour_frames_is_that_of_their_grey_pictures(colour):
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in colour])

    flow = compute_flow(colour, method="tvl1-numba")

    assert flow.shape == (3, 128, 171, 2) or flow.shape == (3, 128, 172, 2)
    assert flow.dtype == np.float32
    np.testing.assert_array_equal(flow, make_estimator("tvl1-numba").estimate(grey))


def test_frames_may_be_brought_to_another_size_first(colour):
    flow = compute_flow(colour, method="dis", size=(64, 86))

    assert flow.shape == (3, 64, 86, 2)


def test_camera_motion_is_taken_away_on_request(known_motion):
    kept = compute_flow(known_motion.grey, method="dis")
    rest = compute_flow(known_motion.grey, method="dis", remove_camera_motion=True)

    assert np.abs(np.median(rest, axis=(0, 1, 2))).max() < 0.1
    assert np.linalg.norm(rest) < np.linalg.norm(kept)


def test_one_frame_has_no_flow(colour):
    assert compute_flow(colour[:1], method="dis").shape[0] == 0


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 64, 64, 3), np.float32),
        np.zeros((2, 64, 64, 4), np.uint8),
        np.zeros((64, 64), np.uint8),
        np.zeros((0, 64, 64), np.uint8),
    ],
)
def test_other_arrays_are_refused(frames):
    with pytest.raises(ConfigError, match="expected uint8"):
        to_grey(frames)


def test_small_frames_are_refused_whatever_the_method():
    with pytest.raises(FrameSizeError):
        compute_flow(np.zeros((2, 8, 64), np.uint8), method="dis")
