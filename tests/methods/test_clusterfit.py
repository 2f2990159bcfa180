"""ClusterFit: a teacher of frames; labels of clips, or of whole videos."""

from dataclasses import replace

import numpy as np
import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.errors import PseudoLabelError
from motionfit.labels.pseudo_labels import load_pseudo_labels
from motionfit.methods.clusterfit import train_clusterfit
from motionfit.methods.clusterfit_appearance import train_clusterfit_appearance
from motionfit.methods.model import rgb_spec
from motionfit.methods.recipe import Recipe
from motionfit.methods.videos import TrainingVideos
from tests.methods.conftest import times


@pytest.fixture(scope="module")
def centred_spec(appearance_spec):
    return rgb_spec(
        appearance_spec.architecture,
        appearance_spec.clip,
        resize=appearance_spec.resize,
        crop=appearance_spec.crop,
        centred=True,
    )


@pytest.fixture(scope="module")
def centred_settings(recipe_settings, centred_spec):
    """Settings of MotionFit: the teacher's spec is that of flow, the student centres pixels."""
    return replace(recipe_settings, student=replace(recipe_settings.student, spec=centred_spec))


@pytest.fixture(scope="module")
def run_dir(frame_videos, packed_frames, centred_settings, tmp_path_factory):
    """A finished run."""
    run_dir = tmp_path_factory.mktemp("appearance")
    frames = TrainingVideos(packed=packed_frames)
    train_clusterfit_appearance(frame_videos, frames, centred_settings, run_dir, device="cpu")
    return run_dir


@pytest.fixture(scope="module")
def teacher(run_dir):
    return load_encoder(str(run_dir / "teacher" / "encoder.safetensors"), device="cpu")


def test_the_teacher_sees_what_the_student_sees_and_the_rest_is_as_in_motionfit(
    run_dir, teacher, centred_settings, centred_spec
):
    labels = load_pseudo_labels(run_dir / "labels" / "pseudo_labels.npz")
    student = load_encoder(str(run_dir / "student" / "encoder.safetensors"), device="cpu")

    assert (teacher.spec, student.spec) == (centred_spec, centred_spec)
    assert teacher.origin.method == "supervised"
    assert labels.settings == centred_settings.labels
    assert student.origin.method == "clusterfit-appearance"


def test_a_second_call_does_nothing_again(run_dir, frame_videos, packed_frames, centred_settings):
    before = times(run_dir)
    frames = TrainingVideos(packed=packed_frames)

    train_clusterfit_appearance(frame_videos, frames, centred_settings, run_dir, device="cpu")

    assert times(run_dir) == before


def test_strict_clusterfit_labels_whole_videos(teacher, packed_frames, centred_settings, tmp_path):
    frames = TrainingVideos(packed=packed_frames)

    student = train_clusterfit(teacher, frames, centred_settings, tmp_path, device="cpu")

    labels = load_pseudo_labels(tmp_path / "labels" / "pseudo_labels.npz")
    assert student.origin.method == "clusterfit"
    assert labels.settings.level == "video"
    assert labels.sizes.sum() == 18
    for video in range(18):
        assert len(np.unique(labels.label[labels.video == video])) == 1


def test_more_clusters_than_videos_are_one_sentence(
    teacher, packed_frames, recipe_settings, tmp_path
):
    many = replace(recipe_settings.labels, num_clusters=19, level="video")
    recipe = Recipe(run_dir=tmp_path, settings=replace(recipe_settings, labels=many), device="cpu")

    with pytest.raises(PseudoLabelError, match="19"):
        recipe.labels(teacher, packed_frames)
