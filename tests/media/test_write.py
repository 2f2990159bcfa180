"""Writing frames as H.264."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from motionfit.media.synthetic_render import render_video
from motionfit.media.write import VideoWriter, write_video


def test_what_is_read_back_looks_like_what_was_written(tmp_path: Path):
    frames = render_video("circle_clockwise", np.random.default_rng(0), num_frames=12).frames
    write_video(tmp_path / "a.part", frames, 30)
    with av.open(tmp_path / "a.part") as container:
        assert container.streams.video[0].average_rate == 30
        read = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert read.shape == frames.shape
    error = np.square(read.astype(np.float64) - frames).mean()
    assert 10 * np.log10(255**2 / error) > 25  # decibels; colours are kept at half size


def test_equal_frames_give_equal_files(tmp_path: Path):
    frames = render_video("pulse", np.random.default_rng(0), num_frames=12).frames
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, frames, 25)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(60000, 1001), Fraction(25)])
def test_frames_keep_times_of_their_own_to_the_tick(rate: Fraction, tmp_path: Path):
    frames = render_video("pulse", np.random.default_rng(0), num_frames=6).frames
    starts = [place / rate for place in (0, 1, 3, 4, 8, 9)]
    ends = [*starts[1:], 14 / rate]
    size = frames.shape[1:3]
    with VideoWriter(tmp_path / "a.mp4", size=size, frame_rate=rate, for_sharing=True) as writer:
        writer.write_at(frames[:4], starts[:4], ends[:4])
        writer.write_at(frames[4:], starts[4:], ends[4:])
    with av.open(tmp_path / "a.mp4") as container:
        stream = container.streams.video[0]
        shown = [frame.pts * frame.time_base for frame in container.decode(stream)]
        assert shown == starts
        assert stream.duration * stream.time_base == ends[-1]


def test_a_file_for_sharing_begins_with_its_index(tmp_path: Path):
    frames = render_video("pulse", np.random.default_rng(0), num_frames=6).frames
    for name, for_sharing in (("a.mp4", True), ("b.mp4", False)):
        with VideoWriter(
            tmp_path / name, size=frames.shape[1:3], frame_rate=25, for_sharing=for_sharing
        ) as writer:
            writer.write(frames)
        content = (tmp_path / name).read_bytes()
        assert (content.index(b"moov") < content.index(b"mdat")) is for_sharing
