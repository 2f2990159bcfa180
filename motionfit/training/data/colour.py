"""Changes of colour that leave motion alone: one draw for all frames of a clip."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError

# Rec. 601, as `cv2.cvtColor` and torchvision weigh the channels.
_RED, _GREEN, _BLUE = np.float32(0.299), np.float32(0.587), np.float32(0.114)


@dataclass(frozen=True, kw_only=True)
class ColourJitter:
    """How far the colours of a clip may be changed.

    Attributes:
        brightness: Values are multiplied by a factor from ``1 - brightness`` to ``1 + brightness``.
        contrast: So is their distance from the clip's mean grey.
        saturation: So is their distance from their own grey.
        grey_probability: Share of clips that lose their colours.
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    grey_probability: float = 0.2

    def __post_init__(self) -> None:
        for name in ("brightness", "contrast", "saturation", "grey_probability"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(name, getattr(self, name), "a number from 0 to 1")

    def draw(self, rng: np.random.Generator) -> "ColourChange":
        """Return the change of one clip."""
        factors = (
            rng.uniform(1 - strength, 1 + strength)
            for strength in (self.brightness, self.contrast, self.saturation)
        )
        brightness, contrast, saturation = factors
        is_grey = rng.random() < self.grey_probability
        return ColourChange(
            brightness=brightness, contrast=contrast, saturation=0.0 if is_grey else saturation
        )


@dataclass(frozen=True, kw_only=True)
class ColourChange:
    """A change of colours: three factors, 1 changes nothing. See `ColourJitter`."""

    brightness: float
    contrast: float
    saturation: float

    def apply(self, clip: NDArray[np.uint8]) -> None:
        """Change a clip in place.

        All three are linear and made in one go, rounded once; torchvision, which makes them one by
        one, also cuts off what leaves 0..255 in between.

        Args:
            clip: ``(3, time, height, width)`` uint8 RGB, contiguous.
        """
        red, green, blue = values = clip.reshape(3, -1).astype(np.float32)
        grey = _RED * red + _GREEN * green + _BLUE * blue
        gain = self.brightness * self.contrast
        # The half turns the conversion, which drops what is after the point, into rounding.
        shift = self.brightness * (1 - self.contrast) * float(grey.mean()) + 0.5
        grey *= np.float32(gain * (1 - self.saturation))
        grey += np.float32(shift)
        values *= np.float32(gain * self.saturation)
        values += grey
        clip.reshape(3, -1)[...] = np.clip(values, 0, 255, out=values)
