import copy

import pytest
import torch
from torch import nn

from motionfit.encoders.backbones.build import build_backbone
from motionfit.training.fast_convolution import FlatConvolution, is_flat, use_flat_convolutions

Triple = tuple[int, int, int]


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "bias"),
    [
        ((1, 3, 3), (1, 1, 1), (0, 1, 1), False),
        ((1, 7, 7), (1, 2, 2), (0, 3, 3), False),
        ((1, 3, 3), (1, 2, 2), (0, 1, 1), True),
        ((3, 1, 1), (1, 1, 1), (1, 0, 0), False),
        ((3, 1, 1), (2, 1, 1), (1, 0, 0), True),
        ((7, 1, 1), (2, 1, 1), (3, 0, 0), False),
        ((1, 1, 1), (2, 2, 2), (0, 0, 0), False),
        ((1, 1, 1), (1, 1, 1), (0, 0, 0), True),
    ],
)
def test_a_flat_convolution_equals_the_solid_one(
    kernel: Triple, stride: Triple, padding: Triple, bias: bool
) -> None:
    torch.manual_seed(0)
    solid = nn.Conv3d(3, 5, kernel, stride, padding, bias=bias).double()
    clips = torch.randn(2, 3, 7, 8, 9, dtype=torch.float64, requires_grad=True)
    expected = solid(clips)
    push = torch.randn_like(expected)
    inputs = [clips, *solid.parameters()]
    expected_gradients = torch.autograd.grad(expected, inputs, push)
    found = FlatConvolution(solid)(clips)
    assert torch.allclose(found, expected, atol=1e-12)
    for one, other in zip(
        torch.autograd.grad(found, inputs, push), expected_gradients, strict=True
    ):
        assert torch.allclose(one, other, atol=1e-10)


@pytest.mark.parametrize(
    "convolution",
    [
        nn.Conv3d(2, 2, 3),
        nn.Conv3d(2, 2, (3, 1, 1), stride=(1, 2, 2)),
        nn.Conv3d(2, 2, (1, 3, 3), groups=2),
        nn.Conv3d(2, 2, (1, 3, 3), dilation=(1, 2, 2)),
        nn.Conv3d(2, 2, (1, 3, 3), padding="same"),
        nn.Conv3d(2, 2, (1, 3, 3), padding=(0, 1, 1), padding_mode="circular"),
        nn.Conv2d(2, 2, 3),
    ],
)
def test_other_convolutions_are_left_alone(convolution: nn.Module) -> None:
    assert not is_flat(convolution)


@pytest.mark.parametrize("name", ["r2plus1d_10", "s3dg"])
def test_a_separable_backbone_is_the_same_function(name: str) -> None:
    backbone = build_backbone(name)
    flat = copy.deepcopy(backbone)
    assert use_flat_convolutions(flat)
    assert not any(isinstance(module, nn.Conv3d) for module in flat.modules())
    assert list(flat.state_dict()) == list(backbone.state_dict())
    clips = torch.rand(1, 3, 16, 32, 32)
    # In evaluation mode: batch norm over a handful of values multiplies rounding errors.
    with torch.no_grad():
        assert torch.allclose(flat.eval()(clips), backbone.eval()(clips), rtol=1e-4, atol=1e-5)


def test_a_backbone_with_solid_kernels_stays_as_it_is() -> None:
    backbone = build_backbone("r3d_18")
    assert not use_flat_convolutions(backbone)
    assert not any(isinstance(module, FlatConvolution) for module in backbone.modules())
