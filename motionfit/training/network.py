"""A backbone with heads: clips in, features and logits out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from motionfit.encoders.spec import EncoderSpec


@dataclass(frozen=True, kw_only=True)
class InputNormalisation:
    """What brings uint8 pixels or flow levels to a network's input: ``(x - shift) * scale``.

    Attributes:
        shift: One number for all channels or one for each.
        scale: The same.
    """

    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def __call__(self, clips: Tensor) -> Tensor:
        """Return float32 values.

        Args:
            clips: ``(batch, channel, time, height, width)`` uint8.
        """
        shift, scale = (
            torch.tensor(numbers, device=clips.device).view(-1, 1, 1, 1)
            for numbers in (self.shift, self.scale)
        )
        return clips.float().sub_(shift).mul_(scale)


def normalise_input(spec: EncoderSpec) -> InputNormalisation:
    """Return how an encoder's input is scaled: to [0, 1], then by its mean and deviation."""
    if spec.mean is None or spec.std is None:
        return InputNormalisation(shift=(0.0,), scale=(1 / 255,))
    return InputNormalisation(
        shift=tuple(255 * mean for mean in spec.mean),
        scale=tuple(1 / (255 * std) for std in spec.std),
    )


class ClipNetwork(nn.Module):
    """A backbone, global average pool, and heads by name.

    Args:
        backbone: From ``motionfit.encoders.backbones``.
        heads: Such as ``{"label": nn.Linear(dim, num_classes)}``; each takes features.
        normalisation: Of the input.
    """

    def __init__(
        self,
        backbone: nn.Module,
        heads: Mapping[str, nn.Module],
        *,
        normalisation: InputNormalisation,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.heads = nn.ModuleDict(heads)
        self.normalisation = normalisation
        self._frozen: tuple[nn.Module, ...] = ()

    def features(self, clips: Tensor) -> Tensor:
        """Return the global average of the last feature map, ``(batch, dim)``.

        Args:
            clips: ``(batch, channel, time, height, width)`` uint8.
        """
        maps: Tensor = self.backbone(self.normalisation(clips))
        return maps.float().mean(dim=(2, 3, 4))

    def video_features(self, clips: Tensor) -> Tensor:
        """Return ``(videos, clips, dim)`` features.

        Args:
            clips: ``(videos, clips, channel, time, height, width)`` uint8.
        """
        return self.features(clips.flatten(0, 1)).view(*clips.shape[:2], -1)

    def forward(self, clips: Tensor) -> dict[str, Tensor]:
        """Return what every head says of clips, by name.

        Args:
            clips: ``(batch, channel, time, height, width)`` uint8.
        """
        features = self.features(clips)
        return {name: head(features) for name, head in self.heads.items()}

    def freeze(self, stages: Sequence[str], *, statistics_move: bool = False) -> Self:
        """Keep parts of the backbone as they are, and return the network.

        Args:
            stages: Names of the backbone's modules, such as ``stem`` and ``layer1``.
            statistics_move: Let the batch norms of these parts normalise by the batch and go on
                counting, as the code of VCOP does; else they stay in evaluation mode.
        """
        frozen = tuple(self.backbone.get_submodule(name) for name in stages)
        for module in frozen:
            module.requires_grad_(False)
        if not statistics_move:
            self._frozen += frozen
        return self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode, but for what is frozen."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self


def build_linear(in_features: int, out_features: int, *, seed: int) -> nn.Linear:
    """Return a linear layer whose start values depend on the seed alone.

    Weights and biases: uniform in ``±1 / sqrt(in_features)``, PyTorch's own range.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        layer = nn.Linear(in_features, out_features)
    layer.to_empty(device="cpu")
    bound = 1 / math.sqrt(in_features)
    for values in (layer.weight, layer.bias):
        uniform = torch.rand(values.shape, generator=generator)
        values.data.copy_(uniform.sub_(0.5).mul_(2 * bound))
    return layer
