"""A run folder is continued only as what it was begun with, whatever the first batch looks like."""

from dataclasses import replace

import numpy as np
import pytest

from motionfit.errors import RunMismatchError
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.sampling import ClipSpec
from motionfit.methods.distilled import DistilledSettings
from motionfit.methods.finetune import FinetuneSettings, finetune
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.mars import train_mars
from motionfit.methods.random_init import make_random_init
from motionfit.methods.student import StudentSettings, train_student
from motionfit.methods.supervised import train_supervised
from motionfit.methods.vcop import train_vcop
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.labelled_grid import LabelledGrid

NUM_VIDEOS, REPLACED = 12, 5


@pytest.fixture(scope="module")
def small_batches(one_epoch):
    return replace(one_epoch, batch_size=2)


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory):
    """Videos of noise, and the same but for one, of which the first batches tell nothing.

    Each video is of a source of its own, by whose name it is held out or not.
    """
    folder = tmp_path_factory.mktemp("replaced")
    noise = np.random.default_rng(0).integers(0, 256, (NUM_VIDEOS + 1, 20, 32, 44, 3), np.uint8)
    rows = [list(range(NUM_VIDEOS)) for _ in range(2)]
    rows[1][REPLACED] = NUM_VIDEOS
    return [
        TrainingVideos(
            packed=pack_arrays(list(noise[chosen]), folder / name),
            labels=tuple(place % 3 for place in range(NUM_VIDEOS)),
            class_names=("a", "b", "c"),
            groups=tuple(f"source {place}" for place in range(NUM_VIDEOS)),
        )
        for chosen, name in zip(rows, ("before", "after"), strict=True)
    ]


def learn_labels(videos, spec, training, run_dir, **options):
    settings = LabelledSettings(spec=spec, num_clips=1, training=training)
    train_supervised(videos, settings, run_dir, device="cpu", **options)


def learn_order(videos, spec, training, run_dir):
    short = replace(spec, clip=ClipSpec(clip_length=4))
    settings = LabelledSettings(spec=short, num_clips=2, label_weight=0.0, training=training)
    train_vcop(videos, settings, run_dir, device="cpu")


def learn_pseudo_labels(videos, spec, training, run_dir):
    places = np.arange(len(videos.packed))
    grid = LabelledGrid.of(places, np.zeros_like(places), places % 3, span=8)
    settings = StudentSettings(spec=spec, num_clips=1, training=training)
    train_student(videos, grid, settings, run_dir, device="cpu")


def fine_tune(videos, spec, training, run_dir, **options):
    start = make_random_init(spec, run_dir / "start", device="cpu")
    settings = FinetuneSettings(spec=spec, training=training)
    finetune(videos, start, settings, run_dir / "run", device="cpu", **options)


@pytest.mark.parametrize("learn", [learn_labels, learn_order, learn_pseudo_labels, fine_tune])
def test_not_after_one_of_the_videos_was_replaced(
    learn, before_and_after, appearance_spec, small_batches, tmp_path
):
    before, after = before_and_after
    learn(before, appearance_spec, small_batches, tmp_path)

    with pytest.raises(RunMismatchError, match="begun with videos '12 videos"):
        learn(after, appearance_spec, small_batches, tmp_path)


def test_not_with_other_places_for_mars(
    frame_videos, packed_flow, motion_spec, appearance_spec, small_batches, tmp_path
):
    teacher = make_random_init(motion_spec, tmp_path / "teacher", device="cpu")
    settings = DistilledSettings(spec=appearance_spec, training=small_batches)

    def learn(places: range) -> None:
        train_mars(
            frame_videos,
            packed_flow,
            teacher,
            settings,
            tmp_path / "run",
            places=places,
            device="cpu",
        )

    learn(range(17))
    with pytest.raises(RunMismatchError, match="begun with places '"):
        learn(range(1, 18))


@pytest.mark.parametrize("learn", [learn_labels, fine_tune])
def test_not_with_other_places(learn, frame_videos, appearance_spec, small_batches, tmp_path):
    learn(frame_videos, appearance_spec, small_batches, tmp_path, places=range(17))

    with pytest.raises(RunMismatchError, match="begun with places '"):
        learn(frame_videos, appearance_spec, small_batches, tmp_path, places=range(1, 18))


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
