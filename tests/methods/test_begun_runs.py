"""A run folder is continued only as what it was begun with, whatever the first batch looks like."""

from dataclasses import replace

import numpy as np
import pytest

from motionfit.errors import RunMismatchError
from motionfit.media.sampling import ClipSpec
from motionfit.methods.distilled import DistilledSettings
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.mars import train_mars
from motionfit.methods.random_init import make_random_init
from motionfit.methods.student import StudentSettings, train_student
from motionfit.methods.supervised import train_supervised
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.labelled_grid import LabelledGrid


@pytest.fixture(scope="module")
def small_batches(one_epoch):
    return replace(one_epoch, batch_size=2)


def test_not_with_another_label_of_some_video(
    frame_videos, appearance_spec, small_batches, tmp_path
):
    settings = LabelledSettings(spec=appearance_spec, num_clips=1, training=small_batches)
    train_supervised(frame_videos, settings, tmp_path, device="cpu")

    for place in (0, 9):
        labels = list(frame_videos.labels)
        labels[place] = 1
        corrected = replace(frame_videos, labels=tuple(labels))
        with pytest.raises(RunMismatchError, match="begun with labels '"):
            train_supervised(corrected, settings, tmp_path, device="cpu")


def test_not_with_other_pseudo_labels(packed_frames, appearance_spec, small_batches, tmp_path):
    places = np.arange(len(packed_frames))
    grid = LabelledGrid.of(places, np.zeros_like(places), places % 3, span=8)
    settings = StudentSettings(spec=appearance_spec, num_clips=1, training=small_batches)
    frames = TrainingVideos(packed=packed_frames)
    train_student(frames, grid, settings, tmp_path, device="cpu")

    for place in (0, 9):
        labels = grid.labels.copy()
        labels[place] = 1
        with pytest.raises(RunMismatchError, match="begun with pseudo-labels '"):
            train_student(frames, replace(grid, labels=labels), settings, tmp_path, device="cpu")


def test_not_with_another_weight_of_the_features(
    frame_videos, packed_flow, motion_spec, appearance_spec, one_epoch, tmp_path
):
    teacher = make_random_init(motion_spec, tmp_path / "teacher", device="cpu")
    settings = DistilledSettings(spec=appearance_spec, training=one_epoch)
    train_mars(frame_videos, packed_flow, teacher, settings, tmp_path / "run", device="cpu")

    with pytest.raises(RunMismatchError, match=r"begun with weight 50\.0, not 5\.0"):
        train_mars(
            frame_videos,
            packed_flow,
            teacher,
            replace(settings, weight=5.0),
            tmp_path / "run",
            device="cpu",
        )


def test_not_with_another_weight_of_the_labels(frame_videos, appearance_spec, one_epoch, tmp_path):
    short = replace(appearance_spec, clip=ClipSpec(clip_length=4))
    settings = LabelledSettings(spec=short, num_clips=2, label_weight=0.5, training=one_epoch)
    train_supervised(frame_videos, settings, tmp_path, device="cpu")

    with pytest.raises(RunMismatchError, match=r"begun with label_weight 0\.5, not 0\.7"):
        train_supervised(frame_videos, replace(settings, label_weight=0.7), tmp_path, device="cpu")
