"""Networks of local motion: what moves how at many places of a clip, pooled into one vector.

::

    flow   2 x 16 x 64 x 86 ── descriptors ──> 64 values at 1 x 13 x 18 places ──┐
                                                                               pool ──> 256 values
    frames 3 x 16 x 64 x 86 ── convolutions ─> the same, as far as it is seen ───┘

The first is a teacher of motion that has seen no label; the second is its student. Each place is
described by itself, and the pool asks how what is there differs from what is usual: so a small
motion in a corner counts as much as one that fills the picture.

Source: Wang and Schmid, "Action Recognition with Improved Trajectories", ICCV 2013 (descriptors of
flow, Fisher vectors); Wang, Koniusz and Huynh, "Hallucinating IDT Descriptors and I3D Optical Flow
Features for Action Recognition with CNNs", ICCV 2019 (a network of frames that learns them; here it
learns each descriptor, where it is, and not the vector of a whole video).
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn

from motionfit.encoders.fisher import FisherVectors
from motionfit.encoders.motion_descriptors import (
    DESCRIPTOR_DIM,
    FLOW_HOP,
    NUM_FLOWS,
    MotionDescriptors,
    grid_size,
)
from motionfit.errors import ConfigError

NUM_VALUES = 64
"""Values of a place."""
NUM_COMPONENTS = 64
"""Gaussians that tell kinds of motion apart."""
EMBEDDING_DIM = 256

# The lengths of a descriptor's flows, eight directions each, summed over 16x16 px and 15 flows:
# what is below is noise. 1 px in one of 150 px comes to as much.
LEAST_MOTION_PX = 60.0
# Channels of the first stage.
_WIDTH = 32
# Levels that neighbouring frames differ by where something moves, roughly.
_DIFFERENCE_LEVELS = 20.0
_MIDDLE_LEVEL, _SPREAD_LEVELS = 127.5, 64.0


class Places(NamedTuple):
    """What is known about the places of clips.

    Attributes:
        values: ``(batch, 64, times, rows, columns)``, of deviation 1 or so.
        evidence: ``(batch, times, rows, columns)``, above 0 where something moves.
    """

    values: Tensor
    evidence: Tensor


class MotionPool(nn.Module):
    """From the places of a clip to one vector: Fisher vectors, centred and projected.

    Its numbers are fitted and not trained: see ``motionfit.methods.motion_pool``.

    Attributes:
        fisher: What kinds of motion there are.
        centre: ``(8192,)``, the mean Fisher vector.
        projection: ``(8192, 256)``.
    """

    stays_float32 = True

    def __init__(self) -> None:
        super().__init__()
        self.fisher = FisherVectors(NUM_COMPONENTS, NUM_VALUES)
        dim = self.fisher.out_dim
        self.centre = nn.Parameter(torch.empty(dim), requires_grad=False)
        self.projection = nn.Parameter(torch.empty(dim, EMBEDDING_DIM), requires_grad=False)

    def forward(self, places: Places) -> Tensor:
        """Return ``(batch, 256)`` float32."""
        with _exactly(places.values):
            pooled: Tensor = (self.fisher_vectors(places) - self.centre) @ self.projection
            return pooled

    def fisher_vectors(self, places: Places) -> Tensor:
        """Return ``(batch, 8192)`` float32, of length 1; zeros where nothing moves."""
        values = places.values.float().flatten(2).transpose(1, 2)
        vectors: Tensor = self.fisher(values, (places.evidence.flatten(1) > 0).float())
        return vectors

    def start(self, generator: torch.Generator) -> None:
        """Give every number a start value: kinds of motion at random, a random projection."""
        for values, deviation in ((self.fisher.means, 1.0), (self.projection, 1.0)):
            uniform = torch.rand(values.shape, generator=generator).sub_(0.5)
            values.data.copy_(uniform.mul_(12**0.5 * deviation))
        self.fisher.weights.data.fill_(1 / NUM_COMPONENTS)
        self.fisher.deviations.data.fill_(1)
        self.centre.data.zero_()


class LocalMotionNetwork(nn.Module, ABC):
    """Describes places, and pools them.

    Attributes:
        pool: Makes one vector of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pool = MotionPool()

    def describe(self, clips: Tensor) -> Places:
        """Return what is at each place.

        Times, rows and columns are those of `MotionDescriptors`, for flow and for frames.

        Args:
            clips: ``(batch, channel, time, height, width)``.

        Raises:
            RuntimeError: They are too short or too small.
        """
        places = self._describe(clips)
        if 0 in places.evidence.shape[1:]:
            raise RuntimeError("not one place fits into the clip")
        return places

    @abstractmethod
    def _describe(self, clips: Tensor) -> Places:
        """Return what is at each place; perhaps there is none."""

    def forward(self, clips: Tensor) -> Tensor:
        """Return ``(batch, 256, 1, 1, 1)`` features.

        Args:
            clips: ``(batch, channel, time, height, width)``.
        """
        pooled: Tensor = self.pool(self.describe(clips))
        return pooled[..., None, None, None]


