"""Optical flow of frames in memory: the function for scripts and notebooks."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.flow.camera_motion import remove_camera_motion as remove_affine_motion
from motionfit.flow.estimator import FlowEstimator, check_frames
from motionfit.flow.methods import choose_method, make_estimator
from motionfit.flow.settings import FlowMethod


def compute_flow(
    frames: NDArray[np.uint8],
    *,
    method: FlowMethod | Literal["auto"] = "auto",
    size: tuple[int, int] | None = None,
    remove_camera_motion: bool = False,
    device: str = "auto",
) -> NDArray[np.float32]:
    """Return the flow of each frame to the next.

    Args:
        frames: ``(time, height, width, 3)`` RGB or ``(time, height, width)`` grey, uint8.
        method: See `FlowSettings`; ``auto`` is the fastest TV-L1 on this machine.
        size: ``(height, width)`` px that frames are brought to first; None leaves them.
        remove_camera_motion: Subtract the affine motion that fits most of each picture.
        device: Where ``tvl1-torch`` runs.

    Returns:
        ``(time - 1, height, width, 2)`` float32, px a frame, x to the right and y downwards. All
        cores work at it, or the device.

    Raises:
        ConfigError: The frames have another shape or type, or there are none.
        FrameSizeError: The frames are smaller than 16 px in one direction.
        FlowMethodError: The method cannot run on this machine.
    """
    grey = to_grey(frames, size=size)
    check_frames(grey)
    estimator = make_estimator(choose_method(device) if method == "auto" else method, device=device)
    flow = _estimate(estimator, grey)
    if remove_camera_motion:
        for pair in flow:
            pair[...] = remove_affine_motion(pair)[0]
    return flow


def to_grey(frames: NDArray[np.uint8], *, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return what flow is computed on: ``(time, height, width)`` uint8 grey.

    Args:
        frames: ``(time, height, width, 3)`` RGB or ``(time, height, width)`` grey, uint8.
        size: ``(height, width)`` px to bring them to, by area where smaller; None leaves them.

    Raises:
        ConfigError: The frames have another shape or type, or there are none.
    """
    is_colour = frames.ndim == 4 and frames.shape[3] == 3
    if frames.dtype != np.uint8 or not (is_colour or frames.ndim == 3) or not len(frames):
        raise ConfigError(
            "frames",
            f"{frames.dtype} {frames.shape}",
            "uint8 (time, height, width, 3) RGB or (time, height, width) grey",
        )
    height, width = size or frames.shape[1:3]
    grey = np.empty((len(frames), height, width), np.uint8)
    for result, frame in zip(grey, frames, strict=True):
        plane = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) if is_colour else frame
        if size is not None:
            plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
        result[...] = plane
    return grey


def _estimate(estimator: FlowEstimator, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    num_pairs = len(grey) - 1
    num_parts = min(os.cpu_count() or 1, num_pairs) if estimator.uses_cores else 1
    if num_parts <= 1:
        return estimator.estimate(grey)
    edges = [num_pairs * part // num_parts for part in range(num_parts + 1)]
    parts = [grey[start : end + 1] for start, end in pairwise(edges)]
    with ThreadPoolExecutor(num_parts) as threads:
        return np.concatenate(list(threads.map(estimator.estimate, parts)))
