"""How a collection is to be indexed."""

import os
from dataclasses import dataclass
from typing import Literal

from motionfit.errors import ConfigError
from motionfit.media.sampling import (
    SHORT_POLICIES,
    ClipSampling,
    ClipSpec,
    Every,
    ShortPolicy,
    Uniform,
)

DEFAULT_COLLECTION = "default"
DEFAULT_NUM_CLIPS = 10


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Everything about an indexing run but the videos.

    Attributes:
        collection: Its name; made when it is new.
        encoder: A name or a checkpoint; None is the collection's own, else the default encoder.
        clips: Clips per video, spread evenly; None is 10, unless ``every`` is given.
        every: Seconds between clip starts instead, for long videos.
        short: Videos shorter than a clip: loop, repeat_last, drop (no clips), error (they fail).
        labels: ``folder`` (the name of the folder a video lies in), a CSV file, or None.
        workers: Decoder processes; None is one a core.
        device: Where to encode.
    """

    collection: str = DEFAULT_COLLECTION
    encoder: str | None = None
    clips: int | None = None
    every: float | None = None
    short: ShortPolicy = "loop"
    labels: str | None = None
    workers: int | None = None
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"

    def __post_init__(self) -> None:
        if not self.collection.strip() or not self.collection.isprintable():
            raise ConfigError("collection", self.collection, "a name of printable characters")
        if self.clips is not None and self.every is not None:
            raise ConfigError("every", self.every, "nothing, since clips is given too")
        if self.workers is not None and self.workers < 1:
            raise ConfigError("workers", self.workers, "at least 1")
        if self.short not in SHORT_POLICIES:
            raise ConfigError("short", self.short, f"one of {', '.join(SHORT_POLICIES)}")

    def sampling(self, spec: ClipSpec) -> ClipSampling:
        """Return which clips are taken from each video for an encoder that wants ``spec``."""
        placement = (
            Uniform(num_clips=self.clips or DEFAULT_NUM_CLIPS)
            if self.every is None
            else Every(seconds=self.every)
        )
        return ClipSampling(spec=spec, placement=placement, short=self.short, distinct=True)

    @property
    def num_workers(self) -> int:
        """Decoder processes to start."""
        return self.workers or os.cpu_count() or 1
