"""The frame asked for is the frame given: for every codec and container, at random and in order.

Where a case says that decord may not serve, decord was seen to give wrong frames without a word, or
to fail: open groups of pictures in any container, gradual refresh, AVI with B-frames, MPEG-2,
transport streams, HEVC. Asking for it there must give PyAV and the right frames.
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from motionfit.media.probe import probe
from motionfit.media.reader import read_clips
from motionfit.media.reading import trust

NUM_FRAMES = 48
X265 = {"x265-params": "log-level=none:keyint=12"}
X265_CLOSED = {"x265-params": "log-level=none:keyint=12:open-gop=0"}
VARIABLE = np.cumsum(np.random.default_rng(3).integers(1, 6, NUM_FRAMES)).tolist()


@dataclass(frozen=True)
class Case:
    """One way to write a video.

    ``jumps``: decoding may begin at a key frame; ``decord``: decord may serve.
    """

    name: str
    codec: str
    jumps: bool = False
    decord: bool = False
    num_frames: int = NUM_FRAMES
    options: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def both(name: str, codec: str, options: dict[str, str] | None = None, **more: Any) -> Case:
    return Case(name, codec, True, True, options=options or {}, more=more)


def seekable(name: str, codec: str, options: dict[str, str] | None = None, **more: Any) -> Case:
    return Case(name, codec, True, False, options=options or {}, more=more)


def plain(name: str, codec: str, options: dict[str, str] | None = None, **more: Any) -> Case:
    return Case(name, codec, options=options or {}, more=more)


B_FRAMES = {"bf": "3", "g": "12"}
OPEN_GOP = {"x264-params": "open-gop=1:keyint=12:bframes=3:b-adapt=0:scenecut=0"}

CASES = [
    both("h264_b_frames.mp4", "libx264", B_FRAMES),
    both("h264_long_gop.mp4", "libx264", {"bf": "3", "g": "250"}),
    seekable("h264_open_gop.mp4", "libx264", OPEN_GOP),
    seekable("h264_open_gop.mkv", "libx264", OPEN_GOP),
    both("h264_b_frames.mov", "libx264", B_FRAMES),
    seekable("h264_intra_refresh.mp4", "libx264", {"x264-params": "intra-refresh=1:keyint=12"}),
    seekable("hevc_open_gop_10_bit.mp4", "libx265", X265, pixel_format="yuv420p10le"),
    seekable("hevc_10_bit.mkv", "libx265", X265_CLOSED, pixel_format="yuv420p10le"),
    both("vp9_hidden_frames.webm", "libvpx-vp9", {"auto-alt-ref": "1", "lag-in-frames": "16"}),
    both("vp9_groups.mp4", "libvpx-vp9", {"g": "12"}),
    both("vp8.webm", "libvpx", {"g": "12", "auto-alt-ref": "1", "lag-in-frames": "16"}),
    both("av1.mp4", "libsvtav1", {"preset": "12", "g": "12"}),
    both("av1.webm", "libsvtav1", {"preset": "12", "g": "12"}),
    seekable("mpeg4_open_gop.mp4", "mpeg4", {"bf": "2", "g": "12"}),
    both("variable_rate.mp4", "libx264", B_FRAMES, pts=VARIABLE),
    both("variable_rate.mkv", "libx264", B_FRAMES, pts=VARIABLE),
    both("late_start.mp4", "libx264", B_FRAMES, pts=range(30, 30 + NUM_FRAMES)),
    both("late_start.mkv", "libx264", B_FRAMES, pts=range(30, 30 + NUM_FRAMES)),
    both("odd_size.mp4", "libx264", B_FRAMES, size=(67, 101), pixel_format="yuv444p"),
    both("mpeg4.mp4", "mpeg4", {"g": "12"}),
    seekable("mjpeg.mov", "mjpeg", pixel_format="yuvj420p"),
    seekable("prores.mov", "prores_ks", pixel_format="yuv422p10le"),
    plain("mpeg4.avi", "mpeg4", {"g": "12"}),
    plain("mpeg4_b_frames.avi", "mpeg4", {"bf": "2", "g": "12"}),
    plain("h264_b_frames.avi", "libx264", B_FRAMES),
    plain("mjpeg.avi", "mjpeg", pixel_format="yuvj420p"),
    plain("mpeg2.mpg", "mpeg2video", {"bf": "2"}),
    plain("mpeg2.ts", "mpeg2video", {"bf": "2"}),
    plain("mpeg2.mkv", "mpeg2video", {"bf": "2"}),
    plain("h264_b_frames.ts", "libx264", B_FRAMES),
    plain("late_start.ts", "libx264", B_FRAMES, pts=range(30, 30 + NUM_FRAMES)),
    plain("h264_b_frames.flv", "libx264", B_FRAMES),
    plain("no_container.h264", "libx264", B_FRAMES),
    plain("colours.gif", "gif", pixel_format="rgb8"),
    plain("wmv2.wmv", "wmv2"),
    Case("one_frame.mp4", "libx264", True, True, num_frames=1),
    Case("one_frame.webm", "libvpx-vp9", True, True, num_frames=1),
    Case("one_frame.avi", "mpeg4", num_frames=1),
    Case("one_frame.gif", "gif", num_frames=1, more={"pixel_format": "rgb8"}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("right_frames")


@pytest.fixture(params=CASES, ids=lambda case: case.name, scope="module")
def case(request: pytest.FixtureRequest, burnt_in: ModuleType, folder: Path) -> Case:
    case = request.param
    if not burnt_in.has_encoder(case.codec):
        pytest.skip(f"this build of libav has no encoder {case.codec}")
    burnt_in.write_numbered_video(
        folder / case.name, case.codec, case.num_frames, options=case.options, **case.more
    )
    return case


@pytest.mark.parametrize("reader", ["auto", "pyav", "decord"])
def test_frames_taken_at_random_carry_their_numbers(
    case: Case, reader: str, folder: Path, burnt_in: ModuleType
) -> None:
    indices = np.random.default_rng(7).integers(0, case.num_frames, (6, 4))

    clips = read_clips(folder / case.name, indices, (48, 80), reader=reader)

    assert burnt_in.read_numbers(clips.gather()).tolist() == indices.tolist()
    assert clips.num_frames_decoded == case.num_frames
    assert clips.reader == ("decord" if reader == "decord" and case.decord else "pyav")


@pytest.mark.parametrize("reader", ["pyav", "decord"])
def test_frames_taken_in_order_carry_their_numbers(
    case: Case, reader: str, folder: Path, burnt_in: ModuleType
) -> None:
    indices = np.arange(case.num_frames)[None]

    clips = read_clips(folder / case.name, indices, reader=reader)

    assert burnt_in.read_numbers(clips.frames).tolist() == indices[0].tolist()


@pytest.mark.parametrize("index", [0, 11, 12, 23, 25, 47])
def test_one_frame_alone_has_the_pixels_it_has_among_all(
    case: Case, index: int, folder: Path
) -> None:
    index = min(index, case.num_frames - 1)
    everything = read_clips(folder / case.name, np.arange(case.num_frames)[None])

    alone = read_clips(folder / case.name, np.array([[index]]))

    np.testing.assert_array_equal(alone.frames[0], everything.frames[index])


def test_the_tables_of_trust_say_what_the_cases_say(case: Case, folder: Path) -> None:
    info = probe(folder / case.name)

    assert trust.may_seek(info.container, info.codec) == case.jumps
    assert trust.may_use_decord(info.container, info.codec) >= case.decord
