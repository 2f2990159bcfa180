"""The kernels as a backend: buffers, sizes, launches."""

import torch
import triton
from torch import Tensor

from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.kernels.minimise_kernel import minimise_kernel
from motionfit.flow.tvl1_torch.kernels.warp_kernel import linearise_kernel
from motionfit.flow.tvl1_torch.minimise import scaled_epsilon
from motionfit.flow.tvl1_torch.warp import Linearisation

# The same for every batch: the order of the sums follows from it, and with it a pair's flow.
LINEARISE_SIZES = {"block": 256}
MINIMISE_SIZES = {"block": 1024, "median_block": 1024}
LINEARISE_OPTIONS = {"num_warps": 4, "num_stages": 1, "enable_fp_fusion": True}
MINIMISE_OPTIONS = {"num_warps": 32, "num_stages": 1, "enable_fp_fusion": True}


class TritonBackend:
    """By Triton kernels: two launches a warp, and nothing waits for the GPU in between."""

    def linearise(self, first: Tensor, target: Tensor, flow: Tensor) -> Linearisation:
        """Return the data term around the flow; see ``warp.linearise``."""
        pairs, height, width = first.shape
        gradient = torch.empty_like(flow)
        constant = torch.empty_like(first)
        blocks = triton.cdiv(height * width, LINEARISE_SIZES["block"])
        with torch.cuda.device_of(flow):  # type: ignore[no-untyped-call]
            linearise_kernel[(blocks, pairs)](
                first.contiguous(),
                target.contiguous(),
                flow,
                gradient,
                constant,
                height,
                width,
                **LINEARISE_SIZES,
                **LINEARISE_OPTIONS,
            )
        return Linearisation(gradient=gradient, constant=constant)

    def minimise(
        self, linear: Linearisation, flow: Tensor, dual: Tensor, parameters: TvL1Parameters
    ) -> Tensor:
        """Change flow and dual variable in place; see ``minimise.minimise``."""
        iterations = torch.empty(len(flow), dtype=torch.int32, device=flow.device)
        with torch.cuda.device_of(flow):  # type: ignore[no-untyped-call]
            minimise_kernel[(len(flow),)](
                flow,
                torch.empty_like(flow),
                dual,
                linear.gradient.contiguous(),
                linear.constant.contiguous(),
                iterations,
                *flow.shape[-2:],
                scaled_epsilon(flow, parameters),
                parameters.lambda_ * parameters.theta,
                parameters.tau / parameters.theta,
                parameters.theta,
                parameters.num_outer,
                parameters.num_inner,
                median_size=parameters.median_size,
                **MINIMISE_SIZES,
                **MINIMISE_OPTIONS,
            )
        return iterations.long()
