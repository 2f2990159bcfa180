"""What trials came to, over seeds: means, standard errors, and how far one is ahead of another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from motionfit.encoders.spec import EncoderSpec
from motionfit.experiments.trial import Trial
from motionfit.fit.curves import read_curves
from motionfit.fit.result import read_result
from motionfit.fit.trainings import RANDOM_INIT

TEACHER = "teacher"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number measured with several seeds.

    Attributes:
        by_seed: Its values.
    """

    by_seed: Mapping[int, float]

    @property
    def num_seeds(self) -> int:
        """How often it was measured."""
        return len(self.by_seed)

    @property
    def mean(self) -> float:
        """Mean over seeds; nan without any."""
        return float(np.mean(self._values)) if self.num_seeds else float("nan")

    @property
    def standard_error(self) -> float:
        """Of the mean: sample deviation over the root of the number of seeds; nan for one seed."""
        if self.num_seeds < 2:
            return float("nan")
        return float(np.std(self._values, ddof=1) / np.sqrt(self.num_seeds))

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the difference, seed by seed, of the seeds that both were measured with."""
        common = self.by_seed.keys() & other.by_seed.keys()
        return Estimate(by_seed={seed: self.by_seed[seed] - other.by_seed[seed] for seed in common})

    @property
    def _values(self) -> list[float]:
        return list(self.by_seed.values())


@dataclass(frozen=True, kw_only=True)
class Row:
    """Retrieval by one encoder of one variant.

    Attributes:
        title: Of the variant; empty for what has learnt nothing and is the same for most.
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
    def num_seeds(self) -> int:
        """Seeds that it was measured with."""
        return next(iter(self.recall.values())).num_seeds

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
    """Outcomes of finished trials, of each variant with the seeds that it is finished with.

    Args:
        trials: Finished ones of one experiment, in any order.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.seeds = tuple(sorted({trial.seed for trial in trials}))
        outcomes = {(trial.variant.name, trial.seed): _Outcome(trial) for trial in trials}
        of_each = (
            [
                outcomes[variant.name, seed]
                for seed in self.seeds
                if (variant.name, seed) in outcomes
            ]
            for variant in (trials[0].experiment.variants if trials else ())
        )
        self._by_variant = [of_seeds for of_seeds in of_each if of_seeds]

    def rows(self) -> Iterator[Row]:
        """Yield the encoders of every variant, but none twice.

        Those that have learnt nothing are alike where they see the same clips, and a teacher is
        shown where it was trained.
        """
        untrained: list[EncoderSpec] = []
        for of_seeds in self._by_variant:
            trial = of_seeds[0].trial
            spec = trial.settings.student_spec
            shown = {RANDOM_INIT} if spec in untrained else set()
            shown |= {TEACHER} if trial.teacher is not None else set()
            for place in range(len(of_seeds[0].rows)):
                row = _row(of_seeds, place)
                if row.encoder in shown:
                    continue
                is_common = not row.has_learnt and not untrained
                yield replace(row, title="") if is_common else row
            if spec not in untrained:
                untrained.append(spec)

    def losses(self) -> Iterator[Losses]:
        """Yield, for every variant whose pseudo-labels can be judged, what each stage keeps."""
        for of_seeds in self._by_variant:
            if all(outcome.knows_classes for outcome in of_seeds):
                yield _losses(of_seeds)


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
    first = of_seeds[0]
    one = first.rows[place]
    return Row(
        title=first.trial.variant.title,
        encoder=one["encoder"],
        query_time=one["query_time"],
        is_outcome=one["encoder"] == first.encoder and one["query_time"] == "forward",
        recall={
            int(k): Estimate(
                by_seed={one.trial.seed: one.rows[place]["recall"][k] for one in of_seeds}
            )
            for k in one["recall"]
        },
        chance={int(k): share for k, share in one["chance"].items()},
    )


def _losses(of_seeds: Sequence[_Outcome]) -> Losses:
    def estimate(measure: Callable[[_Outcome], float]) -> Estimate:
        return Estimate(by_seed={outcome.trial.seed: measure(outcome) for outcome in of_seeds})

    return Losses(
        title=of_seeds[0].trial.variant.title,
        teacher_recall=estimate(lambda outcome: outcome.recall_of(TEACHER)),
        purity=estimate(lambda outcome: outcome.label_quality("purity")),
        nmi=estimate(lambda outcome: outcome.label_quality("nmi")),
        student_accuracy=estimate(_Outcome.student_accuracy),
        student_recall=estimate(lambda outcome: outcome.recall_of(outcome.encoder)),
    )
