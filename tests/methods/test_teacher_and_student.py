"""Teacher, pseudo-labels and student, one after the other, on real files."""

from dataclasses import replace

import numpy as np
import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.labels.pseudo_labels import make_pseudo_labels
from motionfit.labels.settings import LabelSettings
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.pseudo_labelled import describe_clips, place_labels
from motionfit.methods.student import StudentSettings, train_student
from motionfit.methods.supervised import train_supervised
from motionfit.methods.teacher import train_teacher
from motionfit.methods.vcop import train_vcop
from motionfit.methods.videos import TrainingVideos
from motionfit.training.run_state import read_state


@pytest.fixture(scope="module")
def teacher(flow_videos, motion_spec, one_epoch, tmp_path_factory):
    settings = LabelledSettings(spec=motion_spec, training=one_epoch, num_clips=2)
    return train_teacher(flow_videos, settings, tmp_path_factory.mktemp("teacher"), device="cpu")


@pytest.fixture(scope="module")
def labels(teacher, packed_flow, tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "features.npz"
    return make_pseudo_labels(
        describe_clips(teacher, packed_flow, path), LabelSettings(num_clusters=4)
    )


def test_a_teacher_becomes_a_checkpoint_that_loads_as_its_equal(teacher):
    again = load_encoder(teacher.source, device="cpu")

    assert again.identity == teacher.identity
    assert again.spec.in_channels == 2
    assert again.description == "encoder (motion teacher)"


def test_every_clip_of_the_grid_gets_a_label(labels, packed_flow):
    for video, num_flows in enumerate(packed_flow.num_frames.tolist()):
        starts = labels.start[labels.video == video].tolist()
        rest = num_flows % 8
        assert starts == [*range(0, num_flows - 7, 8), *([num_flows - 8] if rest >= 4 else [])]


def test_a_student_learns_the_labels_from_frames(
    labels, packed_frames, appearance_spec, one_epoch, tmp_path
):
    grid = place_labels(labels, packed_frames)
    settings = StudentSettings(
        spec=appearance_spec, num_clips=2, with_neighbours=True, training=one_epoch
    )

    student = train_student(
        TrainingVideos(packed=packed_frames), grid, settings, tmp_path, device="cpu"
    )

    assert load_encoder(tmp_path / "encoder.safetensors", device="cpu").identity == student.identity
    assert student.spec.in_channels == 3


def test_a_students_clips_start_on_the_grid_or_anywhere(
    labels, packed_frames, appearance_spec, one_epoch, tmp_path
):
    grid = place_labels(labels, packed_frames)
    settings = StudentSettings(spec=appearance_spec, num_clips=1, training=one_epoch)
    frames = TrainingVideos(packed=packed_frames)

    for starts in ("grid", "nearest"):
        chosen = replace(settings, starts=starts)
        train_student(frames, grid, chosen, tmp_path / starts, device="cpu")

    on_grid, anywhere = (
        read_state(tmp_path / starts)[0].identity for starts in ("grid", "nearest")
    )
    assert on_grid["training clips"] != anywhere["training clips"]
    assert on_grid["validation clips"] == anywhere["validation clips"]


def test_a_student_of_flow_is_refused(labels, packed_flow, appearance_spec, tmp_path):
    grid = place_labels(labels, packed_flow)

    with pytest.raises(ConfigError, match="videos is 'flow of 2'; expected videos of 3 channels"):
        train_student(
            TrainingVideos(packed=packed_flow),
            grid,
            StudentSettings(spec=appearance_spec),
            tmp_path,
        )


def test_labels_find_their_videos_in_another_order(labels, packed_flow, packed_frames):
    grid = place_labels(labels, packed_frames)

    for video, start, label in zip(labels.video, labels.start, labels.label, strict=True):
        place = packed_frames.names.index(packed_flow.names[video])
        found = grid.labels[(grid.videos == place) & (grid.starts == start)]
        np.testing.assert_array_equal(found, [label])


def test_supervision_from_scratch_uses_frames(frame_videos, appearance_spec, one_epoch, tmp_path):
    settings = LabelledSettings(spec=appearance_spec, training=one_epoch, num_clips=1)

    encoder = train_supervised(frame_videos, settings, tmp_path, data="moves", device="cpu")

    assert encoder.origin.describe() == "supervised on moves"


def test_vcop_needs_no_labels_but_videos_as_long_as_its_clips(
    packed_frames, appearance_spec, one_epoch, tmp_path
):
    settings = LabelledSettings(spec=appearance_spec, training=one_epoch)

    # Three clips of 8 frames with gaps of 8 span 40 frames; these videos have 20.
    with pytest.raises(TooFewVideosError, match="none of them long enough"):
        train_vcop(TrainingVideos(packed=packed_frames), settings, tmp_path, device="cpu")


def test_a_teacher_refuses_frames(frame_videos, motion_spec, tmp_path):
    with pytest.raises(ConfigError, match="expected flow, for a motion model"):
        train_teacher(frame_videos, LabelledSettings(spec=motion_spec), tmp_path)


def test_one_class_teaches_nothing(packed_flow, motion_spec, tmp_path):
    videos = TrainingVideos(packed=packed_flow, labels=(0,) * len(packed_flow), class_names=("a",))

    with pytest.raises(TooFewVideosError, match="videos of 1 class; training needs"):
        train_teacher(videos, LabelledSettings(spec=motion_spec), tmp_path)
