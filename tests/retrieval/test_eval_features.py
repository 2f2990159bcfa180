"""Feature files: what is written is read back, and what does not fit is refused in a sentence."""

import json

import numpy as np
import pytest

from motionfit.errors import ConfigError, FeatureFilesError
from retrieval.evaluation.feature_cache import CachedVideo, FeatureCache
from retrieval.evaluation.feature_files import read_feature_files
from retrieval.evaluation.feature_writing import VideoFeatures, write_feature_files
from retrieval.evaluation.features import PADDING

ARRAYS = ("train_feature", "train_class", "test_feature", "test_class")


@pytest.fixture
def four_arrays(tmp_path):
    """Good arrays on disk: 6 and 4 videos of 3 clips with 5 values."""
    rng = np.random.default_rng(0)
    for subset, num_videos in (("train", 6), ("test", 4)):
        features = rng.standard_normal((num_videos, 3, 5)).astype(np.float32)
        np.save(tmp_path / f"{subset}_feature.npy", features)
        classes = np.repeat(np.arange(num_videos)[:, None] % 3, 3, axis=1)
        np.save(tmp_path / f"{subset}_class.npy", classes)
    return tmp_path


def test_four_arrays_are_read_without_copying_them(four_arrays):
    split = read_feature_files(four_arrays)

    assert isinstance(split.train.features, np.memmap)
    assert split.train.features.shape == (6, 3, 5)
    assert split.test.labels.tolist() == [0, 1, 2, 0]
    assert split.test.num_clips.tolist() == [3, 3, 3, 3]
    assert split.test.video_ids is None
    assert split.description == {}


def test_what_is_written_is_read_back(tmp_path):
    rng = np.random.default_rng(1)
    clips = [rng.standard_normal((n, 4)).astype(np.float32) for n in (2, 1, 3)]
    videos = [
        VideoFeatures(label=i, video_id=f"{i}é", num_clips=len(c), load=lambda c=c: c)
        for i, c in enumerate(clips)
    ]
    description = {"dataset": "ours", "missing": ["\udcff.mp4"]}

    write_feature_files(tmp_path / "new", {"train": videos, "test": videos[:1]}, 4, description)
    split = read_feature_files(tmp_path / "new")

    for read, written in zip(split.train.features, clips, strict=True):
        np.testing.assert_array_equal(read[: len(written)], written)
    assert split.train.num_clips.tolist() == [2, 1, 3]
    assert split.train.labels.tolist() == [0, 1, 2]
    assert split.train.video_ids.tolist() == ["0é", "1é", "2é"]
    assert split.test.features.shape == (1, 2, 4)
    assert split.description == description
    assert np.load(tmp_path / "new" / "train_class.npy").tolist()[1] == [1, PADDING, PADDING]
    assert not list((tmp_path / "new").glob(".partial*"))


def test_a_write_that_fails_leaves_the_earlier_files(four_arrays):
    before = (four_arrays / "train_feature.npy").read_bytes()

    def fail():
        raise OSError(28, "No space left on device")

    video = VideoFeatures(label=0, video_id="a", num_clips=1, load=fail)
    with pytest.raises(ConfigError, match="No space left on device"):
        write_feature_files(four_arrays, {"train": [video], "test": [video]}, 2, {})

    assert (four_arrays / "train_feature.npy").read_bytes() == before
    assert not list(four_arrays.glob(".partial*"))


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_named(four_arrays, name):
    (four_arrays / f"{name}.npy").unlink()
    with pytest.raises(FeatureFilesError, match=rf"{name}\.npy: is missing"):
        read_feature_files(four_arrays)


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_array_is_refused(four_arrays, content):
    (four_arrays / "test_feature.npy").write_bytes(content)
    with pytest.raises(FeatureFilesError, match="cannot be read"):
        read_feature_files(four_arrays)


