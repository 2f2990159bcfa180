"""The tables of an experiment, as Markdown."""

import math
from collections.abc import Sequence

from motionfit.experiments.collection import Collection
from motionfit.experiments.estimate import Estimate
from motionfit.experiments.plan import Experiment
from motionfit.experiments.results import Accuracy, Losses, Results, Row, Sight
from motionfit.fit.markdown import lay_out


def format_results(
    experiment: Experiment, collection: Collection, results: Results, command: str
) -> str:
    """Return the page of an experiment.

    Args:
        experiment: What was compared.
        collection: On which videos.
        results: What it came to.
        command: What made it.
    """
    rows = list(results.rows())
    num_seeds = len(results.seeds)
    parts = [
        f"# {experiment.title}",
        _describe(experiment, collection, results, rows),
        f"    {command}",
        _format_rows(rows, num_seeds, experiment.shown_k),
        _format_lead(experiment, rows, num_seeds),
        _format_losses(list(results.losses()), num_seeds),
        _format_sights(list(results.sights()), num_seeds),
        _format_accuracies(list(results.accuracies()), num_seeds),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _describe(
    experiment: Experiment, collection: Collection, results: Results, rows: Sequence[Row]
) -> str:
    """Return in words what was trained on what, and what the numbers are."""
    num_seeds = len(results.seeds)
    is_even = all(row.num_seeds == num_seeds for row in rows)
    of_fewer = "" if is_even else "; n where they are fewer"
    seeds = ", ".join(map(str, results.seeds))
    splits = ", ".join(map(str, collection.splits))
    over_splits = "" if len(collection.splits) == 1 else f" of the mean over splits {splits}"
    return (
        f"Preset `{experiment.preset}`{_format_changes(experiment)}; {collection.describe()}; "
        f"labels of {100 * experiment.label_fraction:g} % of the training videos, all of them as "
        f"unlabelled source. Protocol xu, video level, in percent: mean ± standard error over "
        f"{num_seeds} seed{'' if num_seeds == 1 else 's'} ({seeds}){of_fewer}{over_splits}."
    )


def _format_changes(experiment: Experiment) -> str:
    """Return what differs from the preset, and which variants have another one."""
    changes = ", ".join(f"`{name} = {value}`" for name, value in experiment.changes.items())
    others = ", ".join(
        f"`{variant.preset}` for {variant.title}"
        for variant in experiment.variants
        if variant.preset not in (None, experiment.preset)
    )
    with_changes = f" with {changes}" if changes else ""
    return with_changes + (f" ({others})" if others else "")


def _format_rows(rows: Sequence[Row], num_seeds: int, shown_k: Sequence[int]) -> str:
    if not rows:
        return "No variant is finished yet."
    head = ("encoder", *(f"R@{k}" for k in shown_k))
    lines = [
        (
            _name(row) + _fewer(row.num_seeds, num_seeds),
            *(_percent(row.recall[k]) for k in shown_k),
        )
        for row in rows
    ]
    chance = [f"{100 * rows[0].chance[k]:.1f}" for k in shown_k]
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


def _format_sights(sights: Sequence[Sight], num_seeds: int) -> str:
    if not sights:
        return ""
    head = (
        "what each stage keeps",
        "R@1 of the teacher",
        "motion that the student sees, held out",
        "R@1 of the student",
    )
    lines = [
        (
            sight.title + _fewer(sight.seen_motion.num_seeds, num_seeds),
            _percent(sight.teacher_recall),
            _percent(sight.seen_motion),
            _percent(sight.student_recall),
        )
        for sight in sights
    ]
    return lay_out(head, lines)


def _format_accuracies(accuracies: Sequence[Accuracy], num_seeds: int) -> str:
    if not accuracies:
        return ""
    lines = [
        (
            one.title + _fewer(one.top1.num_seeds, num_seeds),
            _percent(one.top1),
            _percent(one.top5),
        )
        for one in accuracies
    ]
    return lay_out(("fine-tuned", "top-1", "top-5"), lines)


def _percent(estimate: Estimate) -> str:
    error = estimate.standard_error
    spread = "" if math.isnan(error) else f" ± {100 * error:.1f}"
    return f"{100 * estimate.mean:.1f}{spread}"
