"""The experiments that come with the program: none of them fails after hours for its own plan."""

from dataclasses import replace

import pytest

from motionfit.experiments.collection import Collection
from motionfit.experiments.given import METHODS, SOURCES
from motionfit.experiments.names import EXPERIMENT_NAMES
from motionfit.experiments.plan import Experiment, Variant
from motionfit.experiments.registry import EXPERIMENTS
from motionfit.experiments.trial import Trial
from motionfit.fit.methods_table import choose_method
from motionfit.fit.presets import PRESETS, choose_settings

# Lengths of synthetic videos vary by this share; clips in order lie this far apart.
_VARIATION = 0.15
_GAP = 8

VARIANTS = [
    pytest.param(experiment, variant, id=f"{experiment.name}-{variant.name}")
    for experiment in EXPERIMENTS.values()
    for variant in experiment.variants
]


def test_every_name_on_the_command_line_is_an_experiment():
    assert tuple(EXPERIMENTS) == EXPERIMENT_NAMES


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def test_variants_have_folders_and_rows_of_their_own(experiment: Experiment):
    for of_each in ("name", "title"):
        found = [getattr(variant, of_each) for variant in experiment.variants]
        assert len(set(found)) == len(found)


@pytest.mark.parametrize(("experiment", "variant"), VARIANTS)
def test_settings_method_and_clips_can_be_used(experiment: Experiment, variant: Variant):
    preset = variant.preset or experiment.preset
    settings = choose_settings(preset, changes=variant.changes)

    choose_method(variant.method).check_settings(settings)
    if experiment.videos is None:
        return
    shortest = int(experiment.videos.num_frames * (1 - _VARIATION))
    span = (settings.clip_length - 1) * settings.stride + 1
    orders_clips = (
        variant.method == "vcop"
        or settings.label_weight < 1
        or settings.teacher_placement == "vcop"
    )
    assert (3 * span + 2 * _GAP if orders_clips else span) <= shortest
    # The order of clips is learnt from three.
    assert settings.teacher_clips == 3 or not settings.label_weight < 1


@pytest.mark.parametrize(("experiment", "variant"), VARIANTS)
def test_a_borrowed_teacher_is_trained_before_and_sees_the_same(
    experiment: Experiment, variant: Variant
):
    if variant.teacher_of is None:
        return
    names = [other.name for other in experiment.variants]
    lender = experiment.variants[names.index(variant.teacher_of)]

    assert lender.teacher_of is None
    assert names.index(lender.name) < names.index(variant.name)
    settings, of_lender = (
        choose_settings(experiment.preset, changes=one.changes) for one in (variant, lender)
    )
    assert settings.teacher(seed=0) == of_lender.teacher(seed=0)


def test_changes_are_for_variants_that_have_no_preset_of_their_own(tmp_path):
    experiment = replace(METHODS, changes={"student_epochs": 3})
    settings = {
        variant.name: Trial(
            experiment=experiment,
            variant=variant,
            collection=Collection(labelled="videos"),
            seed=0,
            out=tmp_path,
            device="cpu",
        ).settings
        for variant in METHODS.variants
    }

    plus = settings["motionfit_plus"]
    assert plus == replace(PRESETS["plus"], micro_batches=1)
    assert settings["motionfit"] == replace(PRESETS["small"], micro_batches=1, student_epochs=3)
    assert (settings["vcop"].student_epochs, settings["vcop"].stride) == (3, 1)


def test_changes_are_for_variants_that_name_the_experiments_preset_too(tmp_path):
    experiment = replace(SOURCES, changes={"student_epochs": 3})
    of_all = {
        Trial(
            experiment=experiment,
            variant=variant,
            collection=Collection(labelled="videos"),
            seed=0,
            out=tmp_path,
            device="cpu",
        ).settings
        for variant in SOURCES.variants
    }

    assert of_all == {replace(PRESETS["plus"], micro_batches=1, student_epochs=3)}
