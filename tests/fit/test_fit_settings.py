"""Presets, and what a TOML file may change in them."""

from pathlib import Path

import pytest

from motionfit.errors import ConfigError
from motionfit.fit.choices import PRESET_NAMES
from motionfit.fit.presets import PRESETS, choose_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where a test may write its settings."""
    return tmp_path / "fit.toml"


def test_the_preset_paper_has_the_papers_numbers():
    settings = PRESETS["paper"]
    teacher, student = settings.teacher(seed=0), settings.student(seed=0)

    assert (teacher.training.epochs, student.training.epochs) == (120, 45)
    assert (teacher.training.batch_size, student.training.batch_size) == (8, 16)
    assert teacher.training.milestones == (40, 60, 80)
    assert student.training.milestones == (20, 40)
    for training in (teacher.training, student.training):
        assert (training.learning_rate, training.gamma) == (0.001, 0.1)
        assert (training.momentum, training.weight_decay) == (0.9, 0.0005)
        assert (training.schedule, training.keep) == ("step", "lowest validation loss")
    assert (teacher.num_clips, student.num_clips, teacher.label_weight) == (3, 3, 1)
    assert (settings.labels(seed=0).num_clusters, settings.level) == (1000, "clip")
    for spec, channels in ((teacher.spec, 2), (student.spec, 3)):
        assert (spec.architecture, spec.in_channels) == ("r2plus1d_18", channels)
        assert (spec.clip.clip_length, spec.clip.stride) == (16, 1)
        assert (spec.resize, spec.crop) == ((128, 171), (112, 112))


@pytest.mark.parametrize("preset", [name for name in PRESET_NAMES if name != "plus"])
def test_left_and_right_stay_apart_in_every_preset_that_learns_labels(preset):
    assert not PRESETS[preset].flip


def test_one_seed_serves_every_stage():
    settings = PRESETS["tiny"]
    trainings = (settings.teacher(seed=5), settings.student(seed=5))

    assert [training.seed for training in trainings] == [5, 5]
    assert [training.training.seed for training in trainings] == [5, 5]
    assert settings.labels(seed=5).seed == 5


def test_a_file_changes_single_values(config):
    config.write_text("[fit]\nteacher_epochs = 3\ncrop = [40, 40]\nstudent_learning_rate = 1\n")

    settings = choose_settings("small", config)

    assert settings.teacher(seed=0).training.epochs == 3
    assert settings.student_spec.crop == (40, 40)
    assert settings.student(seed=0).training.learning_rate == 1.0
    assert settings.student_epochs == PRESETS["small"].student_epochs


def test_the_teachers_clips_are_placed_as_told():
    settings = choose_settings("paper", changes={"teacher_placement": "segments"})

    assert settings.teacher(seed=0).clips.placement == "segments"
    assert PRESETS["paper"].teacher(seed=0).clips.placement == "random"
    assert settings.clip_order(seed=0).clips.placement == "vcop"


def test_an_order_of_one_clip_is_refused_before_anything_is_computed():
    with pytest.raises(ConfigError, match=r"teacher_clips\), as label_weight 0\.5 is below 1"):
        choose_settings("small", changes={"label_weight": 0.5})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("teacher_epoch = 3", "teacher_epoch; expected|'teacher_epoch'; expected"),
        ("teacher_epochs = '3'", "teacher_epochs is '3'; expected a whole number"),
        ("with_neighbours = 1", "with_neighbours is 1; expected true or false"),
        ("crop = 'small'", "crop is 'small'; expected a list of whole numbers"),
        ("crop = [56]", r"crop is \(56,\); expected \(height, width\)"),
        ("architecture = 'resnet'", "architecture is 'resnet'; expected"),
        ("level = 'frame'", "level is 'frame'; expected one of clip"),
        ("num_clusters = 1", "num_clusters is 1; expected a whole number of at least 2"),
        ("validation_fraction = 0", r"validation_fraction is 0\.0; expected between 0 and 1"),
        ("flow_size = 'large'", "size is 'large'; expected HEIGHTxWIDTH"),
        ("clip_hop = -1", "clip_hop is -1; expected a whole number of at least 1"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(config, line, told):
    config.write_text(f"[fit]\n{line}\n")

    with pytest.raises(ConfigError, match=told):
        choose_settings("small", config)


def test_a_preset_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match="expected one of tiny, small, plus, gpu, paper"):
        choose_settings("huge")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"flow_size": "native"}, "flow_size is 'native'; expected 64x86, as resize is"),
        ({"teacher_architecture": "r2plus1d_10"}, "expected local_motion_flow exactly where"),
        ({"clip_length": 8}, "a longer or larger clip for local_motion_flow"),
    ],
)
def test_what_local_motion_cannot_be_seen_in_is_refused(changes, told):
    with pytest.raises(ConfigError, match=told):
        choose_settings("plus", changes=changes)
