"""Protocols: presets, changes, names."""

from dataclasses import fields

import pytest

from motionfit.errors import ConfigError
from retrieval.evaluation.protocol import (
    EXTRACTION_SETTINGS,
    PRESETS,
    Protocol,
    get_preset,
    make_protocol,
    protocol_name,
)


def test_the_default_is_the_protocol_of_xu():
    assert get_preset("xu") == Protocol()
    assert Protocol().level == "video"
    assert Protocol().clips == 10
    assert Protocol().pool == "max122"
    assert Protocol().metric == "cosine"
    assert Protocol().k == (1, 5, 10, 20, 50)


def test_presets_differ_from_xu_as_their_evaluators_do():
    differences = {
        name: {
            field.name: getattr(preset, field.name)
            for field in fields(Protocol)
            if getattr(preset, field.name) != getattr(Protocol(), field.name)
        }
        for name, preset in PRESETS.items()
    }
    assert differences == {
        "xu": {},
        "xu-exact": {"drop_last_bs": 8},
        "clip-text": {"level": "clip"},
        "selavi": {
            "clip_length": 32,
            "pool": "max222",
            "clip_l2": True,
            "metric": "euclidean",
        },
        "coclr": {
            "clip_length": 32,
            "sampler": "sliding",
            "pool": "gavg",
            "clip_l2": True,
            "centre": "per_set",
        },
        "mscl": {"pool": "gavg", "centre": "per_set"},
    }


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_called_by_its_name(name):
    assert protocol_name(PRESETS[name]) == name


def test_a_changed_preset_says_what_is_changed():
    changes = {"pool": "gmax", "k": (1, 5), "clip_l2": True, "metric": None}
    assert protocol_name(make_protocol("xu", changes)) == "xu with pool=gmax, clip_l2=on, k=1,5"
    assert protocol_name(make_protocol("xu-exact", {"level": "clip"})) in (
        "xu-exact with level=clip",
        "clip-text with drop_last_bs=8",
    )


def test_a_report_carries_every_setting():
    settings = Protocol().to_json()
    assert set(settings) == {field.name for field in fields(Protocol)} | {"ties"}
    assert set(EXTRACTION_SETTINGS) < set(settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"level": "frame"},
        {"metric": "manhattan"},
        {"pool": "max"},
        {"centre": "median"},
        {"short": "pad"},
        {"sampler": "random"},
        {"clips": 0},
        {"clip_length": 0},
        {"stride": -1},
        {"sliding_step": 0},
        {"k": ()},
        {"k": (0, 1)},
        {"k": (5, 1)},
        {"k": (1, 1)},
        {"drop_last_bs": -1},
    ],
)
def test_a_setting_that_cannot_be_is_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        make_protocol("xu", changes)


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="clip-text"):
        make_protocol("vcop", {})
