import json

import numpy as np
import pytest

from motionfit.methods.accuracy import Classification, MeanAndDeviation, over_splits


def _classification(labels: list[int], scores: list[list[float]]) -> Classification:
    return Classification(
        names=tuple(f"video {number}" for number in range(len(labels))),
        class_names=tuple("abcdefgh"[: len(scores[0])]),
        labels=np.array(labels, np.int64),
        scores=np.array(scores, np.float64),
    )


# Answers: a, b, a, a. Class c has no video.
SMALL = _classification([0, 1, 1, 1], [[3, 1, 2], [1, 3, 2], [3, 2, 1], [3, 1, 2]])


def test_a_worked_example():
    assert SMALL.to_dict() == {
        "num_videos": 4,
        "top1": 0.5,
        "top5": 1.0,
        "mean_class_accuracy": pytest.approx((1 + 1 / 3) / 2),
        "class_accuracies": {"a": 1.0, "b": pytest.approx(1 / 3), "c": None},
        "class_names": ["a", "b", "c"],
        "confusion": [[1, 0, 0], [2, 1, 0], [0, 0, 0]],
    }
    assert SMALL.top(2) == 0.75
    json.dumps(SMALL.to_dict(), allow_nan=False)


def test_of_equal_scores_the_earlier_class_wins():
    tied = _classification([0, 1], [[1, 1, 0], [1, 1, 0]])

    assert tied.ranks.tolist() == [0, 1]
    assert tied.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_five_of_eight_classes_are_counted():
    falling = [[8.0, 7, 6, 5, 4, 3, 2, 1]]

    assert _classification([4], falling).top(5) == 1
    assert _classification([5], falling).top(5) == 0


def test_splits_are_averaged_with_the_deviation_of_a_sample():
    all_right = _classification([0, 1], [[1, 0], [0, 1]])

    top1 = over_splits([SMALL, all_right])["top1"]

    assert top1.mean == 0.75
    assert top1.deviation == pytest.approx(np.std([0.5, 1.0], ddof=1))
    assert top1.percent() == "75.0 ± 35.36"


def test_one_split_has_no_deviation():
    assert MeanAndDeviation.of([0.874]).percent() == "87.4"
