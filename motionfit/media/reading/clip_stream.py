"""The clips of one video in chunks of bounded memory, each frame decoded once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from motionfit.media.clips import DecodedClips
from motionfit.media.reading.frame_source import FrameMismatchError, FrameSource
from motionfit.media.sampling import ClipPlan, ClipSampling, plan_clips
from motionfit.media.video import FrameTimeline

Allocate = Callable[[tuple[int, int, int, int]], NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class _Frames:
    """Some frames of a video: increasing indices, and a row of pixels for each."""

    indices: NDArray[np.int64]
    pixels: NDArray[np.uint8]

    def among(self, frame_indices: NDArray[np.int64]) -> "_Frames":
        """Return a copy of those that are also among others."""
        is_shared = np.isin(self.indices, frame_indices)
        return _Frames(indices=self.indices[is_shared], pixels=self.pixels[is_shared])


def stream_chunks(
    source: FrameSource,
    clips: ClipSampling | NDArray[np.int64],
    *,
    max_frames: int | None,
    allocate: Allocate,
) -> Iterator[DecodedClips]:
    """Yield the clips of an open video, see `motionfit.media.reader.stream_clips`.

    Where frames turn out not to be where the source thought, it looks again. What was not yielded
    yet is then planned anew; where a chunk was yielded already, the plan stands and the remaining
    clips take the frames that are on screen at the times they were meant for.
    """
    plan = _plan(clips, source)
    carried = _no_frames(source)
    is_first = True
    while is_first or plan.num_clips:
        num_clips = count_fitting_clips(plan.frame_indices, max_frames)
        now, later = _part(plan, slice(num_clips)), _part(plan, slice(num_clips, None))
        try:
            chunk = _read(source, now.frame_indices, carried, allocate)
        except FrameMismatchError:
            assumed, source = source.timeline, source.look_again()
            plan = _plan(clips, source) if is_first else _move(plan, assumed, source.timeline)
            carried = _no_frames(source)
            continue
        # Copied before the chunk is given away: its memory may be shared and soon used again.
        num_following = count_fitting_clips(later.frame_indices, max_frames)
        carried = chunk.among(later.frame_indices[:num_following])
        decoded = _describe(chunk, now, source)
        del chunk  # or two chunks would be in memory while the next one is read
        yield decoded
        del decoded
        plan, is_first = later, False


def count_fitting_clips(frame_indices: NDArray[np.int64], max_frames: int | None) -> int:
    """Return how many of the first clips together have at most ``max_frames`` distinct frames.

    Args:
        frame_indices: ``(num_clips, clip_length)`` int64.
        max_frames: None is no limit.

    Returns:
        At least 1 where there is a clip.
    """
    if max_frames is None:
        return len(frame_indices)
    distinct: set[int] = set()
    for num_before, clip in enumerate(frame_indices):
        distinct.update(clip.tolist())
        if num_before and len(distinct) > max_frames:
            return num_before
    return len(frame_indices)


def _no_frames(source: FrameSource) -> _Frames:
    return _Frames(
        indices=np.empty(0, dtype=np.int64), pixels=np.empty((0, *source.size, 3), dtype=np.uint8)
    )


def _read(
    source: FrameSource,
    frame_indices: NDArray[np.int64],
    carried: _Frames,
    allocate: Allocate,
) -> _Frames:
    wanted = np.unique(frame_indices)
    if len(wanted) == 0:
        return _no_frames(source)
    pixels = allocate((len(wanted), *source.size, 3))
    is_carried = np.isin(wanted, carried.indices)
    pixels[is_carried] = carried.pixels
    rows = np.flatnonzero(~is_carried)
    source.read_into(wanted[rows], pixels, rows)
    return _Frames(indices=wanted, pixels=pixels)


def _describe(chunk: _Frames, plan: ClipPlan, source: FrameSource) -> DecodedClips:
    return DecodedClips(
        frames=chunk.pixels,
        positions=np.searchsorted(chunk.indices, plan.frame_indices),
        start_seconds=plan.start_seconds,
        end_seconds=plan.end_seconds,
        info=source.info,
        reader=source.name,
        num_frames_expected=source.num_frames_expected,
        num_frames_decoded=source.timeline.num_frames,
        is_stretched=plan.is_stretched,
        has_size_change=source.has_size_change,
    )


def _plan(clips: ClipSampling | NDArray[np.int64], source: FrameSource) -> ClipPlan:
    timeline = source.timeline
    if isinstance(clips, ClipSampling):
        return plan_clips(timeline, clips, path=source.info.path)
    if clips.ndim != 2 or clips.shape[1] == 0 or not np.issubdtype(clips.dtype, np.integer):
        expected = "whole numbers of shape (num_clips, clip_length)"
        raise ConfigError("clips", f"{clips.dtype} of shape {clips.shape}", expected)
    outside = clips[(clips < 0) | (clips >= timeline.num_frames)]
    if len(outside):
        expected = f"0 to {timeline.num_frames - 1}, the frames of {source.info.path}"
        raise ConfigError("frame index", int(outside[0]), expected)
    return ClipPlan(
        frame_indices=clips.astype(np.int64),
        start_seconds=timeline.start_seconds[clips.min(axis=1)],
        end_seconds=timeline.ends(clips.max(axis=1)),
        is_stretched=False,
    )


def _part(plan: ClipPlan, which: slice) -> ClipPlan:
    return replace(
        plan,
        frame_indices=plan.frame_indices[which],
        start_seconds=plan.start_seconds[which],
        end_seconds=plan.end_seconds[which],
    )


def _move(plan: ClipPlan, assumed: FrameTimeline, found: FrameTimeline) -> ClipPlan:
    seconds = assumed.start_seconds[plan.frame_indices]
    # Half a microsecond, as in `FrameTimeline.indices_at_rate`.
    on_screen = np.searchsorted(found.start_seconds, seconds + 5e-7, side="right") - 1
    return replace(plan, frame_indices=on_screen.clip(0, found.num_frames - 1))
