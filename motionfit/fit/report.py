"""One page of Markdown about a finished run."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from motionfit.errors import one_line
from motionfit.fit.curves import SIDES, draw_curves, read_curves
from motionfit.fit.run_dir import RunDir
from motionfit.labels.report_text import format_report_markdown
from motionfit.media.outcomes import FailedFile
from motionfit.methods.run_files import read_json, write_file
from motionfit.training.run_log import LOG_FILE

Evaluate = Callable[[Mapping[str, Path]], str]
"""Checkpoints by what they are (``teacher``, ``student``) to a section of Markdown."""

_CURVES = "curves.svg"


def format_run(
    run: RunDir,
    labels: Mapping[str, Any],
    videos: Mapping[str, int],
    failed: Sequence[FailedFile],
    facts: Mapping[str, Any],
    section: str,
) -> str:
    """Return the page; the pictures that it shows are written beside what they are of.

    Args:
        run: The finished run.
        labels: The report of its pseudo-labels.
        videos: Numbers of videos, by what they served for.
        failed: Videos that could not be used.
        facts: Settings and what else decided the result.
        section: What was found when the encoders were tried; empty for nothing.
    """
    has_teacher_curve = (run.teacher / LOG_FILE).is_file()
    parts = [
        "# MotionFit run",
        f"Index with this encoder:\n\n    {index_line(run.encoder)}",
        section,
        "## Videos",
        _table(("videos", "number"), videos.items()),
        _list_failed(failed),
        "## Teacher",
        _describe_training(run, run.teacher)
        if has_teacher_curve
        else "It was given ready; nothing was trained.",
        "## Pseudo-labels",
        format_report_markdown(labels),
        f"![Clips of some clusters]({_link(run, run.sheet)})",
        "## Student",
        _describe_training(run, run.student),
        "## Settings",
        _table(("setting", "value"), facts.items()),
        "## Made by",
        _table(("what", "version"), _made_by(run).items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def index_line(encoder: Path) -> str:
    """Return the command that uses an encoder."""
    return f"motionfit index VIDEOS --encoder {shlex.quote(str(encoder))}"


def _describe_training(run: RunDir, run_dir: Path) -> str:
    """Draw a training's curves; return the picture, and first, kept and last epoch as a table."""
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
    table = _lay_out(("epoch", *(f"{side} {name}" for side, name in columns)), rows)
    return f"![Loss and accuracy]({_link(run, run_dir / _CURVES)})\n\n{table}"


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
    return _lay_out(head, [(str(name), str(value)) for name, value in rows])


def _lay_out(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
