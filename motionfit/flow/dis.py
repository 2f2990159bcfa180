"""Dense inverse search: much cheaper than TV-L1, and less exact."""

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.flow.estimator import check_frames
from motionfit.flow.opencv_threads import one_opencv_thread
from motionfit.flow.settings import FlowMethod


class Dis:
    """OpenCV's ``DISOpticalFlow`` with its preset "medium".

    Source: Kroeger, Timofte, Dai, Van Gool, "Fast Optical Flow using Dense Inverse Search", ECCV
    2016.
    """

    method: FlowMethod = "dis"
    uses_cores = True

    def estimate(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the flow of each frame to the next; see `FlowEstimator`."""
        check_frames(grey)
        flow = np.empty((max(len(grey) - 1, 0), *grey.shape[1:], 2), np.float32)
        with one_opencv_thread():
            for pair, result in enumerate(flow):
                # Each pair has its own: it holds buffers, and a small picture's flow depends on
                # what an earlier one left in them.
                algorithm = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
                result[...] = algorithm.calc(grey[pair], grey[pair + 1], None)  # type: ignore[call-overload]
        return flow
