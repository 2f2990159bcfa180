"""Edit lists, read back with OpenTimelineIO's adapter."""

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import opentimelineio as otio
import pytest

from motionfit.errors import ConfigError
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding
from retrieval.export.edit_list import format_edl
from retrieval.export.ranges import ExportedRange

NTSC = Fraction(30000, 1001)
FIRST_HOUR = 3600

FramesOf = Callable[..., ExportedRange]


def read_edl(content: bytes, rate: float) -> Any:
    return otio.adapters.read_from_string(content.decode(), "cmx_3600", rate=rate)


def frames(time_range: Any) -> tuple[float, float]:
    return time_range.start_time.value, time_range.end_time_exclusive().value


def event_lines(content: bytes) -> list[str]:
    return [line for line in content.decode().split("\r\n") if re.match(r"\d{3}  ", line)]


def known(path: str, first: int, end: int, rate: float | Fraction, **others) -> ExportedRange:
    """Return a range of a video that is not there, as the catalog would describe it."""
    return ExportedRange(
        path=path,
        start_seconds=float(first / rate),
        end_seconds=float(end / rate),
        frame_rate=float(rate),
        duration_seconds=3600.0,
        **others,
    )


def test_in_and_out_are_the_frames_of_the_range(
    numbered: dict[str, Path], burnt_in: ModuleType, frames_of: FramesOf
) -> None:
    spans = [(0, 1), (7, 23), (24, 26), (49, 50), (0, 50)]
    ranges = [frames_of(numbered["25"], first, end, 25) for first, end in spans]
    content, failed = format_edl(ranges)
    assert not failed
    (track,) = read_edl(content, 25).tracks
    assert [frames(clip.source_range) for clip in track] == spans
    for (first, end), wanted in zip(spans, ranges, strict=True):
        sampling = ClipSampling(
            spec=ClipSpec(clip_length=1),
            placement=Sliding(clip_hop=1),
            start_seconds=wanted.start_seconds,
            end_seconds=wanted.end_seconds,
        )
        shown = burnt_in.read_numbers(read_clips(wanted.path, sampling).frames)
        assert shown.tolist() == list(range(first, end))


def test_the_record_side_is_consecutive_from_the_first_hour() -> None:
    spans = [(10, 30), (0, 1), (100, 175)]
    content, _ = format_edl([known("/v/a.mov", first, end, 25) for first, end in spans])
    assert [line[-23:] for line in event_lines(content)] == [
        "01:00:00:00 01:00:00:20",
        "01:00:00:20 01:00:00:21",
        "01:00:00:21 01:00:03:21",
    ]
    (track,) = read_edl(content, 25).tracks
    assert track.source_range.start_time.value == -FIRST_HOUR * 25


def test_a_list_has_its_header_reels_and_comments() -> None:
    content, _ = format_edl(
        [
            known("/v/jump over.mov", 10, 20, NTSC, label="jump", similarity=0.75),
            known("/w/jump over.mov", 10, 20, NTSC),
            known("/v/jump over.mov", 0, 5, NTSC),
        ]
    )
    lines = content.decode().split("\r\n")
    assert lines[:3] == ["TITLE: MOTIONFIT 29.97 FPS", "FCM: NON-DROP FRAME", ""]
    clips = list(read_edl(content, 30).tracks[0])
    reels = [clip.metadata["cmx_3600"]["reel"] for clip in clips]
    assert reels == ["JUMPOVER", "JUMPOVE2", "JUMPOVER"]
    assert [clip.name for clip in clips] == ["jump over.mov"] * 3
    assert list(clips[0].metadata["cmx_3600"]["comments"]) == [
        "SOURCE FILE: /v/jump over.mov",
        "COMMENT: LABEL jump",
        "COMMENT: SIMILARITY 0.7500",
    ]


@pytest.mark.parametrize(
    ("rate", "base"), [(Fraction(24000, 1001), 24), (NTSC, 30), (Fraction(60000, 1001), 60)]
)
def test_rates_of_ntsc_are_counted_frame_by_frame_without_drops(rate: Fraction, base: int) -> None:
    # Two hours in, drop-frame timecode would be 216 frames ahead.
    first = 2 * 3600 * base + 5
    wanted = ExportedRange(
        path="/v/a.mov",
        start_seconds=float(first / rate),
        end_seconds=float((first + 16) / rate),
        frame_rate=float(rate),
        duration_seconds=9000.0,
    )
    content, _ = format_edl([wanted])
    (clip,) = read_edl(content, base).tracks[0]
    assert frames(clip.source_range) == (first, first + 16)
    assert "02:00:00:05 02:00:00:21" in content.decode()


