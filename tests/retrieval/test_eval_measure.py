"""Hit counts of every protocol against a plain float64 reference on the four arrays."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motionfit.errors import ConfigError
from retrieval.evaluation.features import FeatureSet, SplitFeatures
from retrieval.evaluation.measure import measure
from retrieval.evaluation.protocol import PRESETS, Protocol
from retrieval.evaluation.vectors import average_videos


def make_side(rng, num_videos, num_clips=4, dim=12, num_classes=5):
    """Features with copies and zero vectors among them, whose rankings are full of ties."""
    features = rng.standard_normal((num_videos, num_clips, dim)).astype(np.float32)
    features[rng.random(num_videos) < 0.3] = features[0]
    features[rng.random(num_videos) < 0.1] = 0
    features[0, 0] = 0
    return FeatureSet(
        features=features,
        labels=rng.integers(num_classes, size=num_videos),
        num_clips=np.full(num_videos, num_clips),
    )


def reference_hits(split, protocol):
    """Count as the protocol reads, with whole arrays, and one sum after the other."""
    sides = []
    for side in (split.test, split.train):
        batch = protocol.drop_last_bs
        kept = len(side.labels) // batch * batch if batch else len(side.labels)
        clips = [side.features[i, :n].astype(float) for i, n in enumerate(side.num_clips)][:kept]
        if protocol.clip_l2:
            clips = [np.array([clip / length(clip) for clip in video]) for video in clips]
        if protocol.level == "video":
            vectors, labels = np.array([video.mean(axis=0) for video in clips]), side.labels[:kept]
        else:
            vectors = np.concatenate(clips)
            labels = np.repeat(side.labels[:kept], [len(video) for video in clips])
        sides.append((vectors, labels))
    (queries, query_labels), (gallery, gallery_labels) = sides
    if protocol.centre != "off":
        own_mean = queries if protocol.centre == "per_set" else gallery
        queries, gallery = queries - own_mean.mean(axis=0), gallery - gallery.mean(axis=0)
    distance = {
        "cosine": lambda x, y: min(max(1 - (x * y).sum() / (length(x) * length(y)), 0), 2),
        "euclidean": lambda x, y: ((x - y) ** 2).sum(),
        "dot": lambda x, y: -(x * y).sum(),
    }[protocol.metric]
    order = [
        np.argsort([distance(query, item) for item in gallery], kind="stable") for query in queries
    ]
    is_hit = gallery_labels[np.array(order)] == query_labels[:, None]
    return {k: int(is_hit[:, :k].any(axis=1).sum()) for k in protocol.k}


def length(vector):
    return np.sqrt((vector * vector).sum()) or 1


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("seed", range(3))
def test_hits_of_every_preset_equal_the_reference_on_ties_and_zero_vectors(name, seed):
    rng = np.random.default_rng(seed)
    split = SplitFeatures(train=make_side(rng, 61), test=make_side(rng, 21))

    measured = measure(split, PRESETS[name], num_resamples=10)

    assert measured.hits == reference_hits(split, PRESETS[name])


@pytest.mark.parametrize("name", PRESETS)
def test_hits_of_every_preset_equal_the_reference_on_random_features(name):
    rng = np.random.default_rng(9)
    labels = rng.integers(20, size=300)
    features = rng.standard_normal((300, 3, 64)).astype(np.float32)
    clips = np.full(300, 3)
    split = SplitFeatures(
        train=FeatureSet(features=features[:220], labels=labels[:220], num_clips=clips[:220]),
        test=FeatureSet(features=features[220:], labels=labels[220:], num_clips=clips[220:]),
    )

    assert measure(split, PRESETS[name], num_resamples=10).hits == reference_hits(
        split, PRESETS[name]
    )


@pytest.mark.parametrize("level", ["video", "clip"])
@pytest.mark.parametrize("centre", ["off", "per_set", "gallery_mean"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_hits_equal_the_reference_where_videos_have_different_numbers_of_clips(
    level, centre, metric
):
    rng = np.random.default_rng(4)
    sides = []
    for num_videos in (50, 20):
        side = make_side(rng, num_videos)
        num_clips = rng.integers(1, 5, size=num_videos)
        features = side.features.copy()
        features[np.arange(4) >= num_clips[:, None]] = np.nan
        sides.append(replace(side, features=features, num_clips=num_clips))
    split = SplitFeatures(train=sides[0], test=sides[1])
    protocol = Protocol(level=level, centre=centre, metric=metric)

    assert measure(split, protocol, num_resamples=1).hits == reference_hits(split, protocol)


def test_the_gallery_as_queries_is_found_at_once():
    rng = np.random.default_rng(5)
    labels = np.arange(40) % 4
    features = rng.standard_normal((40, 3, 8)).astype(np.float32)
    side = FeatureSet(features=features, labels=labels, num_clips=np.full(40, 3))

    measured = measure(SplitFeatures(train=side, test=side), Protocol(), num_resamples=10)

    assert measured.recall[1] == 1.0
    assert measured.intervals[1] == (1.0, 1.0)


def test_leaving_out_a_querys_own_video_needs_to_know_it():
    rng = np.random.default_rng(6)
    side = make_side(rng, 12)
    protocol = Protocol(level="clip", exclude_self_video=True, k=(1, 4))
    with pytest.raises(ConfigError, match=r"train_video\.npy"):
        measure(SplitFeatures(train=side, test=side), protocol)

    ids = np.array([f"video {number}" for number in range(12)])
    known = replace(side, video_ids=ids, labels=np.arange(12))
    measured = measure(SplitFeatures(train=known, test=known), protocol, num_resamples=1)

    assert measured.hits == {1: 0, 4: 0}
    assert measured.chance == {1: 0.0, 4: 0.0}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), metric=st.sampled_from(["cosine", "euclidean", "dot"]))
def test_recall_grows_with_k_and_does_not_depend_on_the_gallerys_order(seed, metric):
    rng = np.random.default_rng(seed)
    labels = rng.integers(6, size=90)
    features = rng.standard_normal((90, 2, 5)).astype(np.float32)
    clips = np.full(90, 2)
    order = rng.permutation(60)
    test = FeatureSet(features=features[60:], labels=labels[60:], num_clips=clips[60:])
    train = FeatureSet(features=features[:60], labels=labels[:60], num_clips=clips[:60])
    shuffled = FeatureSet(
        features=features[:60][order], labels=labels[:60][order], num_clips=clips[:60]
    )
    protocol = Protocol(metric=metric, k=(1, 2, 3, 10, 60))

    hits = measure(SplitFeatures(train=train, test=test), protocol, num_resamples=1).hits

    assert list(hits.values()) == sorted(hits.values())
    again = measure(SplitFeatures(train=shuffled, test=test), protocol, num_resamples=1).hits
    assert again == hits


def test_cosine_does_not_see_how_long_a_videos_vector_is_and_sees_how_long_a_clips_is():
    rng = np.random.default_rng(7)
    split = SplitFeatures(train=make_side(rng, 60), test=make_side(rng, 60))
    scale = np.exp2(rng.integers(-3, 4, size=(60, 1, 1))).astype(np.float32)
    scaled = replace(split.train, features=split.train.features * scale)

    plain = measure(split, Protocol(), num_resamples=1).hits

    assert measure(replace(split, train=scaled), Protocol(), num_resamples=1).hits == plain
    one_large = split.train.features.copy()
    one_large[:, 1] *= 1000
    means = average_videos(replace(split.train, features=one_large), unit_length=False)
    np.testing.assert_allclose(
        means.take(np.arange(60)), one_large[:, 1].astype(float) / 4, atol=2.0
    )


def test_dropping_the_last_batch_takes_whole_batches_of_both_sides():
    rng = np.random.default_rng(8)
    split = SplitFeatures(train=make_side(rng, 31), test=make_side(rng, 17))

    measured = measure(split, PRESETS["xu-exact"], num_resamples=1)

    assert (measured.num_gallery, measured.num_queries) == (24, 16)
    tiny = replace(split, test=split.test.first(7))
    with pytest.raises(ConfigError, match="drop_last_bs is 8; expected at most 7"):
        measure(tiny, PRESETS["xu-exact"])
