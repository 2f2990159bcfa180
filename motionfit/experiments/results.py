"""What trials came to, over seeds: means, standard errors, and how far one is ahead of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from motionfit.experiments.run import Trial
from motionfit.fit.curves import read_curves
from motionfit.fit.result import read_result

TEACHER, STUDENT, RANDOM_INIT = "teacher", "student", "random init"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number measured with several seeds.

    Attributes:
        values: One a seed.
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.values))

    @property
    def standard_error(self) -> float:
        """Of the mean: sample deviation over the root of the number of seeds; nan for one seed."""
        if len(self.values) < 2:
            return float("nan")
        return float(np.std(self.values, ddof=1) / np.sqrt(len(self.values)))

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the difference, seed by seed: both were measured with the same ones."""
        pairs = zip(self.values, other.values, strict=True)
        return Estimate(values=tuple(one - another for one, another in pairs))


@dataclass(frozen=True, kw_only=True)
class Row:
    """Retrieval by one encoder of one variant.

    Attributes:
        variant: Name of the variant.
        title: Of the variant.
        encoder: ``random init``, ``teacher`` or ``student``.
        query_time: How query clips were shown.
        recall: R@k by k.
        chance: What guessing comes to, by k.
    """

    variant: str
    title: str
    encoder: str
    query_time: str
    recall: dict[int, Estimate]
    chance: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Where a variant loses: from what the teacher knows to what the student has learnt.

    Attributes:
        title: Of the variant.
        teacher_recall: R@1 of the teacher, by what it sees itself.
        purity: Of the pseudo-labels against the true classes.
        nmi: Normalised mutual information of the two.
        student_accuracy: Share of pseudo-labels that the student names rightly, on held-out videos.
        student_recall: R@1 of the student.
    """

    title: str
    teacher_recall: Estimate
    purity: Estimate
    nmi: Estimate
    student_accuracy: Estimate
    student_recall: Estimate


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    trial: Trial
    evaluation: dict[str, Any]
    against_true_labels: dict[str, float] | None
    student_accuracy: float | None

    def recall(self, encoder: str, query_time: str = "forward") -> dict[str, float]:
        for row in self.evaluation["rows"]:
            if (row["encoder"], row["query_time"]) == (encoder, query_time):
                found: dict[str, float] = row["recall"]
                return found
        raise KeyError(encoder, query_time)


class Results:
    """Outcomes of finished trials; variants count that are finished with every seed given.

    Args:
        trials: Finished ones.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        outcomes = [_read(trial) for trial in trials]
        seeds = {outcome.trial.seed for outcome in outcomes}
        by_variant: dict[str, list[_Outcome]] = {}
        for outcome in sorted(outcomes, key=lambda outcome: outcome.trial.seed):
            by_variant.setdefault(outcome.trial.variant.name, []).append(outcome)
        self.seeds = tuple(sorted(seeds))
        self._by_variant = {
            name: of_seeds for name, of_seeds in by_variant.items() if len(of_seeds) == len(seeds)
        }

    def rows(self) -> Iterator[Row]:
        """Yield the encoders of every variant; those that have learnt nothing once only."""
        is_first = True
        for of_seeds in self._by_variant.values():
            for place, row in enumerate(of_seeds[0].evaluation["rows"]):
                if row["encoder"] == RANDOM_INIT and not is_first:
                    continue
                yield self._row(of_seeds, place)
            is_first = False

    def losses(self) -> Iterator[Losses]:
        """Yield, for every variant with pseudo-labels, what each stage keeps."""
        for of_seeds in self._by_variant.values():
            if any(outcome.against_true_labels is None for outcome in of_seeds):
                continue
            yield Losses(
                title=of_seeds[0].trial.variant.title,
                teacher_recall=_estimate(outcome.recall(TEACHER)["1"] for outcome in of_seeds),
                purity=_estimate((o.against_true_labels or {})["purity"] for o in of_seeds),
                nmi=_estimate((o.against_true_labels or {})["nmi"] for o in of_seeds),
                student_accuracy=_estimate(o.student_accuracy or 0.0 for o in of_seeds),
                student_recall=_estimate(outcome.recall(STUDENT)["1"] for outcome in of_seeds),
            )

    def _row(self, of_seeds: Sequence[_Outcome], place: int) -> Row:
        of_each = [outcome.evaluation["rows"][place] for outcome in of_seeds]
        one = of_each[0]
        variant = of_seeds[0].trial.variant
        return Row(
            variant=variant.name,
            title=variant.title,
            encoder=one["encoder"],
            query_time=one["query_time"],
            recall={int(k): _estimate(row["recall"][k] for row in of_each) for k in one["recall"]},
            chance={int(k): share for k, share in one["chance"].items()},
        )


def _estimate(values: Iterator[float]) -> Estimate:
    return Estimate(values=tuple(values))


def _read(trial: Trial) -> _Outcome:
    result = read_result(trial.run)
    assert result.evaluation is not None
    curves = read_curves(trial.run.student) if result.labels else None
    accuracies = [] if curves is None else curves.values("validation", "accuracy")
    return _Outcome(
        trial=trial,
        evaluation=result.evaluation,
        against_true_labels=(result.labels or {}).get("against_true_labels"),
        student_accuracy=accuracies[curves.kept] if curves and accuracies else None,
    )
