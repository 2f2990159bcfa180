"""From videos to an encoder: inputs, flow, packs, method, evaluation, report."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.shipped import DEFAULT_TEACHER, shipped_path
from motionfit.fit.evaluation import evaluate_run
from motionfit.fit.inputs import FitInputs, read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import Method, choose_method
from motionfit.fit.report import format_run
from motionfit.fit.result import FitResult, read_result
from motionfit.fit.setup import Setup, make_setup
from motionfit.fit.trainings import RANDOM_INIT, Encoders
from motionfit.methods.model import write_encoder
from motionfit.methods.random_init import make_random_init
from motionfit.methods.run_files import read_json, write_file, write_json_file


def fit(
    *,
    labeled: str | Path | None = None,
    teacher: str | Path | None = None,
    start: str | Path | None = None,
    unlabeled: Iterable[str | Path] = (),
    out: str | Path,
    method: str | None = None,
    split: int = 1,
    tuning: bool = False,
    label_fraction: float = 1.0,
    preset: str | None = None,
    config: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
    flow_cache: str | Path | None = None,
    packs: str | Path | None = None,
    evaluation: bool = True,
    device: DeviceName = "auto",
) -> FitResult:
    """Train an encoder; by default one that tells videos apart by what moves.

    Safe to stop, to kill and to repeat: what is finished is not done again.

    Args:
        labeled: Folder or CSV file of a labelled data set. Trainings see the train side of the
            split; the test side has the queries of the evaluation.
        teacher: A ready teacher instead; labels then serve the evaluation alone, if the method has
            no other use for them.
        start: An encoder to start from, of the same architecture; of ``motionfit_plus`` alone. It
            has learnt from a teacher: give that one too, or its last layer has to be unlearnt.
        unlabeled: Files and folders of videos; not needed by all methods. Test videos of the split
            among them, also copies of such, are left out: no training sees them.
        out: The run's folder, made or continued; see `RunDir`.
        method: One of `METHOD_NAMES`; None is ``motionfit``, and where there are neither labels nor
            a teacher, ``motionfit_plus`` with the teacher that comes with the program.
        split: Of the data set.
        tuning: Leave the test side alone: three in ten of the training videos, whole sources, serve
            as queries instead, to choose settings by.
        label_fraction: Share of the labels of each class that may be learnt from; the evaluation
            knows all. The seed decides which.
        preset: One of `PRESET_NAMES`; None is the one that the method is made for.
        config: A TOML file whose table ``[fit]`` changes single values.
        changes: Values of `FitSettings` by name, on top of both.
        seed: Of all that is drawn.
        flow_cache: Where flow is kept; None is in ``out``. Several runs may share one, as they may
            the packs.
        packs: Where packed videos are kept; None is in ``out``.
        evaluation: Measure retrieval where the data set has a test side.
        device: Where networks run.

    Raises:
        RunMismatchError: ``out`` was begun with other settings or videos.
        RunLockedError: Another process works in it.
        MotionFitError: As `read_inputs`, `choose_settings` and the stages raise.
    """
    if method in (None, "motionfit_plus") and labeled is None and teacher is None:
        method, teacher = "motionfit_plus", shipped_path(DEFAULT_TEACHER)
    chosen = choose_method(method or "motionfit")
    setup = make_setup(
        out,
        preset=preset or chosen.preset,
        config=config,
        changes=changes,
        seed=seed,
        label_fraction=label_fraction,
        flow_cache=flow_cache,
        packs=packs,
        device=device,
    )
    chosen.check_settings(setup.settings)
    inputs = read_inputs(
        labeled,
        teacher,
        unlabeled,
        chosen.needs,
        split=split,
        tuning=tuning,
        start=start,
        device=device,
    )
    with_evaluation = evaluation and inputs.can_evaluate
    plan = _Plan(method=chosen, inputs=inputs, setup=setup, with_evaluation=with_evaluation)
    finished = plan.read_finished()
    if finished is not None:
        return finished
    with setup.locked():
        # Until now another process may have worked here.
        return plan.read_finished() or plan.carry_out()


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is to be done, after everything that is cheap to check was checked."""

    method: Method
    inputs: FitInputs
    setup: Setup
    with_evaluation: bool

    @property
    def identity(self) -> dict[str, Any]:
        """Return what a run cannot be continued without."""
        settings = self.setup.settings.to_dict()
        what: dict[str, Any] = {"method": self.method.name, **settings, "seed": self.setup.seed}
        if self.inputs.labelled_kinds:
            what["label_fraction"] = self.setup.label_fraction
        return {**what, **self.inputs.identity()}

    def read_finished(self) -> FitResult | None:
        """Return what came out, if nothing is left to do.

        Raises:
            RunMismatchError: The run is another one.
        """
        self.setup.run.check_same(self.identity)
        if not self.setup.run.is_finished():
            return None
        result = read_result(self.setup.run)
        return result if self._has_evaluation(result) else None

    def _has_evaluation(self, result: FitResult) -> bool:
        if not self.with_evaluation:
            return True
        evaluated = (result.evaluation or {}).get("identity")
        return bool(evaluated == self.inputs.evaluation_identity())

    def carry_out(self) -> FitResult:
        """Do what is not done yet."""
        started = time.monotonic()
        run = self.setup.run
        materials = prepare_materials(self.inputs, self.setup)
        self.method.check(materials)
        # Flow and packs know themselves again; from here on settings are fixed.
        run.describe(self.identity, preset=self.setup.preset)
        encoders = self.method.train(materials)
        *_, encoder = encoders.values()
        write_encoder(encoder, run.encoder)
        result = FitResult(
            method=self.method.name,
            encoder=run.encoder,
            report=run.report,
            labels=read_json(run.label_report) if self.method.makes_labels else None,
            evaluation=self._evaluate(encoders) if self.with_evaluation else None,
            videos=materials.num_videos,
            failed=tuple(self.setup.packer.failed.values()),
            seconds=round(time.monotonic() - started, 3),
        )
        page = format_run(run, result, self._facts())
        write_file(run.report, page.encode(errors="surrogateescape"))
        write_json_file(run.result, result.to_json())
        return result

    def _evaluate(self, encoders: Encoders) -> dict[str, Any]:
        assert self.inputs.labelled is not None
        setup = self.setup
        untrained = make_random_init(
            setup.settings.student_spec,
            setup.run.random_init,
            seed=setup.seed,
            device=setup.device,
        )
        every = {RANDOM_INIT: untrained, **encoders}
        evaluation = evaluate_run(every, self.inputs.labelled, self.setup.packer)
        return {**evaluation, "identity": self.inputs.evaluation_identity()}

    def _facts(self) -> dict[str, Any]:
        flow = self.setup.packer.flow
        teacher, start = self.inputs.teacher, self.inputs.start
        known = {
            "flow": None if flow is None else f"{flow.method}, bound {flow.bound:g} px",
            "teacher, given ready": None if teacher is None else teacher.description,
            "started from": None if start is None else start.description,
        }
        given = {name: value for name, value in known.items() if value is not None}
        begun = {
            "preset": self.setup.preset,
            "seed": self.setup.seed,
            "label fraction": self.setup.label_fraction,
        }
        return {**begun, **given, **self.setup.settings.to_dict()}
