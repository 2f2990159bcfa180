"""From decoded clips (numpy, channels last) to the backbone's input (torch, channels first)."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError


def check_clips(clips: NDArray[np.uint8], spec: EncoderSpec) -> None:
    """Refuse clips that the encoder was not made for.

    Raises:
        ConfigError: ``clips`` is not ``(num_clips, *spec.clip_shape())`` uint8.
    """
    if clips.dtype != np.uint8 or clips.ndim != 5 or clips.shape[1:] != spec.clip_shape():
        expected = ", ".join(map(str, spec.clip_shape()))
        raise ConfigError("clips", f"{clips.dtype} {clips.shape}", f"uint8 (num_clips, {expected})")


def crop_centre(clips: NDArray[np.uint8], crop: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the middle of every frame, as a view.

    128x171 cropped to 112x112 begins at row 8, column 29 or 30: (171 - 112) / 2 = 29.5, rounded
    to the even 30 as torchvision's ``CenterCrop`` does.

    Args:
        clips: ``(num_clips, time, height, width, channel)``.
        crop: ``(height, width)`` px.
    """
    height, width = crop
    top = round((clips.shape[2] - height) / 2)
    left = round((clips.shape[3] - width) / 2)
    return clips[:, :, top : top + height, left : left + width]


def clips_to_tensor(crops: NDArray[np.uint8]) -> Tensor:
    """Return crops as ``(batch, channel, time, height, width)`` uint8 in channels-last layout.

    The pixels are copied once: the result does not share memory with ``crops``, which may be a
    view on memory that a decoder is about to reuse.
    """
    owned = np.array(crops, order="C", copy=True)
    return torch.from_numpy(owned).permute(0, 4, 1, 2, 3)


def scale(clips: Tensor, spec: EncoderSpec) -> Tensor:
    """Return float32 values in [0, 1], normalised where the spec says so.

    Args:
        clips: ``(batch, channel, time, height, width)`` uint8.
        spec: Holds ``mean`` and ``std``.
    """
    values = clips.float().div_(255)
    if spec.mean is None or spec.std is None:
        return values
    mean, std = (
        torch.tensor(numbers, device=values.device).view(-1, 1, 1, 1)
        for numbers in (spec.mean, spec.std)
    )
    return values.sub_(mean).div_(std)
