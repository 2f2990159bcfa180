"""Learning from a share of the labels: which videos, and what is left of the rest."""

from collections import Counter
from pathlib import Path

import pytest

from motionfit.errors import ConfigError
from motionfit.fit.commands import finetune, fit, teacher
from motionfit.fit.fit import fit as run_fit
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import Materials, prepare_materials
from motionfit.fit.needs import Needs
from motionfit.fit.setup import make_setup

FRAMES = Needs(labelled=frozenset({"frames"}))


def materials(labelled: Path, packs: Path, *, fraction: float, seed: int = 0) -> Materials:
    setup = make_setup(
        packs.parent / "run",
        preset="tiny",
        config=None,
        seed=seed,
        flow_cache=None,
        packs=packs,
        device="cpu",
        label_fraction=fraction,
    )
    inputs = read_inputs(labelled, None, (), FRAMES, split=1, device="cpu")
    return prepare_materials(inputs, setup)


def test_the_same_share_of_each_class_is_learnt_from(labelled, packs):
    half = materials(labelled, packs, fraction=0.5)
    places = half.places("frames")

    learnt = Counter(half.labelled["frames"].labels_of(places))

    # Of three classes of six.
    assert learnt == {0: 3, 1: 3, 2: 3}
    assert half.num_videos == {"labelled": 9, "classes": 3}


def test_what_is_held_out_for_validation_is_of_the_same_share(labelled, packs):
    """Nor may the epoch be chosen by labels that must not be learnt from."""
    half = materials(labelled, packs, fraction=0.5)
    settings = half.setup.settings.supervised(seed=0)
    places = half.places("frames")

    sides = [side for side, _ in settings.sides(half.labelled["frames"], places)]

    assert all(side for side in sides)
    assert sorted(sides[0] + sides[1]) == places


def test_the_seed_decides_and_a_larger_share_adds_to_a_smaller_one(labelled, packs):
    chosen = {
        (seed, fraction): set(
            materials(labelled, packs, fraction=fraction, seed=seed).places("frames")
        )
        for seed, fraction in ((0, 0.34), (0, 0.5), (1, 0.5))
    }

    assert chosen[0, 0.34] < chosen[0, 0.5]
    assert chosen[0, 0.5] != chosen[1, 0.5]


def test_a_run_keeps_its_share_and_the_gallery_stays_whole(labelled, packs, tmp_path, capsys):
    config, run = tmp_path / "short.toml", tmp_path / "run"
    config.write_text("[fit]\nteacher_epochs = 1\nteacher_clips = 1\n")
    asked = ["--labeled", labelled, "--out", run, "--preset", "tiny", "--config", config]
    options = [str(word) for word in [*asked, "--packs", packs, "--method", "supervised"]]

    assert fit.main([*options, "--label-fraction", "0.5"]) == 0

    told = capsys.readouterr().out
    assert "on 9 labelled, 3 classes" in told
    page = (run / "report.md").read_text()
    assert "| label fraction | 0.5 |" in page
    assert "its 18 training videos are the gallery" in page
    # The same folder takes no other share.
    assert fit.main([*options, "--label-fraction", "0.7"]) == 2
    assert "begun with label_fraction 0.5, not 0.7" in capsys.readouterr().err


@pytest.mark.parametrize("command", [fit, teacher, finetune], ids=["fit", "teacher", "finetune"])
@pytest.mark.parametrize("share", ["0", "1.5", "-1", "nan"])
def test_a_share_that_is_none_is_refused(command, share, labelled, tmp_path, capsys):
    encoder = ["r3d_18"] if command is finetune else []
    options = ["--labeled", str(labelled), "--out", str(tmp_path / "run")]

    code = command.main([*encoder, *options, "--label-fraction", share])

    assert code == 2
    assert "expected a number above 0, at most 1." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_changes_come_on_top_of_preset_and_file(tmp_path):
    config = tmp_path / "fit.toml"
    config.write_text("[fit]\nnum_clusters = 5\nstride = 2\n")

    setup = make_setup(
        tmp_path / "run",
        preset="tiny",
        config=config,
        changes={"num_clusters": 6},
        seed=0,
        flow_cache=None,
        packs=None,
        device="cpu",
    )

    assert (setup.settings.num_clusters, setup.settings.stride) == (6, 2)


def test_a_change_of_no_setting_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"changes is 'clusters'; expected one of teacher_arch"):
        run_fit(out=tmp_path / "run", method="random_init", changes={"clusters": 6})
