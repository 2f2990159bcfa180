"""What all methods are told, checked at birth."""

from dataclasses import replace

import numpy as np
import pytest

from motionfit.errors import ConfigError
from motionfit.media.packed.arrays import pack_arrays
from motionfit.methods.distilled import DistilledSettings
from motionfit.methods.finetune import FinetuneSettings
from motionfit.methods.labelled import LabelledSettings
from motionfit.methods.student import StudentSettings
from motionfit.methods.videos import TrainingVideos
from motionfit.training.data.clips import TrainingClips
from motionfit.training.data.colour import ColourJitter

EVERY = (LabelledSettings, StudentSettings, DistilledSettings, FinetuneSettings)


@pytest.mark.parametrize("settings", EVERY)
@pytest.mark.parametrize("fraction", [0, 1, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(settings, fraction, appearance_spec):
    with pytest.raises(ConfigError, match=r"validation_fraction is .*; expected between 0 and 1"):
        settings(spec=appearance_spec, validation_fraction=fraction)


@pytest.mark.parametrize("settings", EVERY)
def test_no_clips_are_refused(settings, appearance_spec):
    with pytest.raises(ConfigError, match="num_clips is 0; expected at least 1 clip"):
        settings(spec=appearance_spec, num_clips=0)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ((LabelledSettings, {"label_weight": 1.5}), "label_weight is 1.5; expected from 0 to 1"),
        ((LabelledSettings, {"placement": "vcop "}), "one of auto, random, segments, vcop"),
        (
            (LabelledSettings, {"label_weight": 0.5, "num_clips": 1}),
            r"num_clips is 1; expected from 2 to 6 \(of a teacher, teacher_clips\), as",
        ),
        (
            (LabelledSettings, {"label_weight": 0, "num_clips": 7}),
            "num_clips is 7; expected from 2 to 6",
        ),
        (
            (LabelledSettings, {"label_weight": 0.5, "placement": "random"}),
            r"placement is 'random'; expected auto or vcop \(of a teacher, teacher_placement\), as",
        ),
        ((DistilledSettings, {"weight": 0}), "weight is 0; expected a positive number"),
        ((StudentSettings, {"starts": "any"}), "starts is 'any'; expected one of grid, nearest"),
    ],
)
def test_a_value_of_one_method_is_checked_too(wrong, told, appearance_spec):
    settings, values = wrong

    with pytest.raises(ConfigError, match=told):
        settings(spec=appearance_spec, **values)


def test_each_method_has_clips_of_its_own(appearance_spec):
    ordered = LabelledSettings(spec=appearance_spec, label_weight=0.5).clips
    coloured = StudentSettings(spec=appearance_spec, colour=ColourJitter(), flip=True).clips
    matched = DistilledSettings(spec=appearance_spec).clips

    assert (ordered.placement, ordered.num_clips) == ("vcop", 3)
    assert (coloured.colour, coloured.flip) == (ColourJitter(), True)
    assert (matched.placement, matched.num_clips, matched.crop) == ("random", 1, (32, 32))


@pytest.mark.parametrize("placement", ["random", "segments", "vcop"])
def test_labels_alone_are_learnt_from_clips_placed_at_will(placement, appearance_spec):
    clips = LabelledSettings(spec=appearance_spec, placement=placement).clips

    assert clips.placement == placement


def test_the_held_out_videos_are_the_others_and_always_the_same_clips(
    frame_videos, appearance_spec
):
    settings = LabelledSettings(spec=appearance_spec, validation_fraction=0.2)

    (learnt, clips), (held_out, same_clips) = settings.sides(frame_videos, places=range(10))

    assert sorted([*learnt, *held_out]) == list(range(10))
    assert len(held_out) == 2
    assert (clips.is_random, same_clips.is_random) == (True, False)


def test_videos_too_short_for_an_order_are_told_of_once_and_the_rest_is_shared_out(
    appearance_spec, tmp_path, caplog
):
    lengths = [40 if place % 2 else 39 for place in range(40)]
    packed = pack_arrays(
        [np.full((length, 4, 4, 3), place, np.uint8) for place, length in enumerate(lengths)],
        tmp_path / "frames",
    )
    # Three clips of 8 frames and two gaps of 8.
    settings = LabelledSettings(
        spec=appearance_spec, num_clips=3, label_weight=0.0, validation_fraction=0.2
    )

    (learnt, clips), (held_out, same_clips) = settings.sides(TrainingVideos(packed=packed))
    for side, of_side in ((learnt, clips), (held_out, same_clips)):
        TrainingClips(packed, replace(of_side, crop=None), video_indices=side)

    assert sorted([*learnt, *held_out]) == list(range(1, 40, 2))
    assert len(held_out) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "20 of 40 videos have fewer than the 40 frames of 3 clips in a row; "
        "they are not trained on."
    ]


def test_where_the_files_lie_does_not_decide_who_is_held_out(tmp_path):
    frames = [np.full((1, 4, 4, 3), shade, np.uint8) for shade in range(30)]
    here, there = (
        TrainingVideos(
            packed=pack_arrays(
                frames, tmp_path / folder, names=[f"{folder}/{shade}.mp4" for shade in range(30)]
            )
        )
        for folder in ("here", "there")
    )

    assert here.split(fraction=0.3, seed=0) == there.split(fraction=0.3, seed=0)
    assert here.split(fraction=0.3, seed=0) != here.split(fraction=0.3, seed=1)
