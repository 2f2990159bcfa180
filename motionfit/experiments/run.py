"""Carry out an experiment: every variant with every seed, one by one or side by side."""

import logging
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

import torch

from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError, MotionFitError
from motionfit.experiments.apart import TrialProcess
from motionfit.experiments.collection import Collection
from motionfit.experiments.plan import Experiment
from motionfit.experiments.trial import Trial
from motionfit.progress import Progress
from motionfit.run_lock import locked_run

_LOGGER = logging.getLogger(__name__)


def run_experiment(
    experiment: Experiment,
    collection: Collection,
    out: str | Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    num_jobs: int = 1,
    device: DeviceName = "auto",
) -> Iterator[Trial]:
    """Yield every trial when it is finished; those that were finished before come first.

    Safe to stop, to kill and to repeat, with other seeds too: trials of the same experiment that
    were finished with seeds not asked for now are yielded as well.

    Args:
        experiment: What to compare.
        collection: On which videos; every variant is trained on each split.
        out: Gets ``flow``, ``packs``, and a folder a trial under ``runs``. Experiments on the same
            collection may share it: a variant that they have in common is trained once.
        seeds: Each variant is trained with each.
        num_jobs: Trials side by side, in processes that share the cores; more than one writes what
            it has to say to ``RUN.log``. On a CPU two at a time finish sooner than one by one.
        device: Where networks run.

    Raises:
        ConfigError: There is no seed, or less than one job.
        RunLockedError: Another process works in ``out``.
        MotionFitError: As `fit` raises; trials under way are stopped, to be continued.
        TrialError: The process of a trial was killed, or has failed in another way.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise ConfigError("seeds", list(seeds), "one or several different numbers")
    if num_jobs < 1:
        raise ConfigError("num_jobs", num_jobs, "at least 1")
    out = Path(out).absolute()
    trials = [
        Trial(
            experiment=experiment,
            variant=variant,
            collection=collection,
            split=split,
            seed=seed,
            out=out,
            device=device,
        )
        for seed in seeds
        for split in collection.splits
        for variant in experiment.variants
    ]
    with locked_run(out):
        collection.make()
        left = []
        for trial in trials:
            if trial.is_finished:
                # Costs nothing, and refuses what was trained on other videos or otherwise.
                trial.carry_out()
                yield trial
            else:
                left.append(trial)
        yield from _find_others(trials)
        yield from _carry_out(left, experiment.name, num_jobs)


def _find_others(trials: Sequence[Trial]) -> Iterator[Trial]:
    """Yield finished trials of the same variants and settings, of seeds that are not asked for."""
    asked = {trial.seed for trial in trials}
    for trial in _one_of_each(trials):
        name = re.compile(re.escape(trial.run.path.name.removesuffix(str(trial.seed))) + r"(\d+)")
        found = (name.fullmatch(path.name) for path in trial.run.path.parent.glob("*"))
        for seed in sorted({int(match[1]) for match in found if match} - asked):
            other = replace(trial, seed=seed)
            if not other.is_finished:
                continue
            try:
                other.carry_out()
            except MotionFitError as error:
                _LOGGER.warning("%s is left out of the table: %s", other.run.path.name, error)
            else:
                yield other


def _carry_out(left: Sequence[Trial], name: str, num_jobs: int) -> Iterator[Trial]:
    for trial in _one_of_each(left):
        trial.prepare()
    with Progress(name, unit="trial", total=len(left)) as progress:
        # Teachers that others learn from come first.
        for trials in (
            [trial for trial in left if trial.teacher is None],
            [trial for trial in left if trial.teacher is not None],
        ):
            for trial in _one_by_one(trials) if num_jobs == 1 else _side_by_side(trials, num_jobs):
                progress.advance(trial.run.path.name)
                yield trial


def _one_of_each(trials: Sequence[Trial]) -> Sequence[Trial]:
    """Return a trial of each variant and split."""
    return list({(trial.variant.name, trial.split): trial for trial in trials}.values())


def _one_by_one(trials: Sequence[Trial]) -> Iterator[Trial]:
    for trial in trials:
        trial.carry_out()
        yield trial


def _side_by_side(trials: Sequence[Trial], num_jobs: int) -> Iterator[Trial]:
    threads_each = max(1, torch.get_num_threads() // num_jobs)
    waiting = deque(trials)
    running: dict[int, TrialProcess] = {}
    try:
        while waiting or running:
            while waiting and len(running) < num_jobs:
                process = TrialProcess(waiting.popleft(), num_threads=threads_each)
                running[process.fileno()] = process
            for ended in wait(list(running)):
                assert isinstance(ended, int)
                process = running.pop(ended)
                process.finish()
                yield process.trial
    finally:
        for process in running.values():
            process.interrupt()
        for process in running.values():
            process.stop()
