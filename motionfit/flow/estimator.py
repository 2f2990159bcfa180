"""What every method of optical flow looks like to its callers."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import FrameSizeError
from motionfit.flow.settings import FlowMethod


class FlowEstimator(Protocol):
    """Grey frames -> flow between neighbours. Safe to call from several threads at once."""

    @property
    def method(self) -> FlowMethod:
        """Its name."""

    @property
    def uses_cores(self) -> bool:
        """Whether each call keeps one core busy; else a device serves one call after another."""

    def estimate(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the flow of each frame to the next.

        Args:
            grey: ``(time, height, width)`` uint8.

        Returns:
            ``(time - 1, height, width, 2)`` float32, px, x to the right and y downwards: the point
            at ``(x, y)`` in frame ``t`` is at ``(x, y) + flow[t, y, x]`` in frame ``t + 1``.
        """


SMALLEST_SIDE_PX = 16


def check_frames(grey: NDArray[np.uint8]) -> None:
    """Refuse what no method of optical flow can work on.

    Raises:
        FrameSizeError: The frames are smaller than 16 px in one direction.
        TypeError: These are no grey frames, ``(time, height, width)`` uint8.
    """
    if grey.ndim != 3 or grey.dtype != np.uint8:
        raise TypeError(f"expected (time, height, width) uint8, got {grey.shape} {grey.dtype}")
    _, height, width = grey.shape
    if min(height, width) < SMALLEST_SIDE_PX:
        raise FrameSizeError(height, width, SMALLEST_SIDE_PX)
