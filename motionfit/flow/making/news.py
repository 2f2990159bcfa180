"""What threads tell the run that they work for."""

from dataclasses import dataclass
from pathlib import Path

from motionfit.errors import MotionFitError


@dataclass(frozen=True, kw_only=True)
class BatchGone:
    """A batch of a video takes no more memory: it is written, or was given up.

    Attributes:
        path: The video.
        num_pairs: Pairs in the batch.
    """

    path: Path
    num_pairs: int


@dataclass(frozen=True, kw_only=True)
class FlowCommitted:
    """All flow of a video is in the cache."""

    path: Path


@dataclass(frozen=True, kw_only=True)
class FlowRefused:
    """There is no flow of a video's frames; other videos are not concerned."""

    path: Path
    error: MotionFitError


@dataclass(frozen=True, kw_only=True)
class ThreadFailed:
    """Something that concerns the whole run: the disk is full, or the program is wrong."""

    error: BaseException


News = BatchGone | FlowCommitted | FlowRefused | ThreadFailed
