"""Which frames make up which clip: uniform, every so many seconds, or sliding.

Source: the clip-retrieval protocol of Xu et al. (VCOP, CVPR 2019), whose code places the centres of
10 clips evenly on ``[L/2, T - L/2]``; the integer formula used here equals theirs for every length.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError, VideoTooShortError
from motionfit.media.video import FrameTimeline

ShortPolicy = Literal["loop", "repeat_last", "drop", "error"]
# Forgives times that were rounded to a container's time base, or printed and typed in again.
_TIME_ERROR = 5e-7
SHORT_POLICIES: tuple[ShortPolicy, ...] = ("loop", "repeat_last", "drop", "error")


@dataclass(frozen=True, kw_only=True)
class ClipSpec:
    """The shape of one clip in time.

    Attributes:
        clip_length: Frames fed to the encoder.
        stride: Source frames (or ticks, with ``frame_rate``) between neighbours inside the clip.
        frame_rate: None takes the video's own frames; a number resamples by time first, so that a
            60 fps and a 25 fps recording of one movement give the same clip.
    """

    clip_length: int = 16
    stride: int = 1
    frame_rate: float | None = None

    def __post_init__(self) -> None:
        if self.clip_length < 1:
            raise ConfigError("clip_length", self.clip_length, "at least 1 frame")
        if self.stride < 1:
            raise ConfigError("stride", self.stride, "at least 1 frame")
        if self.frame_rate is not None and not 0 < self.frame_rate <= 1000:
            raise ConfigError("frame_rate", self.frame_rate, "a rate in (0, 1000] per second")

    @property
    def span(self) -> int:
        """Source frames covered, first and last included.

        clip_length=4, stride=1:  ####        span 4
        clip_length=4, stride=3:  #..#..#..#  span 10
        """
        return (self.clip_length - 1) * self.stride + 1


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """``num_clips`` clips from the first possible start to the last, both included."""

    num_clips: int = 10

    def __post_init__(self) -> None:
        if self.num_clips < 1:
            raise ConfigError("num_clips", self.num_clips, "at least 1 clip")


@dataclass(frozen=True, kw_only=True)
class Every:
    """A clip every ``seconds``, for long videos."""

    seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.seconds < math.inf:
            raise ConfigError("every", self.seconds, "a positive number of seconds")


@dataclass(frozen=True, kw_only=True)
class Sliding:
    """A clip every ``clip_hop`` source frames (CoCLR: half a clip less one)."""

    clip_hop: int

    def __post_init__(self) -> None:
        if self.clip_hop < 1:
            raise ConfigError("clip_hop", self.clip_hop, "at least 1 frame")


@dataclass(frozen=True, kw_only=True)
class ClipSampling:
    """Which clips to take from a video.

    Attributes:
        spec: The shape of each clip.
        placement: Where the clips start.
        short: What to do where the stretch has fewer frames than ``spec.span``: ``loop`` it,
            ``repeat_last`` frame, ``drop`` the video (no clips), or raise an ``error``.
        start_seconds: Begin of the stretch to sample from, from the video's first frame.
        end_seconds: Its end (not included); None is the end of the video.
        distinct: Keep one of several clips of exactly the same frames.
    """

    spec: ClipSpec = field(default_factory=ClipSpec)
    placement: Uniform | Every | Sliding = field(default_factory=Uniform)
    short: ShortPolicy = "loop"
    start_seconds: float = 0.0
    end_seconds: float | None = None
    distinct: bool = False

    def __post_init__(self) -> None:
        if self.short not in SHORT_POLICIES:
            raise ConfigError("short", self.short, f"one of {', '.join(SHORT_POLICIES)}")
        if not self.start_seconds >= 0:
            raise ConfigError("start", self.start_seconds, "0 or more seconds")
        if self.end_seconds is not None and not self.end_seconds > self.start_seconds:
            raise ConfigError(
                "end", self.end_seconds, f"more than start ({self.start_seconds:g} s)"
            )

    def key(self) -> str:
        """Return a canonical JSON text that equals another's exactly where the clips would."""
        settings = asdict(self)
        settings["placement"]["kind"] = type(self.placement).__name__
        return json.dumps(_numbers_alike(settings), sort_keys=True, separators=(",", ":"))


def _numbers_alike(value: Any) -> Any:
    """Turn 2 into 2.0 throughout: both may stand for one number of seconds."""
    if isinstance(value, dict):
        return {name: _numbers_alike(inner) for name, inner in value.items()}
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return float(value) if is_number else value


@dataclass(frozen=True, kw_only=True)
class ClipPlan:
    """The clips of one video.

    Attributes:
        frame_indices: ``(num_clips, clip_length)`` int64, frames counted in the order shown.
        start_seconds: ``(num_clips,)`` float64, start of each clip's first frame.
        end_seconds: ``(num_clips,)`` float64, end of each clip's last frame.
        is_stretched: The video was shorter than a clip and ``short`` filled it up.
    """

    frame_indices: NDArray[np.int64]
    start_seconds: NDArray[np.float64]
    end_seconds: NDArray[np.float64]
    is_stretched: bool

    @property
    def num_clips(self) -> int:
        """Clips planned."""
        return len(self.frame_indices)


