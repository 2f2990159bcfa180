"""What finished trials have left on the disk, one by one and by seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from motionfit.experiments.estimate import Estimate
from motionfit.experiments.trial import Trial
from motionfit.fit.curves import read_curves
from motionfit.fit.result import read_result
from motionfit.methods.motion_estimation_task import FLOW_ERROR, FLOW_WITHOUT_STUDENT
from motionfit.methods.motionfit_plus import METHOD


class Outcome:
    """What a trial has left on the disk.

    Args:
        trial: A finished one.

    Attributes:
        trial: The same.
        rows: Those of `evaluate_run`.

    Raises:
        RunFileError: A file of it is damaged.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        result = read_result(trial.run)
        assert result.evaluation is not None  # what experiments are carried out on has a test side
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

    @property
    def sees_flow(self) -> bool:
        """Whether its student learns flow."""
        return self.trial.variant.method == METHOD

    def seen_motion(self) -> float:
        """Return the share of the flow that the student sees, of held-out videos.

        Of the squares of its lengths: 1 is all, 0 is what a student comes to that sees nothing.
        """
        curves = read_curves(self.trial.run.student)
        missed, there = (
            curves.values("validation", name)[curves.kept]
            for name in (FLOW_ERROR, FLOW_WITHOUT_STUDENT)
        )
        return 1 - missed / there

    def accuracy(self, name: str) -> float:
        """Return the share of test videos that are named rightly after fine-tuning."""
        summary = self.trial.accuracy()
        assert summary is not None
        return float(summary[name]["mean"])


@dataclass(frozen=True)
class Repeats:
    """What a variant came to with several seeds.

    Attributes:
        by_seed: An outcome a split, the same splits for all.
    """

    by_seed: Mapping[int, Sequence[Outcome]]

    @property
    def first(self) -> Outcome:
        """One of them, for what is the same for all."""
        return next(iter(self.by_seed.values()))[0]

    @property
    def all_know_classes(self) -> bool:
        """Whether all have pseudo-labels of videos whose classes are known."""
        return all(one.knows_classes for outcomes in self.by_seed.values() for one in outcomes)

    def estimate(self, measure: Callable[[Outcome], float]) -> Estimate:
        """Return a number by seed, the mean over its splits."""
        return Estimate(
            by_seed={
                seed: float(np.mean([measure(one) for one in outcomes]))
                for seed, outcomes in self.by_seed.items()
            }
        )