def test_pickled_objects_are_refused(four_arrays):
    np.save(four_arrays / "test_class.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(FeatureFilesError, match="cannot be read"):
        read_feature_files(four_arrays)


def test_a_truncated_array_is_refused(four_arrays):
    path = four_arrays / "train_feature.npy"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FeatureFilesError, match="cannot be read"):
        read_feature_files(four_arrays)


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("train_feature", lambda a: a[:, 0], r"holds float32 \(6, 5\)"),
        ("train_feature", lambda a: a.astype(int), r"holds int64 \(6, 3, 5\)"),
        ("train_feature", lambda a: a[:, :, :4], "train features have 4 values a clip, test"),
        ("train_feature", lambda a: a[:5], r"beside features \(5, 3, 5\)"),
        ("train_class", lambda a: a[:, 0], r"holds int64 \(6,\) beside"),
        ("train_class", lambda a: a.astype(float), "holds float64"),
        ("test_class", lambda a: np.full_like(a, -1), "video 0 has no clips"),
        ("test_class", lambda a: a + np.array([0, 0, 1]), "video 0 has clips of"),
        ("test_class", lambda a: np.where([True, False, True], a, -1), "padding between them"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(four_arrays, name, change, sentence):
    path = four_arrays / f"{name}.npy"
    np.save(path, change(np.load(path)))
    with pytest.raises(FeatureFilesError, match=sentence):
        read_feature_files(four_arrays)


@pytest.mark.parametrize("subset", ["train", "test"])
def test_an_empty_side_is_refused(four_arrays, subset):
    np.save(four_arrays / f"{subset}_feature.npy", np.zeros((0, 3, 5), dtype=np.float32))
    np.save(four_arrays / f"{subset}_class.npy", np.zeros((0, 3), dtype=np.int64))
    with pytest.raises(FeatureFilesError, match=r"is empty, \(0, 3, 5\)"):
        read_feature_files(four_arrays)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_found(four_arrays, value):
    path = four_arrays / "test_feature.npy"
    features = np.load(path)
    features[2, 1, 4] = value
    np.save(path, features)
    with pytest.raises(FeatureFilesError, match="video 2, clip 1 has a value that is NaN"):
        read_feature_files(four_arrays)


def test_padding_may_hold_anything(four_arrays):
    features = np.load(four_arrays / "test_feature.npy")
    classes = np.load(four_arrays / "test_class.npy")
    features[1, 2], classes[1, 2] = np.nan, PADDING
    np.save(four_arrays / "test_feature.npy", features)
    np.save(four_arrays / "test_class.npy", classes)

    assert read_feature_files(four_arrays).test.num_clips.tolist() == [3, 2, 3, 3]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_description_is_refused(four_arrays, text):
    (four_arrays / "features.json").write_text(text)
    with pytest.raises(FeatureFilesError, match=r"features\.json"):
        read_feature_files(four_arrays)


def test_video_identities_of_another_length_are_refused(four_arrays):
    np.save(four_arrays / "train_video.npy", np.arange(5))
    with pytest.raises(FeatureFilesError, match="beside features of 6 videos"):
        read_feature_files(four_arrays)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FeatureFilesError, match="no such folder"):
        read_feature_files(tmp_path / "nowhere")


def cache_in(folder, identity="encoder", number_type="float32", sampling="ten clips"):
    return FeatureCache(
        folder, encoder_identity=identity, number_type=number_type, sampling_key=sampling
    )


def test_the_cache_gives_back_what_it_was_given_to_its_own_encoder_and_sampling(tmp_path):
    features = np.arange(6, dtype=np.float32).reshape(2, 3)
    video = CachedVideo(features=features, is_stretched=True, damage="3 of 9 frames")

    cache_in(tmp_path).save("abc", video)
    found = cache_in(tmp_path).load("abc")

    np.testing.assert_array_equal(found.features, features)
    assert (found.is_stretched, found.damage) == (True, "3 of 9 frames")
    assert cache_in(tmp_path).load("abd") is None
    assert cache_in(tmp_path, identity="other").load("abc") is None
    assert cache_in(tmp_path, number_type="bfloat16").load("abc") is None
    assert cache_in(tmp_path, sampling="one clip").load("abc") is None


def test_a_flipped_bit_in_the_cache_is_a_miss(tmp_path):
    video = CachedVideo(features=np.ones((4, 100)), is_stretched=False, damage="")
    cache_in(tmp_path).save("abc", video)
    (path,) = tmp_path.rglob("*.npz")
    content = bytearray(path.read_bytes())
    content[800] ^= 1
    path.write_bytes(content)

    assert cache_in(tmp_path).load("abc") is None
    with pytest.raises(ConfigError, match="feature_cache"):
        cache_in(tmp_path).features_of("abc")


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    video = CachedVideo(features=np.ones((1, 1)), is_stretched=False, damage="")
    cache_in(tmp_path).save("abc", video)
    (path,) = tmp_path.rglob("*.npz")
    (path.parent / f".{path.name}.0123abcd.part").write_bytes(b"half")

    cache_in(tmp_path).save("abc", video)

    assert list(path.parent.iterdir()) == [path]


def test_a_cache_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    video = CachedVideo(features=np.ones((1, 1)), is_stretched=False, damage="")
    with pytest.raises(ConfigError, match="feature_cache"):
        cache_in(tmp_path / "file").save("abc", video)


def test_descriptions_are_plain_json(tmp_path):
    video = VideoFeatures(label=0, video_id="a", num_clips=1, load=lambda: np.ones((1, 2)))
    write_feature_files(tmp_path, {"train": [video], "test": [video]}, 2, {"split": 1})
    assert json.loads((tmp_path / "features.json").read_text()) == {"split": 1}
