"""Playlists for players."""

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from retrieval.export.playlist import format_playlist
from retrieval.export.ranges import ExportedRange


def lines_of(*ranges: ExportedRange) -> list[str]:
    return format_playlist(ranges).decode("utf-8").split("\n")


def test_an_entry_says_what_it_is_how_long_and_where_to_start_and_stop() -> None:
    wanted = ExportedRange(
        rank=2, path="/v/my jump, é.mp4", start_seconds=61.5, end_seconds=63.25, label="jump"
    )
    assert lines_of(wanted) == [
        "#EXTM3U",
        "#EXTINF:1.750,2. my jump, é.mp4 [jump] 1:01.50-1:03.25",
        "#EXTVLCOPT:start-time=61.500",
        "#EXTVLCOPT:stop-time=63.250",
        "/v/my jump, é.mp4",
        "",
    ]


@pytest.mark.parametrize(
    "name", ["a\n#EXTINF:1,evil\n/etc/passwd", "a\rb", "a\u2028b", "a\udcff", " a ", "a\x00b"]
)
def test_names_that_would_break_lines_become_addresses_and_lead_to_the_file(name: str) -> None:
    path = f"/v/{name}"
    wanted = ExportedRange(path=path, start_seconds=0.0, end_seconds=1.0, label=name)
    lines = lines_of(wanted)
    assert len(lines) == 6
    assert [line.startswith("#") for line in lines] == [True, True, True, True, False, False]
    assert lines[4].startswith("file:///v/")
    assert lines[4].isascii()
    assert unquote_to_bytes(urlsplit(lines[4]).path) == os.fsencode(path)


def test_relative_paths_are_written_from_the_root() -> None:
    wanted = ExportedRange(path="#a.mp4", start_seconds=0.0, end_seconds=1.0)
    assert lines_of(wanted)[4] == str(Path.cwd() / "#a.mp4")
