"""What trials came to, over seeds: means, standard errors, and how far one is ahead of another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from motionfit.experiments.trial import Trial
from motionfit.fit.curves import read_curves
from motionfit.fit.result import read_result
from motionfit.fit.trainings import RANDOM_INIT

TEACHER = "teacher"


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
        title: Of the variant.
        encoder: ``random init``, ``teacher``, ``student`` and so on.
        query_time: How query clips were shown.
        is_outcome: It is the encoder that the variant is about, with clips as they were filmed.
        recall: R@k by k.
        chance: What guessing comes to, by k.
    """

    title: str
    encoder: str
    query_time: str
    is_outcome: bool
    recall: dict[int, Estimate]
    chance: dict[int, float]

    @property
    def has_learnt(self) -> bool:
        """Whether any training went into it."""
        return self.encoder != RANDOM_INIT


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


class Results:
    """Outcomes of finished trials; variants count that are finished with every seed given.

    Args:
        trials: Finished ones of one experiment, in any order.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.seeds = tuple(sorted({trial.seed for trial in trials}))
        outcomes = {(trial.variant.name, trial.seed): _Outcome(trial) for trial in trials}
        self._by_variant = [
            [outcomes[variant.name, seed] for seed in self.seeds]
            for variant in (trials[0].experiment.variants if trials else ())
            if all((variant.name, seed) in outcomes for seed in self.seeds)
        ]

    def rows(self) -> Iterator[Row]:
        """Yield the encoders of every variant, but none twice.

        Those that have learnt nothing are alike, and a teacher is shown where it was trained.
        """
        has_untrained = False
        for of_seeds in self._by_variant:
            is_teacher_borrowed = of_seeds[0].trial.teacher is not None
            for place in range(len(of_seeds[0].rows)):
                row = _row(of_seeds, place)
                is_known = has_untrained if not row.has_learnt else is_teacher_borrowed
                if not is_known or row.encoder not in (RANDOM_INIT, TEACHER):
                    yield row
            has_untrained = True

    def losses(self) -> Iterator[Losses]:
        """Yield, for every variant whose pseudo-labels can be judged, what each stage keeps."""
        for of_seeds in self._by_variant:
            if not all(outcome.knows_classes for outcome in of_seeds):
                continue
            yield Losses(
                title=of_seeds[0].trial.variant.title,
                teacher_recall=_estimate(outcome.recall_of(TEACHER) for outcome in of_seeds),
                purity=_estimate(outcome.label_quality("purity") for outcome in of_seeds),
                nmi=_estimate(outcome.label_quality("nmi") for outcome in of_seeds),
                student_accuracy=_estimate(outcome.student_accuracy() for outcome in of_seeds),
                student_recall=_estimate(
                    outcome.recall_of(outcome.encoder) for outcome in of_seeds
                ),
            )


class _Outcome:
    """What a trial has left on the disk."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        result = read_result(trial.run)
        assert result.evaluation is not None  # the built-in set has a test side
        self.rows: list[dict[str, Any]] = result.evaluation["rows"]
        self._against_classes = (result.labels or {}).get("against_true_labels")

    @property
    def encoder(self) -> str:
        """What the encoder that came out is called."""
        name: str = self.rows[-1]["encoder"]
        return name

    @property
    def knows_classes(self) -> bool:
        """Whether there are pseudo-labels, of videos whose classes are known."""
        return self._against_classes is not None

    def recall_of(self, encoder: str) -> float:
        """Return R@1, query clips as they were filmed."""
        found = [row for row in self.rows if row["encoder"] == encoder]
        return float(found[0]["recall"]["1"])

    def label_quality(self, name: str) -> float:
        """Return how well pseudo-labels agree with classes."""
        assert self._against_classes is not None
        return float(self._against_classes[name])

    def student_accuracy(self) -> float:
        """Return the share of pseudo-labels that the student names rightly, of held-out videos."""
        curves = read_curves(self.trial.run.student)
        return curves.values("validation", "accuracy")[curves.kept]


def _row(of_seeds: Sequence[_Outcome], place: int) -> Row:
    of_each = [outcome.rows[place] for outcome in of_seeds]
    one = of_each[0]
    return Row(
        title=of_seeds[0].trial.variant.title,
        encoder=one["encoder"],
        query_time=one["query_time"],
        is_outcome=one["encoder"] == of_seeds[0].encoder and one["query_time"] == "forward",
        recall={int(k): _estimate(row["recall"][k] for row in of_each) for k in one["recall"]},
        chance={int(k): share for k, share in one["chance"].items()},
    )


def _estimate(values: Iterable[float]) -> Estimate:
    return Estimate(values=tuple(values))
