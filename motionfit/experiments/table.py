"""The tables of an experiment, as Markdown."""

import math
from collections.abc import Sequence

from motionfit.experiments.plan import Experiment
from motionfit.experiments.results import Estimate, Losses, Results, Row
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
    is_even = all(row.num_seeds == num_seeds for row in rows)
    of_fewer = "" if is_even else "; n where they are fewer"
    parts = [
        f"# {experiment.title}",
        f"Preset `{experiment.preset}`; {videos.num_train_per_class} training and "
        f"{videos.num_test_per_class} test videos a class; labels of {share:g} % of the training "
        f"videos, all of them as unlabelled source. Protocol xu, video level, in percent: mean ± "
        f"standard error over {num_seeds} seed{'' if num_seeds == 1 else 's'} ({seeds}){of_fewer}.",
        f"    {command}",
        _format_rows(rows, num_seeds),
        _format_lead(experiment, rows, num_seeds),
        _format_losses(list(results.losses()), num_seeds),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _format_rows(rows: Sequence[Row], num_seeds: int) -> str:
    if not rows:
        return "No variant is finished yet."
    head = ("encoder", *(f"R@{k}" for k in _SHOWN_K))
    lines = [
        (
            _name(row) + _fewer(row.num_seeds, num_seeds),
            *(_percent(row.recall[k]) for k in _SHOWN_K),
        )
        for row in rows
    ]
    chance = [f"{100 * rows[0].chance[k]:.1f}" for k in _SHOWN_K]
    return lay_out(head, [*lines, ("chance", *chance)])


def _name(row: Row) -> str:
    shown = "" if row.query_time == "forward" else f", query clips {row.query_time}"
    return f"{row.title}: {row.encoder}{shown}" if row.title else f"{row.encoder}{shown}"


def _fewer(number: int, num_seeds: int) -> str:
    return "" if number == num_seeds else f" (n = {number})"


def _format_lead(experiment: Experiment, rows: Sequence[Row], num_seeds: int) -> str:
    """Return how far the variant that the experiment is about is ahead, where it is finished."""
    compared = [row for row in rows if row.query_time == "forward"]
    first = [row for row in compared if row.is_outcome][:1]
    if not first or first[0].title != experiment.variants[0].title:
        return ""
    others = [row for row in compared if row.is_outcome or not row.has_learnt]
    leads = [(other, first[0].recall[1] - other.recall[1]) for other in others]
    lines = [
        _lead(_name(other), lead, num_seeds)
        for other, lead in leads
        if other is not first[0] and lead.num_seeds
    ]
    head = (f"{_name(first[0])} is ahead of", "R@1, points", "standard errors")
    return lay_out(head, lines) if lines else ""


def _lead(name: str, lead: Estimate, num_seeds: int) -> tuple[str, str, str]:
    error = lead.standard_error
    # One seed has no error, and seeds that all say the same have none either.
    times = f"{lead.mean / error:.1f}" if error > 0 else ""
    return name + _fewer(lead.num_seeds, num_seeds), _percent(lead), times


def _format_losses(losses: Sequence[Losses], num_seeds: int) -> str:
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
            loss.title + _fewer(loss.purity.num_seeds, num_seeds),
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
