"""The methods of optical flow by name, and which TV-L1 is the best one on this machine."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.errors import FlowError, FlowMethodError
from motionfit.flow.estimator import FlowEstimator
from motionfit.flow.settings import FlowMethod

TV_L1_METHODS: tuple[FlowMethod, ...] = ("tvl1-torch", "tvl1-numba", "tvl1")
"""Three ways to the same flow; ``tvl1`` is the reference."""

MOST_DIFFERENCE_PX = 0.1
"""Mean end-point difference from the reference up to which a method is trusted."""

_PROBE_SHAPE = (128, 171)
# NVIDIA's, the same under WSL, and AMD's.
_GPU_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def make_estimator(method: FlowMethod, *, device: str = "auto") -> FlowEstimator:
    """Return the method of that name, ready to be called.

    Args:
        method: Its name.
        device: Where ``tvl1-torch`` runs: ``auto``, ``cpu``, ``cuda`` or ``mps``. The others run on
            the CPU.

    Raises:
        FlowMethodError: A package that the method needs is missing.
        ConfigError: This machine has no such device.
    """
    # Imported when asked for: numba and torch take a second or two to load.
    try:
        match method:
            case "tvl1":
                from motionfit.flow.tvl1.opencv import OpenCvTvL1

                return OpenCvTvL1()
            case "tvl1-numba":
                from motionfit.flow.tvl1.numba_solver import NumbaTvL1

                return NumbaTvL1()
            case "tvl1-torch":
                from motionfit.flow.tvl1_torch.estimator import TorchTvL1

                return TorchTvL1(device=device)
            case "dis":
                from motionfit.flow.dis import Dis

                return Dis()
    except ImportError as error:
        raise FlowMethodError(method, f"it needs the package {error.name}") from error


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a method did on this machine.

    Attributes:
        method: Its name.
        pairs_per_second: Of the whole machine, at 128x171.
        difference_px: Mean end-point difference from the reference.
    """

    method: FlowMethod
    pairs_per_second: float
    difference_px: float

    @property
    def is_trusted(self) -> bool:
        """Whether it agrees with the reference."""
        return self.difference_px <= MOST_DIFFERENCE_PX


def choose_method(device: str = "auto") -> FlowMethod:
    """Return the TV-L1 that is fastest on this machine among those that agree with the reference.

    Decided by measurement, once a process; see `measure_methods`.
    """
    trusted = [measured for measured in measure_methods(device) if measured.is_trusted]
    return max(trusted, key=lambda measured: measured.pairs_per_second).method


@cache
def measure_methods(device: str = "auto") -> tuple[Measured, ...]:
    """Return how each TV-L1 that can run here does on a short scene; takes a second or two."""
    frames = _probe_frames(num_frames=3)
    reference = make_estimator("tvl1").estimate(frames)
    measured = []
    for method in _candidates(device):
        try:
            estimator = make_estimator(method, device=device)
            flow = estimator.estimate(frames)
        except FlowError:
            continue
        difference = np.linalg.norm(flow - reference, axis=-1).mean()
        measured.append(
            Measured(
                method=method,
                pairs_per_second=_pairs_per_second(estimator),
                difference_px=float(difference),
            )
        )
    return tuple(measured)


def _candidates(device: str) -> Iterator[FlowMethod]:
    """Yield what is worth measuring; torch on a CPU never is."""
    if device == "auto":
        device = _automatic_device()
    for method in TV_L1_METHODS:
        if method != "tvl1-torch" or device != "cpu":
            yield method


def _automatic_device() -> str:
    # Asking torch takes two seconds and 450 MB: it is not asked where there is no driver of a GPU.
    if sys.platform == "linux" and not any(Path(driver).exists() for driver in _GPU_DRIVERS):
        return "cpu"
    from motionfit.flow.tvl1_torch.device import resolve_device

    return resolve_device("auto").type


def _pairs_per_second(estimator: FlowEstimator) -> float:
    # A device is fast only where it gets many pairs at once.
    num_pairs = 2 if estimator.uses_cores else 128
    frames = _probe_frames(num_frames=num_pairs + 1)
    started = time.perf_counter()
    estimator.estimate(frames)
    one_caller = num_pairs / (time.perf_counter() - started)
    return one_caller * (os.cpu_count() or 1) if estimator.uses_cores else one_caller


def _probe_frames(num_frames: int) -> NDArray[np.uint8]:
    """Return a textured scene that turns and grows: ``(num_frames, 128, 171)`` uint8."""
    height, width = _PROBE_SHAPE
    noise = np.random.default_rng(0).normal(128, 120, (height, width)).astype(np.float32)
    scene = np.clip(cv2.GaussianBlur(noise, (0, 0), 2.0) * 4 - 3 * 128, 0, 255).astype(np.uint8)
    centre = (width / 2, height / 2)
    # It swings to and fro, so that long ones stay in sight; never more than 2 px from a frame on.
    swings = [8 - abs(t % 16 - 8) for t in range(num_frames)]
    steps = [cv2.getRotationMatrix2D(centre, swing, 1 + 0.01 * swing) for swing in swings]
    return np.stack(
        [
            cv2.warpAffine(scene, step, (width, height), borderMode=cv2.BORDER_REFLECT)
            for step in steps
        ]
    )
