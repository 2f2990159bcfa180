"""Ranges as an edit decision list for editing programs: EDL, CMX 3600.

An edit list knows one frame rate. Here the record side runs at the commonest rate among the videos,
which the title names; the source side of each event is counted in the frames of its own video, from
00:00:00:00 at its first frame, so that in and out are exact. Where a video has another rate an M2
line says how many of its frames pass in a second, and a comment tells its rate; programs that read
the whole list at one rate do better with ``.otio``. A video of more than 100 frames a second, or of
less than one in two seconds, has no timecode of two digits: its times are counted at the record
side's rate.

Source: the EDL format of the CMX 3600, https://xmil.biz/EDL-X/CMX3600.pdf, and SMPTE ST 258. The
package ``otio-cmx3600-adapter`` 1.0 reads these lists in the tests. It does not write them: it
counts all sources at one rate, writes no FCM line, and cuts names so that two videos may have one
reel.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from motionfit.errors import ConfigError, one_line
from retrieval.export.counted import CountedRange, count_ranges
from retrieval.export.frame_counts import count_frames, first_and_end_frame, timecode
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.reels import name_reels
from retrieval.export.wording import absolute_path

MAX_EVENTS = 999

_FIRST_RECORD_HOUR = 1
_HOURS_OF_TIMECODE = 24
_NTSC = 1000 / 1001
_RECORD_RATES = (24 * _NTSC, 24, 25, 30 * _NTSC, 30, 48, 50, 60 * _NTSC, 60)
_USUAL_RATE = 25
_HIGHEST_BASE = 100


def format_edl(ranges: Sequence[ExportedRange]) -> tuple[bytes, Sequence[FailedRange]]:
    """Return an edit list with an event for each range, and the ranges that cannot be counted.

    Raises:
        ConfigError: There are more ranges than events in a list, or they take more than a day.
    """
    if len(ranges) > MAX_EVENTS:
        expected = f"at most {MAX_EVENTS}, the events of a CMX 3600 list; choose .otio for more"
        raise ConfigError("number of ranges", len(ranges), expected)
    counted, failed = count_ranges(ranges)
    record = _record_clock(counted)
    reels = name_reels([each.wanted.path for each in counted])
    lines = [f"TITLE: MOTIONFIT {record.rate:.6g} FPS", "FCM: NON-DROP FRAME", ""]
    begin = _FIRST_RECORD_HOUR * 3600 * record.base
    for number, each in enumerate(counted, start=1):
        event = _event(each, record)
        end = begin + event.num_record_frames
        lines += event.lines(number, reels[each.wanted.path], begin, end)
        begin = end
    if begin > _HOURS_OF_TIMECODE * 3600 * record.base:
        hours = begin / 3600 / record.base - _FIRST_RECORD_HOUR
        raise ConfigError("hours of all ranges", f"{hours:.1f}", "what timecode counts in a day")
    return "".join(f"{line}\r\n" for line in lines).encode(), failed


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """How a video or the list is counted: its rate, and the frames that timecode has a second."""

    rate: float
    base: int


@dataclass(frozen=True, kw_only=True)
class _Event:
    """A range on both sides of the list."""

    wanted: ExportedRange
    source: _Clock
    record: _Clock
    first_frame: int
    end_frame: int
    num_record_frames: int

    def lines(self, number: int, reel: str, begin: int, end: int) -> Sequence[str]:
        """Return the event's line and what is said of it."""
        source_in = timecode(self.first_frame, self.source.base)
        source_out = timecode(self.end_frame, self.source.base)
        times = f"{source_in} {source_out}"
        times += f" {timecode(begin, self.record.base)} {timecode(end, self.record.base)}"
        lines = [f"{number:03}  {reel:8} V     C        {times}"]
        if self.source.base != self.record.base:
            speed = self.source.rate * self.record.base / self.record.rate
            lines.append(f"M2   {reel:8}       {speed:05.1f}                {source_in}")
        lines += [
            f"* FROM CLIP NAME:  {one_line(self.wanted.file_name)}",
            f"* SOURCE FILE: {one_line(absolute_path(self.wanted.path))}",
        ]
        if abs(self.wanted.frame_rate - self.record.rate) > 1e-3:
            lines.append(
                f"* SOURCE FRAME RATE: {self.wanted.frame_rate:.6g} COUNTED IN {self.source.base}"
            )
        if self.wanted.label:
            lines.append(f"* COMMENT: LABEL {one_line(self.wanted.label)}")
        if self.wanted.similarity is not None:
            lines.append(f"* COMMENT: SIMILARITY {self.wanted.similarity:.4f}")
        return lines


def _record_clock(counted: Sequence[CountedRange]) -> _Clock:
    """Return the clock of the rate, among those that editing programs have, of most ranges."""
    votes: Counter[float] = Counter()
    for each in counted:
        rate = each.wanted.frame_rate
        nearest = min(_RECORD_RATES, key=lambda known: abs(known - rate))
        if round(nearest) == round(rate):
            votes[nearest] += 1
    rate = votes.most_common(1)[0][0] if votes else _USUAL_RATE
    return _Clock(rate=rate, base=round(rate))


def _event(counted: CountedRange, record: _Clock) -> _Event:
    rate = counted.wanted.frame_rate
    first, end = counted.first_frame, counted.end_frame
    source = _Clock(rate=rate, base=round(rate))
    if not 1 <= source.base <= _HIGHEST_BASE:
        source = record
        first, end = first_and_end_frame(replace(counted.wanted, frame_rate=record.rate))
    num_frames = end - first
    if source.base != record.base:
        num_frames = count_frames(num_frames / source.rate, record.rate)
    return _Event(
        wanted=counted.wanted,
        source=source,
        record=record,
        first_frame=first,
        end_frame=end,
        num_record_frames=num_frames,
    )
