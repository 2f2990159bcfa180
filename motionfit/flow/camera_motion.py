"""The camera's own motion, found in a flow and taken out of it."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_POINTS_A_SIDE_TO_START = 24
_POINTS_A_SIDE = 48
_CONFIDENCE = 0.9999
_NUM_REWEIGHTINGS = 8
# Deviations up to this are noise of any method of optical flow, however still the rest of it is.
_LEAST_SCALE_PX = 0.05
_TUKEY = 4.685
_MEDIAN_TO_SIGMA = 1.4826


@dataclass(frozen=True, kw_only=True)
class AffineMotion:
    """A motion of the whole picture: shift, turn, zoom and shear.

    Attributes:
        matrix: ``(2, 3)`` float64; the pixel at ``(x, y)`` moves by ``matrix @ (x, y, 1)`` px.
        share: Share of the pixels looked at, 0 to 1, that move like this.
    """

    matrix: NDArray[np.float64]
    share: float

    def flow(self, height: int, width: int) -> NDArray[np.float32]:
        """Return the motion of each pixel: ``(height, width, 2)`` float32, px."""
        by_column = self.matrix[:, 0] * np.arange(width)[:, None]
        by_row = self.matrix[:, 1] * np.arange(height)[:, None] + self.matrix[:, 2]
        moved: NDArray[np.float32] = (by_row[:, None] + by_column).astype(np.float32)
        return moved


def remove_camera_motion(
    flow: NDArray[np.float32],
) -> tuple[NDArray[np.float32], AffineMotion]:
    """Return what moves against the background, and the motion of the background.

    Args:
        flow: ``(height, width, 2)`` float32, px.

    Returns:
        The flow less the camera's motion, of the same shape and type; and that motion.
    """
    motion = fit_camera_motion(flow)
    height, width, _ = flow.shape
    return flow - motion.flow(height, width), motion


def fit_camera_motion(flow: NDArray[np.float32]) -> AffineMotion:
    """Return the affine motion that most of a flow follows; equal flows give equal results.

    What moves by itself may cover almost half of the picture: the start is the motion with the
    least *median* deviation, which does not ask where the other half goes. It is then refined by
    least squares in which pixels count the less the further they deviate (Tukey's weights), and
    those beyond 4.7 sigma not at all.

    Source: Rousseeuw, "Least Median of Squares Regression", JASA 1984 (the start, by OpenCV);
    Odobez and Bouthemy, "Robust Multiresolution Estimation of Parametric Motion Models", JVCIR
    1995 (camera motion by weighted least squares with Tukey's weights).

    Args:
        flow: ``(height, width, 2)`` float32, px.
    """
    height, width, _ = flow.shape
    # From the middle and in half widths: as pixels, x and y would dwarf the constant.
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    unit = max(height, width) / 2
    points, vectors = _sample(flow, _POINTS_A_SIDE)
    design = np.column_stack([(points - centre) / unit, np.ones(len(points))])
    solution = _least_median(*_sample(flow, _POINTS_A_SIDE_TO_START), centre, unit)
    weights = np.zeros(len(points))
    for _ in range(_NUM_REWEIGHTINGS):
        weights = _tukey_weights(np.linalg.norm(vectors - design @ solution, axis=1))
        root = np.sqrt(weights)[:, None]
        solution = np.linalg.lstsq(root * design, root * vectors, rcond=None)[0]
    linear = solution[:2].T / unit
    matrix = np.column_stack([linear, solution[2] - linear @ centre])
    return AffineMotion(matrix=matrix, share=float((weights > 0).mean()))


def _sample(
    flow: NDArray[np.float32], points_a_side: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of an even grid, ``(num_points, 2)`` as (x, y), and the flow there."""
    height, width, _ = flow.shape
    rows = np.unique(np.linspace(0, height - 1, points_a_side).round().astype(np.int64))
    columns = np.unique(np.linspace(0, width - 1, points_a_side).round().astype(np.int64))
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    return grid.astype(np.float64), flow[grid[:, 1], grid[:, 0]].astype(np.float64)


def _least_median(
    points: NDArray[np.float64],
    vectors: NDArray[np.float64],
    centre: NDArray[np.float64],
    unit: float,
) -> NDArray[np.float64]:
    """Return a first solution ``(3, 2)``: linear part for points in units, then the constant."""
    places = (points - centre).astype(np.float32)
    targets = (points - centre + vectors).astype(np.float32)
    found: Any = cv2.estimateAffine2D(
        places, targets, method=cv2.LMEDS, confidence=_CONFIDENCE, refineIters=0
    )[0]
    if found is None:  # all points on one line, in a picture one pixel wide
        return np.vstack([np.zeros((2, 2)), np.median(vectors, axis=0)])
    linear = (found[:, :2] - np.eye(2)) * unit
    return np.vstack([linear.T, found[:, 2]])


def _tukey_weights(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = max(_MEDIAN_TO_SIGMA * float(np.median(deviations)), _LEAST_SCALE_PX)
    inside: NDArray[np.float64] = np.clip(1 - (deviations / (_TUKEY * scale)) ** 2, 0, None)
    return inside**2
