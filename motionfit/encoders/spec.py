"""What goes into an encoder and what is taken out of it."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from motionfit.errors import ConfigError
from motionfit.media.sampling import ClipSpec

PoolName = Literal["max", "avg", "max122", "max222"]
POOL_NAMES: tuple[PoolName, ...] = get_args(PoolName)

MAX_CLIP_LENGTH = 1024
MAX_SIDE_PX = 4096
MAX_CHANNELS = 64


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """Everything but the weights that decides what an encoder returns for a video.

    Attributes:
        architecture: Name of the backbone, see ``motionfit.encoders.backbones``.
        clip: The shape of a clip in time.
        resize: ``(height, width)`` px that the decoder brings every frame to; aspect is not kept.
        crop: ``(height, width)`` px cut from the centre of the resized frame.
        in_channels: 3 for RGB, 2 for flow, 1 for flow magnitude.
        mean: Subtracted from each channel once values are scaled to [0, 1]; None for nothing.
        std: What each channel is divided by after that; None for nothing.
        pool: How the last feature map becomes one vector, see ``motionfit.encoders.pooling``.

    Source: Xu et al. (VCOP) resize to 128x171, crop 112 and do not normalise.
    """

    architecture: str
    clip: ClipSpec = field(default_factory=ClipSpec)
    resize: tuple[int, int] = (128, 171)
    crop: tuple[int, int] = (112, 112)
    in_channels: int = 3
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    pool: PoolName = "max"

    def __post_init__(self) -> None:
        if self.clip.clip_length > MAX_CLIP_LENGTH:
            raise ConfigError("clip_length", self.clip.clip_length, f"at most {MAX_CLIP_LENGTH}")
        _check_size("resize", self.resize)
        _check_size("crop", self.crop)
        if self.crop[0] > self.resize[0] or self.crop[1] > self.resize[1]:
            raise ConfigError("crop", self.crop, f"no more than resize, {self.resize}")
        if not 1 <= self.in_channels <= MAX_CHANNELS:
            raise ConfigError("in_channels", self.in_channels, f"1 to {MAX_CHANNELS}")
        if self.pool not in POOL_NAMES:
            raise ConfigError("pool", self.pool, f"one of {', '.join(POOL_NAMES)}")
        if (self.mean is None) != (self.std is None):
            raise ConfigError("mean and std", (self.mean, self.std), "both or neither")
        if self.mean is not None and self.std is not None:
            _check_normalisation(self.mean, self.std, self.in_channels)

    def clip_shape(self) -> tuple[int, int, int, int]:
        """Return the ``(time, height, width, channel)`` of one clip as the decoder delivers it."""
        return (self.clip.clip_length, *self.resize, self.in_channels)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_dict`` reads back."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "EncoderSpec":
        """Return the spec that ``to_dict`` described.

        Raises:
            ConfigError: A value lies outside what an encoder can have.
            KeyError: A value is missing.
            TypeError: A value has the wrong type, or is unknown.
        """
        rest = dict(values)
        clip = _read_clip(rest.pop("clip"))
        resize = _tuple_of(int, rest.pop("resize"), 2)
        crop = _tuple_of(int, rest.pop("crop"), 2)
        mean, std = (
            None if rest[name] is None else _tuple_of(float, rest[name], len(rest[name]))
            for name in ("mean", "std")
        )
        del rest["mean"], rest["std"]
        for name, kind in (("architecture", str), ("pool", str), ("in_channels", int)):
            if type(rest[name]) is not kind:
                raise TypeError(f"{name} is {rest[name]!r}")
        return cls(**rest, clip=clip, resize=resize, crop=crop, mean=mean, std=std)


def _check_size(name: str, size: tuple[int, int]) -> None:
    if len(size) != 2 or not all(1 <= side <= MAX_SIDE_PX for side in size):
        raise ConfigError(name, size, f"(height, width) of 1 to {MAX_SIDE_PX} px each")


def _check_normalisation(mean: tuple[float, ...], std: tuple[float, ...], channels: int) -> None:
    for name, values in (("mean", mean), ("std", std)):
        if len(values) != channels or not all(math.isfinite(value) for value in values):
            raise ConfigError(name, values, f"one finite number for each of {channels} channels")
    if not all(value > 0 for value in std):
        raise ConfigError("std", std, "positive numbers")


def _read_clip(values: Mapping[str, Any]) -> ClipSpec:
    for name in ("clip_length", "stride"):
        if type(values[name]) is not int:
            raise TypeError(f"{name} is {values[name]!r}")
    rate = values["frame_rate"]
    if rate is not None and type(rate) not in (int, float):
        raise TypeError(f"frame_rate is {rate!r}")
    return ClipSpec(**values)


def _tuple_of(kind: type, values: Any, length: int) -> tuple[Any, ...]:
    accepted = (int, float) if kind is float else (int,)
    if not isinstance(values, list) or len(values) != length:
        raise TypeError(f"expected {length} numbers, found {values!r}")
    if any(type(value) not in accepted for value in values):
        raise TypeError(f"expected {length} numbers, found {values!r}")
    return tuple(kind(value) for value in values)
