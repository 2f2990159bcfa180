"""Writing frames as H.264."""

from pathlib import Path

import av
import numpy as np

from motionfit.media.synthetic_render import render_video
from motionfit.media.write import write_video


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
