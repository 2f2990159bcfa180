import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import PseudoLabelError
from motionfit.labels.features import save_features
from motionfit.labels.pseudo_labels import (
    load_pseudo_labels,
    make_pseudo_labels,
    save_pseudo_labels,
)
from motionfit.labels.settings import LEVELS, LabelSettings
from tests.labels.conftest import dense_features, labels_by_hand


@pytest.fixture
def made(tmp_path):
    """Pseudo-labels of three videos, and the file they are in."""
    features = dense_features([[0, 0, 9], [9, 9], [0, 9, 9, 9]])
    labels = make_pseudo_labels(features, LabelSettings(num_clusters=2))
    path = tmp_path / "pseudo_labels.npz"
    save_pseudo_labels(labels, path)
    return labels, path


def test_clips_alike_have_one_label(made):
    labels, _ = made
    low, high = labels.label[0], labels.label[2]
    assert low != high
    assert labels.label.tolist() == [low, low, high, high, high, low, high, high, high]
    assert labels.centroids[[low, high], 0].tolist() == [0, 9]
    assert labels.sizes[[low, high]].tolist() == [3, 6]


def test_every_clip_of_a_video_has_its_video_s_label():
    features = dense_features([[0, 2], [10, 12], [1, 1, 1]])
    labels = make_pseudo_labels(features, LabelSettings(num_clusters=2, level="video"))
    low, high = labels.label[0], labels.label[2]
    assert labels.label.tolist() == [low, low, high, high, low, low, low]
    assert labels.sizes[[low, high]].tolist() == [2, 1]
    assert labels.item.tolist() == [0, 0, 1, 1, 2, 2, 2]


def test_clusters_are_counted_against_items_not_clips():
    features = dense_features([[0, 2], [10, 12], [1, 1, 1]])
    with pytest.raises(PseudoLabelError, match="4 clusters of 3 points"):
        make_pseudo_labels(features, LabelSettings(num_clusters=4, level="video"))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("preprocessing", ["none", "l2", "pca_whiten:3+l2"])
def test_labels_come_back_from_their_file(tmp_path, level, preprocessing):
    features = dense_features([[0, 1, 5, 6]] * 20)
    rng = np.random.default_rng(0)
    features = replace(features, features=rng.normal(0, 1, (80, 6)).astype(np.float32))
    settings = LabelSettings(num_clusters=4, level=level, preprocessing=preprocessing, seed=3)
    labels = make_pseudo_labels(features, settings)
    save_pseudo_labels(labels, tmp_path / "new" / "labels.npz")
    read = load_pseudo_labels(tmp_path / "new" / "labels.npz")
    for name in ("video", "start", "label", "item", "distance", "centroids", "sizes"):
        assert np.array_equal(getattr(read, name), getattr(labels, name))
    for name in ("inertia", "objective", "num_repaired", "settings", "features_identity"):
        assert getattr(read, name) == getattr(labels, name)
    assert read.grid.to_dict() == labels.grid.to_dict()
    assert read.collection.names == labels.collection.names
    assert np.array_equal(read.assign(features.features), labels.assign(features.features))


def test_assigning_the_features_again_gives_the_labels_they_have():
    features = dense_features([[0, 1, 5, 6]] * 20)
    rng = np.random.default_rng(0)
    features = replace(features, features=rng.normal(0, 1, (80, 6)).astype(np.float32))
    labels = make_pseudo_labels(
        features, LabelSettings(num_clusters=4, preprocessing="pca_whiten:3+l2")
    )
    assert np.array_equal(labels.assign(features.features), labels.label)


def test_the_file_is_read_without_our_code(made):
    labels, path = made
    with np.load(path) as file:
        about = json.loads(file["description.json"])
        rows = [
            (about["names"][video], int(start), int(label))
            for video, start, label in zip(file["video"], file["start"], file["label"], strict=True)
        ]
    assert rows[3] == ("video 1", 0, labels.label[3])
    assert about["settings"]["num_clusters"] == 2
    assert about["grid"] == {"clip_length": 4, "clip_hop": 4, "stride": 1}


def test_equal_labels_give_equal_bytes(made, tmp_path):
    labels, path = made
    save_pseudo_labels(labels, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


@given(data=st.data())
def test_no_damage_goes_unnoticed(tmp_path_factory, data):
    labels = labels_by_hand([[0, 1, 1], [2, 0]])
    path = tmp_path_factory.mktemp("damage") / "labels.npz"
    save_pseudo_labels(labels, path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        read = load_pseudo_labels(path)
    except PseudoLabelError:
        return
    # A byte that says nothing of the content, such as a date.
    assert read.identity() == labels.identity()
    assert np.array_equal(read.centroids, labels.centroids)


def change_description(path, **changes):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "description.json"}
        description = json.loads(file["description.json"])
    with path.open("wb") as file:
        np.savez(file, **arrays)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("description.json", json.dumps({**description, **changes}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 2}, "format version is 2; this program reads up to 1"),
        ({"kind": "dense_features"}, "it holds no pseudo labels"),
        ({"identity": "0"}, "not those that its description names"),
        ({"names": ["one"]}, "its content is wrong: names"),
        ({"settings": {"num_cluster": 3}}, "its content is wrong"),
        ({"settings": None}, "its content is wrong"),
    ],
)
def test_a_file_of_another_kind_or_version_is_refused(made, changes, message):
    _, path = made
    change_description(path, **changes)
    with pytest.raises(PseudoLabelError, match=message):
        load_pseudo_labels(path)


def test_files_that_are_none_of_ours_are_refused(tmp_path):
    with pytest.raises(PseudoLabelError, match="there is no such file"):
        load_pseudo_labels(tmp_path / "missing.npz")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(PseudoLabelError, match="damaged, or none of our files"):
        load_pseudo_labels(tmp_path / "text.npz")
    save_features(dense_features([[1, 2]]), tmp_path / "features.npz")
    with pytest.raises(PseudoLabelError, match="it holds no pseudo labels"):
        load_pseudo_labels(tmp_path / "features.npz")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    in_its_place = tmp_path / "labels.npz"
    in_its_place.mkdir()
    with pytest.raises(PseudoLabelError, match="could not be written: Is a directory"):
        save_pseudo_labels(labels_by_hand([[0, 1]]), in_its_place)
    assert list(tmp_path.iterdir()) == [in_its_place]


def test_the_identity_tells_labels_apart():
    labels = labels_by_hand([[0, 1], [1]])
    assert labels.identity() == labels_by_hand([[0, 1], [1]]).identity()
    assert labels.identity() != labels_by_hand([[0, 1], [0]]).identity()
