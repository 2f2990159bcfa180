"""From clip features to R@k, as a protocol says."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import ConfigError
from retrieval.evaluation.arrays import Rows
from retrieval.evaluation.features import FeatureSet, SplitFeatures
from retrieval.evaluation.protocol import Protocol
from retrieval.evaluation.ranking import VideoIdentities, rank_gallery
from retrieval.evaluation.recall import (
    bootstrap_intervals,
    chance_levels,
    count_hits,
    find_first_hits,
)
from retrieval.evaluation.vectors import (
    ClipVectors,
    VectorSource,
    average_videos,
    centre_vectors,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measurement:
    """What an evaluation counted; ``Mapping`` keys are the protocol's k.

    Attributes:
        num_queries: Videos or clips, by the protocol's level.
        num_gallery: Likewise.
        num_query_videos: Videos that the queries are of.
        hits: Queries with an item of their class among the first k.
        chance: Expected R@k of random rankings.
        intervals: 95 % of R@k over resampled query videos.
        num_resamples: Draws behind the intervals.
        first_hits: ``(num_queries,)`` int64 place of the first hit, from 0.
        query_labels: ``(num_queries,)`` int64.
    """

    num_queries: int
    num_gallery: int
    num_query_videos: int
    hits: Mapping[int, int]
    chance: Mapping[int, float]
    intervals: Mapping[int, tuple[float, float]]
    num_resamples: int
    first_hits: NDArray[np.int64]
    query_labels: NDArray[np.int64]

    @property
    def recall(self) -> dict[int, float]:
        """R@k: hits over queries, a plain mean."""
        return {k: hits / self.num_queries for k, hits in self.hits.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Items:
    vectors: VectorSource
    labels: NDArray[np.int64]
    videos: Rows


def measure(
    features: SplitFeatures, protocol: Protocol, *, num_resamples: int = 1000, seed: int = 0
) -> Measurement:
    """Rank the gallery for every query and count.

    Args:
        features: Of both sides.
        protocol: Everything after the features; its extraction settings are not looked at.
        num_resamples: Of the bootstrap, at least 1.
        seed: Of the bootstrap.

    Raises:
        ConfigError: ``drop_last_bs`` leaves a side empty, or ``exclude_self_video`` is on and the
            features do not say which video they are of.
    """
    test, train = (_drop_last(side, protocol) for side in (features.test, features.train))
    queries, gallery = (_make_items(side, protocol) for side in (test, train))
    query_vectors, gallery_vectors = centre_vectors(
        queries.vectors, gallery.vectors, protocol.centre
    )
    leave_out = _identities(test, train, queries, gallery) if protocol.exclude_self_video else None
    rankings = rank_gallery(
        query_vectors,
        gallery_vectors,
        protocol.k[-1],
        metric=protocol.metric,
        leave_out=leave_out,
    )
    first_hits = find_first_hits(rankings, queries.labels, gallery.labels)
    return Measurement(
        num_queries=len(queries.labels),
        num_gallery=len(gallery.labels),
        num_query_videos=test.num_videos,
        hits=count_hits(first_hits, protocol.k),
        chance=chance_levels(queries.labels, gallery.labels, protocol.k, leave_out),
        intervals=bootstrap_intervals(
            first_hits,
            queries.videos,
            protocol.k,
            num_resamples=num_resamples,
            generator=np.random.default_rng(seed),
        ),
        num_resamples=num_resamples,
        first_hits=first_hits,
        query_labels=queries.labels,
    )


def _drop_last(side: FeatureSet, protocol: Protocol) -> FeatureSet:
    batch = protocol.drop_last_bs
    if batch == 0:
        return side
    if side.num_videos < batch:
        raise ConfigError("drop_last_bs", batch, f"at most {side.num_videos}, the videos of a side")
    return side.first(side.num_videos // batch * batch)


def _make_items(side: FeatureSet, protocol: Protocol) -> _Items:
    if protocol.level == "video":
        vectors = average_videos(side, unit_length=protocol.clip_l2)
        return _Items(vectors=vectors, labels=side.labels, videos=np.arange(side.num_videos))
    clips = ClipVectors(side, unit_length=protocol.clip_l2)
    return _Items(vectors=clips, labels=side.labels[clips.videos], videos=clips.videos)


def _identities(
    test: FeatureSet, train: FeatureSet, queries: _Items, gallery: _Items
) -> VideoIdentities:
    if test.video_ids is None or train.video_ids is None:
        expected = "off, or features with train_video.npy and test_video.npy beside them"
        raise ConfigError("exclude_self_video", True, expected)
    _, codes = np.unique(np.concatenate([test.video_ids, train.video_ids]), return_inverse=True)
    test_codes, train_codes = np.split(codes, [test.num_videos])
    return VideoIdentities(queries=test_codes[queries.videos], gallery=train_codes[gallery.videos])
