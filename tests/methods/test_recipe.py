"""What a stage does with what it finds in its folder; whole runs are in test_motionfit.py."""

from dataclasses import replace

import pytest
import torch

from motionfit.errors import PseudoLabelError, RunFileError, RunMismatchError, TooFewVideosError
from motionfit.labels.pseudo_labels import load_pseudo_labels
from motionfit.media.packed.frames import pack_frames
from motionfit.methods.random_init import make_random_init
from motionfit.methods.recipe import Recipe
from motionfit.methods.videos import TrainingVideos
from tests.methods.conftest import times


@pytest.fixture
def recipe(recipe_settings, tmp_path) -> Recipe:
    return Recipe(run_dir=tmp_path / "run", settings=recipe_settings, device="cpu")


@pytest.fixture(scope="module")
def eyes(motion_spec, tmp_path_factory):
    """A ready teacher; untrained, which labels do not care about."""
    return make_random_init(motion_spec, tmp_path_factory.mktemp("eyes"), device="cpu")


def test_a_teacher_that_was_finished_and_not_noted_is_not_trained_again(recipe, flow_videos):
    teacher = recipe.teacher(flow_videos)
    before = times(recipe.teacher_dir)
    (recipe.teacher_dir / "stage.json").unlink()

    again = recipe.teacher(flow_videos)

    after = times(recipe.teacher_dir)
    assert again.identity == teacher.identity
    assert after["run.safetensors"] == before["run.safetensors"]
    assert "stage.json" in after


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"precision": "float32"}, "training precision 'auto', not 'float32'"),
        ({"micro_batches": 2}, "training micro_batches None, not 2"),
    ],
)
def test_a_finished_teacher_is_not_one_of_another_precision_or_of_other_parts(
    asked, told, recipe, flow_videos
):
    recipe.teacher(flow_videos)
    teacher = recipe.settings.teacher
    other = replace(teacher, training=replace(teacher.training, **asked))

    with pytest.raises(RunMismatchError, match=told):
        replace(recipe, settings=replace(recipe.settings, teacher=other)).teacher(flow_videos)


def test_a_finished_teacher_is_known_on_a_machine_of_other_cores(recipe, flow_videos):
    settings = recipe.settings.teacher
    large = replace(settings, training=replace(settings.training, batch_size=16))
    recipe = replace(recipe, settings=replace(recipe.settings, teacher=large))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    teacher = recipe.teacher(flow_videos)
    torch.set_num_threads(2)
    again = recipe.teacher(flow_videos)
    torch.set_num_threads(before)

    assert again.identity == teacher.identity


def test_a_damaged_note_is_one_sentence(recipe, flow_videos):
    recipe.teacher_dir.mkdir(parents=True)
    (recipe.teacher_dir / "stage.json").write_text("{")

    with pytest.raises(RunFileError, match=r"stage\.json: it cannot be read"):
        recipe.teacher(flow_videos)


def test_damaged_labels_are_made_anew(recipe, eyes, packed_flow):
    labels = recipe.labels(eyes, packed_flow)
    path = recipe.labels_dir / "pseudo_labels.npz"
    path.write_bytes(path.read_bytes()[:-100])

    assert recipe.labels(eyes, packed_flow).identity() == labels.identity()
    assert load_pseudo_labels(path).identity() == labels.identity()


def test_other_clusters_need_no_new_features(recipe, eyes, packed_flow):
    recipe.labels(eyes, packed_flow)
    before = times(recipe.labels_dir)
    fewer = replace(recipe.settings, labels=replace(recipe.settings.labels, num_clusters=3))

    labels = replace(recipe, settings=fewer).labels(eyes, packed_flow)

    assert labels.num_clusters == 3
    assert recipe.read_label_report()["num_clusters"] == 3
    assert times(recipe.labels_dir)["features.npz"] == before["features.npz"]


def test_labels_that_a_student_has_learnt_from_are_not_replaced(recipe, eyes, packed_flow):
    recipe.labels(eyes, packed_flow)
    recipe.student_dir.mkdir()
    before = times(recipe.labels_dir)
    fewer = replace(recipe.settings, labels=replace(recipe.settings.labels, num_clusters=3))

    with pytest.raises(RunMismatchError, match=r"labels: begun with num_clusters \d, not 3"):
        replace(recipe, settings=fewer).labels(eyes, packed_flow)
    with pytest.raises(RunMismatchError, match="labels: begun with features"):
        replace(recipe, settings=replace(recipe.settings, clip_hop=3)).labels(eyes, packed_flow)

    recipe.labels(eyes, packed_flow)
    assert times(recipe.labels_dir) == before


def test_a_report_is_never_found_beside_other_labels(recipe, eyes, packed_flow, monkeypatch):
    """The call for other labels is killed after their report."""
    labels = recipe.labels(eyes, packed_flow)
    report = recipe.read_label_report()
    fewer = replace(recipe.settings, labels=replace(recipe.settings.labels, num_clusters=3))

    def be_killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("motionfit.methods.kept_labels.save_pseudo_labels", be_killed)
        with pytest.raises(KeyboardInterrupt):
            replace(recipe, settings=fewer).labels(eyes, packed_flow)

    assert recipe.labels(eyes, packed_flow).identity() == labels.identity()
    assert recipe.read_label_report() == report


def test_without_true_classes_the_report_does_not_compare(recipe, eyes, packed_flow):
    recipe.labels(eyes, packed_flow)

    assert recipe.read_label_report()["against_true_labels"] is None


def test_classes_that_are_known_later_are_compared_with_the_labels_that_are_there(
    recipe, eyes, packed_flow
):
    recipe.labels(eyes, packed_flow)
    before = times(recipe.labels_dir)

    recipe.labels(eyes, packed_flow, true_labels=[0, 1] + [None] * 16)

    assert recipe.read_label_report()["against_true_labels"]["num_clips"] > 0
    assert "purity" in (recipe.labels_dir / "report.txt").read_text()
    assert times(recipe.labels_dir)["pseudo_labels.npz"] == before["pseudo_labels.npz"]
    # What is known is not forgotten where classes are not given.
    recipe.labels(eyes, packed_flow)
    assert recipe.read_label_report()["against_true_labels"] is not None


def test_videos_of_unknown_class_do_not_count(recipe, eyes, packed_flow):
    recipe.labels(eyes, packed_flow, true_labels=[0, 1] + [None] * 16)

    against = recipe.read_label_report()["against_true_labels"]
    labels = load_pseudo_labels(recipe.labels_dir / "pseudo_labels.npz")
    assert against["num_clips"] == int((labels.video < 2).sum())


def test_more_clusters_than_clips_leave_nothing_half_done(recipe, eyes, packed_flow):
    many = replace(recipe.settings, labels=replace(recipe.settings.labels, num_clusters=43))

    with pytest.raises(PseudoLabelError, match="43"):
        replace(recipe, settings=many).labels(eyes, packed_flow)

    assert set(times(recipe.labels_dir)) == {"features.npz"}


def test_frames_of_other_videos_cannot_have_these_labels(
    recipe, eyes, packed_flow, synthetic_root, tmp_path
):
    labels = recipe.labels(eyes, packed_flow)
    others = sorted((synthetic_root / "test").rglob("*.mp4"))[:2]
    frames = pack_frames(others, tmp_path / "others", size=packed_flow.size).packed

    with pytest.raises(TooFewVideosError, match="no video has both frames and labels"):
        recipe.student(labels, TrainingVideos(packed=frames), method="motionfit")
