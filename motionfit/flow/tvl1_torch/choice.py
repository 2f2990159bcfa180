"""Kernels where they prove right, else the torch steps."""

import logging
import math
import threading

import torch

from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.backend import Backend, TorchBackend
from motionfit.flow.tvl1_torch.warp import prepare_target

# Kernels round differently in the last digits. A wrong tap, border or barrier shows up far above.
_TOLERANCE_PX = 1e-3
_TOLERANCE_GREY = 1e-2

_LOGGER = logging.getLogger(__name__)
_lock = threading.Lock()
_chosen: dict[torch.device, Backend] = {}


def choose_backend(device: torch.device) -> Backend:
    """Return who computes on a device: Triton kernels on CUDA if they pass a check, else torch.

    The check runs once a process and device.
    """
    with _lock:
        if device not in _chosen:
            _chosen[device] = _choose(device)
        return _chosen[device]


def _choose(device: torch.device) -> Backend:
    if device.type != "cuda":
        return TorchBackend()
    try:
        from motionfit.flow.tvl1_torch.kernels.triton_backend import TritonBackend
    except ImportError as error:
        return _give_up(device, f"Triton is not installed ({error})")
    return keep_if_right(TritonBackend(), device)


def keep_if_right(candidate: Backend, device: torch.device) -> Backend:
    """Return ``candidate`` if it agrees with the torch steps; else warn, and return these."""
    try:
        problem = find_disagreement(candidate, TorchBackend(), device)
    # A compiler, its driver and a launch fail in ways of their own; the torch steps serve anyway.
    except Exception as error:  # noqa: BLE001
        problem = f"{type(error).__name__}: {error}"
    return candidate if problem is None else _give_up(device, problem)


def _give_up(device: torch.device, problem: str) -> Backend:
    _LOGGER.warning("TV-L1 on %s runs without kernels, many times slower: %s", device, problem)
    return TorchBackend()


def find_disagreement(candidate: Backend, reference: Backend, device: torch.device) -> str | None:
    """Return how two backends differ on a small warp, or None where they agree.

    The pictures have several blocks of pixels, an incomplete one at the end, and flow that points
    outside; there are two pairs, and rounds enough to have a median filter in between.
    """
    height, width = 43, 59
    across = torch.arange(width, device=device) / 7
    down = torch.arange(height, device=device)[:, None] / 5
    waves = [torch.sin(across + shift) * torch.cos(down - 0.6 * shift) for shift in range(3)]
    frames = 127 + 100 * torch.stack(waves)
    flow = torch.stack((waves[1], waves[2])).repeat(2, 1, 1, 1) * 3
    target = prepare_target(frames[1:])
    ours = candidate.linearise(frames[:-1], target, flow)
    theirs = reference.linearise(frames[:-1], target, flow)
    gap = max(_gap(ours.gradient, theirs.gradient), _gap(ours.constant, theirs.constant))
    if gap > _TOLERANCE_GREY:
        return f"the linearised data terms are {gap:.2g} grey levels apart"
    # Fixed counts: a stop decided by the last digit would make a difference of an iteration.
    parameters = TvL1Parameters(num_outer=2, num_inner=4, epsilon=1e-12)
    flows = []
    for backend in (candidate, reference):
        result, dual = flow.clone(), flow.new_zeros((2, 2, 2, height, width))
        backend.minimise(theirs, result, dual, parameters)
        flows.append(result)
    gap = _gap(*flows)
    return f"the flows are {gap:.2g} px apart" if gap > _TOLERANCE_PX else None


def _gap(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    gap = float((ours - theirs).abs().max())
    return gap if math.isfinite(gap) else math.inf
