"""One page of Markdown about a finished run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from motionfit.errors import one_line
from motionfit.fit.curves import SIDES, draw_curves, read_curves
from motionfit.fit.evaluation import format_evaluation
from motionfit.fit.markdown import lay_out
from motionfit.fit.methods_table import choose_method
from motionfit.fit.result import FitResult, next_step
from motionfit.fit.run_dir import RunDir
from motionfit.labels.report_text import format_report_markdown
from motionfit.media.outcomes import FailedFile
from motionfit.methods.run_files import read_json, write_file
from motionfit.training.run_log import LOG_FILE

_CURVES = "curves.svg"


def format_run(run: RunDir, result: FitResult, facts: Mapping[str, Any]) -> str:
    """Return the page; the pictures that it shows are written beside what they are of.

    Args:
        run: The run, when everything but the page is there.
        result: What came out.
        facts: Settings and what else decided the result.
    """
    has_teacher = choose_method(result.method).needs.teacher is not None
    purpose, line = next_step(result)
    parts = [
        f"# MotionFit run: {result.method}",
        f"{purpose.capitalize()}:\n\n    {line}",
        *_describe_evaluation(result.evaluation),
        *_describe_videos(result),
        *_describe_training(run, run.teacher, "Teacher"),
        *_describe_labels(run, result.labels),
        *_describe_training(run, run.student, "Student" if has_teacher else "Training"),
        "## Settings",
        _table(("setting", "value"), facts.items()),
        "## Made by",
        _table(("what", "version"), _made_by(run).items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _describe_evaluation(evaluation: Mapping[str, Any] | None) -> Sequence[str]:
    return () if evaluation is None else ("## Retrieval", format_evaluation(evaluation))


def _describe_videos(result: FitResult) -> Sequence[str]:
    if not result.videos and not result.failed:
        return ()
    table = _table(("given", "number"), result.videos.items())
    return ("## Videos", table, _list_failed(result.failed))


def _describe_labels(run: RunDir, labels: Mapping[str, Any] | None) -> Sequence[str]:
    if labels is None:
        return ()
    picture = f"![Clips of some clusters]({_link(run, run.sheet)})"
    return ("## Pseudo-labels", format_report_markdown(labels), picture)


def _describe_training(run: RunDir, run_dir: Path, title: str) -> Sequence[str]:
    """Draw a training's curves; return the picture, and first, kept and last epoch as a table."""
    if not (run_dir / LOG_FILE).is_file():
        return ()
    curves = read_curves(run_dir)
    write_file(run_dir / _CURVES, draw_curves(curves).encode())
    columns = [(side, name) for side in SIDES for name in ("loss", "accuracy")]
    columns = [column for column in columns if curves.values(*column)]
    rows = [
        (
            f"{place + 1}, kept" if place == curves.kept else str(place + 1),
            *(f"{curves.values(*column)[place]:.3f}" for column in columns),
        )
        for place in sorted({0, curves.kept, len(curves.epochs) - 1})
    ]
    table = lay_out(("epoch", *(f"{side} {name}" for side, name in columns)), rows)
    return (f"## {title}", f"![Loss and accuracy]({_link(run, run_dir / _CURVES)})", table)


def _link(run: RunDir, path: Path) -> str:
    return path.relative_to(run.path).as_posix()


def _list_failed(failed: Sequence[FailedFile]) -> str:
    if not failed:
        return ""
    return "Not used:\n\n" + "\n".join(f"* {one_line(failure.message)}" for failure in failed)


def _made_by(run: RunDir) -> Mapping[str, str]:
    made_by: Mapping[str, str] = read_json(run.path / "run.json")["made_by"]
    return made_by


def _table(head: Sequence[str], rows: Any) -> str:
    return lay_out(head, [(str(name), str(value)) for name, value in rows])
