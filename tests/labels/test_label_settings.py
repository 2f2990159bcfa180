import pytest

from motionfit.errors import ConfigError
from motionfit.labels.settings import GridSettings, LabelSettings, parse_preprocessing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_clusters", 1),
        ("num_clusters", 12.0),
        ("num_clusters", True),
        ("num_iterations", 0),
        ("seed", -1),
        ("seed", 2**31),
        ("level", "frame"),
        ("percentile", 101),
        ("percentile", float("nan")),
        ("preprocessing", "pca_whiten"),
        ("preprocessing", "pca_whiten:0+l2"),
        ("preprocessing", "L2"),
    ],
)
def test_a_label_setting_that_cannot_be_used_is_named(name, value):
    with pytest.raises(ConfigError, match=f"^{name} is "):
        LabelSettings(**{name: value})


@pytest.mark.parametrize("name", ["clip_length", "stride", "clip_hop"])
def test_a_grid_of_nothing_is_refused(name):
    with pytest.raises(ConfigError, match=f"^{name} is 0; expected a whole number of at least 1"):
        GridSettings(**{name: 0})


def test_clips_lie_side_by_side_unless_told_otherwise():
    assert GridSettings(clip_length=16).hop == 16
    assert GridSettings(clip_length=16, stride=2).hop == 32
    assert GridSettings(clip_length=16, clip_hop=8).hop == 8


def test_settings_survive_their_json_values():
    settings = LabelSettings(num_clusters=12, level="video", preprocessing="pca_whiten:8+l2")
    assert LabelSettings(**settings.to_dict()) == settings
    grid = GridSettings(clip_length=32, stride=2)
    assert GridSettings.from_dict(grid.to_dict()).to_dict() == grid.to_dict()


def test_a_preprocessing_is_taken_apart():
    steps = parse_preprocessing("pca_whiten:256+l2")
    assert (steps.num_directions, steps.normalise) == (256, True)
    assert parse_preprocessing("none").normalise is False
