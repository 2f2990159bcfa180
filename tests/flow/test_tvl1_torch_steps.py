"""Each step of the torch TV-L1 against OpenCV's, or against what defines it."""

import cv2
import numpy as np
import pytest
import torch

from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.median import median_filter, select_median
from motionfit.flow.tvl1_torch.minimise import minimise, scaled_epsilon
from motionfit.flow.tvl1_torch.resample import centered_gradient, resize_linear
from motionfit.flow.tvl1_torch.solver import build_pyramid
from motionfit.flow.tvl1_torch.steps import (
    divergence,
    forward_gradient,
    threshold,
    update_dual,
)
from motionfit.flow.tvl1_torch.warp import (
    Linearisation,
    linearise,
    prepare_target,
    sample_cubic,
)

SIZES = [(128, 171), (17, 300), (16, 16), (37, 24)]


def picture(height, width, seed=0):
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 1.0)


def random(*shape, seed=0, scale=1.0):
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", SIZES)
def test_the_pyramid_is_opencvs(size):
    levels = build_pyramid(torch.from_numpy(picture(*size))[None], 5, 0.8)

    expected = picture(*size)
    for level in levels[1:]:
        expected = cv2.resize(expected, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_LINEAR)
        assert level.shape[1:] == expected.shape
        np.testing.assert_allclose(level[0].numpy(), expected, atol=1e-3)
    assert len(levels) == 5 or min(round(side * 0.8) for side in expected.shape) < 16


def test_a_picture_below_16_px_has_one_level():
    assert len(build_pyramid(torch.zeros(2, 9, 200), 5, 0.8)) == 1


@pytest.mark.parametrize(("size", "finer"), [((52, 70), (66, 87)), ((16, 30), (20, 38))])
def test_flow_is_enlarged_as_by_opencv(size, finer):
    ours = resize_linear(torch.from_numpy(picture(*size)), finer).numpy()

    expected = cv2.resize(picture(*size), finer[::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(ours, expected, atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_gradients_are_half_the_difference_of_the_neighbours(size):
    grey = picture(*size)

    right, down = centered_gradient(torch.from_numpy(grey)[None])[0].numpy()

    kernel = np.array([[-0.5, 0, 0.5]], np.float32)
    expected = cv2.filter2D(grey, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(right, expected, atol=1e-4)
    expected = cv2.filter2D(grey, -1, kernel.T, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(down, expected, atol=1e-4)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", [0.4, 6.0])
def test_a_picture_is_sampled_as_by_opencv(size, scale):
    height, width = size
    grey = picture(*size)
    flow = random(1, 2, *size, scale=scale)

    ours = sample_cubic(prepare_target(torch.from_numpy(grey)[None]), flow)[0, 0].numpy()

    down, right = np.mgrid[:height, :width].astype(np.float32)
    places = right + flow[0, 0].numpy(), down + flow[0, 1].numpy()
    expected = cv2.remap(grey, *places, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
    if int(cv2.__version__.split(".")[0]) >= 5:
        np.testing.assert_allclose(ours, expected, atol=2e-3)
    else:  # rounds coordinates to 1/32 px
        assert np.abs(ours - expected).mean() < 0.5


def test_far_outside_a_picture_there_is_nothing():
    target = prepare_target(torch.full((1, 20, 30), 200.0))
    for far in (1e3, -1e3, 1e30, -1e30):
        assert not sample_cubic(target, torch.full((1, 2, 20, 30), far)).any()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("window", [3, 5])
def test_the_median_filter_is_opencvs_exactly(size, window):
    plane = random(*size).numpy()

    ours = median_filter(torch.from_numpy(plane)[None, None], window)[0, 0].numpy()

    np.testing.assert_array_equal(ours, cv2.medianBlur(plane, window))


@pytest.mark.parametrize("num", [1, 3, 5, 9, 25])
def test_selection_finds_the_median_among_ties(num):
    values = np.random.default_rng(0).integers(0, 6, (num, 500))

    selected = select_median([torch.from_numpy(value) for value in values])

    np.testing.assert_array_equal(selected.numpy(), np.median(values, axis=0))


def test_divergence_is_minus_the_adjoint_of_the_gradient():
    """For a dual variable as the iterations leave it: 0 across the right and lower edge."""
    flow = random(2, 2, 13, 19, seed=1).double()
    nothing = torch.zeros(2, 2, 2, 13, 19, dtype=torch.float64)
    dual = update_dual(nothing, random(2, 2, 13, 19, seed=2).double(), 0.25 / 0.3)

    assert torch.allclose((forward_gradient(flow) * dual).sum(), -(flow * divergence(dual)).sum())


def test_threshold_finds_the_least_of_data_term_and_coupling():
    """Against a search along the gradient, where the least must lie."""
    lambda_, theta = 0.15, 0.3
    linear = Linearisation(
        gradient=random(1, 2, 6, 7, seed=3, scale=8), constant=random(1, 6, 7, seed=4, scale=9)
    )
    flow = random(1, 2, 6, 7, seed=5)
    norm = (linear.gradient**2).sum(dim=1)

    def energy(moved):
        residual = linear.constant + (linear.gradient * moved).sum(dim=1)
        return ((flow - moved) ** 2).sum(dim=1) / (2 * theta) + lambda_ * residual.abs()

    least = energy(threshold(flow, linear, norm, lambda_ * theta))

    for length in torch.linspace(-0.06, 0.06, 241):
        assert (least <= energy(flow + length * linear.gradient) + 1e-4).all()


def test_the_dual_variable_stays_within_the_unit_disc():
    dual = torch.zeros(1, 2, 2, 20, 20)
    for seed in range(30):
        dual = update_dual(dual, random(1, 2, 20, 20, seed=seed, scale=50), 0.25 / 0.3)

    assert (dual.square().sum(dim=2).sqrt() <= 1 + 1e-5).all()


def data_term(size, num_pairs):
    frames = torch.stack([torch.from_numpy(picture(*size, seed)) for seed in range(num_pairs + 1)])
    flow = torch.zeros(num_pairs, 2, *size)
    return linearise(frames[:-1], prepare_target(frames[1:]), flow), flow


def test_iterations_stop_as_soon_as_the_flow_moves_by_less_than_epsilon():
    linear, flow = data_term((20, 30), 1)
    dual = torch.zeros(1, 2, 2, 20, 30)
    parameters = TvL1Parameters(epsilon=0.05)
    found, found_dual = flow.clone(), dual.clone()
    count = int(minimise(linear, found, found_dual, parameters))
    assert 1 < count < parameters.num_inner

    def after(num_inner):
        once = TvL1Parameters(epsilon=1e-9, num_outer=1, num_inner=num_inner)
        result = flow.clone()
        minimise(linear, result, dual.clone(), once)
        return result

    limit = scaled_epsilon(flow, parameters)
    assert torch.equal(found, after(count))
    assert (after(count) - after(count - 1)).square().sum() <= limit
    assert (after(count - 1) - after(count - 2)).square().sum() > limit


def test_a_converged_pair_stays_as_it_is_while_others_go_on():
    linear, flow = data_term((20, 30), 3)
    calm = Linearisation(
        gradient=linear.gradient * torch.tensor([1.0, 0.0, 1.0]).view(3, 1, 1, 1),
        constant=linear.constant,
    )
    dual = torch.zeros(3, 2, 2, 20, 30)

    iterations = minimise(calm, flow, dual, TvL1Parameters())

    assert iterations[1] == 1
    assert iterations[0] > 1
    assert iterations[2] > 1
    assert not flow[1].any()
