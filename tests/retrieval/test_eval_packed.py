"""Evaluation on packed videos, held against the evaluation of files and against slow references."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.encoders.backbones.build import build_backbone
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.network import Network
from motionfit.encoders.origin import Origin
from motionfit.encoders.runtime import Precision, choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError, DatasetError, VideoTooShortError
from motionfit.media.datasets.dataset import Dataset
from motionfit.media.datasets.registry import load_dataset
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.frames import pack_frames
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.sampling import ClipSpec
from retrieval.evaluation.adaptation import adapt_encoder, make_sampling
from retrieval.evaluation.extraction import extract_features
from retrieval.evaluation.feature_files import read_feature_files
from retrieval.evaluation.features import FeatureSet
from retrieval.evaluation.measure import measure
from retrieval.evaluation.packed import PackedEvaluation
from retrieval.evaluation.packed_clips import PackedClips
from retrieval.evaluation.packed_features import extract_packed
from retrieval.evaluation.protocol import Protocol

SIZE, CROP, CLIP_LENGTH = (40, 52), (32, 32), 4
PROTOCOL = Protocol(clips=3, pool="gmax", k=(1, 5))


class CountingNetwork(Network):
    """Counts the clips that it embeds."""

    num_clips = 0

    def embed(self, clips: NDArray[np.uint8], spec: EncoderSpec) -> NDArray[np.float32]:
        self.num_clips += len(clips)
        return super().embed(clips, spec)


def make_encoder(
    num_channels: int = 3,
    network: type[CountingNetwork] = CountingNetwork,
    precision: Precision = "auto",
) -> ClipEncoder:
    backbone = build_backbone("r2plus1d_10", in_channels=num_channels)
    spec = EncoderSpec(
        architecture="r2plus1d_10",
        clip=ClipSpec(clip_length=CLIP_LENGTH),
        resize=SIZE,
        crop=CROP,
        in_channels=num_channels,
    )
    return ClipEncoder(
        network(backbone, choose_runtime("cpu", precision)),
        spec,
        origin=Origin(is_trained=False, seed=0),
        name="r2plus1d_10",
    )


@pytest.fixture(scope="module")
def dataset(synthetic_root: Path) -> Dataset:
    """Four training and four test videos of as many motions; 17 to 23 frames each."""
    whole = load_dataset("synthetic", synthetic_root)
    return replace(whole, train=whole.train[:4], test=whole.test[:4])


@pytest.fixture(scope="module")
def packed(
    dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[PackedVideos, PackedVideos]:
    folder = tmp_path_factory.mktemp("packed")
    gallery, queries = (
        pack_frames([video.path for video in videos], folder / name, size=SIZE, num_workers=2)
        for name, videos in (("train", dataset.train), ("test", dataset.test))
    )
    return gallery.packed, queries.packed


def of_dataset(dataset: Dataset) -> dict:
    return {
        "gallery_labels": [video.label for video in dataset.train],
        "query_labels": [video.label for video in dataset.test],
        "class_names": dataset.class_names,
        "dataset": dataset.name,
    }


def features_of(packed: PackedVideos, encoder: ClipEncoder, protocol: Protocol) -> FeatureSet:
    adapted = adapt_encoder(encoder, protocol)
    sampling = make_sampling(protocol, adapted.spec.clip)
    clips = PackedClips(packed, sampling, protocol.query_time)
    return extract_packed(packed, range(len(packed)), clips, adapted).side


def evaluate_packed(
    encoder: ClipEncoder,
    gallery: PackedVideos,
    queries: PackedVideos,
    *,
    num_resamples: int = 1000,
    **options: Any,
) -> dict:
    return PackedEvaluation(encoder, gallery, queries, **options).report(
        num_resamples=num_resamples
    )


def without_time(report: dict) -> dict:
    return {name: value for name, value in report.items() if name != "seconds"}


def flow_videos(folder: Path, lengths: tuple[int, ...] = (12, 3, 1, 9)) -> PackedVideos:
    """Levels that say where they are: no two alike."""
    rng = np.random.default_rng(0)
    levels = [rng.integers(0, 256, (length, *SIZE, 2), dtype=np.uint8) for length in lengths]
    return pack_arrays(levels, folder / "flow", kind="flow")


# Frames


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stride": 3, "query_time": "shuffled"},
        {"sampler": "sliding", "sliding_step": 5, "query_time": "reversed"},
        {"clip_length": 20, "query_time": "frozen"},
        {"clip_length": 20, "short": "repeat_last"},
        {"clip_length": 20, "short": "drop"},
    ],
)
def test_features_and_hits_are_bit_for_bit_those_of_the_files(
    dataset: Dataset, packed: tuple[PackedVideos, PackedVideos], tmp_path: Path, changes: dict
):
    protocol, encoder = replace(PROTOCOL, **changes), make_encoder()
    extract_features(dataset, encoder, protocol, tmp_path, cache_dir=None, num_workers=2)
    of_files = read_feature_files(tmp_path)

    report = evaluate_packed(encoder, *packed, **of_dataset(dataset), protocol=protocol)

    filmed = replace(protocol, query_time="forward")
    assert np.array_equal(of_files.train.features, features_of(packed[0], encoder, filmed).features)
    assert np.array_equal(
        of_files.test.features, features_of(packed[1], encoder, protocol).features
    )
    assert report["hits"] == {str(k): hits for k, hits in measure(of_files, protocol).hits.items()}
    told = of_files.description
    assert report["stretched"] == told["stretched"]
    assert report["dropped"] == told["dropped"]
    assert report["encoder_identity"] == told["encoder_identity"]
    assert {name: report["protocol"][name] for name in told["extraction"]} == told["extraction"]


def test_each_query_time_is_reported_as_if_alone_and_the_gallery_encoded_once(
    dataset: Dataset, packed: tuple[PackedVideos, PackedVideos]
):
    encoder = make_encoder()
    evaluation = PackedEvaluation(encoder, *packed, **of_dataset(dataset), protocol=PROTOCOL)
    reports = {time: evaluation.report(time) for time in ("forward", "frozen")}
    assert encoder.network.num_clips == 3 * (4 + 4 + 4)
    for query_time, report in reports.items():
        protocol = replace(PROTOCOL, query_time=query_time)
        alone = evaluate_packed(encoder, *packed, **of_dataset(dataset), protocol=protocol)
        assert without_time(report) == without_time(alone)
        assert report["protocol"]["query_time"] == query_time


def test_a_stopped_evaluation_goes_on_with_the_features_that_it_has(
    dataset: Dataset, packed: tuple[PackedVideos, PackedVideos], tmp_path: Path
):
    class Stopping(CountingNetwork):
        num_allowed = 5 * 3

        def embed(self, clips: NDArray[np.uint8], spec: EncoderSpec) -> NDArray[np.float32]:
            if self.num_clips + len(clips) > self.num_allowed:
                raise KeyboardInterrupt
            return super().embed(clips, spec)

    def report(encoder: ClipEncoder) -> dict:
        evaluation = PackedEvaluation(
            encoder, *packed, **of_dataset(dataset), protocol=PROTOCOL, cache_dir=tmp_path
        )
        return {time: without_time(evaluation.report(time)) for time in ("forward", "frozen")}

    whole = make_encoder()
    expected = [
        without_time(
            evaluate_packed(
                whole,
                *packed,
                **of_dataset(dataset),
                protocol=replace(PROTOCOL, query_time=query_time),
            )
        )
        for query_time in ("forward", "frozen")
    ]
    with pytest.raises(KeyboardInterrupt):
        report(make_encoder(network=Stopping))
    kept = len(list(tmp_path.rglob("*.npz")))
    encoder, again = make_encoder(), make_encoder()

    assert list(report(encoder).values()) == expected
    assert encoder.network.num_clips == 3 * (3 * 4 - kept) < 3 * 3 * 4
    assert list(report(again).values()) == expected
    assert again.network.num_clips == 0


def test_features_of_one_number_type_are_not_taken_for_those_of_another(
    dataset: Dataset, packed: tuple[PackedVideos, PackedVideos], tmp_path: Path
):
    """Machines that share the cache may compute in different ones."""
    for precision in ("float32", "bfloat16"):
        encoder = make_encoder(precision=precision)
        options = {**of_dataset(dataset), "protocol": PROTOCOL, "cache_dir": tmp_path}
        evaluate_packed(encoder, *packed, **options)
        assert encoder.network.num_clips == 3 * (4 + 4)


def test_clips_that_occur_twice_are_encoded_once(tmp_path: Path):
    rng = np.random.default_rng(0)
    short = [rng.integers(0, 256, (CLIP_LENGTH, *SIZE, 3), dtype=np.uint8)]
    encoder = make_encoder()
    side = features_of(pack_arrays(short, tmp_path / "short"), encoder, PROTOCOL)
    assert encoder.network.num_clips == 1
    assert side.num_clips.tolist() == [3]
    assert np.array_equal(side.features[0, 0], side.features[0, 2])


def test_videos_that_are_too_short_are_named_or_refused(tmp_path: Path):
    rng = np.random.default_rng(0)
    videos = [rng.integers(0, 256, (length, *SIZE, 3), dtype=np.uint8) for length in (3, 9)]
    packed = pack_arrays(videos, tmp_path / "two", names=["short", "long"])
    options = {"gallery_labels": [0, 1], "query_labels": [0, 1], "class_names": "ab"}
    options |= {"dataset": "two", "num_resamples": 5}

    def report(encoder: ClipEncoder, **changes: object) -> dict:
        protocol = replace(PROTOCOL, **changes)
        return evaluate_packed(encoder, packed, packed, **options, protocol=protocol)

    assert report(make_encoder())["stretched"] == 2
    dropped = report(make_encoder(), short="drop")
    assert (dropped["dropped"], dropped["num_queries"]) == (["short", "short"], 1)
    with pytest.raises(VideoTooShortError, match="short"):
        report(make_encoder(), short="error")
    with pytest.raises(DatasetError, match="two: no train video could be used"):
        report(make_encoder(), short="drop", clip_length=12)


# Flow


def slow_flow_rows(num_flows: int, num_clips: int, stride: int) -> list[list[int]]:
    room = max(0, num_flows + 1 - (1 + (CLIP_LENGTH - 1) * stride))
    starts = [clip * room // (num_clips - 1) for clip in range(num_clips)]
    return [
        [min(start + step * stride, num_flows - 1) for step in range(CLIP_LENGTH)]
        for start in starts
    ]


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("short", ["loop", "repeat_last"])
def test_flow_clips_are_placed_by_frames_and_repeat_the_last_flow(
    tmp_path: Path, stride: int, short: str
):
    packed, encoder = flow_videos(tmp_path), make_encoder(2)
    protocol = replace(PROTOCOL, stride=stride, short=short)

    side = features_of(packed, encoder, protocol)

    adapted = adapt_encoder(encoder, protocol)
    for video, num_flows in enumerate(packed.num_frames.tolist()):
        rows = slow_flow_rows(num_flows, protocol.clips, stride)
        clips = np.stack([packed.read(video, np.array(clip)) for clip in rows])
        assert np.array_equal(side.features[video], adapted.encode(clips, normalize=False))


def test_the_last_clip_of_flow_is_as_drawn(tmp_path: Path):
    clips = PackedClips(
        flow_videos(tmp_path, lengths=(4,)),
        make_sampling(Protocol(clips=2), ClipSpec(clip_length=4)),
    )
    assert clips.rows(0).tolist() == [[0, 1, 2, 3], [1, 2, 3, 3]]


def test_where_frames_stand_still_there_is_no_flow(tmp_path: Path):
    sampling = make_sampling(PROTOCOL, ClipSpec(clip_length=CLIP_LENGTH))
    packed = flow_videos(tmp_path)
    still = PackedClips(packed, sampling, "frozen").read(0)
    assert still.pixels.shape == (1, CLIP_LENGTH, *SIZE, 2)
    assert (still.pixels == 128).all()
    assert still.place_of.tolist() == [0, 0, 0]
    for query_time in ("reversed", "shuffled"):
        with pytest.raises(ConfigError, match="expected forward or frozen: packed flow"):
            PackedClips(packed, sampling, query_time)


def test_a_motion_model_is_evaluated_on_flow(tmp_path: Path):
    packed = flow_videos(tmp_path)
    labels = [0, 1, 2, 3]
    report = evaluate_packed(
        make_encoder(2),
        packed,
        packed,
        gallery_labels=labels,
        query_labels=labels,
        class_names="abcd",
        dataset="noise",
        protocol=PROTOCOL,
        num_resamples=5,
    )
    assert report["recall"]["1"] == 1.0
    assert report["dataset"] == "noise"


# Refusals


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"resize": (64, 86)},
            r"resize is \(64, 86\); expected \(40, 52\), the size of the packed",
        ),
        ({"crop": (48, 48)}, r"crop is \(48, 48\); expected no more than resize"),
        ({"clip_length": 1, "query_time": "frozen"}, "expected forward for clips of one frame"),
    ],
)
def test_what_packed_videos_do_not_hold_is_refused(
    dataset: Dataset, packed: tuple[PackedVideos, PackedVideos], changes: dict, sentence: str
):
    protocol = replace(PROTOCOL, **changes)
    with pytest.raises(ConfigError, match=sentence):
        evaluate_packed(make_encoder(), *packed, **of_dataset(dataset), protocol=protocol)


def test_what_does_not_fit_together_is_refused(
    dataset: Dataset, packed: tuple[PackedVideos, PackedVideos], tmp_path: Path
):
    gallery, queries = packed
    options = of_dataset(dataset)
    with pytest.raises(ConfigError, match="expected one for the 3 channels of packed frames"):
        evaluate_packed(make_encoder(2), gallery, queries, **options)
    with pytest.raises(ConfigError, match=r"queries is .*; expected packed like .*train"):
        evaluate_packed(make_encoder(), gallery, flow_videos(tmp_path), **options)
    with pytest.raises(ConfigError, match="query_labels is 3; expected 4, one for each video"):
        evaluate_packed(make_encoder(), gallery, queries, **{**options, "query_labels": [0] * 3})
    rated = make_encoder().with_clip(ClipSpec(clip_length=CLIP_LENGTH, frame_rate=25))
    with pytest.raises(ConfigError, match="packed videos have no time stamps"):
        evaluate_packed(rated, gallery, queries, **options)
