"""R@k from rankings, what chance gives, and how sure the number is.

R@k is the share of queries with any item of their class among the k nearest: not precision, and not
recall as elsewhere in information retrieval.

Source: VCOP's retrieval code, and every evaluator since.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.arrays import Rows
from retrieval.evaluation.ranking import NO_ITEM, VideoIdentities

NO_HIT = np.iinfo(np.int64).max
CONFIDENCE = 0.95


def find_first_hits(
    rankings: Iterable[tuple[Rows, Rows]],
    query_labels: NDArray[np.int64],
    gallery_labels: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the place, from 0, of the first item of each query's class; ``NO_HIT`` if none.

    Args:
        rankings: As ``rank_gallery`` yields them.
        query_labels: ``(num_queries,)``.
        gallery_labels: ``(num_gallery,)``.
    """
    first_hits = np.full(len(query_labels), NO_HIT)
    for rows, ranking in rankings:
        is_hit = gallery_labels[ranking] == query_labels[rows, None]
        is_hit &= ranking != NO_ITEM
        first_hits[rows] = np.where(is_hit.any(axis=1), is_hit.argmax(axis=1), NO_HIT)
    return first_hits


def count_hits(first_hits: NDArray[np.int64], ks: Sequence[int]) -> dict[int, int]:
    """Return how many queries have a hit among their first k, for each k."""
    return {k: int((first_hits < k).sum()) for k in ks}


def chance_levels(
    query_labels: NDArray[np.int64],
    gallery_labels: NDArray[np.int64],
    ks: Sequence[int],
    leave_out: VideoIdentities | None = None,
) -> dict[int, float]:
    """Return the expected R@k of rankings drawn at random, exactly.

    With n of N items of a query's class, k random ones miss them all with probability
    C(N - n, k) / C(N, k).
    """
    same, total = _items_taking_part(query_labels, gallery_labels, leave_out)
    cases, counts = np.unique(np.stack([same, total]), axis=1, return_counts=True)
    chance = {}
    for k in ks:
        misses = [_miss_probability(int(n), int(size), k) for n, size in cases.T]
        chance[k] = float(1 - np.dot(misses, counts) / len(query_labels))
    return chance


def _items_taking_part(
    query_labels: NDArray[np.int64],
    gallery_labels: NDArray[np.int64],
    leave_out: VideoIdentities | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each query, how many gallery items are of its class and how many there are."""
    same = _count(query_labels, gallery_labels)
    total = np.full(len(query_labels), len(gallery_labels))
    if leave_out is None:
        return same, total
    own_in_class = _count(
        np.stack([leave_out.queries, query_labels], axis=1),
        np.stack([leave_out.gallery, gallery_labels], axis=1),
    )
    return same - own_in_class, total - _count(leave_out.queries, leave_out.gallery)


def _count(wanted: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each row of ``wanted`` occurs in ``among``."""
    both = np.concatenate([wanted, among])
    codes = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
    counts: NDArray[np.int64] = np.bincount(codes[len(wanted) :], minlength=int(codes.max()) + 1)
    return counts[codes[: len(wanted)]]


def _miss_probability(num_same: int, num_items: int, k: int) -> float:
    drawn = np.arange(min(k, num_items))
    others = num_items - num_same - drawn
    return float(np.prod(np.maximum(others, 0) / (num_items - drawn)))


def bootstrap_intervals(
    first_hits: NDArray[np.int64],
    videos: NDArray[np.int64],
    ks: Sequence[int],
    *,
    num_resamples: int,
    generator: np.random.Generator,
) -> dict[int, tuple[float, float]]:
    """Return the 95 % percentile interval of R@k over query videos drawn with replacement.

    Whole videos are drawn: clips of one video are hit or missed together, and drawing clips would
    make the interval too narrow.

    Args:
        first_hits: ``(num_queries,)``.
        videos: ``(num_queries,)``, the video of each query, from 0.
        ks: Cut-offs.
        num_resamples: Draws.
        generator: Source of randomness.
    """
    num_videos = int(videos.max()) + 1
    clips = np.bincount(videos, minlength=num_videos)
    hits = np.stack(
        [np.bincount(videos, weights=first_hits < k, minlength=num_videos) for k in ks], axis=1
    )
    recalls = np.empty((num_resamples, len(ks)))
    for resample in range(num_resamples):
        drawn = generator.integers(num_videos, size=num_videos)
        recalls[resample] = hits[drawn].sum(axis=0) / clips[drawn].sum()
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(recalls, [tail, 1 - tail], axis=0)
    return {k: (float(low[i]), float(high[i])) for i, k in enumerate(ks)}
