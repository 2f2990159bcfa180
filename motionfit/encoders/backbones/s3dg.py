"""S3D-G: separable Inception over space and time, with feature gating.

torchvision's S3D without its classifier, plus gates where the authors' published code has them:
after the second separable convolution (their ``Conv2d_2c_3x3``) and at the end of each of the four
branches of every Inception block, 37 in all. A gate scales every channel by a number in (0, 1)
computed from the averages of all channels over time and space.

::

    input     3 x 64 x 224 x 224
    features 1024 x 8 x 7 x 7

Keys of the state dict equal torchvision's ``s3d``; those of the gates end in ``gate.weight`` or
``gates.N.weight``.

Source: Xie et al., "Rethinking Spatiotemporal Feature Learning" (ECCV 2018), section 4.3, and its
code in TensorFlow's model garden. Differs in: the stem is torchvision's, separable 7x7 and 7, where
the authors' is one 7x7 convolution with a temporal kernel of 3 or 7; the paper's text puts gates
only after temporal convolutions, its code also on the two branches that have none.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models.video.s3d import S3D, SepInceptionBlock3D, TemporalSeparableConv

_NORM = partial(nn.BatchNorm3d, eps=0.001, momentum=0.001)


class FeatureGate(nn.Linear):
    """Scale each channel by what all channels' averages say: ``sigmoid(W mean(x)) * x``."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return gated features, ``(batch, channel, time, height, width)`` as given."""
        averages = features.mean(dim=(2, 3, 4))
        return features * super().forward(averages).sigmoid()[:, :, None, None, None]


class GatedSeparableConv(nn.Sequential):
    """A separable 3x3 and 3 convolution with a gate behind it."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(*TemporalSeparableConv(in_channels, out_channels, 3, 1, 1, _NORM))
        self.gate = FeatureGate(out_channels)


class GatedInceptionBlock(nn.Module):
    """An Inception block with a gate at the end of each of its four branches.

    Args:
        block: torchvision's block, whose branches are taken over.
    """

    def __init__(self, block: SepInceptionBlock3D) -> None:
        super().__init__()
        self.branch0 = block.branch0
        self.branch1 = block.branch1
        self.branch2 = block.branch2
        self.branch3 = block.branch3
        self.gates = nn.ModuleList(FeatureGate(_out_channels(b)) for b in self._branches())

    def _branches(self) -> tuple[nn.Module, ...]:
        return self.branch0, self.branch1, self.branch2, self.branch3

    def forward(self, features: Tensor) -> Tensor:
        """Return the four branches' gated results, concatenated over channels."""
        pairs = zip(self._branches(), self.gates, strict=True)
        return torch.cat([gate(branch(features)) for branch, gate in pairs], dim=1)


class S3DG(nn.Module):
    """S3D with feature gating; 1024 channels out.

    Args:
        in_channels: Channels of the input.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.features = S3D(num_classes=1).features
        self.features[0] = TemporalSeparableConv(in_channels, 64, 7, 2, 3, _NORM)
        self.features[3] = GatedSeparableConv(64, 192)
        for position, module in enumerate(self.features):
            if isinstance(module, SepInceptionBlock3D):
                self.features[position] = GatedInceptionBlock(module)

    def forward(self, clips: Tensor) -> Tensor:
        """Return ``(batch, 1024, time / 8, height / 32, width / 32)`` features.

        Args:
            clips: ``(batch, channel, time, height, width)``.
        """
        features: Tensor = self.features(clips)
        return features


def _out_channels(branch: nn.Module) -> int:
    convolutions = [module for module in branch.modules() if isinstance(module, nn.Conv3d)]
    return convolutions[-1].out_channels
