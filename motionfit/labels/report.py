"""What pseudo-labels are like: how large the clusters, how pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import normalized_mutual_info_score

from motionfit.config import provenance
from motionfit.errors import ConfigError
from motionfit.labels.pseudo_labels import PseudoLabels

_NUM_SHUFFLES = 5


def report_pseudo_labels(
    labels: PseudoLabels,
    *,
    true_labels: Sequence[int | None] | None = None,
) -> dict[str, Any]:
    """Return a report as JSON values.

    ::

        {"num_clips", "num_items", "num_videos", "num_clusters", "level", "settings", "grid",
         "sizes": {"min", "median", "mean", "max", "empty"},     items a cluster
         "clips": {"min", "median", "mean", "max"},              clips a cluster
         "entropy", "inertia", "objective", "num_repaired",
         "single_video", "against_true_labels", "made_by"}

    ``entropy`` is of the shares of clips, 1 where all clusters are of one size, 0 where one has
    all. ``single_video`` counts the clusters whose clips are all of one video: those say which
    video it is rather than what moves.

    Args:
        labels: What to report on.
        true_labels: One class a video of the collection, None where unknown; None for none known.
            Only the report sees them.

    Raises:
        ConfigError: There is not one true label a video.
    """
    clips = np.bincount(labels.label, minlength=labels.num_clusters)
    return {
        "num_clips": labels.num_clips,
        "num_items": int(labels.sizes.sum()),
        "num_videos": len(np.unique(labels.video)),
        "num_clusters": labels.num_clusters,
        "level": labels.settings.level,
        "settings": labels.settings.to_dict(),
        "grid": labels.grid.to_dict(),
        "sizes": {**_describe_sizes(labels.sizes), "empty": int((labels.sizes == 0).sum())},
        "clips": _describe_sizes(clips),
        "entropy": normalised_entropy(clips),
        "inertia": labels.inertia,
        "objective": list(labels.objective),
        "num_repaired": labels.num_repaired,
        "single_video": _count_single(labels.label, labels.video),
        "against_true_labels": _compare(labels, true_labels),
        "made_by": dict(provenance()),
    }


def normalised_entropy(counts: NDArray[np.int64]) -> float:
    """Return the entropy of shares over the largest there can be: 1 for equal shares, 0 for one.

    Args:
        counts: ``(num,)``, at least two, not all 0.
    """
    shares = counts[counts > 0] / counts.sum()
    entropy = float(-(shares * np.log(shares)).sum() / np.log(len(counts)))
    return max(entropy, 0.0)


def purity(label: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Return the share of items whose class is the most frequent one of their cluster.

    It is 1 where every item has a cluster of its own: compare it with what shuffled labels get.

    Args:
        label: ``(num,)``, clusters from 0.
        truth: ``(num,)``, classes from 0.
    """
    table = np.zeros((label.max() + 1, truth.max() + 1), np.int64)
    np.add.at(table, (label, truth), 1)
    return float(table.max(axis=1).sum() / len(label))


def _compare(
    labels: PseudoLabels, true_labels: Sequence[int | None] | None
) -> dict[str, Any] | None:
    """Return how far clusters and classes agree, over the clips of videos of known class."""
    if true_labels is None:
        return None
    if len(true_labels) != labels.collection.num_videos:
        expected = f"one for each of {labels.collection.num_videos} videos"
        raise ConfigError("true_labels", f"{len(true_labels)} values", expected)
    truth_of_video = np.array([-1 if true is None else true for true in true_labels], np.int64)
    is_known = truth_of_video[labels.video] >= 0
    label, truth = labels.label[is_known], truth_of_video[labels.video][is_known]
    if not len(label):
        return None
    rng = np.random.default_rng(0)
    by_chance = [purity(rng.permutation(label), truth) for _ in range(_NUM_SHUFFLES)]
    return {
        "num_clips": len(label),
        "num_classes": len(np.unique(truth)),
        "purity": purity(label, truth),
        "purity_by_chance": float(np.mean(by_chance)),
        "nmi": float(normalized_mutual_info_score(truth, label)),
    }


def _describe_sizes(counts: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "min": int(counts.min()),
        "median": float(np.median(counts)),
        "mean": float(counts.mean()),
        "max": int(counts.max()),
    }


def _count_single(label: NDArray[np.int64], source: NDArray[np.int64]) -> int:
    """Return how many clusters have clips of one source only."""
    pairs = np.unique(np.stack([label, source]), axis=1)
    return int((np.bincount(pairs[0]) == 1).sum())
