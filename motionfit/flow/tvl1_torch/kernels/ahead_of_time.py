"""The kernels compiled for a GPU that need not be there, to see what they use of it."""

from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, CompiledKernel

from motionfit.flow.tvl1_torch.kernels.minimise_kernel import minimise_kernel
from motionfit.flow.tvl1_torch.kernels.triton_backend import (
    LINEARISE_OPTIONS,
    LINEARISE_SIZES,
    MINIMISE_OPTIONS,
    MINIMISE_SIZES,
)
from motionfit.flow.tvl1_torch.kernels.warp_kernel import linearise_kernel

_LINEARISE_TYPES = {
    **dict.fromkeys(("first", "target", "flow", "gradient", "constant"), "*fp32"),
    **dict.fromkeys(("height", "width"), "i32"),
}
_MINIMISE_TYPES = {
    **dict.fromkeys(("flow", "spare", "dual", "gradient", "constant"), "*fp32"),
    "iterations": "*i32",
    **dict.fromkeys(("height", "width", "num_outer", "num_inner"), "i32"),
    **dict.fromkeys(("stop", "bound", "step", "theta"), "fp32"),
}


def compile_all(architecture: int) -> dict[str, CompiledKernel]:
    """Return every kernel, compiled with the sizes and options it is launched with.

    Args:
        architecture: Compute capability times 10: 80 is an A100, 90 an H100.
    """
    target = GPUTarget("cuda", architecture, 32)
    minimise_sizes = {**MINIMISE_SIZES, "median_size": 5}
    return {
        "linearise": _compile(
            linearise_kernel, _LINEARISE_TYPES, LINEARISE_SIZES, LINEARISE_OPTIONS, target
        ),
        "minimise": _compile(
            minimise_kernel, _MINIMISE_TYPES, minimise_sizes, MINIMISE_OPTIONS, target
        ),
    }


def _compile(
    kernel: Any,
    types: dict[str, str],
    constants: dict[str, int],
    options: dict[str, Any],
    target: GPUTarget,
) -> CompiledKernel:
    signature = {**types, **dict.fromkeys(constants, "constexpr")}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    return triton.compile(source, target=target, options=options)
