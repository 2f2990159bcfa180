"""From the videos of a data set to feature files: decode, encode, keep."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.spec import PoolName
from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import Dataset, LabeledVideo
from motionfit.media.pool import DecodePool
from motionfit.media.sampling import ClipSampling, ClipSpec, Sliding, Uniform
from motionfit.progress import Progress
from retrieval.evaluation.extraction_run import ExtractionRun
from retrieval.evaluation.feature_cache import FeatureCache
from retrieval.evaluation.feature_writing import VideoFeatures, write_feature_files
from retrieval.evaluation.protocol import Pool, Protocol

_ENCODER_POOLS: Mapping[Pool, PoolName] = {
    "max122": "max122",
    "max222": "max222",
    "gmax": "max",
    "gavg": "avg",
}


def adapt_encoder(encoder: ClipEncoder, protocol: Protocol) -> ClipEncoder:
    """Return the same weights with the pool, clips and sizes that the protocol asks for.

    Raises:
        ConfigError: They do not fit the backbone.
    """
    spec = encoder.spec
    adapted = replace(
        spec,
        clip=ClipSpec(
            clip_length=protocol.clip_length or spec.clip.clip_length,
            stride=protocol.stride or spec.clip.stride,
            frame_rate=spec.clip.frame_rate,
        ),
        resize=protocol.resize or spec.resize,
        crop=protocol.crop or spec.crop,
        pool=_ENCODER_POOLS[protocol.pool],
    )
    return ClipEncoder(
        encoder.network, adapted, origin=encoder.origin, name=encoder.name, source=encoder.source
    )


def make_sampling(protocol: Protocol, spec: ClipSpec) -> ClipSampling:
    """Return which clips the protocol takes from a video."""
    if protocol.sampler == "uniform":
        placement: Uniform | Sliding = Uniform(num_clips=protocol.clips)
    else:
        placement = Sliding(clip_hop=_sliding_step(protocol, spec))
    return ClipSampling(spec=spec, placement=placement, short=protocol.short)


def _sliding_step(protocol: Protocol, spec: ClipSpec) -> int:
    return protocol.sliding_step or max(1, spec.clip_length // 2 - 1)


def resolved_settings(protocol: Protocol, encoder: ClipEncoder) -> dict[str, Any]:
    """Return the extraction settings as they are for an adapted encoder, as JSON values."""
    spec = encoder.spec
    is_uniform = protocol.sampler == "uniform"
    return {
        "clips": protocol.clips if is_uniform else None,
        "clip_length": spec.clip.clip_length,
        "stride": spec.clip.stride,
        "frame_rate": spec.clip.frame_rate or "native",
        "sampler": protocol.sampler,
        "sliding_step": None if is_uniform else _sliding_step(protocol, spec.clip),
        "short": protocol.short,
        "resize": list(spec.resize),
        "crop": list(spec.crop),
        "pool": protocol.pool,
    }


def extract_features(
    dataset: Dataset,
    encoder: ClipEncoder,
    protocol: Protocol,
    out_dir: Path,
    *,
    cache_dir: Path | None,
    num_workers: int,
    is_synthetic: bool = False,
) -> None:
    """Write the features of both sides of a data set to ``out_dir``.

    A video that cannot be decoded is left out and named in the description.

    Args:
        dataset: What to decode.
        encoder: What to encode with; adapted to the protocol here.
        protocol: Its extraction settings count.
        out_dir: Where ``read_feature_files`` shall find them.
        cache_dir: Where features of single videos are kept; None keeps nothing.
        num_workers: Decoder processes.
        is_synthetic: The data set is the built-in one.

    Raises:
        DatasetError: No video of a side could be used.
        ConfigError: The encoder cannot work so, or a folder cannot be written.
    """
    encoder = adapt_encoder(encoder, protocol)
    sampling = make_sampling(protocol, encoder.spec.clip)
    with ExitStack() as stack:
        if cache_dir is None:
            cache_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="motionfit-")))
        cache = FeatureCache(
            cache_dir, encoder_identity=encoder.identity, sampling_key=sampling.key()
        )
        paths = list(dict.fromkeys(video.path for video in (*dataset.train, *dataset.test)))
        with (
            DecodePool(num_workers=max(1, min(num_workers, len(paths)))) as pool,
            Progress("evaluating", unit="video", total=len(paths)) as progress,
        ):
            run = ExtractionRun(encoder, cache, progress)
            run.execute(paths, pool, sampling)
        sides = {
            "train": _usable(dataset.train, run, cache),
            "test": _usable(dataset.test, run, cache),
        }
        for subset, videos in sides.items():
            if not videos:
                failures = "".join(f"; {failure.message}" for failure in run.failed[:1])
                raise DatasetError(dataset.name, f"no {subset} video could be used{failures}")
        description = {
            "dataset": dataset.name,
            "split": dataset.split,
            "is_synthetic": is_synthetic,
            "class_names": list(dataset.class_names),
            "encoder": encoder.description,
            "encoder_identity": encoder.identity,
            "encoder_trained": encoder.is_trained,
            "extraction": resolved_settings(protocol, encoder),
            "stretched": len(run.stretched),
            "dropped": run.dropped,
            "damaged": run.damaged,
            "missing": [str(path) for path in dataset.missing],
            "failed": [vars(failure) for failure in run.failed],
        }
        write_feature_files(out_dir, sides, encoder.embedding_dim, description)


def _usable(
    videos: Iterable[LabeledVideo], run: ExtractionRun, cache: FeatureCache
) -> Sequence[VideoFeatures]:
    return [
        VideoFeatures(
            label=video.label,
            video_id=run.content_hashes[video.path],
            num_clips=run.num_clips[video.path],
            load=partial(cache.features_of, run.content_hashes[video.path]),
        )
        for video in videos
        if run.num_clips.get(video.path)
    ]
