"""Optical flow by our own TV-L1 in torch: a video's grey frames in, flow out."""

import threading

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motionfit.errors import DeviceMemoryError
from motionfit.flow.estimator import check_frames
from motionfit.flow.settings import FlowMethod
from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.backend import Backend
from motionfit.flow.tvl1_torch.choice import choose_backend
from motionfit.flow.tvl1_torch.device import num_pairs_at_once, resolve_device
from motionfit.flow.tvl1_torch.solver import solve


class TorchTvL1:
    """A ``FlowEstimator``: OpenCV's TV-L1, many pairs at once, on a GPU or any torch device.

    The flow of a pair does not depend on the other pairs. It differs from OpenCV's by rounding, and
    by the iteration more or less that rounding decides.

    Attributes:
        device: Where it runs.
        backend: Who does the arithmetic: Triton kernels on CUDA, else torch operations.

    Raises:
        ConfigError: The device is not there.
    """

    def __init__(
        self,
        parameters: TvL1Parameters | None = None,
        device: str = "auto",
        *,
        pairs_at_once: int | None = None,
        backend: Backend | None = None,
    ) -> None:
        """Prepare a device.

        Args:
            parameters: The numbers of TV-L1; OpenCV's if None.
            device: ``auto`` or the name of a torch device.
            pairs_at_once: Largest batch; None is what a share of the free memory holds.
            backend: None takes the fastest that proves right on the device.
        """
        self.device = resolve_device(device)
        self.backend = backend or choose_backend(self.device)
        self._parameters = parameters or TvL1Parameters()
        self._pairs_at_once = pairs_at_once
        self._one_at_a_time = threading.Lock()

    @property
    def method(self) -> FlowMethod:
        """Its name."""
        return "tvl1-torch"

    @property
    def uses_cores(self) -> bool:
        """Whether each call keeps one core busy; here the device serves one call after another."""
        return False

    def estimate(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the flow of each frame to the next; see ``FlowEstimator.estimate``.

        Raises:
            ConfigError: The frames have another shape or type.
            DeviceMemoryError: Not even one pair fits the device's memory.
        """
        check_frames(grey)
        flow = np.empty((max(len(grey) - 1, 0), *grey.shape[1:], 2), dtype=np.float32)
        if len(flow) > 0:
            with self._one_at_a_time, torch.inference_mode():
                self._fill(np.ascontiguousarray(grey), flow)
        return flow

    def _fill(self, grey: NDArray[np.uint8], flow: NDArray[np.float32]) -> None:
        batch = self._pairs_at_once or num_pairs_at_once(self.device, *grey.shape[1:])
        waiting: _Download | None = None
        start = 0
        while start < len(flow):
            stop = min(start + batch, len(flow))
            try:
                download = _Download(self._solve(grey[start : stop + 1]), flow[start:stop])
            except torch.OutOfMemoryError as error:
                if batch == 1:
                    raise DeviceMemoryError(str(self.device)) from error
                batch = (stop - start + 1) // 2
                torch.cuda.empty_cache()
                continue
            # The device is busy with this batch by now, so the one before is fetched meanwhile.
            if waiting is not None:
                waiting.finish()
            waiting = download
            start = stop
        if waiting is not None:
            waiting.finish()

    def _solve(self, grey: NDArray[np.uint8]) -> Tensor:
        """Return ``(pairs, height, width, 2)`` on the device."""
        frames = torch.tensor(grey).to(self.device).to(torch.float32)
        flow = solve(frames, self._parameters, self.backend)
        return flow.permute(0, 2, 3, 1).contiguous()


class _Download:
    """A result on its way from the device to its place in the caller's array."""

    def __init__(self, result: Tensor, target: NDArray[np.float32]) -> None:
        self._target = target
        self._arrived: torch.cuda.Event | None = None
        self._staged = result
        if result.is_cuda:
            # Only page-locked memory is copied to while the GPU and this thread do something else.
            self._staged = torch.empty(result.shape, dtype=result.dtype, pin_memory=True)
            self._staged.copy_(result, non_blocking=True)
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrived.record(torch.cuda.current_stream(result.device))

    def finish(self) -> None:
        """Wait for the result and put it into its place."""
        if self._arrived is not None:
            self._arrived.synchronize()
        self._target[...] = self._staged.cpu().numpy()
