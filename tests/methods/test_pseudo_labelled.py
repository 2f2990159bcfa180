"""Labels of one file of packed videos, brought to another."""

from dataclasses import replace

import numpy as np
import pytest

from motionfit.errors import PackedVideosError
from motionfit.labels.pseudo_labels import make_pseudo_labels
from motionfit.labels.settings import LabelSettings
from motionfit.media.packed.arrays import pack_arrays
from motionfit.methods.pseudo_labelled import describe_clips, place_labels
from motionfit.methods.random_init import make_random_init


@pytest.fixture(scope="module")
def noise() -> dict[str, np.ndarray]:
    """Three videos of two clips each."""
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, 256, (16, 32, 44, 3), np.uint8) for name in "abc"}


@pytest.fixture(scope="module")
def labels(noise, appearance_spec, tmp_path_factory):
    """Of videos a, b, c and a copy of a, every clip with a label of its own but for the copy's."""
    folder = tmp_path_factory.mktemp("described")
    described = pack_arrays([noise[name] for name in "abca"], folder / "packed")
    eyes = make_random_init(appearance_spec, folder, device="cpu")
    features = describe_clips(eyes, described, folder / "features.npz")
    return make_pseudo_labels(features, LabelSettings(num_clusters=6))


def _rows(grid, video: int) -> list[tuple[int, int]]:
    """Start and label of a video's clips."""
    chosen = grid.videos == video
    return list(zip(grid.starts[chosen].tolist(), grid.labels[chosen].tolist(), strict=True))


def _labels_of(labels, video: int) -> list[tuple[int, int]]:
    chosen = labels.video == video
    return list(zip(labels.start[chosen].tolist(), labels.label[chosen].tolist(), strict=True))


def test_a_video_keeps_its_labels_under_another_name_and_in_another_order(labels, noise, tmp_path):
    frames = pack_arrays([noise["c"], noise["a"]], tmp_path / "packed", names=["third", "first"])

    grid = place_labels(labels, frames)

    assert _rows(grid, 0) == _labels_of(labels, 2)
    assert _rows(grid, 1) == _labels_of(labels, 0)
    assert len(grid.labels) == 4
    assert grid.span == 8


def test_copies_are_placed_one_by_one(labels, noise, tmp_path):
    frames = pack_arrays([noise["a"], noise["a"], noise["b"]], tmp_path / "packed")

    grid = place_labels(labels, frames)

    assert np.bincount(grid.videos).tolist() == [2, 2, 2]
    assert _rows(grid, 0) == _rows(grid, 1) == _labels_of(labels, 0)


def test_videos_that_are_not_there_have_no_labels(labels, tmp_path):
    others = pack_arrays([np.zeros((16, 32, 44, 3), np.uint8)], tmp_path / "packed")

    assert len(place_labels(labels, others).videos) == 0


@pytest.mark.parametrize(
    ("num_described", "is_fine"), [(17, False), (16, True), (15, True), (14, False)]
)
def test_clips_of_another_time_are_refused(labels, noise, tmp_path, num_described, is_fine):
    frames = pack_arrays([noise["a"]], tmp_path / "packed")
    lengths = np.full(4, num_described, np.int64)
    seen = replace(labels, collection=replace(labels.collection, num_frames=lengths))

    if is_fine:
        assert len(place_labels(seen, frames).videos) == 2
    else:
        with pytest.raises(PackedVideosError, match=f"labelled {num_described}"):
            place_labels(seen, frames)
