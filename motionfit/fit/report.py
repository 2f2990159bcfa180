"""One page of Markdown about a finished run."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from motionfit.errors import one_line
from motionfit.fit.run_dir import RunDir, read_json
from motionfit.labels.report_text import format_report_markdown
from motionfit.media.outcomes import FailedFile
from motionfit.training.run_log import LOG_FILE

Evaluate = Callable[[Mapping[str, Path]], str]
"""Checkpoints by what they are (``teacher``, ``student``) to a section of Markdown."""

_MAX_EPOCHS_SHOWN = 12
_COLUMNS = (
    ("training", "loss"),
    ("training", "accuracy"),
    ("validation", "loss"),
    ("validation", "accuracy"),
)


def format_run(
    run: RunDir,
    labels: Mapping[str, Any],
    videos: Mapping[str, int],
    failed: Sequence[FailedFile],
    facts: Mapping[str, Any],
    section: str,
) -> str:
    """Return the page.

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
        format_curve(run.teacher)
        if has_teacher_curve
        else "It was given ready; nothing was trained.",
        "## Pseudo-labels",
        format_report_markdown(labels),
        f"![Clips of some clusters]({run.sheet.relative_to(run.path).as_posix()})",
        "## Student",
        format_curve(run.student),
        "## Settings",
        _table(("setting", "value"), facts.items()),
        "## Made by",
        _table(("what", "version"), _made_by(run).items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def index_line(encoder: Path) -> str:
    """Return the command that uses an encoder."""
    return f"motionfit index VIDEOS --encoder {shlex.quote(str(encoder))}"


def format_curve(run_dir: Path) -> str:
    """Return a training's epochs as a table; of many only some, the best one always.

    Args:
        run_dir: Of the training.
    """
    epochs = _read_epochs(run_dir)
    losses = [_number(epoch, "validation", "loss") for epoch in epochs]
    best = min(range(len(epochs)), key=lambda place: losses[place])
    step = max(1, -(-len(epochs) // _MAX_EPOCHS_SHOWN))
    shown = sorted({*range(0, len(epochs), step), best, len(epochs) - 1})
    head = ("epoch", *(f"{side} {name}" for side, name in _COLUMNS))
    rows = [
        (
            f"{place + 1}, kept" if place == best else str(place + 1),
            *(f"{_number(epochs[place], side, name):.3f}" for side, name in _COLUMNS),
        )
        for place in shown
    ]
    return _lay_out(head, rows)


def _read_epochs(run_dir: Path) -> list[dict[str, Any]]:
    with (run_dir / LOG_FILE).open(encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return [record for record in records if record["event"] == "epoch"]


def _number(epoch: Mapping[str, Any], side: str, name: str) -> float:
    return float((epoch.get(side) or {}).get(name, float("nan")))


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
