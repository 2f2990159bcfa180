"""What TV-L1 costs: bytes moved and operations done, and the least time they take.

Bytes per pixel of a level and iteration, in float32 numbers read and written:

==============  =====  =======================================================================
way             bytes  what is counted
==============  =====  =======================================================================
``eager``       592    every operand and result of every torch operation in ``steps``: 148
``two_passes``  84     ``kernels``: reads 9 + 6, writes 2 + 4
``one_pass``    60     an iteration at once: reads u, p, gradient, constant (9), writes u, p (6)
``tiled``       17     5 iterations at once on tiles of 32x64 with a margin of 5 px: reads 9 for
                       1.7 times the area, writes 6, a fifth as often
==============  =====  =======================================================================

The neighbours that a pass reads besides come from the cache next to the core and are not counted.
An iteration takes 62 operations a pixel: threshold 12, divergence 6, primal step 14, its change 6,
gradient 4, dual step 20 (a root or a quotient counts as one).
"""

from dataclasses import dataclass
from typing import Literal, get_args

from motionfit.errors import ConfigError
from motionfit.flow.estimator import SMALLEST_SIDE_PX
from motionfit.flow.tvl1.parameters import TvL1Parameters
from motionfit.flow.tvl1_torch.resample import scaled_size

Way = Literal["eager", "two_passes", "one_pass", "tiled"]

_ITERATION_BYTES: dict[Way, float] = {
    "eager": 592,
    "two_passes": 84,
    "one_pass": 60,
    "tiled": 17,
}
_ITERATION_OPERATIONS = 62
# Three sampled planes and three results, flow and the first picture; 16 taps of three planes, each
# a product and a sum, and the weights.
_WARP_BYTES = 36
_WARP_OPERATIONS = 190
# Two components, each read and written by the filter and again by the copy back; 132 comparisons
# with two results each.
_MEDIAN_BYTES = 32
_MEDIAN_OPERATIONS = 2 * 264


@dataclass(frozen=True, kw_only=True)
class Work:
    """The cost of a pair.

    Attributes:
        bytes: Moved between the cores and the memory behind their own caches.
        operations: In float32.
    """

    bytes: float
    operations: float

    def least_seconds(self, bytes_per_second: float, operations_per_second: float) -> float:
        """Return the time no program of this kind can beat: the larger of the two bounds."""
        return max(self.bytes / bytes_per_second, self.operations / operations_per_second)


def count_work(
    height: int,
    width: int,
    iterations: float,
    *,
    way: Way = "two_passes",
    parameters: TvL1Parameters | None = None,
) -> Work:
    """Return what the flow of a pair costs.

    Args:
        height: Of the pictures, px.
        width: Of the pictures, px.
        iterations: Mean number a warp, as ``Backend.minimise`` returns them.
        way: How the iterations are laid out; see the module.
        parameters: The numbers of TV-L1; OpenCV's if None.
    """
    if way not in get_args(Way):
        raise ConfigError("way", way, f"one of {', '.join(get_args(Way))}")
    parameters = parameters or TvL1Parameters()
    pixels = parameters.num_warps * sum(level_sizes(height, width, parameters))
    rounds = max(iterations / parameters.num_inner, 1) if parameters.median_size > 1 else 0
    return Work(
        bytes=pixels * (iterations * _ITERATION_BYTES[way] + _WARP_BYTES + rounds * _MEDIAN_BYTES),
        operations=pixels
        * (iterations * _ITERATION_OPERATIONS + _WARP_OPERATIONS + rounds * _MEDIAN_OPERATIONS),
    )


def level_sizes(height: int, width: int, parameters: TvL1Parameters) -> list[int]:
    """Return the pixels of each level of the pyramid, finest first."""
    size = height, width
    sizes = [height * width]
    while len(sizes) < parameters.num_scales:
        size = scaled_size(size, parameters.scale_step)
        if min(size) < SMALLEST_SIDE_PX:
            break
        sizes.append(size[0] * size[1])
    return sizes
