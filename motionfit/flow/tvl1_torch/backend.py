"""Who does the arithmetic between two warps: torch operations, or Triton kernels."""

from typing import Protocol

from torch import Tensor

from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.minimise import minimise
from motionfit.flow.tvl1_torch.warp import Linearisation, linearise


class Backend(Protocol):
    """The two halves of a warp."""

    def linearise(self, first: Tensor, target: Tensor, flow: Tensor) -> Linearisation:
        """Return the data term around the flow; see ``warp.linearise``."""

    def minimise(
        self, linear: Linearisation, flow: Tensor, dual: Tensor, parameters: TvL1Parameters
    ) -> Tensor:
        """Change flow and dual variable in place; see ``minimise.minimise``."""


class TorchBackend:
    """By torch operations: readable, for every device."""

    def linearise(self, first: Tensor, target: Tensor, flow: Tensor) -> Linearisation:
        """Return the data term around the flow; see ``warp.linearise``."""
        return linearise(first, target, flow)

    def minimise(
        self, linear: Linearisation, flow: Tensor, dual: Tensor, parameters: TvL1Parameters
    ) -> Tensor:
        """Change flow and dual variable in place; see ``minimise.minimise``."""
        return minimise(linear, flow, dual, parameters)
