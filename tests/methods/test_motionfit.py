"""MotionFit from labelled flow to a student, in one call."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motionfit.encoders.registry import load_encoder
from motionfit.errors import RunMismatchError
from motionfit.labels.pseudo_labels import load_pseudo_labels
from motionfit.methods.motionfit import train_motionfit
from motionfit.methods.run_files import read_json
from motionfit.methods.videos import TrainingVideos
from motionfit.training.run_state import read_state
from tests.methods.conftest import times


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("motionfit")


@pytest.fixture(scope="module")
def train(flow_videos, packed_frames, recipe_settings, run_dir):
    def call(teacher=flow_videos, settings=recipe_settings, folder=run_dir, **options):
        frames = TrainingVideos(packed=packed_frames)
        return train_motionfit(
            teacher, flow_videos.packed, frames, settings, folder, device="cpu", **options
        )

    return call


@pytest.fixture(scope="module")
def student(train, flow_videos):
    return train(true_labels=flow_videos.labels, teacher_data="labelled moves", data="moves")


def test_every_stage_leaves_its_files(student, run_dir):
    there = set(times(run_dir))

    assert {"teacher/encoder.safetensors", "teacher/stage.json"} <= there
    assert {"student/encoder.safetensors", "student/stage.json"} <= there
    labels = {path for path in there if path.startswith("labels/")}
    names = ("features.npz", "pseudo_labels.npz", "report.json", "report.txt", "sheet.png")
    assert labels == {f"labels/{name}" for name in names}


def test_the_student_sees_frames_and_says_what_it_is(student, run_dir):
    kept = load_encoder(str(run_dir / "student" / "encoder.safetensors"), device="cpu")

    assert kept.identity == student.identity
    assert kept.spec.in_channels == 3
    assert kept.origin.describe() == "motionfit on moves"
    assert kept.origin.flow is None


def test_the_teacher_sees_flow_and_clips_are_labelled(student, run_dir):
    teacher = load_encoder(str(run_dir / "teacher" / "encoder.safetensors"), device="cpu")
    labels = load_pseudo_labels(run_dir / "labels" / "pseudo_labels.npz")

    assert teacher.spec.in_channels == 2
    assert teacher.origin.describe() == "motion teacher on labelled moves"
    assert labels.settings.level == "clip"
    np.testing.assert_array_equal(labels.item, np.arange(labels.num_clips))


def test_the_report_tells_how_far_clusters_are_classes(student, run_dir, flow_videos):
    against = read_json(run_dir / "labels" / "report.json")["against_true_labels"]
    labels = load_pseudo_labels(run_dir / "labels" / "pseudo_labels.npz")
    truth = np.array(flow_videos.labels)[labels.video]
    of_most = sum(np.bincount(truth[labels.label == cluster]).max() for cluster in range(4))

    assert against["num_classes"] == 3
    assert against["purity"] == pytest.approx(of_most / labels.num_clips)
    assert 0 <= against["nmi"] <= 1


def test_a_second_call_does_nothing_again(student, train, run_dir, flow_videos):
    before = times(run_dir)

    again = train(true_labels=flow_videos.labels, data="moves")

    assert again.identity == student.identity
    assert times(run_dir) == before


def test_other_settings_of_a_finished_stage_are_refused(student, train, recipe_settings):
    teacher = replace(recipe_settings, teacher=replace(recipe_settings.teacher, seed=1))
    clusters = replace(recipe_settings, labels=replace(recipe_settings.labels, num_clusters=3))

    with pytest.raises(RunMismatchError, match="teacher: begun with seed 0, not 1"):
        train(settings=teacher)
    with pytest.raises(RunMismatchError, match="labels: begun with num_clusters 4, not 3"):
        train(settings=clusters)


def test_a_ready_teacher_gives_the_same_student(student, train, run_dir, tmp_path):
    teacher = load_encoder(str(run_dir / "teacher" / "encoder.safetensors"), device="cpu")

    again = train(teacher, folder=tmp_path)

    assert again.identity == student.identity
    assert not (tmp_path / "teacher").exists()


def test_the_teacher_can_be_kept_to_some_of_the_labels(student, train, tmp_path):
    some = [place for place in range(18) if place % 3 < 2]

    train(places=some, folder=tmp_path)

    # One of the 12 is held out.
    state, _ = read_state(tmp_path / "teacher")
    assert state.identity["training clips"].startswith("11 videos ")
