"""R(2+1)D and R3D: residual networks over space and time.

torchvision's blocks, put together so that input channels, depth and width can be chosen. Keys of
the state dict equal torchvision's, so its published weights load (less the classifier ``fc.*``).

::

    input   3 x 16 x 112 x 112
    stem   64 x 16 x  56 x  56      paper: conv1
    layer1 64 x 16 x  56 x  56             conv2
    layer2 128 x 8 x  28 x  28             conv3
    layer3 256 x 4 x  14 x  14             conv4
    layer4 512 x 2 x   7 x   7             conv5, after its last ReLU: the result

Source: Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition" (CVPR
2018). ``r2plus1d_10`` is this project's own: one block a stage and half the width.
"""

from functools import partial

from torch import Tensor, nn
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D, Conv3DSimple

Conv = type[Conv2Plus1D] | type[Conv3DSimple]


class VideoResNet(nn.Module):
    """Stem and four residual stages, each stage after the first halving time, height and width.

    Args:
        conv: ``Conv2Plus1D`` (space, then time) or ``Conv3DSimple`` (both at once).
        in_channels: Channels of the input.
        blocks_per_stage: Residual blocks in each of the four stages.
        width: Channels of the first stage; each further stage has twice as many.
    """

    def __init__(
        self, conv: Conv, *, in_channels: int, blocks_per_stage: int, width: int = 64
    ) -> None:
        super().__init__()
        is_separable = conv is Conv2Plus1D
        self.stem = (_separable_stem if is_separable else _plain_stem)(in_channels, width)
        stage = partial(_stage, conv, num_blocks=blocks_per_stage)
        self.layer1 = stage(width, width, stride=1)
        self.layer2 = stage(width, 2 * width, stride=2)
        self.layer3 = stage(2 * width, 4 * width, stride=2)
        self.layer4 = stage(4 * width, 8 * width, stride=2)

    def forward(self, clips: Tensor) -> Tensor:
        """Return the last stage's features.

        Args:
            clips: ``(batch, channel, time, height, width)``.

        Returns:
            ``(batch, 8 * width, time / 8, height / 16, width / 16)``, quotients rounded up.
        """
        features: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(clips)))))
        return features


def _plain_stem(in_channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(in_channels, width, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False),
        nn.BatchNorm3d(width),
        nn.ReLU(inplace=True),
    )


def _separable_stem(in_channels: int, width: int) -> nn.Sequential:
    # torchvision has 45 channels between space and time whatever the input; VCOP's code has as
    # many as make the stem as large as a plain one (83 for RGB).
    between = 45 * width // 64
    return nn.Sequential(
        nn.Conv3d(in_channels, between, (1, 7, 7), stride=(1, 2, 2), padding=(0, 3, 3), bias=False),
        nn.BatchNorm3d(between),
        nn.ReLU(inplace=True),
        nn.Conv3d(between, width, (3, 1, 1), padding=(1, 0, 0), bias=False),
        nn.BatchNorm3d(width),
        nn.ReLU(inplace=True),
    )


def _stage(
    conv: Conv, in_channels: int, out_channels: int, *, stride: int, num_blocks: int
) -> nn.Sequential:
    shortcut = None
    if stride != 1 or in_channels != out_channels:
        shortcut = nn.Sequential(
            nn.Conv3d(in_channels, out_channels, 1, stride=stride, bias=False),
            nn.BatchNorm3d(out_channels),
        )
    blocks = [BasicBlock(in_channels, out_channels, conv, stride, shortcut)]
    blocks += [BasicBlock(out_channels, out_channels, conv) for _ in range(num_blocks - 1)]
    return nn.Sequential(*blocks)


def build_r2plus1d_18(in_channels: int) -> VideoResNet:
    """Return R(2+1)D with two blocks a stage; 512 channels out."""
    return VideoResNet(Conv2Plus1D, in_channels=in_channels, blocks_per_stage=2)


def build_r3d_18(in_channels: int) -> VideoResNet:
    """Return R3D with two blocks a stage; 512 channels out."""
    return VideoResNet(Conv3DSimple, in_channels=in_channels, blocks_per_stage=2)


def build_r2plus1d_10(in_channels: int) -> VideoResNet:
    """Return a light R(2+1)D, one block a stage, half as wide; 256 channels out."""
    return VideoResNet(Conv2Plus1D, in_channels=in_channels, blocks_per_stage=1, width=32)
