import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionfit.errors import ConfigError, PackedVideosError
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.layout import DATA_OFFSET, HEADER_BYTES, Header
from motionfit.media.packed.videos import PackedVideos

Arrays = list[NDArray[np.uint8]]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_frames_of_any_videos_come_back(data: st.DataObject, tmp_path: Path) -> None:
    kind = data.draw(st.sampled_from(["frames", "flow"]))
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    lengths = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    rng = np.random.default_rng(len(lengths))
    shape = (height, width, 3 if kind == "frames" else 2)
    videos = [rng.integers(0, 256, (length, *shape), dtype=np.uint8) for length in lengths]
    packed = pack_arrays(videos, tmp_path / "packed", kind=kind)
    assert packed.num_frames.tolist() == lengths
    for video, frames in enumerate(videos):
        indices = np.array(data.draw(st.lists(st.integers(0, len(frames) - 1), max_size=8)), int)
        assert np.array_equal(packed.read(video, indices), frames[indices])
    packed.verify()


def test_frames_that_are_not_there_are_refused(arrays: Arrays, tmp_path: Path) -> None:
    packed = pack_arrays(arrays, tmp_path / "packed")
    for wrong in (-1, 5):
        with pytest.raises(ConfigError, match="numbers from 0 to 4"):
            packed.read(0, np.array([0, wrong]))


def test_nobody_writes_into_the_file_by_accident(arrays: Arrays, tmp_path: Path) -> None:
    packed = pack_arrays(arrays, tmp_path / "packed")
    assert not packed.planes(0).flags.writeable
    packed.read(0, np.arange(5))[:] = 0
    assert np.array_equal(packed.read(0, np.arange(5)), arrays[0])


def test_threads_and_copies_read_the_same(arrays: Arrays, tmp_path: Path) -> None:
    packed = pack_arrays(arrays, tmp_path / "packed", names=["a", "b", "c"])
    copy = pickle.loads(pickle.dumps(packed))  # noqa: S301 - our own
    assert (copy.names, copy.content_hashes) == (packed.names, packed.content_hashes)

    def is_right(video: int) -> bool:
        return all(
            np.array_equal(one.read(video, np.arange(len(arrays[video]))), arrays[video])
            for one in (packed, copy)
        )

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(is_right, [0, 1, 2] * 40))


def test_a_file_that_is_replaced_still_serves_who_has_it_open(
    arrays: Arrays, tmp_path: Path
) -> None:
    packed = pack_arrays(arrays, tmp_path / "packed")
    pack_arrays(arrays[1:], tmp_path / "packed")
    assert np.array_equal(packed.read(0, np.arange(5)), arrays[0])
    assert PackedVideos(tmp_path / "packed").num_frames.tolist() == [1, 9]


@pytest.mark.parametrize("wrong", ["shape", "type", "empty"])
def test_arrays_that_do_not_fit_together_are_refused(
    wrong: str, arrays: Arrays, tmp_path: Path
) -> None:
    odd = {
        "shape": arrays[0][:, :5],
        "type": arrays[0].astype(np.float32),
        "empty": arrays[0][:0],
    }[wrong]
    with pytest.raises(ConfigError):
        pack_arrays([arrays[1], odd], tmp_path / "packed")
    with pytest.raises(ConfigError):
        pack_arrays([], tmp_path / "packed")
    assert list(tmp_path.iterdir()) == []


def test_every_byte_but_the_padding_is_guarded(arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "packed"
    pack_arrays(arrays[:2], path)
    whole = path.read_bytes()
    guarded = [*range(HEADER_BYTES), *range(DATA_OFFSET, len(whole))]
    for place in np.random.default_rng(0).choice(guarded, 200, replace=False).tolist():
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        with pytest.raises(PackedVideosError):
            PackedVideos(path).verify()


def test_a_damaged_frame_is_found_and_its_video_named(arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "packed"
    pack_arrays(arrays, path, names=["a", "b", "c"])
    damaged = bytearray(path.read_bytes())
    damaged[DATA_OFFSET + arrays[0].nbytes + 7] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(PackedVideosError, match="a checksum of b differs"):
        PackedVideos(path).verify()


@pytest.mark.parametrize("kept", [0, 10, HEADER_BYTES, DATA_OFFSET + 5, -1])
def test_a_file_that_is_cut_off_is_not_opened(kept: int, arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "packed"
    pack_arrays(arrays, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(PackedVideosError) as refusal:
        PackedVideos(path)
    assert re.fullmatch(r"[^\n]*packed: .*; remove it, [^\n]*\.", str(refusal.value))


def test_a_file_with_something_after_its_end_is_not_opened(arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "packed"
    pack_arrays(arrays, path)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(PackedVideosError, match="its length is not what its header says"):
        PackedVideos(path)


def test_another_version_is_named(arrays: Arrays, tmp_path: Path) -> None:
    path = tmp_path / "packed"
    pack_arrays(arrays, path)
    data = path.read_bytes()
    newer = replace(Header.from_bytes(data), version=2).to_bytes()
    path.write_bytes(newer + data[len(newer) :])
    with pytest.raises(PackedVideosError, match="of version 2, expected 1; remove it"):
        PackedVideos(path)


def test_what_is_no_such_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello" * 100)
    with pytest.raises(PackedVideosError, match="it is no file of packed videos"):
        PackedVideos(tmp_path / "text")
    with pytest.raises(PackedVideosError, match="No such file"):
        PackedVideos(tmp_path / "absent")
    with pytest.raises(PackedVideosError, match="directory"):
        PackedVideos(tmp_path)
