"""The camera's own motion: found under what moves by itself, and taken out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.flow.camera_motion import AffineMotion, fit_camera_motion, remove_camera_motion

HEIGHT, WIDTH = 120, 160

MOTIONS = {
    "shift": [[0, 0, 3.0], [0, 0, -1.5]],
    "zoom": [[0.02, 0, -1.6], [0, 0.02, -1.2]],
    "turn": [[0, -0.03, 1.8], [0.03, 0, -2.4]],
    "all at once": [[0.02, -0.03, 4.0], [0.01, 0.03, -2.0]],
}


def camera_flow(matrix: list[list[float]]) -> NDArray[np.float32]:
    return AffineMotion(matrix=np.array(matrix, dtype=float), share=1.0).flow(HEIGHT, WIDTH)


def with_object(flow: NDArray[np.float32], share: float) -> tuple[NDArray, NDArray[np.bool_]]:
    """Return the flow with a block of a given share of the picture, off the middle, moving by."""
    is_object = np.zeros((HEIGHT, WIDTH), dtype=bool)
    side = np.sqrt(share)
    is_object[: round(HEIGHT * side), : round(WIDTH * side)] = True
    moved = flow.copy()
    moved[is_object] += (8, 5)
    return moved, is_object


def test_each_pixel_moves_as_the_matrix_says() -> None:
    flow = camera_flow([[0.1, 0.2, 3], [0.4, 0.5, 6]])
    assert flow.shape == (HEIGHT, WIDTH, 2)
    np.testing.assert_allclose(flow[7, 11], [0.1 * 11 + 0.2 * 7 + 3, 0.4 * 11 + 0.5 * 7 + 6])


@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.39])
def test_what_moves_by_itself_is_all_that_is_left(name: str, share: float) -> None:
    flow, is_object = with_object(camera_flow(MOTIONS[name]), share)
    noise = np.random.default_rng(0).normal(0, 0.1, flow.shape).astype(np.float32)
    left, motion = remove_camera_motion(flow + noise)
    assert left.dtype == np.float32
    expected = np.where(is_object[..., None], np.float32([8, 5]), 0)
    assert np.linalg.norm(left - noise - expected, axis=-1).max() < 0.1
    assert motion.share == pytest.approx(1 - share, abs=0.03)


def test_where_nothing_moves_nothing_changes() -> None:
    left, motion = remove_camera_motion(np.zeros((HEIGHT, WIDTH, 2), np.float32))
    assert np.abs(left).max() < 1e-6
    assert motion.share == 1.0


def test_an_object_before_a_still_background_keeps_its_motion() -> None:
    flow, _ = with_object(camera_flow([[0, 0, 0], [0, 0, 0]]), 0.3)
    left, _ = remove_camera_motion(flow)
    np.testing.assert_allclose(left, flow, atol=1e-4)


def test_two_objects_that_move_apart_are_both_left() -> None:
    flow = camera_flow(MOTIONS["all at once"])
    flow[:40, :60] += (10, 0)
    flow[80:, 90:] += (-6, 7)
    left, _ = remove_camera_motion(flow)
    assert np.abs(left[50:70]).max() < 0.05
    np.testing.assert_allclose(left[10, 10], [10, 0], atol=0.05)
    np.testing.assert_allclose(left[110, 150], [-6, 7], atol=0.05)


def test_equal_flows_give_equal_fits() -> None:
    flow = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 2)).astype(np.float32)
    first, second = fit_camera_motion(flow), fit_camera_motion(flow.copy())
    np.testing.assert_array_equal(first.matrix, second.matrix)


def test_noise_without_any_motion_in_common_loses_almost_nothing() -> None:
    flow = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 2)).astype(np.float32)
    left, _ = remove_camera_motion(flow)
    assert np.isfinite(left).all()
    assert np.linalg.norm(left - flow, axis=-1).max() < 2.0


@pytest.mark.parametrize("shape", [(16, 16), (16, 300), (300, 16), (1, 40), (40, 1)])
def test_the_smallest_pictures_are_served(shape: tuple[int, int]) -> None:
    flow = np.full((*shape, 2), (2.0, -1.0), np.float32)
    left, _ = remove_camera_motion(flow)
    np.testing.assert_allclose(left, 0, atol=1e-4)


def test_a_single_wild_vector_does_not_matter() -> None:
    flow = camera_flow(MOTIONS["turn"])
    expected = fit_camera_motion(flow).matrix
    flow[60, 80] = (1e6, -1e6)
    np.testing.assert_allclose(fit_camera_motion(flow).matrix, expected, atol=1e-4)
