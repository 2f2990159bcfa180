"""How many videos are named rightly."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Classification:
    """What a classifier said of videos whose classes are known.

    Attributes:
        names: Of the videos.
        class_names: The classes.
        labels: ``(videos,)`` int64, true classes.
        scores: ``(videos, classes)``, of a video for each class: the highest is the answer.
    """

    names: tuple[str, ...]
    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """``(videos,)``, place of the true class among all by score, from 0.

        Of equal scores the earlier class comes first, as in ``argmax``.
        """
        order = np.argsort(-self.scores, axis=1, kind="stable")
        return np.asarray(np.argmax(order == self.labels[:, None], axis=1), np.int64)

    def top(self, k: int) -> float:
        """Return the share of videos whose class is among the ``k`` with the highest scores.

        With ``k`` classes or fewer that is 1.
        """
        return float(np.mean(self.ranks < k))

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """``(classes, classes)`` videos: row is the true class, column the answer."""
        counts = np.zeros((len(self.class_names),) * 2, np.int64)
        np.add.at(counts, (self.labels, self.scores.argmax(axis=1)), 1)
        return counts

    @property
    def class_accuracies(self) -> tuple[float | None, ...]:
        """Share of each class's videos that are named rightly; None of a class without videos."""
        return tuple(
            int(row[place]) / int(row.sum()) if row.any() else None
            for place, row in enumerate(self.confusion)
        )

    @property
    def mean_class_accuracy(self) -> float:
        """Mean over the classes that have videos: each counts the same, however many it has."""
        return statistics.fmean(share for share in self.class_accuracies if share is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; without the scores."""
        return {
            "num_videos": len(self.labels),
            "top1": self.top(1),
            "top5": self.top(5),
            "mean_class_accuracy": self.mean_class_accuracy,
            "class_accuracies": dict(zip(self.class_names, self.class_accuracies, strict=True)),
            "class_names": list(self.class_names),
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True)
class MeanAndDeviation:
    """A number that was measured several times.

    Attributes:
        mean: Of all.
        deviation: Standard deviation of the sample (divided by n - 1); None of a single number.
    """

    mean: float
    deviation: float | None

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "MeanAndDeviation":
        """Return those of some numbers, at least one."""
        deviation = statistics.stdev(numbers) if len(numbers) > 1 else None
        return cls(statistics.fmean(numbers), deviation)

    def percent(self) -> str:
        """Return a share for a table: ``87.4 ± 1.19``."""
        mean = f"{100 * self.mean:.1f}"
        return mean if self.deviation is None else f"{mean} ± {100 * self.deviation:.2f}"


def over_splits(splits: Sequence[Classification]) -> dict[str, MeanAndDeviation]:
    """Return ``top1``, ``top5`` and ``mean_class_accuracy`` over the splits of a data set.

    Source: MotionFit, Tables 4 to 6: mean ± standard deviation over three splits.
    """
    return {
        "top1": MeanAndDeviation.of([split.top(1) for split in splits]),
        "top5": MeanAndDeviation.of([split.top(5) for split in splits]),
        "mean_class_accuracy": MeanAndDeviation.of([one.mean_class_accuracy for one in splits]),
    }
