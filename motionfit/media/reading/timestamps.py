"""From a stream's integer time stamps to seconds."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from motionfit.media.video import FrameTimeline

_FALLBACK_FRAME_RATE = Fraction(25)
_HIGHEST_FRAME_RATE = 10_000


def timeline_from_pts(
    pts: Sequence[int | None] | NDArray[np.int64], last_duration: int, stream: VideoStream
) -> FrameTimeline:
    """Return when frames are shown; evenly spaced where their time stamps cannot be true.

    Args:
        pts: ``(num_frames,)`` time stamps, in the order shown and in the stream's time base.
        last_duration: How long the last frame is shown, same unit; 0 takes the median of the rest.
        stream: Tells time base and frame rate.
    """
    frame_rate = plausible_frame_rate(stream) or _FALLBACK_FRAME_RATE
    stamps = np.array([stamp for stamp in pts if stamp is not None], dtype=np.int64)
    gaps = np.diff(stamps)
    unit = stream.time_base or Fraction(0)
    if len(stamps) < len(pts) or (gaps * float(unit) < 1 / _HIGHEST_FRAME_RATE).any() or not unit:
        return FrameTimeline.constant(len(pts), float(frame_rate))
    usual = float(np.median(gaps)) if len(gaps) else float(1 / frame_rate / unit)
    # Whole numbers first, one division last: 25 frames of 1/25 s end at 1.0, not at 0.99...
    ticks = stamps - stamps[0]
    end_ticks = float(ticks[-1]) + (last_duration or usual)
    return FrameTimeline(
        start_seconds=ticks * unit.numerator / unit.denominator,
        end_seconds=end_ticks * unit.numerator / unit.denominator,
    )


def plausible_frame_rate(stream: VideoStream) -> Fraction | None:
    """Return the frame rate that a header tells; None where it tells none that can be true."""
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate is not None and 0 < rate <= _HIGHEST_FRAME_RATE:
            return rate
    return None
