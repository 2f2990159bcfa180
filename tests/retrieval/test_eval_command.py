"""`python -m retrieval.eval` from video files to the report."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motionfit.encoders.checkpoint import save_checkpoint
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.origin import Origin
from motionfit.encoders.registry import load_encoder
from motionfit.errors import ConfigError, DatasetError
from motionfit.media.datasets.registry import load_dataset
from motionfit.media.pool import decode_clips
from motionfit.media.sampling import ClipSpec, Sliding, Uniform
from retrieval.eval import evaluate, main
from retrieval.evaluation.adaptation import adapt_encoder, make_sampling
from retrieval.evaluation.feature_files import read_feature_files
from retrieval.evaluation.protocol import PRESETS, Protocol, make_protocol

# A network that is cheap to run: small pictures, short clips.
SMALL = {"clip_length": 4, "resize": (40, 52), "crop": (32, 32), "pool": "gmax", "clips": 3}
SMALL_OPTIONS = [
    *("--clip-length", "4", "--resize", "40x52", "--crop", "32x32", "--pool", "gmax"),
    *("--clips", "3", "--workers", "2", "--device", "cpu", "--num-resamples", "50"),
]
# The default one takes no clips as short as these.
LIGHT = ["--encoder", "r2plus1d_10"]


@pytest.fixture
def three_classes(synthetic_root: Path, tmp_path: Path) -> Path:
    """A data set of class folders: one training and one test video of three motions."""
    dataset = load_dataset("synthetic", synthetic_root)
    root = tmp_path / "three"
    for subset, videos in (("train", dataset.train), ("test", dataset.test)):
        for video in videos[:3]:
            folder = root / subset / video.class_name
            folder.mkdir(parents=True)
            shutil.copy(video.path, folder)
    return root


def run(capsys, *options: object) -> tuple[int, dict]:
    code = main([*map(str, options), "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_folder_of_classes_is_evaluated_and_the_report_says_how(three_classes, tmp_path, capsys):
    cache = tmp_path / "cache"

    code, report = run(
        capsys, "--dataset", three_classes, "--feature-cache", cache, *LIGHT, *SMALL_OPTIONS
    )

    assert code == 0
    assert (report["num_queries"], report["num_gallery"]) == (3, 3)
    assert list(report["recall"]) == ["1", "5", "10", "20", "50"]
    assert report["recall"]["5"] == 1.0
    assert report["hits"]["5"] == 3
    assert report["chance"]["1"] == pytest.approx(1 / 3)
    assert report["split"] == 1
    assert report["encoder"] == "r2plus1d_10 (untrained, seed 0)"
    assert report["encoder_trained"] is False
    assert any("Untrained" in note for note in report["notes"])
    assert report["protocol"]["name"].startswith("xu with clips=3, clip_length=4")
    assert report["protocol"]["stride"] == 1
    assert report["protocol"]["resize"] == [40, 52]
    assert report["protocol"]["frame_rate"] == "native"
    assert report["protocol"]["ties"] == "lowest gallery index"
    assert len(report["per_class"]) == 3
    assert report["made_by"]["version"]


def test_features_out_gives_the_arrays_that_features_reads_to_the_same_report(
    three_classes, tmp_path, capsys
):
    out = tmp_path / "features"
    _, first = run(
        capsys,
        *("--dataset", three_classes, "--no-feature-cache", "--features-out", out),
        *LIGHT,
        *SMALL_OPTIONS,
    )

    code, second = run(capsys, "--features", out, "--num-resamples", "50")

    assert code == 0
    assert np.load(out / "train_feature.npy").shape == (3, 3, 256)
    assert np.load(out / "test_class.npy").tolist() == [[0] * 3, [1] * 3, [2] * 3]
    for key in ("dataset", "encoder", "hits", "recall", "intervals", "per_class", "notes"):
        assert second[key] == first[key]
    for name in ("clip_length", "resize", "pool"):
        assert second["protocol"][name] == first["protocol"][name]


def test_a_second_run_takes_its_features_from_the_cache(three_classes, tmp_path):
    options = {
        "dataset": three_classes,
        "feature_cache": tmp_path / "cache",
        "protocol": make_protocol("xu", SMALL),
        "num_resamples": 5,
    }
    first = evaluate(encoder=load_encoder("r2plus1d_10", device="cpu"), **options)
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.npz")}

    second = evaluate(encoder=load_encoder("r2plus1d_10", device="cpu"), **options)

    assert len(stamps) == 6
    assert second["hits"] == first["hits"]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_frozen_queries_are_told_apart_in_the_cache_and_named_in_the_report(
    three_classes, tmp_path, capsys
):
    options = (
        "--dataset",
        three_classes,
        "--feature-cache",
        tmp_path / "cache",
        *LIGHT,
        *SMALL_OPTIONS,
    )
    outs = {time: tmp_path / time for time in ("forward", "frozen")}
    reports = {
        time: run(capsys, *options, "--query-time", time, "--features-out", out)[1]
        for time, out in outs.items()
    }

    gallery, queries = (
        [np.load(out / f"{subset}_feature.npy") for out in outs.values()]
        for subset in ("train", "test")
    )
    assert np.array_equal(*gallery)
    assert not np.isclose(*queries).all(axis=2).any()
    # 6 videos as filmed, and 3 queries once more.
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 9
    frozen = reports["frozen"]
    assert frozen["protocol"]["query_time"] == "frozen"
    assert "query_time=frozen" in frozen["protocol"]["name"]
    assert any(note.startswith("Control: query clips are frozen") for note in frozen["notes"])
    assert not any("Control" in note for note in reports["forward"]["notes"])


def test_a_frozen_query_clip_is_its_middle_frame(three_classes, tmp_path):
    out = tmp_path / "features"
    encoder = load_encoder("r2plus1d_10", device="cpu")
    protocol = make_protocol("xu", {**SMALL, "query_time": "frozen"})
    evaluate(
        dataset=three_classes,
        encoder=encoder,
        protocol=protocol,
        features_out=out,
        use_feature_cache=False,
        num_resamples=5,
    )

    adapted = adapt_encoder(encoder, protocol)
    path = load_dataset(str(three_classes)).test[0].path
    clips = decode_clips(path, make_sampling(protocol, adapted.spec.clip), size=(40, 52)).gather()
    still = np.repeat(clips[:, 2:3], 4, axis=1)
    wanted = adapted.encode(still, normalize=False)
    assert np.array_equal(np.load(out / "test_feature.npy")[0], wanted)


def test_clips_of_one_frame_cannot_be_frozen(three_classes):
    protocol = make_protocol("xu", {**SMALL, "clip_length": 1, "query_time": "frozen"})
    with pytest.raises(ConfigError, match="expected forward for clips of one frame"):
        evaluate(
            dataset=three_classes,
            encoder="r2plus1d_10",
            protocol=protocol,
            use_feature_cache=False,
        )


def test_a_video_that_cannot_be_decoded_is_named_and_left_out(three_classes, tmp_path, capsys):
    broken = min((three_classes / "test").rglob("*.mp4"))
    broken.write_bytes(b"no video")

    code, report = run(
        capsys, "--dataset", three_classes, "--no-feature-cache", *LIGHT, *SMALL_OPTIONS
    )

    assert code == 1
    assert [failure["path"] for failure in report["failed"]] == [str(broken)]
    assert report["failed"][0]["error"] == "UnreadableVideoError"
    assert report["num_queries"] == 2
    assert any(note.startswith("1 videos could not be decoded") for note in report["notes"])


def test_a_side_without_any_usable_video_is_refused(three_classes, capsys):
    for path in (three_classes / "test").rglob("*.mp4"):
        path.write_bytes(b"no video")

    code = main(["--dataset", str(three_classes), "--no-feature-cache", *LIGHT, *SMALL_OPTIONS])

    assert code == 2
    assert "no test video could be used" in capsys.readouterr().err


def test_a_data_set_without_test_videos_is_refused_before_anything_is_decoded(
    three_classes, tmp_path, capsys
):
    videos = sorted((three_classes / "train").rglob("*.mp4"))
    table = tmp_path / "train_only.csv"
    lines = [f"{path},{path.parent.name},train" for path in videos]
    table.write_text("\n".join(["path,label,subset", *lines]))
    cache = tmp_path / "cache"

    code = main(["--dataset", str(table), "--feature-cache", str(cache), *LIGHT, *SMALL_OPTIONS])

    assert code == 2
    error = capsys.readouterr().err
    assert "split 1 has no test video to search with; it serves training only" in error
    assert not cache.exists()


def test_dropped_and_stretched_videos_are_counted(three_classes):
    short = {**SMALL, "clip_length": 30}
    options = {"dataset": three_classes, "use_feature_cache": False, "num_resamples": 5}
    options["encoder"] = "r2plus1d_10"

    stretched = evaluate(protocol=make_protocol("xu", short), **options)
    assert stretched["stretched"] == 6
    assert stretched["num_queries"] == 3

    with pytest.raises(DatasetError, match="no train video could be used"):
        evaluate(protocol=make_protocol("xu", {**short, "short": "drop"}), **options)


def test_sliding_windows_give_videos_different_numbers_of_clips(three_classes, tmp_path):
    out = tmp_path / "features"
    sliding = {**SMALL, "sampler": "sliding", "sliding_step": 3}

    report = evaluate(
        dataset=three_classes,
        encoder="r2plus1d_10",
        use_feature_cache=False,
        features_out=out,
        protocol=make_protocol("clip-text", sliding),
        num_resamples=5,
    )

    split = read_feature_files(out)
    assert report["num_gallery"] == split.train.num_clips.sum() > 12
    assert report["protocol"]["clips"] is None
    assert report["protocol"]["sliding_step"] == 3


def test_the_table_shows_recall_beside_chance_and_interval(three_classes, capsys):
    main(["--dataset", str(three_classes), "--no-feature-cache", *LIGHT, *SMALL_OPTIONS])

    text = capsys.readouterr().out
    assert "R@k    95 % interval   chance    hits" in text
    assert "note: Untrained encoder" in text
    assert "k=1,5,10,20,50" in text


def test_the_built_in_set_says_that_it_is(synthetic_root, tmp_path, capsys):
    options = ["--dataset", "synthetic", "--data-root", str(synthetic_root)]
    main([*options, "--no-feature-cache", *LIGHT, *SMALL_OPTIONS])

    assert "note: Built-in synthetic data set" in capsys.readouterr().out


def test_features_mode_needs_neither_torch_nor_a_decoder(tmp_path):
    rng = np.random.default_rng(0)
    for subset, num_videos in (("train", 8), ("test", 4)):
        features = rng.standard_normal((num_videos, 2, 6)).astype(np.float32)
        np.save(tmp_path / f"{subset}_feature.npy", features)
        np.save(tmp_path / f"{subset}_class.npy", np.arange(num_videos)[:, None] % 2 + [[0, 0]])
    code = (
        "import sys; from retrieval.eval import main; "
        f"code = main(['--features', {str(tmp_path)!r}, '--format', 'json']); "
        "loaded = {'torch', 'av', 'decord', 'cv2', 'sqlalchemy'} & set(sys.modules); "
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["dataset"] == str(tmp_path)
    assert report["encoder"] is None
    assert report["protocol"]["clip_length"] is None
    assert report["num_queries"] == 4


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--features", "nowhere"], "nowhere: no such folder"),
        (["--features", ".", "--pool", "gmax"], "pool is 'gmax'; expected to be left out"),
        (["--features", ".", "--encoder", "r2plus1d_18"], "nothing is decoded"),
        (["--dataset", "nowhere"], "nowhere: no such folder"),
        (["--split", "0", "--dataset", "."], "split is 0; expected 1 or more"),
        (["--k", "5,1"], "k is (5, 1); expected cut-offs of at least 1, increasing"),
        (["--clips", "0"], "clips is 0; expected at least 1"),
        (["--workers", "0"], "workers is 0; expected at least 1"),
        (["--num-resamples", "0"], "num_resamples is 0; expected at least 1"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(options, sentence, capsys):
    assert main(options) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("options", [["--resize", "big"], ["--k", "1,x"], ["--metric", "near"]])
def test_values_that_cannot_be_read_are_refused(options, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(options)
    assert options[0] in capsys.readouterr().err


def test_an_encoder_is_adapted_to_the_protocol_and_its_identity_tells():
    encoder = load_encoder("r2plus1d_10", device="cpu")

    selavi = adapt_encoder(encoder, PRESETS["selavi"])

    assert (selavi.spec.clip.clip_length, selavi.spec.pool) == (32, "max222")
    assert selavi.spec.crop == encoder.spec.crop
    assert selavi.identity != adapt_encoder(encoder, Protocol()).identity
    with pytest.raises(ConfigError, match="crop"):
        adapt_encoder(encoder, Protocol(crop=(500, 500)))


def test_sliding_windows_advance_by_half_a_clip_less_one():
    spec = ClipSpec(clip_length=32)
    assert make_sampling(PRESETS["coclr"], spec).placement == Sliding(clip_hop=15)
    assert make_sampling(PRESETS["xu"], spec).placement == Uniform(num_clips=10)
    assert make_sampling(Protocol(sampler="sliding"), ClipSpec(clip_length=2)).placement == Sliding(
        clip_hop=1
    )


def test_real_clips_are_evaluated_by_their_official_lists(shared_data, tmp_path):
    lists = tmp_path / "lists"
    lists.mkdir()
    source = shared_data / "jhmdb21"
    names = {}
    for subset in ("train", "test"):
        lines = (source / f"{subset}list01.txt").read_text().splitlines()
        names[subset] = [line for line in lines if line.startswith(("golf/", "wave/"))][:4]
        text = "\n".join([*names[subset], f"golf/v_absent_{subset}.mp4"])
        (lists / f"{subset}list01.txt").write_text(text)

    report = evaluate(
        dataset=source,
        encoder="r2plus1d_10",
        lists_dir=lists,
        protocol=make_protocol("xu", SMALL),
        use_feature_cache=False,
        num_resamples=5,
    )

    assert report["num_gallery"] == len(names["train"])
    assert report["num_queries"] == len(names["test"])
    assert len(report["missing"]) == 2


def test_the_report_says_what_an_encoder_was_trained_on(three_classes, tmp_path, capsys):
    untrained = load_encoder("r2plus1d_10", device="cpu")
    origin = Origin(is_trained=True, method="student", data="7 videos", teacher="t on UCF101")
    encoder = ClipEncoder(untrained.network, untrained.spec, origin=origin, name="mine")
    save_checkpoint(encoder, tmp_path / "mine.safetensors")
    asked = ["--dataset", three_classes, "--encoder", tmp_path / "mine.safetensors"]

    _, report = run(capsys, *asked, *SMALL_OPTIONS)
    main([*map(str, asked), *SMALL_OPTIONS])

    assert report["encoder_trained_on"] == "7 videos; taught by t on UCF101"
    assert "\ntrained   7 videos; taught by t on UCF101\n" in capsys.readouterr().out
