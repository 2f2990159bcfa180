"""What moves between two frames, estimated by a small network that has learnt it from flow.

::

    frames  6 x 64 x 86 ── 32 x 32 x 43 ────────────────────────── joined ──> flow 2 x 32 x 43
                                └── 48 x 16 x 22 ────────── joined ───┘
                                        └── 64 x 8 x 11 ── joined ┘
                                                └── mean ────┘

Every two frames are looked at by themselves, with the same weights: so a clip of 16 frames is
fifteen examples to learn from, and a clip of any length can be seen.

Source: Fischer et al., "FlowNet: Learning Optical Flow with Convolutional Networks", ICCV 2015 (a
network that narrows and widens again); Zhu et al., "Hidden Two-Stream Convolutional Networks for
Action Recognition", ACCV 2018 (motion that a network of frames makes for itself, in place of flow).
Differs: 0.2 M weights instead of millions, for small pictures; the camera's motion is left out, as
in the flow that it learns from.
"""

import torch
import torch.nn.functional as F  # noqa: N812  everybody's name for it
from torch import Tensor, nn

# Levels that neighbouring frames differ by where something moves, roughly.
_DIFFERENCE_LEVELS = 20.0
_MIDDLE_LEVEL, _SPREAD_LEVELS = 127.5, 64.0
# Most of what moves moves less than a pixel: random weights begin there.
_USUAL_PX = 0.1
# Channels at a half, a quarter and an eighth of the size.
_HALF, _QUARTER, _EIGHTH = 32, 48, 64


class MotionEstimator(nn.Module):
    """Estimates flow of half the size, without the camera's motion, from pairs of frames."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolution(6, _HALF, 5, stride=2), _convolution(_HALF, _HALF))
        self.quarter = nn.Sequential(
            _convolution(_HALF, _QUARTER, stride=2),
            _convolution(_QUARTER, _QUARTER),
            _convolution(_QUARTER, _QUARTER),
        )
        self.eighth = nn.Sequential(
            _convolution(_QUARTER, _EIGHTH, stride=2),
            _convolution(_EIGHTH, _EIGHTH),
            _convolution(_EIGHTH, _EIGHTH),
        )
        self.everywhere = nn.Sequential(_convolution(2 * _EIGHTH, _QUARTER, 1))
        self.to_quarter = nn.Sequential(_convolution(2 * _QUARTER, _HALF, 1))
        self.to_half = nn.Sequential(_convolution(2 * _HALF, _HALF))
        self.flow = nn.Sequential(nn.Conv3d(_HALF, 2, (1, 3, 3), padding=(0, 1, 1)))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return ``(batch, 2, pairs, height // 2, width // 2)``: x right and y down, px a frame.

        Pixels are those of the whole size, as in `halve_flow`.

        Args:
            first: ``(batch, 3, pairs, height, width)``, levels of RGB from 0 to 255.
            second: The frames that follow them.
        """
        difference = (second - first) / _DIFFERENCE_LEVELS
        looks = ((first + second) / 2 - _MIDDLE_LEVEL) / _SPREAD_LEVELS
        half = self.stem(torch.cat([difference, looks], 1))
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        # What moves everywhere is the camera's doing.
        mean = eighth.mean((3, 4), keepdim=True).expand_as(eighth)
        eighth = self.everywhere(torch.cat([eighth, mean], 1))
        quarter = self.to_quarter(torch.cat([quarter, _widen(eighth, quarter)], 1))
        half = self.to_half(torch.cat([half, _widen(quarter, half)], 1))
        flow: Tensor = self.flow(half) * _USUAL_PX
        height, width = first.shape[3:]
        return flow[..., : height // 2, : width // 2]


def _widen(narrow: Tensor, wide: Tensor) -> Tensor:
    """Return a map at the height and width of another one."""
    batch, channels, time, *size = narrow.shape
    frames = narrow.transpose(1, 2).reshape(-1, channels, *size)
    resized = F.interpolate(frames, size=wide.shape[3:], mode="bilinear", align_corners=False)
    return resized.view(batch, time, channels, *wide.shape[3:]).transpose(1, 2)


def _convolution(
    in_channels: int, out_channels: int, side: int = 3, *, stride: int = 1
) -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(
            in_channels,
            out_channels,
            (1, side, side),
            (1, stride, stride),
            padding=(0, side // 2, side // 2),
            bias=False,
        ),
        nn.BatchNorm3d(out_channels),
        nn.ReLU(inplace=True),
    )
