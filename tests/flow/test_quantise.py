import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from motionfit.errors import ConfigError
from motionfit.flow.quantise import quantise_flow, restore_flow, saturated_share

BOUNDS = st.floats(2**-6, 1024, width=32)
ANY_FLOW = npst.arrays(
    np.float32,
    npst.array_shapes(min_dims=3, max_dims=3, max_side=5).map(lambda shape: (*shape, 2)),
    elements=st.floats(-(2**100), 2**100, width=32, allow_subnormal=False),
)


@given(st.data(), BOUNDS)
def test_inside_the_bound_flow_comes_back_within_half_a_step(data, bound):
    shares = st.floats(-1, 1, width=32, allow_subnormal=False)
    flow = np.float32(bound) * data.draw(npst.arrays(np.float32, (3, 4, 2), elements=shares))
    half_a_step = bound / 255
    error = np.abs(restore_flow(quantise_flow(flow, bound), bound).astype(float) - flow)
    # The scaling to levels is float32: a value in the middle of two levels may go to either.
    assert error.max() <= half_a_step * (1 + 1e-4)


@given(ANY_FLOW, BOUNDS)
def test_beyond_the_bound_flow_comes_back_as_the_bound(flow, bound):
    restored = restore_flow(quantise_flow(flow, bound), bound)
    assert (restored[flow >= bound] == np.float32(bound)).all()
    assert (restored[flow <= -bound] == np.float32(-bound)).all()


@given(npst.arrays(np.uint8, (2, 3, 2)), BOUNDS)
def test_a_level_that_was_restored_is_quantised_to_itself(levels, bound):
    assert (quantise_flow(restore_flow(levels, bound), bound) == levels).all()


@given(ANY_FLOW, BOUNDS)
def test_quantising_is_what_the_formula_says(flow, bound):
    clipped = np.clip(flow.astype(float), -bound, bound)
    levels = (clipped + bound) * 255 / (2 * bound)
    # In the middle between two levels the formula does not say which.
    assert (np.abs(quantise_flow(flow, bound) - levels) <= 0.5 + 1e-4).all()


def test_no_motion_comes_back_as_half_a_step_to_the_right():
    none = np.zeros((1, 2, 3, 2), np.float32)
    restored = restore_flow(quantise_flow(none, 20.0), 20.0)
    assert restored == pytest.approx(20 / 255, abs=1e-5)
    assert restored.flat[0] == pytest.approx(0.078, abs=5e-4)


def test_order_is_kept():
    flow = np.sort(np.random.default_rng(0).uniform(-25, 25, 2000)).astype(np.float32)
    assert (np.diff(quantise_flow(flow.reshape(-1, 2), 20.0).ravel().astype(int)) >= 0).all()


def test_the_saturated_share_counts_vectors_that_leave_the_bound_in_either_direction():
    flow = np.zeros((1, 2, 5, 2), np.float32)
    flow[0, 0, 0] = 21, 21
    flow[0, 0, 1] = 0, -21
    flow[0, 1, 2] = 21, 0
    flow[0, 1, 3] = 20, -20
    assert saturated_share(flow, 20.0) == 0.3


def test_of_no_flow_at_all_no_share_is_saturated():
    assert saturated_share(np.zeros((0, 4, 4, 2), np.float32), 20.0) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_of_px_is_refused_by_name(value):
    flow = np.zeros((1, 4, 4, 2), np.float32)
    flow[0, 2, 3, 1] = value
    with pytest.raises(ConfigError, match=f"flow is {value}; expected finite numbers of px"):
        quantise_flow(flow, 20.0)


@pytest.mark.parametrize("bound", [0.0, -1.0, np.inf, np.nan])
@pytest.mark.parametrize("function", [quantise_flow, saturated_share])
def test_a_bound_that_bounds_nothing_is_refused(function, bound):
    with pytest.raises(ConfigError, match=r"bound is .*; expected a positive number of px"):
        function(np.zeros((1, 2, 2, 2), np.float32), bound)


def test_quantising_leaves_the_flow_as_it_is():
    flow = np.full((2, 3, 2), 30, np.float32)
    quantise_flow(flow, 20.0)
    assert (flow == 30).all()