def test_a_source_of_another_rate_is_counted_in_its_own_frames_and_its_speed_is_told() -> None:
    content, _ = format_edl(
        [
            known("/v/pal.mov", 10, 20, 25),
            known("/v/film.mov", 30, 54, 24),
            known("/v/pal.mov", 40, 45, 25),
            known("/v/slow.mov", 15, 45, 15),
        ]
    )
    events = event_lines(content)
    assert "00:00:01:06 00:00:02:06 01:00:00:10 01:00:01:10" in events[1]
    assert "00:00:01:15 00:00:01:20 01:00:01:10 01:00:01:15" in events[2]
    assert "00:00:01:00 00:00:03:00 01:00:01:15 01:00:03:15" in events[3]
    lines = content.decode().split("\r\n")
    after_film = lines[lines.index(events[1]) :]
    assert re.fullmatch(r"M2   FILM +024\.0 +00:00:01:06", after_film[1])
    assert "* SOURCE FRAME RATE: 24 COUNTED IN 24" in after_film[2:5]
    timeline = read_edl(content, 25)
    clips = list(timeline.tracks[0])
    assert [frames(clip.range_in_parent()) for clip in clips] == [
        (0, 10),
        (10, 35),
        (35, 40),
        (40, 90),
    ]


def test_a_rate_that_timecode_has_no_digits_for_is_counted_at_the_lists_rate() -> None:
    content, _ = format_edl(
        [
            known("/v/pal.mov", 10, 20, 25),
            known("/v/highspeed.mov", 240, 720, 240),
            known("/v/lapse.mov", 1, 2, 0.25),
        ]
    )
    assert "00:00:01:00 00:00:03:00 01:00:00:10 01:00:02:10" in event_lines(content)[1]
    assert "00:00:04:00 00:00:08:00 01:00:02:10 01:00:06:10" in event_lines(content)[2]
    assert "* SOURCE FRAME RATE: 240 COUNTED IN 25" in content.decode()
    assert "M2" not in content.decode()


def test_the_rate_of_most_ranges_is_the_lists_rate() -> None:
    ranges = [known("/v/a", 0, 5, 50), known("/v/b", 0, 5, NTSC), known("/v/c", 0, 5, NTSC)]
    content, _ = format_edl([*ranges, known("/v/d", 0, 5, 7), known("/v/e", 0, 5, 7)])
    assert content.startswith(b"TITLE: MOTIONFIT 29.97 FPS\r\n")


def test_rate_and_duration_are_read_from_the_file_where_they_are_unknown(
    numbered: dict[str, Path], frames_of: FramesOf
) -> None:
    content, failed = format_edl(
        [
            frames_of(numbered["24"], 5, 15, 24),
            frames_of(numbered["29.97"], 20, 999, NTSC),
            frames_of(numbered["24"], 47, 48, 24),
        ]
    )
    assert not failed
    assert content.startswith(b"TITLE: MOTIONFIT 24 FPS\r\n")
    assert [line[29:52] for line in event_lines(content)] == [
        "00:00:00:05 00:00:00:15",
        "00:00:00:20 00:00:01:20",
        "00:00:01:23 00:00:02:00",
    ]


def test_ranges_that_cannot_be_counted_are_told_and_the_others_are_there(
    tmp_path: Path, numbered: dict[str, Path], frames_of: FramesOf
) -> None:
    lost = frames_of(tmp_path / "lost.mp4", 0, 5, 25)
    late = frames_of(numbered["25"], 60, 65, 25)
    content, failed = format_edl([lost, frames_of(numbered["25"], 1, 5, 25), late])
    assert [each.wanted for each in failed] == [lost, late]
    assert "lost.mp4: expected a video file, found nothing" in failed[0].message
    assert "duration of 2.000 s" in failed[1].message
    assert len(event_lines(content)) == 1


def test_a_video_of_known_rate_need_not_be_there() -> None:
    content, failed = format_edl([known("/nowhere/a.mp4", 3, 9, 25)])
    assert not failed
    assert len(event_lines(content)) == 1


def test_names_cannot_add_lines() -> None:
    evil = "a\r\n002  BL       V     C        00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00"
    content, _ = format_edl([known(f"/v/{evil}\u2028\x85\udcff.mp4", 0, 5, 25, label=evil)])
    assert len(event_lines(content)) == 1
    assert all(
        line.startswith(("TITLE", "FCM", "001", "* "))
        for line in content.decode().splitlines()
        if line
    )
    (clip,) = read_edl(content, 25).tracks[0]
    assert clip.name.startswith(r"a\r\n002  BL")


def test_more_ranges_than_events_are_refused() -> None:
    wanted = known("/v/a.mp4", 0, 5, 25)
    with pytest.raises(ConfigError, match=r"1000; expected at most 999"):
        format_edl([wanted] * 1000)


def test_more_than_a_day_of_ranges_is_refused() -> None:
    wanted = known("/v/a.mp4", 0, 3600 * 25, 25)
    assert len(event_lines(format_edl([wanted] * 23)[0])) == 23
    with pytest.raises(ConfigError, match="timecode"):
        format_edl([wanted] * 24)
