"""Clip features of both sides of a split, and the four arrays that keep them on disk.

::

    train_feature.npy   (videos, clips, dim)  float32   the gallery
    train_class.npy     (videos, clips)       int64     label of each clip's video
    test_feature.npy, test_class.npy                    the queries

Where videos have different numbers of clips, the rows after a video's last clip are padding: their
class is -1 and their features are not looked at. Beside the four arrays this program also writes
``train_video.npy`` and ``test_video.npy`` (an identity for each video, needed only to leave a
query's own video out) and ``features.json`` (what the features are of); both may be absent.
"""

from dataclasses import dataclass

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

    def class_array(self) -> NDArray[np.int64]:
        """Return ``(videos, clips)`` int64: each clip's label, ``PADDING`` after the last."""
        is_clip = np.arange(self.features.shape[1]) < self.num_clips[:, None]
        return np.where(is_clip, self.labels[:, None], PADDING)


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitFeatures:
    """Both sides of a split.

    Attributes:
        train: The gallery.
        test: The queries.
    """

    train: FeatureSet
    test: FeatureSet
