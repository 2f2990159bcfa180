"""Every method through the one command, on real files: what it needs, and what comes out."""

import shutil
from pathlib import Path
from typing import get_args

import pytest
import torch

from motionfit.encoders.registry import load_encoder
from motionfit.encoders.values import get_weights
from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.fit.choices import AVERAGED, METHOD_NAMES, TRAINED_PARTS
from motionfit.fit.fit import fit
from motionfit.fit.methods_table import choose_method
from motionfit.fit.result import FitResult
from motionfit.media.synthetic import generate_synthetic
from motionfit.methods.classification import Averaged
from motionfit.methods.trained_parts import TrainedParts


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A training that takes as little as one can."""
    path = tmp_path / "short.toml"
    lines = ["teacher_epochs = 1", "student_epochs = 1", "student_clips = 1", "teacher_clips = 1"]
    path.write_text("\n".join(["[fit]", *lines]))
    return path


@pytest.fixture
def quick(short: Path, flow_cache: Path, packs: Path) -> dict[str, object]:
    """Options of such a training that shares flow and packs with the others."""
    return {
        "preset": "tiny",
        "config": short,
        "flow_cache": flow_cache,
        "packs": packs,
        "device": "cpu",
    }


def test_every_name_has_its_method():
    assert [choose_method(name).name for name in METHOD_NAMES] == list(METHOD_NAMES)


def test_every_choice_of_parts_can_be_trained():
    assert get_args(TrainedParts) == TRAINED_PARTS
    assert get_args(Averaged) == AVERAGED


def test_a_method_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match="method is 'moco'; expected one of motionfit, "):
        choose_method("moco")


@pytest.mark.parametrize("method", ["supervised", "random_init", "clusterfit"])
def test_a_method_of_frames_computes_no_flow(method, labelled, unlabelled, packs, short, tmp_path):
    result = fit(
        method=method,
        labeled=labelled,
        unlabeled=[unlabelled],
        out=tmp_path / "run",
        preset="tiny",
        config=short,
        packs=packs,
        device="cpu",
    )

    assert load_encoder(str(result.encoder), device="cpu").spec.in_channels == 3
    assert not (tmp_path / "run" / "flow").exists()
    assert {row["sees"] for row in result.evaluation["rows"]} == {"frames"}
    assert f"# MotionFit run: {method}\n" in result.report.read_text()


def test_a_teacher_alone_is_for_a_student_to_learn_from(labelled, quick, tmp_path):
    result = fit(
        method="supervised_motion",
        labeled=labelled,
        out=tmp_path / "run",
        **quick,
    )

    assert load_encoder(str(result.encoder), device="cpu").spec.in_channels == 2
    assert [(row["encoder"], row["sees"]) for row in result.evaluation["rows"]] == [
        ("random init", "frames"),
        ("teacher", "flow"),
        ("teacher", "flow"),
    ]
    line = f"motionfit fit --teacher {result.encoder} --unlabeled VIDEOS --out RUN"
    assert line in result.to_text()
    assert line in result.report.read_text()


def test_clip_order_is_learnt_from_videos_of_three_clips(unlabelled, packs, short, tmp_path):
    videos = generate_synthetic(
        tmp_path / "long", num_train_per_class=1, num_test_per_class=1, size=(32, 44), num_frames=50
    )

    def train(where: Path) -> FitResult:
        options = {"preset": "tiny", "config": short, "packs": packs, "device": "cpu"}
        return fit(method="vcop", unlabeled=[where], out=tmp_path / "run", **options)

    # Eight frames, eight between, three times: 40.
    with pytest.raises(TooFewVideosError, match="training needs videos of 40 frames"):
        train(unlabelled)
    shutil.rmtree(tmp_path / "run")
    result = train(videos / "train")

    assert load_encoder(str(result.encoder), device="cpu").spec.in_channels == 3
    assert not (tmp_path / "run" / "flow").exists()


@pytest.mark.parametrize(("method", "learnt_from"), [("mers", "unlabelled"), ("mars", "labelled")])
def test_features_are_taken_over_from_a_ready_teacher(
    method, learnt_from, finished, labelled, unlabelled, quick, tmp_path
):
    result = fit(
        method=method,
        labeled=labelled,
        teacher=finished.encoder.parent / "teacher" / "encoder.safetensors",
        unlabeled=[unlabelled],
        out=tmp_path / "run",
        **quick,
    )

    assert learnt_from in result.videos
    assert not (tmp_path / "run" / "teacher").exists()
    assert [row["encoder"] for row in result.evaluation["rows"]] == [
        "random init",
        "teacher",
        *["student"] * 4,
    ]


def test_a_student_of_another_number_of_features_is_refused_before_the_teacher_is_trained(
    labelled, unlabelled, flow_cache, packs, tmp_path
):
    config = tmp_path / "s3dg.toml"
    config.write_text('[fit]\narchitecture = "s3dg"\nclip_length = 16\n')

    with pytest.raises(
        ConfigError, match=r"architecture is 's3dg'; expected one with \d+ features"
    ):
        fit(
            method="mers",
            labeled=labelled,
            unlabeled=[unlabelled],
            out=tmp_path / "run",
            preset="tiny",
            config=config,
            flow_cache=flow_cache,
            packs=packs,
        )

    assert not (tmp_path / "run" / "teacher").exists()


def test_packs_serve_the_next_run_as_they_are(labelled, packs, tmp_path):
    def run(seed: int) -> dict[Path, int]:
        out = tmp_path / str(seed)
        fit(method="random_init", labeled=labelled, out=out, preset="tiny", packs=packs, seed=seed)
        return {path: path.stat().st_mtime_ns for path in packs.iterdir() if path.is_file()}

    assert run(0) == run(1)


def test_a_finished_run_is_evaluated_later(labelled, packs, tmp_path):
    options = {"method": "random_init", "labeled": labelled, "preset": "tiny", "packs": packs}

    first, second, third = (
        fit(out=tmp_path / "run", evaluation=evaluation, **options)
        for evaluation in (False, True, True)
    )

    assert first.evaluation is None
    assert second.evaluation is not None
    assert not second.was_finished
    assert third.was_finished


def test_other_queries_are_evaluated_anew(labelled, packs, tmp_path):
    some = tmp_path / "some.csv"
    *lines, _ = labelled.read_text().splitlines()
    some.write_text("\n".join(lines))
    options = {"method": "random_init", "preset": "tiny", "packs": packs, "device": "cpu"}

    whole, fewer = (
        fit(out=tmp_path / "run", labeled=table, **options) for table in (labelled, some)
    )

    assert whole.evaluation["num_queries"] == 18
    assert fewer.evaluation["num_queries"] == 17


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"method": "motionfit", "unlabeled": ["videos"]},
            "labeled is not given; needed: a labelled",
        ),
        (
            {"method": "mars", "teacher": "t"},
            r"labeled is not given; needed: a labelled data set\.$",
        ),
        ({"method": "vcop"}, "unlabeled is not given; needed: folders or files"),
        ({"method": "vcop", "unlabeled": ["."], "teacher": "t"}, "expected none: this method"),
        (
            {"method": "vcop", "unlabeled": [__file__], "start": "s"},
            "start is 's'; expected none: this method starts from random weights",
        ),
        ({"unlabeled": [__file__], "start": "s"}, "start is 's'; expected a checkpoint file"),
    ],
)
def test_what_a_method_lacks_or_has_no_use_for_is_refused(options, told, tmp_path):
    with pytest.raises(ConfigError, match=told):
        fit(out=tmp_path / "run", **options)


@pytest.fixture
def plus(flow_cache: Path, packs: Path) -> dict[str, object]:
    """The least that a student of local motion takes."""
    small = {"resize": (32, 44), "crop": (32, 44), "flow_size": "32x44", "flow_method": "dis"}
    return {
        "changes": {**small, "student_epochs": 1, "student_batch_size": 8},
        "flow_cache": flow_cache,
        "packs": packs,
        "device": "cpu",
    }


def test_local_motion_learns_from_a_teacher_that_labels_tell_what_counts(
    labelled, unlabelled, plus, tmp_path
):
    options = {"method": "motionfit_plus", "unlabeled": [unlabelled], **plus}
    first = fit(labeled=labelled, out=tmp_path / "run", **options)

    assert first.method == "motionfit_plus"
    assert first.videos == {"labelled": 18, "unlabelled": 18, "classes": 3}
    assert load_encoder(str(first.encoder), device="cpu").spec.architecture == "local_motion"
    page = first.report.read_text()
    assert "# MotionFit run: motionfit_plus\n" in page
    assert "](student/curves.svg)" in page
    assert [(row["encoder"], row["sees"]) for row in first.evaluation["rows"]] == [
        ("random init", "frames"),
        ("teacher", "flow"),
        *[("student", "frames")] * 4,
    ]

    # Its teacher serves as a ready one; without labels, clusters stand for classes.
    teacher = tmp_path / "run" / "teacher" / "encoder.safetensors"
    second = fit(teacher=teacher, out=tmp_path / "again", **options)

    assert second.videos == {"unlabelled": 18}
    assert second.evaluation is None
    told, guessed = (
        get_weights(load_encoder(str(result.encoder), device="cpu").network.backbone)
        for result in (first, second)
    )
    differing = {name for name in told if not torch.equal(told[name], guessed[name])}
    assert "pool.projection" in differing
    assert not any(name.startswith("estimator.") for name in differing)


@pytest.mark.parametrize("method", [None, "motionfit_plus"])
def test_without_labels_and_a_teacher_the_shipped_one_serves(method, unlabelled, plus, tmp_path):
    as_shipped = {
        "resize": (64, 86),
        "crop": (64, 86),
        "flow_size": "64x86",
        "flow_method": "tvl1",
    }
    options = {**plus, "changes": {**plus["changes"], **as_shipped}}

    adapted = fit(
        method=method,
        unlabeled=[unlabelled],
        start="motionfit-small",
        out=tmp_path / "run",
        **options,
    )

    assert adapted.method == "motionfit_plus"
    assert not (tmp_path / "run" / "teacher").exists()
    student, shipped = (
        load_encoder(str(which), device="cpu") for which in (adapted.encoder, "motionfit-small")
    )
    assert student.identity != shipped.identity
    assert student.origin.teacher is not None
    kinds, kinds_shipped = (one.network.backbone.pool.fisher for one in (student, shipped))
    # Half precision is enough to tell the same kinds from others.
    torch.testing.assert_close(kinds.means, kinds_shipped.means, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    ("method", "preset", "told"),
    [
        ("motionfit_plus", "small", "expected local_motion for motionfit_plus, as preset plus has"),
        ("mers", "plus", "architecture is 'local_motion'; expected another one for mers"),
    ],
)
def test_networks_that_a_method_has_no_use_for_are_refused(
    method, preset, told, labelled, unlabelled, tmp_path
):
    with pytest.raises(ConfigError, match=told):
        fit(
            method=method,
            preset=preset,
            labeled=labelled,
            unlabeled=[unlabelled],
            out=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()
