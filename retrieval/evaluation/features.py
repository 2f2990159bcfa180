"""Clip features of both sides of a split, in memory or memory-mapped."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

PADDING = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureSet:
    """Clip features of one side, the gallery's or the queries'.

    Attributes:
        features: ``(videos, clips, dim)`` float, possibly memory-mapped.
        labels: ``(videos,)`` int64.
        num_clips: ``(videos,)`` int64, at least 1; a video's clips come first, then padding.
        video_ids: ``(videos,)`` texts, equal for two copies of one video; None where unknown.
    """

    features: NDArray[np.floating]
    labels: NDArray[np.int64]
    num_clips: NDArray[np.int64]
    video_ids: NDArray[np.str_] | None = None

    @property
    def num_videos(self) -> int:
        """Videos on this side."""
        return len(self.labels)

    @property
    def dim(self) -> int:
        """Values in a clip's feature."""
        return int(self.features.shape[2])

    def first(self, num_videos: int) -> "FeatureSet":
        """Return the first videos only."""
        return FeatureSet(
            features=self.features[:num_videos],
            labels=self.labels[:num_videos],
            num_clips=self.num_clips[:num_videos],
            video_ids=None if self.video_ids is None else self.video_ids[:num_videos],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitFeatures:
    """Both sides of a split.

    Attributes:
        train: The gallery.
        test: The queries.
        description: What the features are of, as JSON values: ``dataset``, ``encoder``,
            ``class_names`` and so on; empty where nobody wrote it down.
    """

    train: FeatureSet
    test: FeatureSet
    description: dict[str, Any] = field(default_factory=dict)
