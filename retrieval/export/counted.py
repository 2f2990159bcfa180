"""Ranges in frames of their videos, for edit lists and timelines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from motionfit.errors import MotionFitError, UnreadableVideoError
from motionfit.media.pool import DecodePool
from motionfit.media.video import VideoInfo
from retrieval.export.frame_counts import first_and_end_frame
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.sources import probe_sources

_MAX_WORKERS = 2
_HIGHEST_FRAME_RATE = 10_000


@dataclass(frozen=True, kw_only=True)
class CountedRange:
    """A range with its frames.

    Attributes:
        wanted: The range; its frame rate is known.
        first_frame: Counted from 0.
        end_frame: The one after the last.
    """

    wanted: ExportedRange
    first_frame: int
    end_frame: int

    @property
    def num_frames(self) -> int:
        """Frames in the range, at least 1."""
        return self.end_frame - self.first_frame


def count_ranges(
    ranges: Sequence[ExportedRange],
) -> tuple[Sequence[CountedRange], Sequence[FailedRange]]:
    """Return ranges in frames of their videos, in their order, and those that cannot be counted.

    The catalog knows rate and duration of what it holds; a video is opened only where a range lacks
    one of them. One of known rate need not be there.
    """
    unknown = {each.path for each in ranges if not (each.frame_rate and each.duration_seconds)}
    sources: Mapping[str, VideoInfo | MotionFitError] = {}
    if unknown:
        with DecodePool(num_workers=min(_MAX_WORKERS, len(unknown))) as pool:
            sources = probe_sources(pool, unknown)
    counted: list[CountedRange] = []
    failed: list[FailedRange] = []
    for each in ranges:
        try:
            wanted = _completed(each, sources.get(each.path))
            first, end = first_and_end_frame(wanted)
            counted.append(CountedRange(wanted=wanted, first_frame=first, end_frame=end))
        except MotionFitError as error:
            failed.append(FailedRange(wanted=each, message=str(error)))
    return counted, failed


def _completed(wanted: ExportedRange, source: VideoInfo | MotionFitError | None) -> ExportedRange:
    if isinstance(source, MotionFitError):
        if not wanted.frame_rate:
            raise source
    elif source is not None:
        wanted = replace(
            wanted,
            frame_rate=wanted.frame_rate or _plausible_rate(source),
            duration_seconds=wanted.duration_seconds or max(0.0, source.duration_seconds),
        )
    return wanted


def _plausible_rate(source: VideoInfo) -> float:
    if not 0 < source.frame_rate <= _HIGHEST_FRAME_RATE:
        raise UnreadableVideoError(source.path, "its header tells no frame rate to count by")
    return source.frame_rate
