"""Previews: a video of each video beside its flow, in the colours of the wheel."""

import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.errors import FlowCacheWriteError
from motionfit.flow.making.make import make_flow
from motionfit.flow.making.previews import PREVIEW_SECONDS, preview_name
from motionfit.flow.making.settings import MakingSettings
from motionfit.flow.picture import draw_flow
from motionfit.flow.preview import PreviewPainter, choose_scale
from motionfit.media.write import write_video

DIS = MakingSettings(method="dis")


def write_panning(
    path: Path, num_frames: int, size: tuple[int, int] = (64, 96), step: int = 3, rate: int = 25
) -> None:
    """Write a picture that moves ``step`` px to the right with each frame."""
    height, width = size
    blocks = np.random.default_rng(0).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    texture = blocks.repeat(8, axis=0).repeat(8, axis=1)
    frames = np.stack([np.roll(texture, step * number, axis=1) for number in range(num_frames)])
    write_video(path, frames, rate)


def read_all(path: Path) -> tuple[NDArray[np.uint8], str, float]:
    with av.open(os.fsencode(path).decode(errors="surrogateescape")) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return np.stack(frames), stream.codec_context.pix_fmt, float(stream.average_rate)


def test_each_frame_stands_beside_its_flow(tmp_path: Path) -> None:
    write_panning(tmp_path / "pan.mp4", 20)
    report = make_flow([tmp_path / "pan.mp4"], tmp_path / "cache", DIS, preview_dir=tmp_path / "p")
    (preview,) = (tmp_path / "p").iterdir()
    pictures, pixel_format, rate = read_all(preview)
    assert report.previews == 1
    assert pictures.shape == (19, 256, 2 * 384, 3)
    assert (pixel_format, rate) == ("yuv420p", 25.0)
    # To the right is red; the scale is 5 px, so it is not the full red.
    middle = pictures[5, 100:200, 500:600].reshape(-1, 3).mean(axis=0)
    expected = draw_flow(np.array([[[3, 0]]], np.float32), 5.0)[0, 0]
    assert np.abs(middle - expected).max() < 40
    source = read_all(tmp_path / "pan.mp4")[0][5].repeat(4, axis=0).repeat(4, axis=1)
    assert np.abs(pictures[5, :, :384].astype(int) - source).mean() < 25


def test_flow_that_is_in_the_cache_already_is_shown_too(folder: Path, tmp_path: Path) -> None:
    make_flow([folder], tmp_path / "cache", DIS)
    report = make_flow([folder], tmp_path / "cache", DIS, preview_dir=tmp_path / "previews")
    assert (report.made, report.skipped, report.previews) == (0, 3, 3)
    assert len(list((tmp_path / "previews").iterdir())) == 3


def test_a_long_video_has_a_short_preview(tmp_path: Path) -> None:
    write_panning(tmp_path / "long.mp4", 150, rate=10)
    make_flow([tmp_path / "long.mp4"], tmp_path / "cache", DIS, preview_dir=tmp_path / "previews")
    (preview,) = (tmp_path / "previews").iterdir()
    assert len(read_all(preview)[0]) == 10 * PREVIEW_SECONDS


def test_videos_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for name, step in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        write_panning(tmp_path / name / "same.mp4", 4, step=step)
    videos = [tmp_path / "a", tmp_path / "b"]
    make_flow(videos, tmp_path / "cache", DIS, preview_dir=tmp_path / "previews")
    assert len(list((tmp_path / "previews").glob("same-*.mp4"))) == 2


@pytest.mark.parametrize("stem", ["name with\nnewline", "x" * 240, "ü" * 110, "not utf-8 \udcff"])
def test_odd_names_are_served(stem: str, tmp_path: Path) -> None:
    write_panning(tmp_path / "plain.mp4", 3)
    odd = tmp_path / f"{stem}.mp4"
    shutil.move(tmp_path / "plain.mp4", odd)
    report = make_flow([odd], tmp_path / "cache", DIS, preview_dir=tmp_path / "previews")
    assert (report.made, report.previews) == (1, 1)
    (preview,) = (tmp_path / "previews").iterdir()
    assert preview.name.endswith(".mp4")
    assert preview.stat().st_size > 0


def test_a_video_without_flow_has_no_preview_and_harms_no_other(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.mp4").write_text("no video")
    write_panning(folder / "single.mp4", 1)
    report = make_flow([folder], tmp_path / "cache", DIS, preview_dir=tmp_path / "previews")
    assert (report.previews, len(report.failed)) == (3, 2)
    assert len(list((tmp_path / "previews").iterdir())) == 3


def test_previews_that_cannot_be_written_are_told_of_in_one_sentence(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FlowCacheWriteError, match="file: could not be written"):
        make_flow([folder], tmp_path / "cache", DIS, preview_dir=tmp_path / "file")
    assert len(list((tmp_path / "cache").rglob("*.flow"))) == 3


def test_a_name_is_cut_to_what_a_disk_takes() -> None:
    name = preview_name(Path("ü" * 127 + ".mp4"), "0123456789abcdef" * 4)
    assert len(os.fsencode(name)) <= 255
    assert name.endswith("-0123456789ab.mp4")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((128, 171), (256, 2 * 342)),
        ((240, 320), (240, 2 * 320)),
        ((1080, 1920), (480, 2 * 854)),
        ((17, 401), (40, 2 * 960)),
        ((33, 16), (264, 2 * 128)),
        ((16, 4096), (4, 2 * 960)),
    ],
)
def test_pictures_have_even_sides_that_one_can_look_at(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    painter = PreviewPainter(size, 5.0)
    picture = painter.paint(np.zeros((*size, 3), np.uint8), np.zeros((*size, 2), np.float32))
    assert painter.size == expected
    assert picture.shape == (*expected, 3)


def test_the_scale_is_round_and_does_not_follow_a_few_wild_vectors() -> None:
    flow = np.zeros((100, 100, 2), np.float32)
    assert choose_scale(flow) == 2.0
    flow[:10] = (3, 4)
    assert choose_scale(flow) == 5.0
    flow[0, 0] = (100, 0)
    assert choose_scale(flow) == 5.0
    assert choose_scale(flow + 1000) == 200.0
