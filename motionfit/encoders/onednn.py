"""oneDNN convolutions with the ReLU inside and the weights laid out once, for bfloat16 on x86.

The plain convolution lays its weights out anew at every call, and a ReLU of its own reads and
writes all activations once more: a third of the time of R(2+1)D (`python benchmarks/encode.py`).
The operators used here are those that ``torch.compile`` emits for inference on CPUs. PyTorch does
not promise to keep them, so ``is_available`` compares their signatures; without them the plain
network runs and gives the same values, bit by bit.
"""

import platform

import torch
from torch import Tensor, nn

from motionfit.encoders.folding import chains, last_layer

_SIGNATURES = {
    "_convolution_pointwise": (
        "mkldnn::_convolution_pointwise(Tensor X, Tensor W, Tensor? B, int[] padding, "
        "int[] stride, int[] dilation, int groups, str attr, Scalar?[] scalars, "
        "str? algorithm) -> Tensor Y"
    ),
    "_reorder_convolution_weight": (
        "mkldnn::_reorder_convolution_weight(Tensor self, int[2] padding=0, int[2] stride=1, "
        "int[2] dilation=1, int groups=1, int[]? input_size=None) -> Tensor Y"
    ),
}


def is_available() -> bool:
    """Tell whether this PyTorch has the operators, with the arguments known here."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    operators = {name: getattr(torch.ops.mkldnn, name, None) for name in _SIGNATURES}
    return all(
        operator is not None and str(operator.default._schema) == _SIGNATURES[name]
        for name, operator in operators.items()
    )


def use_onednn(network: nn.Module) -> None:
    """Replace every convolution, and the ReLU after it, in place.

    Args:
        network: Batch norms folded; bfloat16, channels last, on the CPU.
    """
    for chain in chains(network):
        for position in reversed(range(1, len(chain))):
            inner, index = last_layer(chain, position - 1)
            before = inner[index]
            if isinstance(chain[position], nn.ReLU) and isinstance(before, nn.Conv3d):
                inner[index] = OneDnnConvolution(before, has_relu=True)
                del chain[position]
    for chain in chains(network):
        for position, layer in enumerate(chain):
            if isinstance(layer, nn.Conv3d):
                chain[position] = OneDnnConvolution(layer, has_relu=False)


class OneDnnConvolution(nn.Module):
    """A convolution whose weights keep the layout that is best for the last size of input.

    Args:
        convolution: Zero-padded; its weights are taken over.
        has_relu: Whether negative results become zero.
    """

    def __init__(self, convolution: nn.Conv3d, *, has_relu: bool) -> None:
        super().__init__()
        self._convolution = convolution
        self._activation = "relu" if has_relu else "none"
        # One tuple, so that a size is never seen with the layout of another.
        self._laid_out: tuple[torch.Size, Tensor] | None = None

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(batch, channel, time, height, width)`` features, channels last."""
        conv = self._convolution
        placement = (conv.padding, conv.stride, conv.dilation, conv.groups)
        weight = self._weight_for(features.shape)
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            features, weight, conv.bias, *placement, self._activation, [], ""
        )
        return result

    def _weight_for(self, size: torch.Size) -> Tensor:
        if self._laid_out is None or self._laid_out[0] != size:
            conv = self._convolution
            weight: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
                conv.weight, conv.padding, conv.stride, conv.dilation, conv.groups, list(size)
            )
            self._laid_out = (size, weight)
        return self._laid_out[1]
