"""TV-L1 by OpenCV: the reference that the faster ones are held against."""

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.errors import FlowMethodError
from motionfit.flow.estimator import check_frames
from motionfit.flow.opencv_threads import one_opencv_thread
from motionfit.flow.settings import FlowMethod
from motionfit.flow.tvl1.parameters import TvL1Parameters


class OpenCvTvL1:
    """OpenCV's ``DualTVL1OpticalFlow``, one pair after another.

    Source: opencv_contrib, module ``optflow``.
    """

    method: FlowMethod = "tvl1"
    uses_cores = True

    def __init__(self, parameters: TvL1Parameters | None = None) -> None:
        """Note the parameters.

        Raises:
            FlowMethodError: The installed OpenCV comes without its contributed modules.
        """
        if not hasattr(cv2, "optflow"):
            raise FlowMethodError(
                self.method, "this OpenCV lacks optflow (install opencv-contrib-python-headless)"
            )
        self._parameters = parameters or TvL1Parameters()

    def estimate(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the flow of each frame to the next; see `FlowEstimator`."""
        check_frames(grey)
        flow = np.empty((max(len(grey) - 1, 0), *grey.shape[1:], 2), np.float32)
        # Each call has its own: the buffers inside are not to be shared between threads.
        algorithm = self._algorithm()
        with one_opencv_thread():
            for pair, result in enumerate(flow):
                result[...] = algorithm.calc(grey[pair], grey[pair + 1], None)  # type: ignore[call-overload]
        return flow

    def _algorithm(self) -> cv2.DenseOpticalFlow:
        given = self._parameters
        return cv2.optflow.DualTVL1OpticalFlow.create(
            tau=given.tau,
            lambda_=given.lambda_,
            theta=given.theta,
            nscales=given.num_scales,
            warps=given.num_warps,
            epsilon=given.epsilon,
            innnerIterations=given.num_inner,
            outerIterations=given.num_outer,
            scaleStep=given.scale_step,
            medianFiltering=given.median_size,
        )
