"""From the videos of a data set to feature files: decode, encode, keep."""

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import DatasetError
from motionfit.media.datasets.dataset import Dataset, LabeledVideo
from motionfit.media.pool import DecodePool
from motionfit.progress import Progress
from retrieval.evaluation.adaptation import adapt_encoder, describe_features, make_sampling
from retrieval.evaluation.extraction_run import ExtractionRun
from retrieval.evaluation.feature_cache import FeatureCache
from retrieval.evaluation.feature_writing import VideoFeatures, write_feature_files
from retrieval.evaluation.protocol import Protocol
from retrieval.evaluation.query_time import QueryTime


def extract_features(
    dataset: Dataset,
    encoder: ClipEncoder,
    protocol: Protocol,
    out_dir: Path,
    *,
    cache_dir: Path | None,
    num_workers: int,
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

    Raises:
        DatasetError: The data set has no test side, or no video of a side could be used.
        ConfigError: The encoder cannot work so, or a folder cannot be written.
    """
    if not dataset.test:
        problem = f"split {dataset.split} has no test video to search with; it serves training only"
        raise DatasetError(dataset.name, problem)
    encoder = adapt_encoder(encoder, protocol)
    sampling = make_sampling(protocol, encoder.spec.clip)
    with ExitStack() as stack:
        if cache_dir is None:
            cache_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="motionfit-")))
        num_videos = len(dataset.train) + len(dataset.test)
        progress = stack.enter_context(Progress("evaluating", unit="video", total=num_videos))

        def new_run(query_time: QueryTime) -> ExtractionRun:
            cache = FeatureCache(
                cache_dir,
                encoder_identity=encoder.identity,
                number_type=str(encoder.network.runtime.dtype),
                sampling_key=sampling.key(),
                query_time=query_time,
            )
            return ExtractionRun(encoder, cache, progress, query_time=query_time)

        runs = (new_run("forward"), new_run(protocol.query_time))
        with DecodePool(num_workers=max(1, min(num_workers, num_videos))) as pool:
            for videos, run in zip((dataset.train, dataset.test), runs, strict=True):
                run.execute(dict.fromkeys(video.path for video in videos), pool, sampling)
        sides = {"train": _usable(dataset.train, runs[0]), "test": _usable(dataset.test, runs[1])}
        failed = [failure for run in runs for failure in run.failed]
        for subset, usable in sides.items():
            if not usable:
                failures = "".join(f"; {failure.message}" for failure in failed[:1])
                raise DatasetError(dataset.name, f"no {subset} video could be used{failures}")
        description = describe_features(
            encoder,
            protocol,
            dataset=dataset.name,
            split=dataset.split,
            class_names=dataset.class_names,
            num_stretched=sum(len(run.stretched) for run in runs),
            dropped=[path for run in runs for path in run.dropped],
            damaged=[remark for run in runs for remark in run.damaged],
            missing=[str(path) for path in dataset.missing],
            failed=failed,
        )
        write_feature_files(out_dir, sides, encoder.embedding_dim, description)


def _usable(videos: Iterable[LabeledVideo], run: ExtractionRun) -> Sequence[VideoFeatures]:
    return [
        VideoFeatures(
            label=video.label,
            video_id=run.content_hashes[video.path],
            num_clips=run.num_clips[video.path],
            load=partial(run.cache.features_of, run.content_hashes[video.path]),
        )
        for video in videos
        if run.num_clips.get(video.path)
    ]
