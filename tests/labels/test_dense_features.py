import io
import logging

import numpy as np
import pytest

from motionfit.errors import ConfigError, PseudoLabelError
from motionfit.labels.dense_features import extract_dense_features, keep_dense_features
from motionfit.labels.features import DenseFeatures, load_features, save_features
from motionfit.labels.settings import GridSettings
from motionfit.media.packed.arrays import pack_arrays
from motionfit.progress import Progress
from tests.labels.conftest import collection_of, dense_features

GRID = GridSettings(clip_length=4)


def encode(clips):
    """Return the first, the last and the sum of the values of each clip's frames."""
    values = clips[:, :, 0, 0, 0].astype(np.float32)
    return np.stack([values[:, 0], values[:, -1], values.sum(axis=1)], axis=1)


@pytest.fixture
def packed(tmp_path):
    """Three videos of 9, 3 and 6 frames; frame t of video v has the value 20 v + t."""
    videos = []
    for number, length in enumerate((9, 3, 6)):
        values = (20 * number + np.arange(length, dtype=np.uint8))[:, None, None, None]
        videos.append(np.broadcast_to(values, (length, 6, 8, 3)).copy())
    return pack_arrays(videos, tmp_path / "frames.packed")


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_every_grid_clip_has_the_feature_of_its_frames(packed, batch_size):
    dense = extract_dense_features(packed, encode, grid=GRID, batch_size=batch_size)
    assert dense.video.tolist() == [0, 0, 1, 2, 2]
    assert dense.start.tolist() == [0, 4, 0, 0, 2]
    assert dense.features.tolist() == [
        [0, 3, 6],
        [4, 7, 22],
        [20, 20, 83],  # three frames, looped: 20 21 22 20
        [40, 43, 166],
        [42, 45, 174],
    ]
    assert dense.collection.names == packed.names


def test_short_flow_stays_at_its_last(tmp_path):
    flow = np.broadcast_to(np.array([7, 8, 9], np.uint8)[:, None, None, None], (3, 6, 8, 2)).copy()
    packed = pack_arrays([flow], tmp_path / "flow.packed", kind="flow")
    assert extract_dense_features(packed, encode, grid=GRID).features.tolist() == [[7, 9, 33]]


def test_progress_counts_each_video_once(packed):
    stream = io.StringIO()
    with Progress("features", unit="video", total=3, stream=stream) as progress:
        extract_dense_features(packed, encode, grid=GRID, batch_size=2, progress=progress)
        assert progress._count == 3


def test_kept_features_are_not_made_again(packed, tmp_path):
    path = tmp_path / "features.npz"
    first = keep_dense_features(path, packed, encode, encoder_identity="a", grid=GRID)

    def refuse(clips):
        raise AssertionError("encoded again")

    again = keep_dense_features(path, packed, refuse, encoder_identity="a", grid=GRID)
    assert np.array_equal(again.features, first.features)
    assert again.grid == first.grid
    assert again.collection.names == first.collection.names
    for other in ({"encoder_identity": "b", "grid": GRID}, {"encoder_identity": "a"}):
        with pytest.raises(AssertionError, match="encoded again"):
            keep_dense_features(path, packed, refuse, **other)


def test_damaged_features_are_made_anew(packed, tmp_path, caplog):
    path = tmp_path / "features.npz"
    first = keep_dense_features(path, packed, encode, encoder_identity="a", grid=GRID)
    content = bytearray(path.read_bytes())
    content[content.index(first.features.tobytes()) + 5] ^= 1
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        again = keep_dense_features(path, packed, encode, encoder_identity="a", grid=GRID)
    assert "damaged" in caplog.text
    assert np.array_equal(again.features, first.features)
    assert np.array_equal(load_features(path).features, first.features)


def test_a_feature_that_is_not_finite_is_refused_with_the_name_of_its_video(packed):
    def diverge(clips):
        features = encode(clips)
        features[features[:, 0] >= 40] = np.nan
        return features

    with pytest.raises(PseudoLabelError, match="not finite for 2 of 5 clips, the first is of vid"):
        extract_dense_features(packed, diverge, grid=GRID)


def test_an_encoder_must_return_a_vector_a_clip(packed):
    with pytest.raises(ConfigError, match="one vector for each of 5"):
        extract_dense_features(packed, lambda clips: encode(clips)[:2], grid=GRID)


def test_an_error_of_the_encoder_passes_through(packed):
    def fail(clips):
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        extract_dense_features(packed, fail, grid=GRID, batch_size=1)


def test_clips_out_of_order_are_refused():
    with pytest.raises(PseudoLabelError, match="not in the order of videos and starts"):
        DenseFeatures(
            features=np.zeros((2, 1), np.float32),
            video=np.array([0, 0]),
            start=np.array([4, 0]),
            grid=GRID,
            collection=collection_of([8]),
            identity="",
        )


def test_features_come_back_from_their_file(tmp_path):
    features = dense_features([[1, 2], [3]])
    save_features(features, tmp_path / "features.npz")
    read = load_features(tmp_path / "features.npz")
    assert np.array_equal(read.features, features.features)
    assert np.array_equal(read.start, features.start)
    assert np.array_equal(read.collection.num_frames, features.collection.num_frames)
    assert (read.identity, read.grid.to_dict()) == (features.identity, features.grid.to_dict())
