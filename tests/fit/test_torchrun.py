"""The command in two processes: one does everything, both train."""

import json
from pathlib import Path

import pytest

from motionfit.fit.commands.fit import main
from motionfit.fit.run_dir import RunDir
from tests.torchrun import run_two


@pytest.fixture
def options(labelled, unlabelled, flow_cache, packs, tmp_path: Path) -> list[str]:
    """Of a run that takes as little as one can, and cuts batches alike on any machine."""
    config = tmp_path / "short.toml"
    lines = ["teacher_epochs = 1", "student_epochs = 1", "student_clips = 1", "teacher_clips = 1"]
    config.write_text("\n".join(["[fit]", *lines, "micro_batches = 2"]))
    videos = ["--labeled", labelled, "--unlabeled", unlabelled]
    shared = ["--flow-cache", flow_cache, "--packs", packs, "--device", "cpu"]
    return [str(word) for word in [*videos, *shared, "--preset", "tiny", "--config", config]]


def losses(run: RunDir) -> list[dict[str, float]]:
    """Return the losses of all steps and epochs, of teacher and student."""
    lines = [
        json.loads(line)
        for folder in (run.teacher, run.student)
        for line in (folder / "log.jsonl").read_text().splitlines()
    ]
    steps = [{"step": line["loss"]} for line in lines if line["event"] == "step"]
    epochs = [line for line in lines if line["event"] == "epoch"]
    sides = [{side: line[side]["loss"] for side in ("training", "validation")} for line in epochs]
    return steps + sides


def test_two_processes_learn_what_one_does(options, tmp_path):
    one, two = RunDir(tmp_path / "one"), RunDir(tmp_path / "two")
    code, talk = run_two(["-m", "motionfit.fit", *options, "--out", str(two.path)])
    assert code == 0, talk
    assert main([*options, "--out", str(one.path)]) == 0

    found, expected = losses(two), losses(one)
    assert len(found) == len(expected)
    for numbers, wanted in zip(found, expected, strict=True):
        assert numbers == pytest.approx(wanted, rel=1e-3)
    begun = json.loads((two.student / "log.jsonl").read_text().splitlines()[0])
    assert begun["processes"] == 2


def test_what_is_refused_is_said_once(options, tmp_path):
    code, talk = run_two(["-m", "motionfit.fit", *options, "--out", "/dev/null/run"])

    assert code != 0
    lines = [line for line in talk.splitlines() if line.startswith("motionfit fit: ")]
    assert len(lines) == 1
    assert "/dev/null/run" in lines[0]


def test_a_training_that_fails_in_all_processes_is_told_of_once(options, tmp_path):
    config = Path(options[-1])
    config.write_text(config.read_text() + "\nteacher_learning_rate = 1e30\n")

    code, talk = run_two(["-m", "motionfit.fit", *options, "--out", str(tmp_path / "run")])

    assert code != 0
    lines = [line for line in talk.splitlines() if line.startswith("motionfit fit: ")]
    assert len(lines) == 1, talk
    assert "The loss is no finite number" in lines[0]
