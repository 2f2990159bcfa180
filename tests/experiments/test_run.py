"""A real experiment, as small as one can be: from nothing to the page."""

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from motionfit.errors import ConfigError, DivergedError, RunMismatchError, TrialError
from motionfit.experiments.apart import TrialProcess
from motionfit.experiments.collection import Collection, choose_collection
from motionfit.experiments.plan import Experiment, Variant
from motionfit.experiments.results import Results
from motionfit.experiments.run import run_experiment
from motionfit.experiments.table import format_results
from motionfit.experiments.trial import Trial
from motionfit.media.synthetic import SyntheticSettings
from motionfit.training.run_state import read_state

SHORT = {
    "teacher_clips": 1,
    "teacher_epochs": 1,
    "student_clips": 1,
    "student_epochs": 1,
    "num_clusters": 4,
}
EXPERIMENT = Experiment(
    name="small",
    title="As small as one can be",
    videos=SyntheticSettings(
        num_train_per_class=2, num_test_per_class=1, size=(32, 44), num_frames=8
    ),
    label_fraction=1.0,
    preset="tiny",
    variants=(
        Variant(name="looks_0.5", title="Looks", method="clusterfit_appearance", changes=SHORT),
        Variant(name="nothing", title="Nothing", method="random_init"),
    ),
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished experiment, not to be written to."""
    folder = tmp_path_factory.mktemp("experiment") / "out"
    assert len(run(folder)) == 4
    return folder


def test_two_jobs_give_the_page_that_one_gives(out, tmp_path):
    """Stopped after the first trial, too."""
    with contextlib.closing(
        run_experiment(EXPERIMENT, made_in(tmp_path), tmp_path, seeds=(0, 1))
    ) as trials:
        first = next(trials)
    made = times(first.run.path)

    run(tmp_path, num_jobs=2)

    assert page(tmp_path) == page(out)
    assert times(first.run.path) == made
    # A log each, also where a name has a point in it.
    assert sorted(path.name for path in (tmp_path / "runs").glob("*.log")) == [
        "looks_0.5_split1_seed1.log",
        "nothing_split1_seed0.log",
        "nothing_split1_seed1.log",
    ]


def test_a_second_call_touches_nothing(out):
    before = times(out / "runs") | times(out / "packs")

    assert len(run(out)) == 4

    assert times(out / "runs") | times(out / "packs") == before


@pytest.mark.parametrize("num_jobs", [1, 2])
def test_a_variant_may_learn_from_the_teacher_of_another_one(num_jobs, out, tmp_path):
    shutil.copytree(out / "videos", tmp_path / "videos")
    # The one that needs the other is named first.
    variants = (
        Variant(
            name="fewer",
            title="Fewer",
            method="clusterfit_appearance",
            changes={**SHORT, "num_clusters": 3},
            teacher_of="looks_0.5",
        ),
        *EXPERIMENT.variants,
    )
    changed = Experiment(**{**vars(EXPERIMENT), "variants": variants})

    trials = list(
        run_experiment(
            changed, made_in(tmp_path), tmp_path, seeds=(0,), num_jobs=num_jobs, device="cpu"
        )
    )

    fewer = trials[-1]
    assert fewer.variant.name == "fewer"
    assert not fewer.run.teacher.exists()
    titles = [(row.title, row.encoder) for row in Results(trials).rows()]
    assert ("Looks", "teacher") in titles
    assert ("Fewer", "teacher") not in titles
    assert ("Fewer", "student") in titles


def test_finished_trials_of_other_settings_are_refused(out):
    other = Variant(name="nothing", title="Nothing", changes={"crop": (24, 24)})
    changed = Experiment(**{**vars(EXPERIMENT), "variants": (other,)})

    with pytest.raises(RunMismatchError, match="nothing_split1_seed0: begun with"):
        list(run_experiment(changed, made_in(out), out, device="cpu"))


@pytest.mark.parametrize("num_jobs", [1, 2])
def test_the_error_of_a_trial_reaches_the_caller(num_jobs, out, tmp_path):
    shutil.copytree(out / "videos", tmp_path / "videos")
    # AdamW moves each weight by about this much.
    absurd = {**SHORT, "teacher_learning_rate": 1e30, "optimiser": "adamw", "warmup_epochs": 0}
    diverging = Variant(name="diverging", title="", method="clusterfit_appearance", changes=absurd)
    changed = Experiment(**{**vars(EXPERIMENT), "variants": (diverging,)})

    with pytest.raises(DivergedError, match=r"^The loss is no finite number in epoch"):
        list(
            run_experiment(
                changed, made_in(tmp_path), tmp_path, seeds=(0,), num_jobs=num_jobs, device="cpu"
            )
        )


def test_a_trial_that_is_killed_is_named_with_its_log(out, tmp_path):
    trial = slow_trial(out, tmp_path)
    process = TrialProcess(trial, num_threads=1)
    wait_for(trial.run.path / ".lock")

    os.kill(holder(trial), signal.SIGKILL)

    with pytest.raises(
        TrialError, match=r"slow_split1_seed0: killed by signal 9; .*slow_split1_seed0\.log tells"
    ):
        process.finish()


def test_a_trial_that_is_stopped_saves_what_it_has(out, tmp_path):
    trial = slow_trial(out, tmp_path)
    process = TrialProcess(trial, num_threads=1)
    wait_for(trial.run.teacher / "run.safetensors")
    epochs = num_epochs(trial)

    process.interrupt()
    process.stop()

    assert "stopped; it is continued the next time" in trial.log.read_text()
    assert num_epochs(trial) >= epochs > 0
    assert not trial.run.is_finished()


def test_no_trial_outlives_the_experiment(out, tmp_path):
    trial = slow_trial(out, tmp_path)
    line = (
        "import pickle, sys; from motionfit.experiments.apart import TrialProcess; "
        "TrialProcess(pickle.load(sys.stdin.buffer), num_threads=1).finish()"
    )
    with subprocess.Popen([sys.executable, "-c", line], stdin=subprocess.PIPE) as parent:
        pickle.dump(trial, parent.stdin)
        parent.stdin.close()
        wait_for(trial.run.path / ".lock")
        child = holder(trial)
        parent.kill()

    deadline = time.monotonic() + 60
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seeds": ()}, r"seeds is \[\]; expected one or several different numbers"),
        ({"seeds": (1, 1)}, r"seeds is \[1, 1\]; expected one or several different numbers"),
        ({"num_jobs": 0}, "num_jobs is 0; expected at least 1"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(options, told, tmp_path):
    with pytest.raises(ConfigError, match=told):
        list(run_experiment(EXPERIMENT, made_in(tmp_path / "out"), tmp_path / "out", **options))

    assert not (tmp_path / "out").exists()


def run(out: Path, *, num_jobs: int = 1) -> list[Trial]:
    return list(
        run_experiment(EXPERIMENT, made_in(out), out, seeds=(0, 1), num_jobs=num_jobs, device="cpu")
    )


def made_in(out: Path) -> Collection:
    return choose_collection(EXPERIMENT, out)


def page(out: Path) -> str:
    return format_results(EXPERIMENT, made_in(out), Results(run(out)), "a command")


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def slow_trial(out: Path, where: Path) -> Trial:
    """Return a trial that does not end within a test."""
    shutil.copytree(out / "videos", where / "videos")
    slow = Variant(
        name="slow",
        title="Slow",
        method="clusterfit_appearance",
        changes={**SHORT, "teacher_epochs": 10_000},
    )
    return Trial(
        experiment=EXPERIMENT,
        variant=slow,
        collection=made_in(where),
        seed=0,
        out=where,
        device="cpu",
    )


def num_epochs(trial: Trial) -> int:
    """Return how many epochs of the teacher are saved."""
    state, _ = read_state(trial.run.teacher)
    return len(state.epochs)


def holder(trial: Trial) -> int:
    """Return the process that works in the trial's folder."""
    return int((trial.run.path / ".lock").read_text().split()[1])


def wait_for(path: Path) -> None:
    """Return when a file has content."""
    deadline = time.monotonic() + 60
    while not (path.is_file() and path.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.is_file()


def is_alive(process: int) -> bool:
    try:
        # An orphan that has ended may still be waited for by the first process of the machine.
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
