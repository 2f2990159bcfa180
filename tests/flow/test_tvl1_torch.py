"""The torch TV-L1 against OpenCV's, against known motion, and on odd input."""

import threading

import cv2
import numpy as np
import pytest
import torch

from motionfit.errors import ConfigError, DeviceMemoryError
from motionfit.flow.tvl1.opencv import OpenCvTvL1
from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.backend import TorchBackend
from motionfit.flow.tvl1_torch.device import num_pairs_at_once
from motionfit.flow.tvl1_torch.estimator import TorchTvL1


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for each other at every small operation are slow on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def torch_tvl1():
    return TorchTvL1(device="cpu")


def moving_scene(num_frames, height, width, seed=0):
    """Frames of a texture that moves by (1.3, -0.6) px a frame."""
    noise = np.random.default_rng(seed).normal(128, 250, (height, width)).astype(np.float32)
    scene = cv2.GaussianBlur(noise, (0, 0), 2.5)
    frames = [
        cv2.warpAffine(
            scene,
            np.array([[1, 0, 1.3 * t], [0, 1, -0.6 * t]]),
            (width, height),
            borderMode=cv2.BORDER_REFLECT,
        )
        for t in range(num_frames)
    ]
    return np.clip(np.stack(frames), 0, 255).astype(np.uint8)


def distance_px(one, other):
    return np.linalg.norm(one - other, axis=-1)


def test_known_motion_is_found_as_well_as_by_opencv(torch_tvl1, known_motion):
    ours = known_motion.error_px(torch_tvl1.estimate(known_motion.grey)[0])
    reference = known_motion.error_px(OpenCvTvL1().estimate(known_motion.grey)[0])

    assert ours <= 1.05 * reference
    assert ours < 0.5 * known_motion.error_px(np.zeros_like(known_motion.flow))


def test_flow_of_real_frames_is_opencvs(torch_tvl1, real_pairs, reference_flows):
    distance = np.concatenate(
        [
            distance_px(torch_tvl1.estimate(pair)[0], flow).ravel()
            for pair, flow in zip(real_pairs, reference_flows, strict=True)
        ]
    )

    assert distance.mean() <= 0.1
    assert np.percentile(distance, 95) <= 0.5


@pytest.mark.parametrize("num_iterations", [1, 30])
def test_one_warp_without_a_stop_is_opencvs_up_to_rounding(num_iterations):
    """What is left between the two is rounding, and the stop that rounding decides."""
    parameters = TvL1Parameters(
        num_scales=1, num_warps=1, num_outer=1, num_inner=num_iterations, epsilon=1e-9
    )
    pair = moving_scene(2, 60, 77)

    ours = TorchTvL1(parameters, "cpu").estimate(pair)

    assert distance_px(ours, OpenCvTvL1(parameters).estimate(pair)).max() <= 1e-4


@pytest.mark.parametrize(
    "parameters",
    [
        TvL1Parameters(median_size=1),
        TvL1Parameters(median_size=3, num_scales=2, scale_step=0.5, num_warps=2),
        TvL1Parameters(lambda_=0.05, theta=0.5, tau=0.2, epsilon=0.02),
    ],
    ids=["no median", "two scales", "other weights"],
)
def test_parameters_mean_what_they_mean_to_opencv(parameters):
    pair = moving_scene(2, 60, 77)

    ours = TorchTvL1(parameters, "cpu").estimate(pair)

    assert distance_px(ours, OpenCvTvL1(parameters).estimate(pair)).mean() <= 0.02


def test_the_flow_of_a_pair_does_not_depend_on_the_others():
    frames = np.concatenate([moving_scene(4, 45, 61), moving_scene(4, 45, 61, seed=7)])
    together = TorchTvL1(device="cpu", pairs_at_once=7).estimate(frames)

    for pairs_at_once in (1, 3):
        in_parts = TorchTvL1(device="cpu", pairs_at_once=pairs_at_once).estimate(frames)
        np.testing.assert_array_equal(in_parts, together)
    for number in range(7):
        alone = TorchTvL1(device="cpu").estimate(frames[number : number + 2])
        np.testing.assert_array_equal(alone[0], together[number])


