"""Evaluation on packed videos: the protocol and the report of `retrieval.eval`, nothing decoded."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import ConfigError, DatasetError
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import ClipSampling
from retrieval.evaluation.adaptation import adapt_encoder, describe_features, make_sampling
from retrieval.evaluation.feature_cache import FeatureCache
from retrieval.evaluation.features import SplitFeatures
from retrieval.evaluation.measure import measure
from retrieval.evaluation.packed_clips import PackedClips
from retrieval.evaluation.packed_features import PackedFeatures, extract_packed
from retrieval.evaluation.protocol import Protocol, get_preset
from retrieval.evaluation.query_time import QueryTime
from retrieval.evaluation.report import build_report


class PackedEvaluation:
    """Measures one encoder with query clips forward, frozen and so on; encodes the gallery once.

    Args:
        encoder: RGB, or a motion model; adapted to the protocol here.
        gallery: Frames for RGB, levels of flow for a motion model.
        queries: Packed like the gallery.
        gallery_labels: One for each video.
        query_labels: One for each video.
        class_names: The index of a name is its label.
        dataset: What reports call it; ``synthetic`` is the built-in one.
        split: Which official split.
        protocol: A preset's name, or every setting.
        cache_dir: Where features of single videos are kept; None keeps nothing.

    Raises:
        ConfigError: The protocol wants what these packed videos do not hold, the encoder takes
            something else, or labels are too few or many.
    """

    def __init__(
        self,
        encoder: ClipEncoder,
        gallery: PackedVideos,
        queries: PackedVideos,
        *,
        gallery_labels: Sequence[int],
        query_labels: Sequence[int],
        class_names: Sequence[str],
        dataset: str,
        split: int = 1,
        protocol: str | Protocol = "xu",
        cache_dir: Path | None = None,
    ) -> None:
        self._protocol = get_preset(protocol) if isinstance(protocol, str) else protocol
        self._encoder = adapt_encoder(encoder, self._protocol)
        if gallery.format != queries.format:
            raise ConfigError("queries", str(queries.path), f"packed like {gallery.path}")
        _check_encoder(self._encoder, gallery)
        _check_labels("gallery_labels", gallery_labels, gallery)
        _check_labels("query_labels", query_labels, queries)
        self._gallery, self._gallery_labels = gallery, gallery_labels
        self._queries, self._query_labels = queries, query_labels
        self._class_names = class_names
        self._dataset = dataset
        self._split = split
        self._cache_dir = cache_dir

    def report(
        self, query_time: QueryTime | None = None, *, num_resamples: int = 1000, seed: int = 0
    ) -> dict[str, Any]:
        """Return the report with query clips so; None is as the protocol says.

        Args:
            query_time: What is done to the frames of query clips.
            num_resamples: Of the bootstrap.
            seed: Of the bootstrap.

        Raises:
            ConfigError: Flow is to be reversed or shuffled, or features cannot be kept.
            DatasetError: A side has no video with a clip.
        """
        started = time.monotonic()
        protocol = replace(self._protocol, query_time=query_time or self._protocol.query_time)
        queries = self._extract(self._queries, self._query_labels, protocol.query_time)
        gallery = self._gallery_features
        for subset, found in (("train", gallery), ("test", queries)):
            if not found.side.num_videos:
                raise DatasetError(self._dataset, f"no {subset} video could be used")
        description = describe_features(
            self._encoder,
            protocol,
            dataset=self._dataset,
            split=self._split,
            class_names=self._class_names,
            num_stretched=len(gallery.stretched) + len(queries.stretched),
            dropped=[*gallery.dropped, *queries.dropped],
            failed=[*self._gallery.failed, *self._queries.failed],
        )
        features = SplitFeatures(train=gallery.side, test=queries.side, description=description)
        measured = measure(features, protocol, num_resamples=num_resamples, seed=seed)
        seconds = time.monotonic() - started
        return build_report(measured, protocol, description, seed=seed, seconds=seconds)

    @cached_property
    def _gallery_features(self) -> PackedFeatures:
        return self._extract(self._gallery, self._gallery_labels, "forward")

    def _extract(
        self, packed: PackedVideos, labels: Sequence[int], query_time: QueryTime
    ) -> PackedFeatures:
        sampling = make_sampling(self._protocol, self._encoder.spec.clip)
        clips = PackedClips(packed, sampling, query_time)
        cache = self._cache(packed, sampling, query_time)
        return extract_packed(packed, labels, clips, self._encoder, cache)

    def _cache(
        self, packed: PackedVideos, sampling: ClipSampling, query_time: QueryTime
    ) -> FeatureCache | None:
        if self._cache_dir is None:
            return None
        return FeatureCache(
            self._cache_dir,
            encoder_identity=self._encoder.identity,
            number_type=str(self._encoder.network.runtime.dtype),
            sampling_key=sampling.key(),
            query_time=query_time,
            pixels=json.dumps(packed.format.to_dict(), sort_keys=True),
        )


def _check_encoder(encoder: ClipEncoder, packed: PackedVideos) -> None:
    spec = encoder.spec
    if spec.in_channels != packed.num_channels:
        expected = f"one for the {packed.num_channels} channels of packed {packed.kind}"
        raise ConfigError("encoder", encoder.description, expected)
    if spec.resize != packed.size:
        raise ConfigError("resize", spec.resize, f"{packed.size}, the size of the packed videos")
    if spec.clip.frame_rate is not None:
        expected = "the videos' own: packed videos have no time stamps"
        raise ConfigError("frame_rate", spec.clip.frame_rate, expected)


def _check_labels(name: str, labels: Sequence[int], packed: PackedVideos) -> None:
    if len(labels) != len(packed):
        raise ConfigError(name, len(labels), f"{len(packed)}, one for each video")
