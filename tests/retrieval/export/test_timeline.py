"""Timelines, read back with OpenTimelineIO."""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import opentimelineio as otio
import pytest

from motionfit.errors import ConfigError
from retrieval.export.ranges import ExportedRange
from retrieval.export.timeline import format_otio

NTSC = Fraction(30000, 1001)


def read_clips_of(content: bytes) -> list[Any]:
    timeline = otio.adapters.read_from_string(content.decode(), "otio_json")
    (track,) = timeline.video_tracks()
    return list(track)


def test_every_clip_is_counted_exactly_at_the_rate_of_its_video(
    numbered: dict[str, Path], frames_of: Callable[..., ExportedRange]
) -> None:
    rates = {"25": 25, "29.97": NTSC, "24": 24, "120": 120}
    ranges = [frames_of(numbered[name], 11, 37, rate) for name, rate in rates.items()]
    content, failed = format_otio(ranges)
    assert not failed
    clips = read_clips_of(content)
    for clip, rate, path in zip(clips, rates.values(), numbered.values(), strict=True):
        begin, length = clip.source_range.start_time, clip.source_range.duration
        assert (begin.value, length.value) == (11, 26)
        assert begin.rate == length.rate == pytest.approx(float(rate), abs=1e-9)
        assert clip.media_reference.available_range.start_time.value == 0
        assert clip.media_reference.available_range.duration.value == 50
        assert unquote_to_bytes(urlsplit(clip.media_reference.target_url).path).decode() == str(
            path
        )


def test_what_is_known_of_a_range_stands_in_its_metadata() -> None:
    wanted = ExportedRange(
        rank=2,
        similarity=0.75,
        clip_id=17,
        path="/nowhere/a.mp4",
        start_seconds=1.0,
        end_seconds=2.0,
        label="jump",
        frame_rate=25.0,
        duration_seconds=4.0,
    )
    (clip,) = read_clips_of(format_otio([wanted])[0])
    assert clip.name == "a.mp4"
    assert dict(clip.metadata["motionfit"]) == {
        "rank": 2,
        "similarity": 0.75,
        "clip_id": 17,
        "path": "/nowhere/a.mp4",
        "start_seconds": 1.0,
        "end_seconds": 2.0,
        "label": "jump",
        "frame_rate": 25.0,
        "duration_seconds": 4.0,
    }


def test_names_that_are_no_utf8_lead_to_the_file(tmp_path: Path) -> None:
    path = f"{tmp_path}/a\n\udcff#?%.mp4"
    wanted = ExportedRange(
        path=path, start_seconds=0.0, end_seconds=1.0, frame_rate=25.0, duration_seconds=4.0
    )
    (clip,) = read_clips_of(format_otio([wanted])[0])
    assert clip.name == r"a\n\udcff#?%.mp4"
    url = urlsplit(clip.media_reference.target_url)
    assert unquote_to_bytes(url.path).decode(errors="surrogateescape") == path


def test_a_video_that_is_gone_is_told_unless_its_rate_is_known(tmp_path: Path) -> None:
    lost = ExportedRange(path=str(tmp_path / "lost.mp4"), start_seconds=0.0, end_seconds=1.0)
    content, failed = format_otio([lost])
    assert read_clips_of(content) == []
    assert "found nothing" in failed[0].message


def test_without_the_package_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    wanted = ExportedRange(path="a.mp4", start_seconds=0.0, end_seconds=1.0)
    with pytest.raises(ConfigError, match=r"pip install 'motionfit\[export\]'"):
        format_otio([wanted])