@pytest.mark.parametrize("size", [(16, 16), (17, 300), (300, 17), (16, 171)])
def test_small_and_narrow_pictures_give_opencvs_flow(torch_tvl1, size):
    pair = moving_scene(2, *size)

    distance = distance_px(torch_tvl1.estimate(pair), OpenCvTvL1().estimate(pair))

    assert distance.shape == (1, *size)
    assert np.median(distance) <= 0.01


def test_any_layout_in_memory_is_read_right(torch_tvl1):
    frames = moving_scene(3, 40, 50)
    expected = torch_tvl1.estimate(frames)
    column_major = np.asfortranarray(frames)
    reversed_twice = frames[::-1].copy()[::-1]
    part_of_colour = np.repeat(frames[..., None], 3, axis=-1)[..., 1]

    for same in (column_major, reversed_twice, part_of_colour):
        np.testing.assert_array_equal(torch_tvl1.estimate(same), expected)


def test_read_only_frames_are_read_and_not_written_to(torch_tvl1):
    frames = moving_scene(2, 40, 50)
    before = frames.copy()
    frames.flags.writeable = False

    torch_tvl1.estimate(frames)

    np.testing.assert_array_equal(frames, before)


@pytest.mark.parametrize("grey", [0, 77, 255])
def test_a_picture_of_one_grey_has_no_flow(torch_tvl1, grey):
    flow = torch_tvl1.estimate(np.full((3, 40, 50), grey, np.uint8))

    assert not flow.any()


def test_flow_is_finite_where_nothing_matches(torch_tvl1):
    noise = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    black_then_white = np.stack([np.zeros((64, 64), np.uint8), np.full((64, 64), 255, np.uint8)])

    assert np.isfinite(torch_tvl1.estimate(noise)).all()
    assert np.isfinite(torch_tvl1.estimate(black_then_white)).all()


@pytest.mark.parametrize("num_frames", [0, 1])
def test_less_than_a_pair_gives_no_flow(torch_tvl1, num_frames):
    flow = torch_tvl1.estimate(np.zeros((num_frames, 40, 50), np.uint8))

    assert flow.shape == (0, 40, 50, 2)
    assert flow.dtype == np.float32


def test_threads_that_share_an_estimator_get_their_own_flow(torch_tvl1):
    videos = [moving_scene(3, 40, 50, seed) for seed in range(3)]
    expected = [torch_tvl1.estimate(video) for video in videos]
    found = [None] * len(videos)

    def work(number):
        found[number] = torch_tvl1.estimate(videos[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(videos))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


class SmallDevice(TorchBackend):
    """A device whose memory holds a few pairs."""

    def __init__(self, most_pairs):
        self.most_pairs = most_pairs
        self.batches = set()

    def linearise(self, first, target, flow):
        if len(first) > self.most_pairs:
            raise torch.OutOfMemoryError("full")
        self.batches.add(len(first))
        return super().linearise(first, target, flow)


def test_a_batch_that_does_not_fit_is_cut_in_half():
    frames = moving_scene(8, 24, 30)
    small = SmallDevice(most_pairs=2)

    flow = TorchTvL1(device="cpu", pairs_at_once=7, backend=small).estimate(frames)

    assert small.batches == {1, 2}
    np.testing.assert_array_equal(flow, TorchTvL1(device="cpu").estimate(frames))


def test_a_device_that_holds_no_pair_is_named():
    estimator = TorchTvL1(device="cpu", backend=SmallDevice(most_pairs=0))

    with pytest.raises(DeviceMemoryError, match="memory of cpu is full"):
        estimator.estimate(moving_scene(5, 24, 30))


@pytest.mark.parametrize("name", ["cuda:99", "tpu", "", "meta"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(ConfigError, match="device"):
        TorchTvL1(device=name)


def test_a_batch_shrinks_with_the_size_of_the_pictures():
    cpu = torch.device("cpu")

    assert num_pairs_at_once(cpu, 64, 64) > num_pairs_at_once(cpu, 128, 171) > 1
    assert num_pairs_at_once(cpu, 2160, 3840) == 1
