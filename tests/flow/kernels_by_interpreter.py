"""Runs the Triton kernels without a GPU and prints, as JSON, how far they are from torch.

A program of its own: Triton looks at TRITON_INTERPRET when kernels are defined.
"""

import json
import os

os.environ["TRITON_INTERPRET"] = "1"

import torch

from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.backend import TorchBackend
from motionfit.flow.tvl1_torch.choice import find_disagreement
from motionfit.flow.tvl1_torch.kernels.triton_backend import TritonBackend
from motionfit.flow.tvl1_torch.solver import solve
from motionfit.flow.tvl1_torch.warp import prepare_target

OURS, THEIRS = TritonBackend(), TorchBackend()


def waves(num_frames, height, width):
    """Return frames of a pattern in motion: ``(num_frames, height, width)`` float32."""
    across, down = torch.arange(width), torch.arange(height)[:, None]
    return torch.stack(
        [
            127 + 60 * torch.sin((across + 1.2 * t) / 4) + 60 * torch.cos((down - 0.7 * t) / 3)
            for t in range(num_frames)
        ]
    )


def compare_minimise(parameters, height=37, width=41):
    """Return gaps in flow and dual variable, and the iterations of both."""
    frames = waves(4, height, width)
    # The first pair is at rest, so it converges long before the others.
    frames[1] = frames[0]
    start = torch.zeros(3, 2, height, width)
    linear = THEIRS.linearise(frames[:-1], prepare_target(frames[1:]), start)
    results = []
    for backend in (OURS, THEIRS):
        flow, dual = start.clone(), torch.zeros(3, 2, 2, height, width)
        iterations = backend.minimise(linear, flow, dual, parameters)
        results.append((flow, dual, iterations.tolist()))
    (flow, dual, iterations), (torch_flow, torch_dual, torch_iterations) = results
    return {
        "flow": float((flow - torch_flow).abs().max()),
        "dual": float((dual - torch_dual).abs().max()),
        "iterations": iterations,
        "torch_iterations": torch_iterations,
    }


def compare_solve():
    """Return the gap of a whole pyramid of two levels."""
    frames = waves(3, 20, 33)
    parameters = TvL1Parameters(num_warps=2, epsilon=0.05)
    difference = solve(frames, parameters, OURS) - solve(frames, parameters, THEIRS)
    return float(difference.abs().max())


report = {
    "self_check": find_disagreement(OURS, THEIRS, torch.device("cpu")),
    "early_stop": compare_minimise(TvL1Parameters(epsilon=0.05)),
    "two_rounds": compare_minimise(TvL1Parameters(epsilon=1e-9, num_outer=2, num_inner=3)),
    "median_3": compare_minimise(
        TvL1Parameters(median_size=3, epsilon=1e-9, num_outer=2, num_inner=2)
    ),
    "no_median": compare_minimise(
        TvL1Parameters(median_size=1, epsilon=1e-9, num_outer=1, num_inner=2), 16, 70
    ),
    "solve": compare_solve(),
}
print(json.dumps(report))  # noqa: T201