def plan_clips(
    timeline: FrameTimeline, sampling: ClipSampling, *, path: str | Path = "video"
) -> ClipPlan:
    """Return the clips that ``sampling`` takes from a video.

    Args:
        timeline: When the video's frames are shown.
        sampling: What to take.
        path: Names the video in errors.

    Raises:
        VideoTooShortError: The stretch is shorter than a clip and ``sampling.short`` is ``error``.
        ConfigError: The stretch begins after the video's end.
    """
    spec = sampling.spec
    grid, shown = _frames_in_stretch(timeline, sampling)
    is_stretched = len(grid) < spec.span
    if is_stretched:
        positions = _stretched_positions(len(grid), sampling, path)
    else:
        starts = _starts(shown, sampling)
        positions = starts[:, None] + np.arange(spec.clip_length) * spec.stride
    frame_indices = grid[positions]
    if sampling.distinct:
        _, first_rows = np.unique(frame_indices, axis=0, return_index=True)
        frame_indices = frame_indices[np.sort(first_rows)]
    return ClipPlan(
        frame_indices=frame_indices,
        start_seconds=timeline.start_seconds[frame_indices.min(axis=1)],
        end_seconds=timeline.ends(frame_indices.max(axis=1)),
        is_stretched=is_stretched,
    )


def sample_clip_starts(num_frames: int, num_clips: int, span: int) -> NDArray[np.int64]:
    """Return ``floor(j * (num_frames - span) / (num_clips - 1))`` for each clip ``j``.

    The first clip begins with the first frame, the last one ends with the last. A single clip is
    taken from the middle.

    Args:
        num_frames: Frames to place clips in, at least ``span``.
        num_clips: Clips to place.
        span: Frames that one clip covers.

    Returns:
        ``(num_clips,)`` int64, not decreasing; clips overlap where the video is short.
    """
    room = num_frames - span
    if num_clips == 1:
        return np.array([room // 2], dtype=np.int64)
    starts: NDArray[np.int64] = np.arange(num_clips, dtype=np.int64) * room // (num_clips - 1)
    return starts


def _frames_in_stretch(
    timeline: FrameTimeline, sampling: ClipSampling
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the frames to sample from, repeated or left out by ``frame_rate``, and their times."""
    rate = sampling.spec.frame_rate
    if rate is None:
        grid, shown = np.arange(timeline.num_frames), timeline.start_seconds
    else:
        grid = timeline.indices_at_rate(rate)
        shown = np.arange(len(grid)) / rate
    if sampling.start_seconds == 0 and sampling.end_seconds is None:
        return grid, shown
    if sampling.start_seconds >= timeline.end_seconds:
        expected = f"less than the video's duration of {timeline.end_seconds:.3f} s"
        raise ConfigError("start", sampling.start_seconds, expected)
    end = np.inf if sampling.end_seconds is None else sampling.end_seconds
    inside = (shown >= sampling.start_seconds - _TIME_ERROR) & (shown < end - _TIME_ERROR)
    if not inside.any():
        on_screen = _on_screen(timeline.start_seconds, np.array([sampling.start_seconds]))
        return on_screen, timeline.start_seconds[on_screen]
    return grid[inside], shown[inside]


def _on_screen(shown: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of the frames shown from ``shown`` on stands on the screen at each time."""
    positions = np.searchsorted(shown, times + _TIME_ERROR, side="right") - 1
    return np.maximum(positions, 0).astype(np.int64)


def _starts(shown: NDArray[np.float64], sampling: ClipSampling) -> NDArray[np.int64]:
    span = sampling.spec.span
    last = len(shown) - span
    match sampling.placement:
        case Uniform(num_clips=num_clips):
            return sample_clip_starts(len(shown), num_clips, span)
        case Every(seconds=seconds):
            return _starts_every(seconds, shown, span)
        case Sliding(clip_hop=clip_hop):
            return np.arange(0, last + 1, clip_hop, dtype=np.int64)


def _starts_every(seconds: float, shown: NDArray[np.float64], span: int) -> NDArray[np.int64]:
    """Start with the frame on screen at each multiple of ``seconds`` into the stretch.

    A last clip is added at the very end where more than half a clip would stay unseen.
    """
    last = len(shown) - span
    room_seconds = shown[last] - shown[0]
    # At most one clip a frame, however small `seconds` is.
    hop_seconds = max(seconds, room_seconds / max(last, 1))
    times = shown[0] + hop_seconds * np.arange(int((room_seconds + _TIME_ERROR) / hop_seconds) + 1)
    starts = np.unique(_on_screen(shown, times))
    uncovered = last - int(starts[-1])
    return np.append(starts, last) if 2 * uncovered > span else starts


def _stretched_positions(
    num_frames: int, sampling: ClipSampling, path: str | Path
) -> NDArray[np.int64]:
    spec = sampling.spec
    offsets = np.arange(spec.clip_length, dtype=np.int64) * spec.stride
    repeats = sampling.placement.num_clips if isinstance(sampling.placement, Uniform) else 1
    match sampling.short:
        case "loop":
            return np.tile(offsets % num_frames, (repeats, 1))
        case "repeat_last":
            return np.tile(np.minimum(offsets, num_frames - 1), (repeats, 1))
        case "drop":
            return np.empty((0, spec.clip_length), dtype=np.int64)
        case "error":
            raise VideoTooShortError(path, num_frames, spec.span)
