"""The iterations between two warps, by torch operations, on any device."""

import torch
from torch import Tensor

from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.median import median_filter
from motionfit.flow.tvl1_torch.steps import (
    FLOAT_EPSILON,
    squared_change,
    threshold,
    update_dual,
    update_primal,
)
from motionfit.flow.tvl1_torch.warp import Linearisation


def minimise(
    linear: Linearisation, flow: Tensor, dual: Tensor, parameters: TvL1Parameters
) -> Tensor:
    """Bring flow and dual variable to the minimum of the linearised energy, in place.

    Rounds of iterations, each round begun with a median filter, until the flow of a pair moves by
    less than ``epsilon`` px (root mean square). That pair then keeps its flow and dual variable and
    leaves the batch: it costs nothing more, and which others are in the batch does not matter to
    it.

    Args:
        linear: The data term of each pair.
        flow: ``u``, ``(pairs, 2, height, width)`` float32.
        dual: ``p``, ``(pairs, 2, 2, height, width)`` float32.
        parameters: The numbers of TV-L1.

    Returns:
        ``(pairs,)`` int64, the iterations done.
    """
    iterations = torch.zeros(len(flow), dtype=torch.int64, device=flow.device)
    running = _Running(linear, flow, dual)
    for _ in range(parameters.num_outer):
        running.flow = median_filter(running.flow, parameters.median_size)
        for _ in range(parameters.num_inner):
            change = running.iterate(parameters)
            iterations[running.places] += 1
            converged = change <= scaled_epsilon(flow, parameters)
            if converged.any():
                running.take_out(converged, flow, dual)
                if len(running.places) == 0:
                    return iterations
    running.take_out(torch.ones_like(running.places, dtype=torch.bool), flow, dual)
    return iterations


def scaled_epsilon(flow: Tensor, parameters: TvL1Parameters) -> float:
    """Return the sum of squared changes at which a pair has converged, px^2."""
    height, width = flow.shape[-2:]
    return parameters.epsilon * parameters.epsilon * height * width


class _Running:
    """The pairs that have not converged, side by side.

    Attributes:
        places: ``(running,)`` int64, where they stand in the whole batch.
    """

    def __init__(self, linear: Linearisation, flow: Tensor, dual: Tensor) -> None:
        self.places = torch.arange(len(flow), device=flow.device)
        self.flow = flow
        self.dual = dual
        self._linear = linear
        squared = linear.gradient * linear.gradient
        self._squared_norm = (squared[:, 0] + squared[:, 1]).clamp(min=FLOAT_EPSILON)

    def iterate(self, parameters: TvL1Parameters) -> Tensor:
        """Do one iteration and return the squared change of each pair."""
        auxiliary = threshold(
            self.flow, self._linear, self._squared_norm, parameters.lambda_ * parameters.theta
        )
        before = self.flow
        self.flow = update_primal(auxiliary, self.dual, parameters.theta)
        self.dual = update_dual(self.dual, self.flow, parameters.tau / parameters.theta)
        return squared_change(before, self.flow)

    def take_out(self, chosen: Tensor, flow: Tensor, dual: Tensor) -> None:
        """Write the chosen pairs to their places in ``flow`` and ``dual`` and go on without."""
        flow[self.places[chosen]] = self.flow[chosen]
        dual[self.places[chosen]] = self.dual[chosen]
        rest = ~chosen
        self.places = self.places[rest]
        self.flow = self.flow[rest]
        self.dual = self.dual[rest]
        self._squared_norm = self._squared_norm[rest]
        self._linear = Linearisation(
            gradient=self._linear.gradient[rest], constant=self._linear.constant[rest]
        )
