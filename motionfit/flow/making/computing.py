"""From grey frames to 8-bit flow, by threads: one a core, or one for a device."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import DeviceMemoryError, FrameSizeError
from motionfit.flow.camera_motion import remove_camera_motion
from motionfit.flow.estimator import FlowEstimator
from motionfit.flow.making.news import FlowRefused, News, ThreadFailed
from motionfit.flow.making.threads import Threads
from motionfit.flow.making.video_flow import QuantisedFlow, VideoFlow
from motionfit.flow.quantise import quantise_flow, saturated_share
from motionfit.flow.settings import FlowSettings

_BATCHES_A_DEVICE = 4


class FlowComputing:
    """Threads that compute flow and hand it to the videos that it is of.

    OpenCV and the compiled TV-L1 let go of Python's lock while they compute, so threads do what
    processes would, without moving frames and flow between those.

    Args:
        estimator: The method.
        settings: What becomes of its flow: camera motion, bound.
        num_workers: Threads on cores. A method that runs on a device has one more that feeds it.
        tell: Told what goes wrong.

    Attributes:
        most_batches: How many batches should be under way at once, so that no thread waits.
    """

    def __init__(
        self,
        estimator: FlowEstimator,
        settings: FlowSettings,
        *,
        num_workers: int,
        tell: Callable[[News], None],
    ) -> None:
        self._estimator = estimator
        self._settings = settings
        self._tell = tell
        self._on_cores = Threads(num_workers, name="motionfit-flow", on_failure=self._tell_failure)
        self._on_device: Threads | None = None
        self.most_batches = 2 * num_workers + 2
        if not estimator.uses_cores:
            self._on_device = Threads(
                1, name="motionfit-flow-device", on_failure=self._tell_failure
            )
            self.most_batches = _BATCHES_A_DEVICE

    def submit(self, video: VideoFlow, number: int, grey: NDArray[np.uint8]) -> None:
        """Have a batch computed and delivered to its video.

        Args:
            video: What the frames are of.
            number: Of the batch, from 0.
            grey: ``(num_pairs + 1, height, width)`` uint8.
        """
        threads = self._on_device or self._on_cores
        threads.submit(partial(self._estimate, video, number, grey))

    def submit_job(self, job: Callable[[], None]) -> None:
        """Have something else done that would hold up the caller."""
        self._on_cores.submit(job)

    def stop(self, *, wait_seconds: float) -> None:
        """Begin nothing more, and wait a little for what is in progress."""
        for threads in (self._on_device, self._on_cores):
            if threads is not None:
                threads.stop(wait_seconds=wait_seconds)

    def _estimate(self, video: VideoFlow, number: int, grey: NDArray[np.uint8]) -> None:
        if video.is_over:
            return
        try:
            flow = self._estimator.estimate(grey)
        except (FrameSizeError, DeviceMemoryError) as error:
            self._tell(FlowRefused(path=video.path, error=error))
            return
        if self._on_device is None:
            self._keep(video, number, flow)
        else:
            self._on_cores.submit(partial(self._keep, video, number, flow))

    def _keep(self, video: VideoFlow, number: int, flow: NDArray[np.float32]) -> None:
        if self._settings.remove_camera_motion:
            for pair in flow:
                pair[...], _ = remove_camera_motion(pair)
        bound = self._settings.bound
        quantised = QuantisedFlow(
            levels=quantise_flow(flow, bound), saturated_share=saturated_share(flow, bound)
        )
        video.deliver(number, quantised)

    def _tell_failure(self, error: BaseException) -> None:
        self._tell(ThreadFailed(error=error))
