"""Carry out an experiment: every variant with every seed, each a run of `fit` in its own folder."""

import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError
from motionfit.experiments.plan import Experiment, Variant
from motionfit.fit.evaluation import pack_sides
from motionfit.fit.fit import fit
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import choose_method
from motionfit.fit.run_dir import RunDir
from motionfit.fit.setup import make_setup
from motionfit.media.synthetic import generate_synthetic
from motionfit.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One variant with one seed.

    Attributes:
        experiment: What it is part of.
        variant: How it differs from the others.
        seed: Of everything that is drawn.
        out: The experiment's folder.
        device: Where networks run.
    """

    experiment: Experiment
    variant: Variant
    seed: int
    out: Path
    device: DeviceName

    @property
    def run(self) -> RunDir:
        """The folder of the run."""
        return RunDir(self.out / "runs" / f"{self.variant.name}_seed{self.seed}")

    @property
    def videos(self) -> Path:
        """The set that it is trained and tried on."""
        return self.out / "videos"

    def carry_out(self) -> None:
        """Train and evaluate; a finished run is left as it is."""
        fit(
            labeled=self.videos,
            unlabeled=[self.videos / "train"],
            out=self.run.path,
            method=self.variant.method,
            label_fraction=self.experiment.label_fraction,
            preset=self.experiment.preset,
            changes=self.variant.changes,
            seed=self.seed,
            device=self.device,
            flow_cache=self.out / "flow",
            packs=self.out / "packs",
        )

    def prepare(self) -> None:
        """Compute flow and pack videos, also those of the evaluation, for all trials alike."""
        setup = make_setup(
            self.run.path,
            preset=self.experiment.preset,
            config=None,
            changes=self.variant.changes,
            seed=self.seed,
            device=self.device,
            flow_cache=self.out / "flow",
            packs=self.out / "packs",
        )
        needs = choose_method(self.variant.method).needs
        inputs = read_inputs(
            self.videos, None, [self.videos / "train"], needs, split=1, device=self.device
        )
        prepare_materials(inputs, setup)
        assert inputs.labelled is not None
        for kind in {"frames", needs.teacher or "frames"}:
            pack_sides(inputs.labelled, setup.packer, kind, setup.settings.resize)


def run_experiment(
    experiment: Experiment,
    out: str | Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    num_jobs: int = 1,
    device: DeviceName = "auto",
) -> Iterator[Trial]:
    """Yield every trial when it is finished; those that were finished before come first.

    Safe to stop, to kill and to repeat, with more seeds too.

    Args:
        experiment: What to compare.
        out: Gets ``videos``, ``flow``, ``packs``, and a folder a trial under ``runs``.
        seeds: Each variant is trained with each.
        num_jobs: Trials side by side, in processes that share the cores; more than one writes what
            it has to say to ``RUN.log``. On a CPU two at a time finish sooner than one by one.
        device: Where networks run.

    Raises:
        ConfigError: There is no seed, or less than one job.
        MotionFitError: As `fit` raises; trials under way are finished first, no other is begun.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise ConfigError("seeds", list(seeds), "one or several different numbers")
    if num_jobs < 1:
        raise ConfigError("num_jobs", num_jobs, "at least 1")
    out = Path(out).absolute()
    trials = [
        Trial(experiment=experiment, variant=variant, seed=seed, out=out, device=device)
        for seed in seeds
        for variant in experiment.variants
    ]
    finished = [trial for trial in trials if trial.run.is_finished()]
    yield from finished
    left = [trial for trial in trials if trial not in finished]
    if not left:
        return
    generate_synthetic(out / "videos", **asdict(experiment.videos))
    for trial in left:
        if trial.seed == left[0].seed:
            trial.prepare()
    with Progress(experiment.name, unit="trial", total=len(left)) as progress:
        for trial in _carry_out(left, num_jobs):
            progress.advance(trial.run.path.name)
            yield trial


def _carry_out(trials: Sequence[Trial], num_jobs: int) -> Iterator[Trial]:
    if num_jobs == 1:
        for trial in trials:
            trial.carry_out()
            yield trial
        return
    cores_each = max(1, torch.get_num_threads() // num_jobs)
    with ProcessPoolExecutor(num_jobs, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(_carry_out_apart, trial, cores_each): trial for trial in trials}
        try:
            for future in as_completed(running):
                future.result()
                yield running[future]
        finally:
            pool.shutdown(cancel_futures=True)


def _carry_out_apart(trial: Trial, num_threads: int) -> None:
    """Carry out a trial in a process of its own."""
    torch.set_num_threads(num_threads)
    trial.run.make()
    with trial.run.path.with_suffix(".log").open("a", encoding="utf-8", buffering=1) as log:
        sys.stderr = log
        try:
            trial.carry_out()
        finally:
            sys.stderr = sys.__stderr__
