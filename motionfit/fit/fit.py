"""The recipe from videos to an encoder."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError, RunFileError
from motionfit.fit.inputs import FitInputs, read_inputs
from motionfit.fit.packs import Packs
from motionfit.fit.presets import choose_settings
from motionfit.fit.report import Evaluate, format_run, index_line
from motionfit.fit.run_dir import RunDir
from motionfit.fit.settings import FitSettings
from motionfit.fit.stages import Stages
from motionfit.flow.settings import FlowSettings
from motionfit.media.outcomes import FailedFile
from motionfit.methods.run_files import read_json, write_file, write_json_file


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What a run of the recipe came to.

    Attributes:
        encoder: The student's checkpoint, for ``--encoder``.
        report: One page about the run.
        labels: Of the pseudo-labels; see `report_pseudo_labels`.
        videos: Numbers of videos, by what they served for.
        failed: Videos that could not be used.
        seconds: Of this call; 0 where the run was finished before.
        was_finished: Nothing was left to do.
    """

    encoder: Path
    report: Path
    labels: dict[str, Any]
    videos: dict[str, int]
    failed: tuple[FailedFile, ...]
    seconds: float
    was_finished: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "encoder": str(self.encoder), "report": str(self.report)}

    def to_text(self) -> str:
        """Return the result for a person."""
        counts = ", ".join(f"{number} {name}" for name, number in self.videos.items())
        how_long = "finished before" if self.was_finished else f"{self.seconds:.0f} s"
        lines = [
            f"{self.encoder}: trained ({how_long}) with videos: {counts}",
            f"  report: {self.report}",
            f"  index with: {index_line(self.encoder)}",
            *(f"  failed: {failure.message}" for failure in self.failed),
        ]
        return "\n".join(lines) + "\n"


def fit(
    *,
    labeled: str | Path | None = None,
    teacher: str | Path | None = None,
    unlabeled: Iterable[str | Path],
    out: str | Path,
    split: int = 1,
    preset: str = "small",
    config: str | Path | None = None,
    seed: int = 0,
    flow_cache: str | Path | None = None,
    device: DeviceName = "auto",
    evaluate: Evaluate | None = None,
) -> FitResult:
    """Train an encoder that tells videos apart by what moves; continue what was begun in ``out``.

    Safe to stop, to kill and to repeat: what is finished is not done again.

    Args:
        labeled: Folder or CSV file of a labelled data set; only the train side of the split is
            looked at.
        teacher: A ready motion model instead; no labels are needed then.
        unlabeled: Files and folders of videos.
        out: The run's folder; see `RunDir`.
        split: Of the data set.
        preset: One of `PRESET_NAMES`.
        config: A TOML file whose table ``[fit]`` changes single values.
        seed: Of all that is drawn.
        flow_cache: Where flow is kept; None is in ``out``. A cache may serve several runs.
        device: Where networks run.
        evaluate: Returns a section of the report, given the checkpoints by what they are
            (``teacher``, ``student``); None leaves it out.

    Raises:
        RunMismatchError: ``out`` was begun with other settings or videos.
        MotionFitError: As `read_inputs`, `choose_settings` and the stages raise.
    """
    started = time.monotonic()
    settings = choose_settings(preset, config)
    if not 0 <= seed < 2**31:
        raise ConfigError("seed", seed, "from 0 to 2147483647")
    inputs = read_inputs(labeled, teacher, unlabeled, split=split, device=device)
    run = RunDir(Path(out))
    identity = {**settings.to_dict(), "seed": seed, **inputs.identity()}
    run.check_same(identity)
    if run.is_finished():
        return _read_result(run)
    run.make()
    stages = Stages(run=run, inputs=inputs, settings=settings, seed=seed, device=device)
    cache = run.flow if flow_cache is None else Path(flow_cache)
    flow, failed = stages.make_flow(cache)
    packs = stages.pack(cache, flow)
    stages.check_enough(packs)
    # Flow and packs know themselves again, trainings do not: from here on settings are fixed.
    run.describe(identity, preset=preset)
    of_teacher = stages.have_teacher(packs)
    labels = stages.have_labels(of_teacher, packs)
    stages.keep(stages.have_student(labels, packs))
    result = FitResult(
        encoder=run.encoder,
        report=run.report,
        labels=stages.recipe.read_label_report(),
        videos=_count(inputs, packs),
        failed=_each_once([*failed, *packs.failed]),
        seconds=round(time.monotonic() - started, 3),
    )
    checkpoints = {"teacher": Path(of_teacher.source), "student": run.encoder}
    section = "" if evaluate is None else evaluate(checkpoints)
    facts = _facts(preset, seed, flow, settings)
    page = format_run(run, result.labels, result.videos, result.failed, facts, section)
    write_file(run.report, page.encode(errors="surrogateescape"))
    write_json_file(run.result, result.to_json())
    return result


def _read_result(run: RunDir) -> FitResult:
    values = read_json(run.result)
    try:
        return FitResult(
            encoder=run.encoder,
            report=run.report,
            labels=values["labels"],
            videos=values["videos"],
            failed=tuple(FailedFile(**failure) for failure in values["failed"]),
            seconds=0.0,
            was_finished=True,
        )
    except (KeyError, TypeError) as error:
        raise RunFileError(run.result, f"it is damaged ({error}); remove it") from error


def _count(inputs: FitInputs, packs: Packs) -> dict[str, int]:
    counts = {"unlabelled": packs.unlabelled_frames.num_videos}
    if packs.labelled_flow is not None and inputs.labelled is not None:
        classes = len({video.label for video in inputs.labelled.train})
        counts = {"labelled": packs.labelled_flow.num_videos, "classes": classes, **counts}
    return counts


def _each_once(failures: Iterable[FailedFile]) -> tuple[FailedFile, ...]:
    by_path: dict[str, FailedFile] = {}
    for failure in failures:
        by_path.setdefault(failure.path, failure)
    return tuple(by_path.values())


def _facts(preset: str, seed: int, flow: FlowSettings, settings: FitSettings) -> dict[str, Any]:
    return {
        "preset": preset,
        "seed": seed,
        "flow": f"{flow.method}, bound {flow.bound:g} px",
        **settings.to_dict(),
    }
