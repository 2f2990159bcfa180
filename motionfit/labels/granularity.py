"""What is clustered: clips, segments of a video, or whole videos."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from motionfit.labels.features import DenseFeatures
from motionfit.labels.settings import Level

_BLOCK = 65536


@dataclass(frozen=True, kw_only=True, eq=False)
class Items:
    """The things to be clustered, each a run of neighbouring clips of one video.

    Attributes:
        features: ``(num_items, dim)`` float32, the mean of the features of an item's clips.
        item_of_clip: ``(num_clips,)`` int64, which item each clip lies in; rises by 0 or 1.
    """

    features: NDArray[np.float32]
    item_of_clip: NDArray[np.int64]


def group_clips(features: DenseFeatures, level: Level, percentile: float = 75.0) -> Items:
    """Return the items of a level, in the order of the clips.

    Source: MotionFit, section 3.2, "temporal granularity".

    Args:
        features: Of the clips.
        level: What an item is; see `LabelSettings`.
        percentile: Of ``segment_actionbytes``.
    """
    begins = begins_of_videos(features.video)
    match level:
        case "clip":
            begins[:] = True
        case "segment_actionbytes":
            begins |= find_changes(features.features, features.video, percentile)
        case "segment_thirds":
            begins[1:] |= np.diff(_thirds(features)) != 0
        case "video":
            pass
    item_of_clip: NDArray[np.int64] = np.cumsum(begins, dtype=np.int64) - 1
    return Items(features=_means(features.features, begins), item_of_clip=item_of_clip)


def begins_of_videos(video: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which clips are the first of their video: ``(num_clips,)``."""
    begins = np.ones(len(video), np.bool_)
    begins[1:] = np.diff(video) != 0
    return begins


def find_changes(
    features: NDArray[np.float32], video: NDArray[np.int64], percentile: float
) -> NDArray[np.bool_]:
    """Return before which clips the action changes (ActionBytes).

    ::

        clips of a video     f0   f1   f2   f3   f4
        change                  1    1    7    2        L1 distance of neighbours
        their 75th percentile              3.25
        boundary                          |             between f2 and f3

    A boundary is where the change is more than the percentile, not as much: a video in which all
    changes are alike is one segment.

    Source: MotionFit, Eq. 4, after Jain, Ghodrati, Snoek, "ActionBytes", CVPR 2020. The percentile
    is between the two nearest changes as NumPy's default has it.

    Args:
        features: ``(num_clips, dim)``.
        video: ``(num_clips,)``, each clip's video, not decreasing.
        percentile: Of each video's own changes, 0 to 100.

    Returns:
        ``(num_clips,)``; never True for the first clip of a video.
    """
    changes = np.zeros(len(features))
    # In blocks: the differences of all clips at once would need twice the features' memory.
    for first in range(1, len(features), _BLOCK):
        block = slice(first, min(first + _BLOCK, len(features)))
        before = features[block.start - 1 : block.stop - 1].astype(np.float64)
        changes[block] = np.abs(features[block] - before).sum(axis=1)
    is_boundary = np.zeros(len(features), np.bool_)
    for clips in clips_of_videos(video):
        inner = slice(clips.start + 1, clips.stop)
        if inner.start < inner.stop:
            is_boundary[inner] = changes[inner] > np.percentile(changes[inner], percentile)
    return is_boundary


def clips_of_videos(video: NDArray[np.int64]) -> list[slice]:
    """Return which clips are each video's, for the videos that have any, in order."""
    edges = np.append(np.flatnonzero(begins_of_videos(video)), len(video))
    return [slice(int(first), int(end)) for first, end in pairwise(edges)]


def _thirds(features: DenseFeatures) -> NDArray[np.int64]:
    """Return in which third of its video, 0 to 2, the middle of each clip lies."""
    twice_middle = 2 * features.start + features.grid.span
    num_frames = features.collection.num_frames[features.video]
    thirds: NDArray[np.int64] = 3 * twice_middle // (2 * num_frames)
    return thirds


def _means(features: NDArray[np.float32], begins: NDArray[np.bool_]) -> NDArray[np.float32]:
    if begins.all():
        return features
    firsts = np.flatnonzero(begins)
    counts = np.diff(np.append(firsts, len(features)))
    sums = np.add.reduceat(features, firsts, axis=0, dtype=np.float64)
    means: NDArray[np.float32] = (sums / counts[:, None]).astype(np.float32)
    return means
