"""From seconds to frame numbers and timecode, for formats that count frames.

A video of variable rate is counted at its average rate, as editing programs do that bring it to a
constant one: its frame numbers are near, not exact.
"""

import math

from motionfit.errors import ConfigError
from retrieval.export.ranges import ExportedRange

# Some containers (Matroska) keep whole milliseconds: a frame's time is half of one off, and printed
# times a little more.
_STAMP_ERROR_SECONDS = 6e-4


def first_and_end_frame(wanted: ExportedRange) -> tuple[int, int]:
    """Return the first frame of a range of known rate and the one after its last, from 0.

    A frame belongs to the range that it begins in, as where ranges are searched or cut; a range in
    which none begins has the one that is on screen. What lies beyond the video's end is left out,
    where that is known.

    ::

        frames of a 2.5 fps video   |0   |1   |2   |3   |
        range                             [        )        first 2, end 4
        range                              []               first 1, end 2

    Raises:
        ConfigError: The range begins after the video's end.
    """
    rate, duration_seconds = wanted.frame_rate, wanted.duration_seconds
    first = _first_frame_from(wanted.start_seconds, rate)
    end = _first_frame_from(wanted.end_seconds, rate)
    last = int((wanted.start_seconds + _STAMP_ERROR_SECONDS) * rate)
    if duration_seconds:
        if wanted.start_seconds >= duration_seconds:
            expected = f"less than the video's duration of {duration_seconds:.3f} s"
            raise ConfigError("start_seconds", wanted.start_seconds, expected)
        num_frames = count_frames(duration_seconds, rate)
        end, last = min(end, num_frames), min(last, num_frames - 1)
    return (first, end) if first < end else (last, last + 1)


def count_frames(seconds: float, rate: float) -> int:
    """Return how many frames a duration holds, at least 1."""
    return max(1, round(seconds * rate))


def _first_frame_from(seconds: float, rate: float) -> int:
    return max(0, math.ceil((seconds - _STAMP_ERROR_SECONDS) * rate))


def timecode(num_frames: int, base: int) -> str:
    """Return a number of frames as non-drop-frame timecode ``HH:MM:SS:FF``.

    Args:
        num_frames: Counted from 00:00:00:00.
        base: Frames that timecode counts in a second: 24 at 23.976, 30 at 29.97.

    Source: SMPTE ST 12-1.
    """
    seconds, frames = divmod(num_frames, base)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{frames:02}"
