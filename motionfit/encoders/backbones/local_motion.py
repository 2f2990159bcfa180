"""Networks of local motion: what moves how at many places of a clip, pooled into one vector.

::

    flow   2 x 16 x 64 x 86 ── halved ───────┐
                                             ├── descriptors: 66 values at 1 x 13 x 18 places
    frames 3 x 16 x 64 x 86 ── estimator ────┘                         │
                                                                       pool ──> 448 values

The first is a teacher of motion that is not trained; the second is its student, whose estimator has
learnt from flow what moves between two frames. Each place is described by itself, and the pool
asks how what is there differs from what is usual: so a small motion in a corner counts as much as
one that fills the picture.

Source: Wang and Schmid, "Action Recognition with Improved Trajectories", ICCV 2013 (descriptors of
flow, Fisher vectors); of the estimator, see its module.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn

from motionfit.encoders.backbones.motion_estimator import MotionEstimator
from motionfit.encoders.fisher import FisherVectors
from motionfit.encoders.motion_descriptors import DESCRIPTOR_DIM, MotionDescriptors, halve_flow
from motionfit.errors import ConfigError

NUM_KEPT = 64
"""Values that are kept of a descriptor."""
NUM_VALUES = NUM_KEPT + 2
"""Values of a place: those, and where in the picture it is."""
NUM_COMPONENTS = 128
"""Gaussians that tell kinds of motion apart."""
EMBEDDING_DIM = 448

# The lengths of a descriptor's flows, eight directions each, summed over 16x16 px and 15 flows:
# what is below is noise. 1 px in one of 150 px comes to as much.
LEAST_MOTION_PX = 60.0


class Places(NamedTuple):
    """What is known about the places of clips.

    Attributes:
        values: ``(batch, 66, times, rows, columns)``, of deviation 1 or so: what moves how, and at
            last column and row, from -1 at the left and the top to 1.
        evidence: ``(batch, times, rows, columns)``, above 0 where something moves.
    """

    values: Tensor
    evidence: Tensor


class MotionPool(nn.Module):
    """From the places of a clip to one vector: Fisher vectors, centred and projected.

    Its numbers are fitted and not trained: see ``motionfit.methods.motion_pool``.

    Attributes:
        fisher: What kinds of motion there are.
        centre: ``(16896,)``, the mean Fisher vector.
        projection: ``(16896, 448)``.
    """

    stays_float32 = True

    def __init__(self) -> None:
        super().__init__()
        self.fisher = FisherVectors(NUM_COMPONENTS, NUM_VALUES)
        dim = self.fisher.out_dim
        self.centre = nn.Parameter(torch.empty(dim), requires_grad=False)
        self.projection = nn.Parameter(torch.empty(dim, EMBEDDING_DIM), requires_grad=False)

    def forward(self, places: Places) -> Tensor:
        """Return ``(batch, 448)`` float32."""
        with _exactly(places.values):
            pooled: Tensor = (self.fisher_vectors(places) - self.centre) @ self.projection
            return pooled

    def fisher_vectors(self, places: Places) -> Tensor:
        """Return ``(batch, 16896)`` float32, of length 1; zeros where nothing moves."""
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


class MotionPlaces(nn.Module):
    """From flow to places: its descriptors on a basis, and where they are; fitted, not trained.

    Attributes:
        mean: ``(300,)``, the mean descriptor.
        basis: ``(300, 64)``, to what is kept of a descriptor.
    """

    stays_float32 = True

    def __init__(self) -> None:
        super().__init__()
        self.descriptors = MotionDescriptors()
        self.mean = nn.Parameter(torch.empty(DESCRIPTOR_DIM), requires_grad=False)
        self.basis = nn.Parameter(torch.empty(DESCRIPTOR_DIM, NUM_KEPT), requires_grad=False)

    def forward(self, halved_flow: Tensor) -> Places:
        """Return what is at each place.

        Args:
            halved_flow: ``(batch, 2, flows, height // 2, width // 2)``, px of the whole size.
        """
        with _exactly(halved_flow):
            descriptors, motion = self.descriptors(halved_flow.float())
            kept = ((descriptors.movedim(1, -1) - self.mean) @ self.basis).movedim(-1, 1)
            where = coordinates(motion)
            return Places(torch.cat([kept, where], 1), motion - LEAST_MOTION_PX)

    def start(self, generator: torch.Generator) -> None:
        """Give every number a start value: a random projection."""
        uniform = torch.rand(self.basis.shape, generator=generator).sub_(0.5)
        self.basis.data.copy_(uniform.mul_(12**0.5))
        self.mean.data.zero_()


class LocalMotionNetwork(nn.Module, ABC):
    """Describes the places of flow, which it is given or makes, and pools them.

    Attributes:
        places: Describes them.
        pool: Makes one vector of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.places = MotionPlaces()
        self.pool = MotionPool()

    @abstractmethod
    def halved_flow(self, clips: Tensor) -> Tensor:
        """Return ``(batch, 2, flows, height // 2, width // 2)`` flow, px of the whole size.

        Args:
            clips: ``(batch, channel, time, height, width)``.
        """

    def describe(self, clips: Tensor) -> Places:
        """Return what is at each place: see `MotionDescriptors` for where these are.

        Args:
            clips: ``(batch, channel, time, height, width)``.

        Raises:
            RuntimeError: They are too short or too small.
        """
        places: Places = self.places(self.halved_flow(clips))
        if 0 in places.evidence.shape[1:]:
            raise RuntimeError("not one place fits into the clip")
        return places

    def forward(self, clips: Tensor) -> Tensor:
        """Return ``(batch, 448, 1, 1, 1)`` features.

        Args:
            clips: ``(batch, channel, time, height, width)``.
        """
        pooled: Tensor = self.pool(self.describe(clips))
        return pooled[..., None, None, None]


class FlowMotion(LocalMotionNetwork):
    """Local motion as it is in flow, px; nothing in it is trained, its numbers are fitted."""

    stays_float32 = True

    def halved_flow(self, clips: Tensor) -> Tensor:
        """Return the flow that it is given, of half the size."""
        return halve_flow(clips)


class FrameMotion(LocalMotionNetwork):
    """Local motion as far as a network of frames sees it, which are levels of RGB from 0 to 255.

    Attributes:
        estimator: Makes flow of every frame and the next one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.estimator = MotionEstimator()

    def halved_flow(self, clips: Tensor) -> Tensor:
        """Return the flow that it sees: of a clip of 16 frames fifteen."""
        flow: Tensor = self.estimator(clips[:, :, :-1], clips[:, :, 1:])
        return flow


def coordinates(of_places: Tensor) -> Tensor:
    """Return column and row of each place, from -1 to 1: ``(batch, 2, times, rows, columns)``.

    Source: Sánchez, Perronnin and de Campos, "Modeling the Spatial Layout of Images Beyond Spatial
    Pyramids", Pattern Recognition Letters 2012.

    Args:
        of_places: ``(batch, times, rows, columns)``, values of places.
    """
    rows, columns = (
        torch.linspace(-1, 1, side, device=of_places.device, dtype=of_places.dtype)
        for side in of_places.shape[2:]
    )
    grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))
    return grid[None, :, None].expand(len(of_places), -1, of_places.shape[1], -1, -1)


def _exactly(values: Tensor) -> AbstractContextManager[object]:
    """Return where no operator may choose a smaller number type by itself."""
    device = values.device.type
    is_there = torch.amp.is_autocast_available(device)
    return torch.autocast(device, enabled=False) if is_there else nullcontext()


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
