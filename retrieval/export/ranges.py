"""What is exported: a range of a video, and why it was chosen."""

import math
import os
from dataclasses import asdict, dataclass
from typing import Any

from motionfit.errors import ConfigError
from retrieval.querying.hits import Hit

# Finer than the clock of any video; formats write times less finely still.
_SHORTEST_SECONDS = 1e-5


@dataclass(frozen=True, kw_only=True)
class ExportedRange:
    """A range ``[start, end)`` of a video, from a search or chosen by hand.

    Attributes:
        rank: Of the hit, from 1; None where no search found it.
        similarity: Cosine to the query, or None.
        clip_id: Of the (best) clip, or None.
        video_id: Of the video, or None.
        path: The video's file; names that are no UTF-8 hold surrogates.
        start_seconds: Where the range begins, from the video's first frame.
        end_seconds: Where it ends, not included.
        label: The file's label, or None.
        collection: Where it was found, or None.
        frame_rate: Average frames per second of the video; 0 where unknown.
        duration_seconds: Of the video; 0 where unknown.
    """

    rank: int | None = None
    similarity: float | None = None
    clip_id: int | None = None
    video_id: int | None = None
    path: str
    start_seconds: float
    end_seconds: float
    label: str | None = None
    collection: str | None = None
    frame_rate: float = 0.0
    duration_seconds: float = 0.0

    def __post_init__(self) -> None:
        if not self.path:
            raise ConfigError("path", self.path, "the path of a video file")
        if not 0 <= self.start_seconds < math.inf:
            raise ConfigError("start_seconds", self.start_seconds, "0 or more seconds")
        if not self.start_seconds + _SHORTEST_SECONDS <= self.end_seconds < math.inf:
            expected = f"more than the range's begin, {self.start_seconds:g} s"
            raise ConfigError("end_seconds", self.end_seconds, expected)
        if self.similarity is not None and not math.isfinite(self.similarity):
            raise ConfigError("similarity", self.similarity, "a finite number, or None")
        for name in ("frame_rate", "duration_seconds"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(name, getattr(self, name), "a positive number, or 0 for unknown")

    @classmethod
    def from_hit(
        cls,
        hit: Hit,
        *,
        collection: str | None = None,
        frame_rate: float = 0.0,
        duration_seconds: float = 0.0,
    ) -> "ExportedRange":
        """Return a hit as a range to export; the other values are as in the attributes."""
        return cls(
            rank=hit.rank,
            similarity=hit.similarity,
            clip_id=hit.clip_id,
            video_id=hit.video_id,
            path=hit.path,
            start_seconds=hit.start_seconds,
            end_seconds=hit.end_seconds,
            label=hit.label,
            collection=collection,
            frame_rate=frame_rate,
            duration_seconds=duration_seconds,
        )

    @property
    def file_name(self) -> str:
        """The last part of the path."""
        return os.path.basename(self.path)  # noqa: PTH119 (Path() would drop a trailing dot)

    @property
    def num_seconds(self) -> float:
        """How long the range is."""
        return self.end_seconds - self.start_seconds

    def to_json(self) -> dict[str, Any]:
        """Return the range with the keys of a hit in ``query --format json``, and some more."""
        values = asdict(self)
        for name in ("frame_rate", "duration_seconds"):
            values[name] = values[name] or None
        return values


@dataclass(frozen=True, kw_only=True)
class FailedRange:
    """A range that could not be exported.

    Attributes:
        wanted: The range.
        message: Why not, one sentence.
    """

    wanted: ExportedRange
    message: str
