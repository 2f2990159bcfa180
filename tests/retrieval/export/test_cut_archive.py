"""Cut videos."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from motionfit.errors import ConfigError, ExportCancelledError
from retrieval.export.export import ExportReport, export_ranges
from retrieval.export.ranges import ExportedRange
from retrieval.export.run import CutLimits

NTSC = Fraction(30000, 1001)

FramesOf = Callable[..., ExportedRange]


def content_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {each.compress_type for each in archive.infolist() if "mp4" in each.filename} <= {
            zipfile.ZIP_STORED
        }
        return {name: archive.read(name) for name in archive.namelist()}


def decoded(content: bytes) -> tuple[np.ndarray, list[float]]:
    """Return the frames of a video and when they are shown, seconds."""
    with av.open(io.BytesIO(content)) as container:
        (stream,) = container.streams
        assert (stream.codec.canonical_name, stream.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(stream))
        return np.stack([each.to_ndarray(format="rgb24") for each in frames]), [
            each.time for each in frames
        ]


@dataclass(frozen=True)
class Export:
    """One export of many ranges, and what came out of it."""

    ranges: dict[str, ExportedRange]
    report: ExportReport
    content: dict[str, bytes]

    def video(self, name: str) -> bytes:
        place = list(self.ranges).index(name)
        (file,) = (each for each in self.content if each.startswith(f"{place + 1:03}_"))
        return self.content[file]


VARYING_PTS = np.cumsum([0, 1, 3, 1, 2, 5, 1, 1, 4, 2]).tolist()
SPANS = {"one": (0, 1), "some": (7, 23), "two": (24, 26), "last": (49, 50), "all": (0, 50)}
SIZES = {
    "wide": ((480, 2560), (240, 1280)),
    "odd": ((97, 65), (96, 64)),
}


@pytest.fixture(scope="module")
def export(
    numbered: dict[str, Path],
    burnt_in: ModuleType,
    frames_of: FramesOf,
    tmp_path_factory: pytest.TempPathFactory,
) -> Export:
    folder = tmp_path_factory.mktemp("cuts")
    ranges = {
        name: frames_of(numbered["25"], first, end, 25, label="count")
        for name, (first, end) in SPANS.items()
    }
    ranges["ntsc"] = frames_of(numbered["29.97"], 13, 31, NTSC)
    ranges["between"] = ExportedRange(
        path=str(numbered["25"]), start_seconds=0.41, end_seconds=0.42
    )
    varying = folder / "varying.mp4"
    burnt_in.write_numbered_video(varying, "libx264", 10, frame_rate=50, pts=VARYING_PTS)
    ranges["varying"] = frames_of(varying, 4, 14, 50)
    for name, (size, _) in SIZES.items():
        path = folder / f"{name}.mkv"
        burnt_in.write_numbered_video(path, "libx264", 3, size=size, pixel_format="yuv444p")
        ranges[name] = frames_of(path, 0, 3, 25)
    ranges["lost"] = frames_of(folder / "lost.mp4", 0, 5, 25)
    ranges["twice"] = ranges["again"] = frames_of(numbered["25"], 0, 2, 25, rank=99)
    broken = folder / "broken\nname.mp4"
    broken.write_bytes(numbered["25"].read_bytes()[:600])
    ranges["broken"] = frames_of(broken, 0, 5, 25)
    ranges["late"] = frames_of(numbered["25"], 70, 75, 25)
    report = export_ranges(ranges.values(), "zip", folder / "cuts.zip")
    return Export(ranges, report, content_of(folder / "cuts.zip"))


@pytest.mark.parametrize("name", SPANS)
def test_a_cut_has_exactly_the_frames_of_its_range(
    name: str, export: Export, burnt_in: ModuleType
) -> None:
    first, end = SPANS[name]
    frames, seconds = decoded(export.video(name))
    assert burnt_in.read_numbers(frames).tolist() == list(range(first, end))
    np.testing.assert_allclose(seconds, np.arange(end - first) / 25, atol=1e-9)


def test_a_cut_has_the_rate_of_its_source(export: Export, burnt_in: ModuleType) -> None:
    video = export.video("ntsc")
    frames, seconds = decoded(video)
    assert burnt_in.read_numbers(frames).tolist() == list(range(13, 31))
    np.testing.assert_allclose(seconds, np.arange(18) / float(NTSC), atol=1e-5)
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == NTSC
        assert float(stream.duration * stream.time_base) == pytest.approx(18 / NTSC, abs=1e-5)


def test_a_cut_looks_like_its_source(export: Export, burnt_in: ModuleType) -> None:
    frames, _ = decoded(export.video("last"))
    error = frames[0].astype(float) - burnt_in.draw_number(49, 96, 128)
    assert np.abs(error).mean() < 6


def test_a_cut_plays_before_it_is_loaded_and_names_its_colours(export: Export) -> None:
    video = export.video("some")
    assert 0 < video.index(b"moov") < video.index(b"mdat")
    with av.open(io.BytesIO(video)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_range) == (Colorspace.ITU601, ColorRange.MPEG)


def test_frames_of_a_varying_rate_are_shown_as_long_as_in_the_source(
    export: Export, burnt_in: ModuleType
) -> None:
    frames, seconds = decoded(export.video("varying"))
    inside = [number for number, when in enumerate(VARYING_PTS) if 4 <= when < 14]
    assert burnt_in.read_numbers(frames).tolist() == inside
    with av.open(io.BytesIO(export.video("varying"))) as container:
        assert container.duration == pytest.approx(1e6 * (VARYING_PTS[inside[-1] + 1] - 4) / 50)
    shown = [(VARYING_PTS[number] - VARYING_PTS[inside[0]]) / 50 for number in inside]
    np.testing.assert_allclose(seconds, shown, atol=1e-9)


def test_a_range_between_two_frames_is_the_one_on_screen(
    export: Export, burnt_in: ModuleType
) -> None:
    frames, _ = decoded(export.video("between"))
    assert burnt_in.read_numbers(frames).tolist() == [10]


@pytest.mark.parametrize("name", SIZES)
def test_large_pictures_are_made_smaller_and_odd_sides_even(
    name: str, export: Export, burnt_in: ModuleType
) -> None:
    frames, _ = decoded(export.video(name))
    assert frames.shape[1:3] == SIZES[name][1]
    assert burnt_in.read_numbers(frames).tolist() == [0, 1, 2]


def test_one_range_twice_is_two_files(export: Export) -> None:
    (once,) = (name for name in export.content if name.startswith("099_") and "_2." not in name)
    twice = once.replace(".mp4", "_2.mp4")
    assert export.content[once] == export.content[twice]


def test_a_range_that_fails_is_told_and_the_others_are_cut(export: Export) -> None:
    wanted = [export.ranges[name] for name in ("lost", "broken", "late")]
    assert [each.wanted for each in export.report.failed] == wanted
    assert export.report.num_ranges == len(export.ranges) - 3
    failed = export.content["failed.txt"].decode()
    assert len(failed.splitlines()) == 6
    assert "lost.mp4: expected a video file, found nothing." in failed
    assert r"broken\nname.mp4" in failed
    assert "duration of 2.000 s" in failed


def test_the_index_says_which_file_is_which_range(export: Export) -> None:
    rows = list(csv.DictReader(io.StringIO(export.content["index.csv"].decode("utf-8-sig"))))
    assert list(export.content) == [*(row["file"] for row in rows), "index.csv", "failed.txt"]
    assert rows[1]["file"] == "002_count_0000.28-0000.92.mp4"
    assert rows[1]["path"] == export.ranges["some"].path


def test_names_that_are_no_utf8_and_folders_of_such_names_do(
    numbered: dict[str, Path], burnt_in: ModuleType, frames_of: FramesOf, tmp_path: Path
) -> None:
    folder = tmp_path / "\udcff out"
    folder.mkdir()
    path = folder / "=a\n\udc80.mp4"
    path.write_bytes(numbered["25"].read_bytes())
    report = export_ranges([frames_of(path, 3, 5, 25)], "zip", folder / "cuts\udcfe.zip")
    assert not report.failed
    content = content_of(report.path)
    assert burnt_in.read_numbers(decoded(next(iter(content.values())))[0]).tolist() == [3, 4]
    assert rb"\udcff out/=a" in content["index.csv"]
    assert sorted(folder.iterdir()) == sorted([path, report.path])


def test_more_than_the_limits_is_refused_before_a_file_is_touched(
    frames_of: FramesOf, tmp_path: Path
) -> None:
    wanted = frames_of("/nowhere/a.mp4", 0, 50, 25)
    target = tmp_path / "cuts.zip"
    with pytest.raises(ConfigError, match="number of videos to cut is 3; expected at most 2"):
        export_ranges([wanted] * 3, "zip", target, limits=CutLimits(max_ranges=2))
    with pytest.raises(ConfigError, match=r"seconds of video to cut is 6.0; expected at most 5"):
        export_ranges([wanted] * 3, "zip", target, limits=CutLimits(max_total_seconds=5))
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_the_ranges_also_those_that_fail(
    numbered: dict[str, Path], frames_of: FramesOf, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    ranges = [frames_of("/nowhere/a.mp4", 0, 5, 25), frames_of(numbered["25"], 0, 5, 25)]
    export_ranges(
        ranges, "zip", tmp_path / "cuts.zip", on_progress=lambda *counts: seen.append(counts)
    )
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_a_cancelled_export_leaves_what_was_there(
    numbered: dict[str, Path], frames_of: FramesOf, tmp_path: Path
) -> None:
    target = tmp_path / "cuts.zip"
    target.write_text("the one before")
    done: list[int] = []
    wanted = frames_of(numbered["25"], 0, 5, 25)
    with pytest.raises(ExportCancelledError, match="nothing was written"):
        export_ranges(
            [wanted] * 5,
            "zip",
            target,
            on_progress=lambda num_done, _: done.append(num_done),
            is_cancelled=lambda: bool(done) and done[-1] == 1,
        )
    assert done == [0, 1]
    assert target.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [target]
