"""Exporting into a file, whatever the format."""

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from motionfit.errors import ConfigError, ExportWriteError
from retrieval.export.export import export_ranges
from retrieval.export.formats import EXPORT_FORMATS, format_of_path
from retrieval.export.ranges import ExportedRange

FramesOf = Callable[..., ExportedRange]

BEGINS = {
    "csv": b"\xef\xbb\xbfrank",
    "json": b'{\n  "format_version"',
    "m3u8": b"#EXTM3U\n",
    "edl": b"TITLE: ",
    "otio": b'{\n  "OTIO_SCHEMA": "Timeline.1"',
    "png": b"\x89PNG",
    "zip": b"PK\x03\x04",
}


def test_every_format_is_known_by_name_and_suffix() -> None:
    assert set(EXPORT_FORMATS) == set(BEGINS)
    for name, each in EXPORT_FORMATS.items():
        assert each.name == name
        assert format_of_path(Path(f"/v/a.b{each.suffix.upper()}")) is each


@pytest.mark.parametrize("name", BEGINS)
def test_every_format_writes_a_file_in_a_folder_made_for_it(
    name: str, numbered: dict[str, Path], frames_of: FramesOf, tmp_path: Path
) -> None:
    target = tmp_path / "new" / "folder" / f"out{EXPORT_FORMATS[name].suffix}"
    wanted = frames_of(numbered["25"], 5, 21, 25, rank=1)
    report = export_ranges(iter([wanted, wanted]), name, target)
    assert (report.path, report.num_ranges, report.failed) == (target, 2, ())
    assert target.read_bytes().startswith(BEGINS[name])
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("name", BEGINS)
def test_an_empty_selection_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected at least one to export"):
        export_ranges([], name, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_or_suffix_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one of csv, json, m3u8, edl, otio, png, zip"):
        export_ranges([], "xlsx", tmp_path / "out.xlsx")
    with pytest.raises(ConfigError, match=r"ends in one of \.csv, \.json"):
        format_of_path(tmp_path / "out.xlsx")


def test_a_file_takes_the_place_of_the_one_before(frames_of: FramesOf, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("long before " * 1000)
    export_ranges([frames_of("a.mp4", 0, 5, 25)], "csv", target)
    assert target.read_bytes().startswith(BEGINS["csv"])
    assert b"before" not in target.read_bytes()


def test_a_place_that_cannot_be_written_to_is_told_in_one_sentence(
    frames_of: FramesOf, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExportWriteError, match=r"out\.csv: could not be written: "):
        export_ranges([frames_of("a.mp4", 0, 5, 25)], "csv", tmp_path / "file" / "out.csv")


def test_a_disk_that_is_full_leaves_what_was_there(frames_of: FramesOf, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("the one before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(ExportWriteError, match="File too large; mend that"):
            export_ranges([frames_of("a.mp4", 0, 50, 25)] * 100, "csv", target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [target]
