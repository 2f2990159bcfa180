"""The compiled TV-L1 against OpenCV's and against motion that is known."""

import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motionfit.errors import FrameSizeError
from motionfit.flow.tvl1.numba_solver import NumbaTvL1
from motionfit.flow.tvl1.opencv import OpenCvTvL1
from motionfit.flow.tvl1.parameters import TvL1Parameters


def distance_px(one, other):
    return np.linalg.norm(one - other, axis=-1)


def test_known_motion_is_found_as_well_as_by_opencv(known_motion):
    ours = known_motion.error_px(NumbaTvL1().estimate(known_motion.grey)[0])
    reference = known_motion.error_px(OpenCvTvL1().estimate(known_motion.grey)[0])

    assert ours <= 1.05 * reference


def test_known_motion_is_found(known_motion):
    at_rest = np.zeros_like(known_motion.flow)

    error = known_motion.error_px(NumbaTvL1().estimate(known_motion.grey)[0])

    assert error < 0.5 * known_motion.error_px(at_rest)


@pytest.mark.timeout(1800)  # OpenCV takes a minute or three
def test_flow_of_500_real_pairs_is_opencvs(many_real_pairs):
    ours, reference = NumbaTvL1(), OpenCvTvL1()

    def distances(pair):
        return distance_px(ours.estimate(pair)[0], reference.estimate(pair)[0]).ravel()

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        distance = np.concatenate(list(threads.map(distances, many_real_pairs)))

    assert distance.mean() <= 0.1
    assert np.percentile(distance, 95) <= 0.5


def test_it_is_nearer_to_opencv_than_opencv_to_itself_under_imperceptible_noise(
    real_pairs, reference_flows
):
    ours = NumbaTvL1()
    opencv = cv2.optflow.DualTVL1OpticalFlow.create()
    rng = np.random.default_rng(0)
    our_distance, its_own_distance = [], []
    for pair, flow in zip(real_pairs, reference_flows, strict=True):
        noisy = ((pair + rng.normal(0, 1e-4, pair.shape)) / 255).astype(np.float32)
        our_distance.append(distance_px(ours.estimate(pair)[0], flow).mean())
        its_own_distance.append(distance_px(opencv.calc(*noisy, None), flow).mean())

    assert np.mean(our_distance) <= 1.2 * np.mean(its_own_distance)


@settings(max_examples=12, deadline=None)
@given(height=st.integers(16, 70), width=st.integers(16, 70), seed=st.integers(0, 99))
def test_pictures_of_any_size_give_opencvs_flow(height, width, seed):
    noise = np.random.default_rng(seed).normal(128, 300, (height + 4, width + 4))
    scene = np.clip(cv2.GaussianBlur(noise, (0, 0), 3.0), 0, 255).astype(np.uint8)
    pair = np.stack([scene[2:-2, 2:-2], scene[1:-3, 3:-1]])

    distance = distance_px(NumbaTvL1().estimate(pair), OpenCvTvL1().estimate(pair))

    # OpenCV's own flow moves as far where noise of 1e-4 grey values is added.
    assert np.median(distance) <= 0.02


@pytest.mark.parametrize(
    "parameters",
    [
        TvL1Parameters(median_size=1),
        TvL1Parameters(num_scales=2, scale_step=0.5, num_warps=3),
        TvL1Parameters(lambda_=0.05, theta=0.5, tau=0.2, epsilon=0.02),
    ],
)
def test_other_parameters_mean_the_same_as_to_opencv(known_motion, parameters):
    distance = distance_px(
        NumbaTvL1(parameters).estimate(known_motion.grey),
        OpenCvTvL1(parameters).estimate(known_motion.grey),
    )

    assert np.median(distance) <= 0.02


def test_a_pairs_flow_does_not_depend_on_its_neighbours(real_pairs):
    shape = real_pairs[0].shape
    frames = np.concatenate([pair for pair in real_pairs if pair.shape == shape][:3])

    together = NumbaTvL1().estimate(frames)

    for number in range(len(frames) - 1):
        alone = NumbaTvL1().estimate(frames[number : number + 2])
        np.testing.assert_array_equal(together[number], alone[0])


@pytest.mark.parametrize("value", [0, 77, 255])
def test_pictures_without_texture_do_not_move(value):
    flow = NumbaTvL1().estimate(np.full((2, 40, 50), value, np.uint8))

    np.testing.assert_array_equal(flow, 0)


def test_equal_pictures_do_not_move(known_motion):
    flow = NumbaTvL1().estimate(known_motion.grey[[0, 0]])

    assert np.abs(flow).max() < 1e-3


def test_frames_need_not_lie_in_one_piece(known_motion):
    spread = np.repeat(np.repeat(known_motion.grey, 2, axis=1), 2, axis=2)[:, ::2, ::2]

    flow = NumbaTvL1().estimate(spread)

    np.testing.assert_array_equal(flow, NumbaTvL1().estimate(known_motion.grey))


def test_one_frame_has_no_flow():
    assert NumbaTvL1().estimate(np.zeros((1, 20, 30), np.uint8)).shape == (0, 20, 30, 2)


def test_frames_below_16_px_are_refused():
    with pytest.raises(FrameSizeError, match="30x15 px are too small"):
        NumbaTvL1().estimate(np.zeros((2, 15, 30), np.uint8))
