"""The tables of an experiment, as Markdown."""

import math
from collections.abc import Iterator, Sequence

from motionfit.experiments.plan import Experiment
from motionfit.experiments.results import RANDOM_INIT, STUDENT, Estimate, Losses, Results, Row
from motionfit.fit.markdown import lay_out

_SHOWN_K = (1, 5, 20)


def format_results(experiment: Experiment, results: Results, command: str) -> str:
    """Return the page of an experiment.

    Args:
        experiment: What was compared.
        results: What it came to.
        command: What made it.
    """
    rows = list(results.rows())
    videos, share = experiment.videos, 100 * experiment.label_fraction
    num_seeds = len(results.seeds)
    seeds = ", ".join(map(str, results.seeds))
    parts = [
        f"# {experiment.title}",
        f"Preset `{experiment.preset}`; {videos.num_train_per_class} training and "
        f"{videos.num_test_per_class} test videos a class; labels of {share:g} % of the training "
        f"videos, all of them as unlabelled source. Protocol xu, video level, in percent: mean ± "
        f"standard error over {num_seeds} seed{'' if num_seeds == 1 else 's'} ({seeds}).",
        f"    {command}",
        _format_rows(rows),
        _format_lead(rows),
        _format_losses(list(results.losses())),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _format_rows(rows: Sequence[Row]) -> str:
    head = ("encoder", *(f"R@{k}" for k in _SHOWN_K))
    lines = [(_name(row), *(_percent(row.recall[k]) for k in _SHOWN_K)) for row in rows]
    chance = [f"{100 * rows[0].chance[k]:.1f}" for k in _SHOWN_K] if rows else []
    return lay_out(head, [*lines, ("chance", *chance)])


def _name(row: Row) -> str:
    if row.encoder == RANDOM_INIT:
        return "random init"
    shown = "" if row.query_time == "forward" else f", query clips {row.query_time}"
    return f"{row.title}: {row.encoder}{shown}"


def _format_lead(rows: Sequence[Row]) -> str:
    students = [row for row in rows if row.encoder == STUDENT and row.query_time == "forward"]
    if not students:
        return ""
    first, *others = students
    untrained = [row for row in rows if row.encoder == RANDOM_INIT]
    lines = list(_leads(first, [*others, *untrained]))
    head = (f"{first.title}: student is ahead of", "R@1, points", "standard errors")
    return lay_out(head, lines) if lines else ""


def _leads(first: Row, others: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
    for other in others:
        lead = first.recall[1] - other.recall[1]
        times = lead.mean / lead.standard_error if lead.standard_error else math.inf
        yield _name(other), _percent(lead), "" if math.isnan(times) else f"{times:.1f}"


def _format_losses(losses: Sequence[Losses]) -> str:
    if not losses:
        return ""
    head = (
        "what each stage keeps",
        "R@1 of the teacher",
        "purity of pseudo-labels",
        "NMI with classes",
        "student's accuracy on them, held out",
        "R@1 of the student",
    )
    lines = [
        (
            loss.title,
            _percent(loss.teacher_recall),
            _percent(loss.purity),
            f"{loss.nmi.mean:.3f}",
            _percent(loss.student_accuracy),
            _percent(loss.student_recall),
        )
        for loss in losses
    ]
    return lay_out(head, lines)


def _percent(estimate: Estimate) -> str:
    error = estimate.standard_error
    spread = "" if math.isnan(error) else f" ± {100 * error:.1f}"
    return f"{100 * estimate.mean:.1f}{spread}"
