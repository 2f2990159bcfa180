"""The built-in data set on the disk."""

import hashlib
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from motionfit.errors import ConfigError, DatasetError
from motionfit.media.datasets.registry import load_dataset
from motionfit.media.synthetic import generate_synthetic
from motionfit.media.synthetic_motions import MOTIONS

SMALL = {"num_train_per_class": 2, "num_test_per_class": 1, "size": (32, 44), "num_frames": 12}
NUM_VIDEOS = 3 * len(MOTIONS)


class InterruptedByUserError(Exception):
    """Stands for the user's Ctrl-C."""


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def decode(path: Path) -> np.ndarray:
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_synthetic(tmp_path_factory.mktemp("synthetic") / "set", **SMALL)


def test_the_set_is_loaded_by_its_name(made: Path):
    dataset = load_dataset("synthetic", made)
    assert dataset.class_names == tuple(MOTIONS)
    assert (len(dataset.train), len(dataset.test)) == (2 * len(MOTIONS), len(MOTIONS))
    assert dataset.missing == ()
    assert {video.path.parent.parent.name for video in dataset.train} == {"train"}
    assert {video.path.parent.parent.name for video in dataset.test} == {"test"}
    assert not {video.group for video in dataset.train} & {video.group for video in dataset.test}


def test_videos_are_h264_of_the_size_and_rate_asked_for(made: Path):
    with av.open(made / "test" / "shake" / "v_shake_g03_c01.mp4") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.height, stream.width, stream.average_rate) == (32, 44, 25)


def test_lengths_vary_a_little(made: Path):
    lengths = {len(decode(path)) for path in made.glob("train/*/*.mp4")}
    assert lengths == {11, 12, 13}


def test_no_two_videos_share_a_scene(made: Path):
    videos = [decode(path).astype(np.float64) for path in made.glob("*/*/*.mp4")]
    middles = [video[len(video) // 2] for video in videos]
    assert len(middles) == NUM_VIDEOS
    assert min(np.abs(one - other).mean() for one, other in pairwise(middles)) > 5
    assert len({middle.tobytes() for middle in middles}) == NUM_VIDEOS


def test_the_same_seed_gives_the_same_files(made: Path, tmp_path: Path):
    assert digests(generate_synthetic(tmp_path, **SMALL)) == digests(made)


def test_another_seed_gives_other_videos_in_place_of_the_first(made: Path, tmp_path: Path):
    generate_synthetic(tmp_path, **SMALL)
    (tmp_path / "notes.txt").touch()
    generate_synthetic(tmp_path, **{**SMALL, "seed": 1, "num_train_per_class": 1})
    kept, first = digests(tmp_path), digests(made)
    videos = {name for name in kept if name.endswith(".mp4")}
    assert len(videos) == 2 * len(MOTIONS)
    assert all(kept[name] != first.get(name) for name in videos)
    assert "notes.txt" in kept


def test_a_finished_set_is_left_as_it_is(made: Path):
    times = {path: path.stat().st_mtime_ns for path in made.rglob("*.mp4")}
    generate_synthetic(made, **SMALL)
    assert times == {path: path.stat().st_mtime_ns for path in made.rglob("*.mp4")}


def test_an_interrupted_set_is_completed(made: Path, tmp_path: Path):
    def interrupt(num_done: int, num_videos: int) -> None:
        if num_done == 7:
            raise InterruptedByUserError

    with pytest.raises(InterruptedByUserError):
        generate_synthetic(tmp_path, **SMALL, progress=interrupt)
    assert len(digests(tmp_path)) == 8  # the manifest too
    assert digests(generate_synthetic(tmp_path, **SMALL)) == digests(made)


def test_a_lost_video_is_made_again(made: Path):
    before = digests(made)
    next(made.glob("train/pulse/*.mp4")).unlink()
    assert digests(generate_synthetic(made, **SMALL)) == before


def test_progress_is_told_from_none_to_all(tmp_path: Path):
    told: list[tuple[int, int]] = []
    generate_synthetic(tmp_path, **SMALL, progress=lambda *counts: told.append(counts))
    assert told == [(number, NUM_VIDEOS) for number in range(NUM_VIDEOS + 1)]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "holiday.mp4").touch()
    with pytest.raises(DatasetError, match=r"holds files and no synthetic\.json; choose an empty"):
        generate_synthetic(tmp_path, **SMALL)
    assert list(digests(tmp_path)) == ["holiday.mp4"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="the synthetic set cannot be written"):
        generate_synthetic(tmp_path / "file" / "set", **SMALL)


@pytest.mark.parametrize(
    "setting",
    [
        {"num_train_per_class": 0},
        {"num_test_per_class": 0},
        {"seed": -1},
        {"size": (128, 171)},
        {"size": (16, 44)},
        {"num_frames": 7},
        {"frame_rate": 0},
        {"background_motion": "wild"},
    ],
)
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, setting: dict):
    with pytest.raises(ConfigError, match=f"{next(iter(setting))} is .*; expected"):
        generate_synthetic(tmp_path / "set", **setting)
    assert not (tmp_path / "set").exists()
