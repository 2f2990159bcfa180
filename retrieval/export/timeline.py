"""Ranges as an OpenTimelineIO timeline, for editing programs and pipelines.

Each clip is counted at the rate of its own video, so in and out are exact whatever the mixture.

Source: OpenTimelineIO 0.17, schemas Timeline.1, Clip.2 and ExternalReference.1.
"""

from collections.abc import Sequence
from typing import Any

from motionfit.errors import ConfigError, one_line
from retrieval.export.counted import CountedRange, count_ranges
from retrieval.export.frame_counts import count_frames
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.wording import file_uri

METADATA_KEY = "motionfit"


def format_otio(ranges: Sequence[ExportedRange]) -> tuple[bytes, Sequence[FailedRange]]:
    """Return a timeline of one video track, and the ranges that cannot be counted in frames.

    Raises:
        ConfigError: The package ``opentimelineio`` is not installed.
    """
    otio = _import_opentimelineio()
    counted, failed = count_ranges(ranges)
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    track.extend([_clip(otio, each) for each in counted])
    timeline = otio.schema.Timeline(name=METADATA_KEY)
    timeline.tracks.append(track)
    return (timeline.to_json_string(indent=2) + "\n").encode(), failed


def _import_opentimelineio() -> Any:
    try:
        import opentimelineio
    except ImportError as error:
        needed = "the package opentimelineio: pip install 'motionfit[export]'"
        raise ConfigError("opentimelineio", None, needed) from error
    return opentimelineio


def _clip(otio: Any, counted: CountedRange) -> Any:
    wanted, rate = counted.wanted, counted.wanted.frame_rate
    num_frames = counted.end_frame
    if wanted.duration_seconds:
        num_frames = count_frames(wanted.duration_seconds, rate)
    return otio.schema.Clip(
        name=one_line(wanted.file_name),
        source_range=_time_range(otio, counted.first_frame, counted.num_frames, rate),
        media_reference=otio.schema.ExternalReference(
            target_url=file_uri(wanted.path),
            available_range=_time_range(otio, 0, num_frames, rate),
        ),
        metadata={METADATA_KEY: _metadata(wanted)},
    )


def _time_range(otio: Any, first_frame: int, num_frames: int, rate: float) -> Any:
    return otio.opentime.TimeRange(
        start_time=otio.opentime.RationalTime(first_frame, rate),
        duration=otio.opentime.RationalTime(num_frames, rate),
    )


def _metadata(wanted: ExportedRange) -> dict[str, Any]:
    values = {
        name: one_line(value) if isinstance(value, str) else value
        for name, value in wanted.to_json().items()
    }
    return {name: value for name, value in values.items() if value is not None}