class FlowMotion(LocalMotionNetwork):
    """Local motion as it is in optical flow, px; nothing in it is trained, its numbers are fitted.

    Attributes:
        mean: ``(300,)``, the mean descriptor.
        basis: ``(300, 64)``, to what is kept of a descriptor.
    """

    stays_float32 = True

    def __init__(self) -> None:
        super().__init__()
        self.descriptors = MotionDescriptors()
        self.mean = nn.Parameter(torch.empty(DESCRIPTOR_DIM), requires_grad=False)
        self.basis = nn.Parameter(torch.empty(DESCRIPTOR_DIM, NUM_VALUES), requires_grad=False)

    def _describe(self, clips: Tensor) -> Places:
        with _exactly(clips):
            descriptors, motion = self.descriptors(clips.float())
            centred = descriptors.movedim(1, -1) - self.mean
            return Places((centred @ self.basis).movedim(-1, 1), motion - LEAST_MOTION_PX)

    def start(self, generator: torch.Generator) -> None:
        """Give every number but the pool's a start value: a random projection."""
        uniform = torch.rand(self.basis.shape, generator=generator).sub_(0.5)
        self.basis.data.copy_(uniform.mul_(12**0.5))
        self.mean.data.zero_()


class FrameMotion(LocalMotionNetwork):
    """Local motion as far as a network of frames sees it, which are levels of RGB from 0 to 255.

    Two frames at a time are looked at, by their difference and their mean::

        frames    0 1 2 3 4 5 6 7 8 9 ...
        pairs     0-1 2-3 4-5 6-7 8-9

    Its convolutions halve height and width twice and the pairs' time twice. What comes out lies
    where the descriptors of flow lie: a unit every 4 px and every 8 frames.
    """

    def __init__(self) -> None:
        super().__init__()
        width = _WIDTH
        self.trunk = nn.Sequential(
            _convolution(6, width, (1, 5, 5), (1, 2, 2)),
            _convolution(width, width, (3, 1, 1)),
            _convolution(width, width, (1, 3, 3)),
            _convolution(width, 2 * width, (1, 3, 3), (1, 2, 2)),
            _convolution(2 * width, 2 * width, (3, 1, 1), (2, 1, 1)),
            _convolution(2 * width, 2 * width, (1, 3, 3)),
            _convolution(2 * width, 3 * width, (3, 1, 1), (2, 1, 1)),
            _convolution(3 * width, 3 * width, (1, 3, 3)),
            _convolution(3 * width, 3 * width, (1, 3, 3)),
            nn.Conv3d(3 * width, NUM_VALUES + 1, (2, 1, 1)),
        )

    def _describe(self, clips: Tensor) -> Places:
        num_pairs = clips.shape[2] // 2
        first, second = clips[:, :, 0 : 2 * num_pairs : 2], clips[:, :, 1 : 2 * num_pairs : 2]
        difference = (second - first) / _DIFFERENCE_LEVELS
        mean = ((first + second) / 2 - _MIDDLE_LEVEL) / _SPREAD_LEVELS
        maps = self.trunk(torch.cat([difference, mean], 1))
        times = (clips.shape[2] - 1 - NUM_FLOWS) // FLOW_HOP + 1
        rows, columns = (grid_size(side) for side in clips.shape[3:])
        # Units lie 4 px apart from the first pixel on, descriptors from the 8th.
        placed = maps[:, :, :times, 2 : 2 + max(0, rows), 2 : 2 + max(0, columns)]
        return Places(placed[:, :-1], placed[:, -1])


def _exactly(values: Tensor) -> AbstractContextManager[object]:
    """Return where no operator may choose a smaller number type by itself."""
    device = values.device.type
    is_there = torch.amp.is_autocast_available(device)
    return torch.autocast(device, enabled=False) if is_there else nullcontext()


def _convolution(
    in_channels: int,
    out_channels: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
) -> nn.Sequential:
    time, height, width = (side // 2 for side in kernel)
    return nn.Sequential(
        nn.Conv3d(
            in_channels, out_channels, kernel, stride, padding=(time, height, width), bias=False
        ),
        nn.BatchNorm3d(out_channels),
        nn.ReLU(inplace=True),
    )


def build_flow_motion(in_channels: int) -> FlowMotion:
    """Return local motion as it is in flow.

    Raises:
        ConfigError: It is to see something else.
    """
    _check_channels("local_motion_flow", in_channels, 2, "flow, x and y")
    return FlowMotion()


def build_frame_motion(in_channels: int) -> FrameMotion:
    """Return local motion as far as a network of RGB sees it.

    Raises:
        ConfigError: It is to see something else.
    """
    _check_channels("local_motion", in_channels, 3, "RGB")
    return FrameMotion()


def _check_channels(name: str, found: int, expected: int, what: str) -> None:
    if found != expected:
        raise ConfigError("in_channels", found, f"{expected}: {name} sees {what}")
