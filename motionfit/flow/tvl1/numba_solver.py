"""TV-L1 on the CPU, made fast: OpenCV's algorithm, its loops fused by numba.

Minimises, with images warped anew ``num_warps`` times a level of the pyramid::

    E(u) = sum over pixels of  |grad u1| + |grad u2| + lambda * |I1(x + u) - I0(x)|

by splitting it with ``v`` near ``u`` (tightness ``theta``): a thresholding step for ``v``,
Chambolle's projection for ``u``.

Differs from OpenCV in the order of float32 additions only. Their flows part by more than half a px
in one pixel of 400, where TV-L1 itself is undecided: noise of 1e-4 grey values added to the frames
moves OpenCV's flow further from OpenCV's than ours is (`tests/flow/test_tvl1_numba.py`).

Source: Zach, Pock, Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow", DAGM 2007,
sections 2 and 3; steps and numbers as in OpenCV's ``DualTVL1OpticalFlow``.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.flow.estimator import check_frames
from motionfit.flow.opencv_threads import one_opencv_thread
from motionfit.flow.settings import FlowMethod
from motionfit.flow.tvl1.kernels import VECTOR, iterate, linearise
from motionfit.flow.tvl1.parameters import TvL1Parameters

Image = NDArray[np.float32]

_SMALLEST_SIDE = 16


class NumbaTvL1:
    """TV-L1 by loops compiled for the CPU at hand; a call keeps one core busy without the GIL."""

    method: FlowMethod = "tvl1-numba"
    uses_cores = True

    def __init__(self, parameters: TvL1Parameters | None = None) -> None:
        self._parameters = parameters or TvL1Parameters()

    def estimate(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the flow of each frame to the next; see `FlowEstimator`."""
        check_frames(grey)
        flow = np.empty((max(len(grey) - 1, 0), *grey.shape[1:], 2), np.float32)
        if not len(flow):
            return flow
        with one_opencv_thread():
            first = self._pyramid(grey[0])
            levels = [_Level.empty(*image.shape) for image in first]
            for result, frame in zip(flow, grey[1:], strict=True):
                second = self._pyramid(frame)
                self._solve(first, second, levels, result)
                first = second
        return flow

    def _pyramid(self, frame: NDArray[np.uint8]) -> list[Image]:
        """Return the frame and its smaller copies, finest first, grey values as float32."""
        step = self._parameters.scale_step
        images: list[Image] = [frame.astype(np.float32)]
        while len(images) < self._parameters.num_scales:
            smaller = cv2.resize(images[-1], None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
            if min(smaller.shape) < _SMALLEST_SIDE:
                break
            images.append(np.asarray(smaller, np.float32))
        return images

    def _solve(
        self, first: list[Image], second: list[Image], levels: list["_Level"], flow: Image
    ) -> None:
        """Write the flow of one pair: solved small, then enlarged and solved again, level by level.

        Args:
            first: Pyramid of the first frame.
            second: Pyramid of the second frame.
            levels: Working memory of each level.
            flow: ``(height, width, 2)``, overwritten.
        """
        levels[-1].start_at_rest()
        for scale in reversed(range(len(levels))):
            if scale + 1 < len(levels):
                levels[scale].start_from(levels[scale + 1], self._parameters.scale_step)
            self._solve_level(first[scale], second[scale], levels[scale])
        for component, plane in enumerate(levels[0].flow):
            flow[..., component] = plane

    def _solve_level(self, first: Image, second: Image, level: "_Level") -> None:
        given = self._parameters
        least_change = np.float32(given.epsilon**2 * first.size)
        with_gradient = _with_gradient(second)
        level.p.fill(0)
        for _ in range(given.num_warps):
            linearise(_warp(with_gradient, level.flow), first, level.flow, level.data_inside)
            for _ in range(given.num_outer):
                level.smooth(given.median_size)
                _, change = iterate(
                    level.u,
                    level.p,
                    level.data,
                    level.has_right,
                    len(first),
                    level.stride,
                    np.float32(given.lambda_ * given.theta),
                    np.float32(given.theta),
                    np.float32(given.tau / given.theta),
                    least_change,
                    given.num_inner,
                )
                if change <= least_change:
                    break


@dataclass(frozen=True, kw_only=True)
class _Level:
    """Working memory of one level of the pyramid; the padded layout is drawn in `kernels`.

    Attributes:
        stride: From one row to the next in a padded plane.
        u: ``(2, padded)`` flow.
        p: ``(4, padded)`` dual variables.
        data: ``(4, padded)`` data term.
        has_right: ``(padded,)`` 1 where the pixel to the right is inside the picture.
        flow: ``(2, height, width)``, ``u`` without its padding.
        data_inside: ``(4, height, width)``, ``data`` without its padding.
    """

    stride: int
    u: Image
    p: Image
    data: Image
    has_right: Image
    flow: Image
    data_inside: Image

    @classmethod
    def empty(cls, height: int, width: int) -> "_Level":
        stride = width // VECTOR * VECTOR + VECTOR
        u, p, data, has_right = (
            np.zeros((count, (height + 1) * stride + VECTOR), np.float32) for count in (2, 4, 4, 1)
        )

        def inside(planes: Image) -> Image:
            rows = planes[:, stride:-VECTOR].reshape(len(planes), height, stride)
            return rows[:, :, :width]

        inside(has_right)[:, :, :-1] = 1
        return cls(
            stride=stride,
            u=u,
            p=p,
            data=data,
            has_right=has_right[0],
            flow=inside(u),
            data_inside=inside(data),
        )

    def start_at_rest(self) -> None:
        self.u.fill(0)

    def start_from(self, coarser: "_Level", scale_step: float) -> None:
        _, height, width = self.flow.shape
        for mine, theirs in zip(self.flow, coarser.flow, strict=True):
            larger = cv2.resize(theirs, (width, height), interpolation=cv2.INTER_LINEAR)
            np.multiply(larger, np.float32(1 / scale_step), out=mine)

    def smooth(self, median_size: int) -> None:
        if median_size > 1:
            for component in self.flow:
                component[...] = cv2.medianBlur(component, median_size)


def _with_gradient(image: Image) -> Image:
    """Return ``(height, width, 3)``: the image and its central differences in x and y.

    At the border the pixel itself stands for the missing neighbour, and the half stays, as in
    OpenCV.
    """
    framed = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    result = np.empty((*image.shape, 3), np.float32)
    result[..., 0] = image
    np.subtract(framed[1:-1, 2:], framed[1:-1, :-2], out=result[..., 1])
    np.subtract(framed[2:, 1:-1], framed[:-2, 1:-1], out=result[..., 2])
    result[..., 1:] *= np.float32(0.5)
    return result


def _warp(image: Image, flow: Image) -> Image:
    """Return ``image(x + flow)``, bicubic, zero outside the picture."""
    columns, rows = _pixel_grid(*image.shape[:2])
    return cv2.remap(image, columns + flow[0], rows + flow[1], cv2.INTER_CUBIC)  # type: ignore[return-value]


@lru_cache(maxsize=16)
def _pixel_grid(height: int, width: int) -> tuple[Image, Image]:
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    return columns, rows
