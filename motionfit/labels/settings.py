"""How dense features become pseudo-labels: the level, the clustering, the grid of clips."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from motionfit.errors import ConfigError

Level = Literal["clip", "segment_actionbytes", "segment_thirds", "video"]
LEVELS: tuple[Level, ...] = get_args(Level)

_PCA_WHITEN = re.compile(r"pca_whiten:([1-9][0-9]{0,5})\+l2")


@dataclass(frozen=True, kw_only=True)
class GridSettings:
    """Which clips of every video get a feature, and later a label.

    Attributes:
        clip_length: Frames fed to the encoder.
        stride: Source frames between neighbours inside a clip.
        clip_hop: Source frames from one clip's start to the next one's; None lays the clips side by
            side and becomes ``clip_length * stride``.
    """

    clip_length: int = 16
    stride: int = 1
    clip_hop: int | None = None

    def __post_init__(self) -> None:
        _check_at_least("clip_length", self.clip_length, 1)
        _check_at_least("stride", self.stride, 1)
        if self.clip_hop is not None:
            _check_at_least("clip_hop", self.clip_hop, 1)
        # Settings are equal where the clips are.
        object.__setattr__(self, "clip_hop", self.hop)

    @property
    def span(self) -> int:
        """Source frames covered by a clip, first and last included."""
        return (self.clip_length - 1) * self.stride + 1

    @property
    def hop(self) -> int:
        """The hop in force, source frames."""
        return self.clip_length * self.stride if self.clip_hop is None else self.clip_hop

    def to_dict(self) -> dict[str, int]:
        """Return plain JSON values, equal to another's exactly where the clips are."""
        return {"clip_length": self.clip_length, "stride": self.stride, "clip_hop": self.hop}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "GridSettings":
        """Return what `to_dict` described.

        Raises:
            TypeError: A value is missing, unknown, or has the wrong type.
            ConfigError: A value cannot be used.
        """
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class LabelSettings:
    """What decides the pseudo-labels of given features.

    Attributes:
        num_clusters: Pseudo-classes. The paper tried 128, 500, 1000 and 1600, and kept 1000.
        level: What is clustered: each ``clip``; parts of a video with one action each
            (``segment_actionbytes``); thirds of it (``segment_thirds``); the whole ``video``. Every
            clip has the label of what it lies in.
        percentile: Of ``segment_actionbytes``: a boundary is where the feature changes more than
            it does at this percentile of the video's own changes.
        num_iterations: Of k-means. VISSL's ClusterFit runs 50, DeepCluster 20; what is gained after
            20 is about a part in a thousand, and this is done once.
        seed: Of k-means.
        preprocessing: Of the features: ``none``; ``l2`` brings each to unit length, as ClusterFit
            does; ``pca_whiten:256+l2`` keeps 256 whitened directions before that, as DeepCluster
            does.
    """

    num_clusters: int = 1000
    level: Level = "clip"
    percentile: float = 75.0
    num_iterations: int = 50
    seed: int = 0
    preprocessing: str = "none"

    def __post_init__(self) -> None:
        _check_at_least("num_clusters", self.num_clusters, 2)
        _check_at_least("num_iterations", self.num_iterations, 1)
        _check_at_least("seed", self.seed, 0)
        if self.seed >= 2**31:
            raise ConfigError("seed", self.seed, "less than 2147483648")
        if self.level not in LEVELS:
            raise ConfigError("level", self.level, f"one of {', '.join(LEVELS)}")
        if not 0 <= self.percentile <= 100:
            raise ConfigError("percentile", self.percentile, "a number from 0 to 100")
        parse_preprocessing(self.preprocessing)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values that ``LabelSettings(**values)`` takes."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class PreprocessingSteps:
    """A ``preprocessing`` taken apart.

    Attributes:
        num_directions: Whitened directions to keep; None leaves the features as they are.
        normalise: Bring each vector to unit length afterwards.
    """

    num_directions: int | None
    normalise: bool


def parse_preprocessing(text: str) -> PreprocessingSteps:
    """Return the steps that a setting such as ``pca_whiten:256+l2`` names.

    Raises:
        ConfigError: It names none.
    """
    if text in ("none", "l2"):
        return PreprocessingSteps(num_directions=None, normalise=text == "l2")
    match = _PCA_WHITEN.fullmatch(text)
    if match is None:
        raise ConfigError("preprocessing", text, "none, l2, or such as pca_whiten:256+l2")
    return PreprocessingSteps(num_directions=int(match[1]), normalise=True)


def _check_at_least(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(name, value, f"a whole number of at least {least}")
