"""What trials came to, over splits and seeds: retrieval, where it is lost, accuracy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from motionfit.encoders.spec import EncoderSpec
from motionfit.experiments.estimate import Estimate
from motionfit.experiments.outcome import Outcome, Repeats
from motionfit.experiments.trial import Trial
from motionfit.fit.trainings import RANDOM_INIT

TEACHER = "teacher"


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


@dataclass(frozen=True, kw_only=True)
class Sight:
    """Where a student of local motion loses.

    Attributes:
        title: Of the variant.
        teacher_recall: R@1 of the teacher, by what it sees itself.
        seen_motion: Share of the flow that the student sees, of held-out videos.
        student_recall: R@1 of the student.
    """

    title: str
    teacher_recall: Estimate
    seen_motion: Estimate
    student_recall: Estimate


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How much a variant names rightly after fine-tuning.

    Attributes:
        title: Of the variant.
        top1: Share of the test videos whose class it names.
        top5: Share whose class is among its five likeliest.
    """

    title: str
    top1: Estimate
    top5: Estimate


class Results:
    """Outcomes of finished trials, of each variant with the seeds that it is finished with.

    A seed counts where all splits are finished; its number is then the mean over them.

    Args:
        trials: Finished ones of one experiment, in any order.
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        outcomes = {
            (trial.variant.name, trial.seed, trial.split): Outcome(trial) for trial in trials
        }
        splits = trials[0].collection.splits if trials else ()
        seeds = sorted({trial.seed for trial in trials})
        self._by_variant: list[Repeats] = []
        for variant in trials[0].experiment.variants if trials else ():
            by_seed = {}
            for seed in seeds:
                places = [(variant.name, seed, split) for split in splits]
                if all(place in outcomes for place in places):
                    by_seed[seed] = [outcomes[place] for place in places]
            if by_seed:
                self._by_variant.append(Repeats(by_seed))
        self.seeds = tuple(sorted({seed for one in self._by_variant for seed in one.by_seed}))

    def rows(self) -> Iterator[Row]:
        """Yield the encoders of every variant, but none twice.

        Those that have learnt nothing are alike where they see the same clips, and a teacher is
        shown where it was trained.
        """
        untrained: list[EncoderSpec] = []
        for repeats in self._by_variant:
            trial = repeats.first.trial
            spec = trial.settings.student_spec
            shown = {RANDOM_INIT} if spec in untrained else set()
            shown |= {TEACHER} if trial.teacher is not None else set()
            for place in range(len(repeats.first.rows)):
                row = _row(repeats, place)
                if row.encoder in shown:
                    continue
                is_common = not row.has_learnt and not untrained
                yield replace(row, title="") if is_common else row
            if spec not in untrained:
                untrained.append(spec)

    def losses(self) -> Iterator[Losses]:
        """Yield, for every variant whose pseudo-labels can be judged, what each stage keeps."""
        for repeats in self._by_variant:
            if repeats.all_know_classes:
                yield _losses(repeats)

    def sights(self) -> Iterator[Sight]:
        """Yield, for every variant whose student learns flow, how much of it it sees."""
        for repeats in self._by_variant:
            if repeats.first.sees_flow:
                yield Sight(
                    title=repeats.first.trial.variant.title,
                    teacher_recall=repeats.estimate(lambda one: one.recall_of(TEACHER)),
                    seen_motion=repeats.estimate(Outcome.seen_motion),
                    student_recall=repeats.estimate(lambda one: one.recall_of(one.encoder)),
                )

    def accuracies(self) -> Iterator[Accuracy]:
        """Yield, for every variant that is fine-tuned, how much it names rightly afterwards."""
        for repeats in self._by_variant:
            if repeats.first.trial.variant.finetuned is not None:
                yield _accuracy(repeats)


def _row(repeats: Repeats, place: int) -> Row:
    first = repeats.first
    row = first.rows[place]

    def recall(k: str) -> Callable[[Outcome], float]:
        return lambda one: one.rows[place]["recall"][k]

    def chance(k: str) -> Callable[[Outcome], float]:
        return lambda one: one.rows[place]["chance"][k]

    return Row(
        title=first.trial.variant.title,
        encoder=row["encoder"],
        query_time=row["query_time"],
        is_outcome=row["encoder"] == first.encoder and row["query_time"] == "forward",
        recall={int(k): repeats.estimate(recall(k)) for k in row["recall"]},
        chance={int(k): repeats.estimate(chance(k)).mean for k in row["chance"]},
    )


def _losses(repeats: Repeats) -> Losses:
    return Losses(
        title=repeats.first.trial.variant.title,
        teacher_recall=repeats.estimate(lambda one: one.recall_of(TEACHER)),
        purity=repeats.estimate(lambda one: one.label_quality("purity")),
        nmi=repeats.estimate(lambda one: one.label_quality("nmi")),
        student_accuracy=repeats.estimate(Outcome.student_accuracy),
        student_recall=repeats.estimate(lambda one: one.recall_of(one.encoder)),
    )


def _accuracy(repeats: Repeats) -> Accuracy:
    return Accuracy(
        title=repeats.first.trial.variant.title,
        top1=repeats.estimate(lambda one: one.accuracy("top1")),
        top5=repeats.estimate(lambda one: one.accuracy("top5")),
    )
