"""Indexing and searching through the library object, on real files."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from motionfit.encoders.checkpoint import save_checkpoint
from motionfit.encoders.registry import load_encoder
from motionfit.errors import (
    ClipNotFoundError,
    CollectionNotFoundError,
    ConfigError,
    StoreLockedError,
    StoreNotFoundError,
    UnknownEncoderError,
)
from retrieval.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "store", device="cpu") as library:
        yield library


@pytest.fixture
def indexed(indexed_store: Path) -> Iterator[Library]:
    with Library.open(indexed_store, device="cpu") as library:
        yield library


def test_an_indexed_video_is_its_own_nearest(indexed: Library, video_files: list[Path]) -> None:
    for path in video_files[:6]:
        result = indexed.query(path, k=1, group="video")
        assert [hit.path for hit in result] == [str(path)]
        assert result.hits[0].similarity > 0.75
        assert result.hits[0].label == path.parent.name


def test_an_unseen_video_can_be_asked_for(indexed: Library, video_files: list[Path]) -> None:
    result = indexed.query(video_files[-1], k=100)
    assert len(result) == sum(1 for _ in result) > 6
    similarities = [hit.similarity for hit in result]
    assert similarities == sorted(similarities, reverse=True)
    assert [hit.rank for hit in result] == list(range(1, len(result) + 1))


def test_a_clip_is_its_own_nearest(indexed: Library, video_files: list[Path]) -> None:
    clip = indexed.query(video_files[0], k=3).hits[2]
    first = indexed.query(clip.clip_id, k=1).hits[0]
    assert (first.clip_id, first.start_seconds) == (clip.clip_id, clip.start_seconds)
    assert first.similarity == pytest.approx(1.0, abs=1e-5)


def test_the_querys_own_video_can_be_left_out_under_any_name(
    indexed: Library, video_files: list[Path], tmp_path: Path
) -> None:
    copy = shutil.copy(video_files[0], tmp_path / "another name.mp4")
    result = indexed.query(copy, k=100, exclude_self=True)
    assert str(video_files[0]) not in {hit.path for hit in result}
    assert len({hit.path for hit in result}) == 5


def test_one_hit_for_each_video_gives_as_many_videos_as_there_are(
    indexed: Library, video_files: list[Path]
) -> None:
    result = indexed.query(video_files[0], k=50, group="video")
    assert {hit.path for hit in result} == {str(path) for path in video_files[:6]}
    assert len(result) == 6


def test_a_stretch_of_a_video_is_what_is_searched_for(
    indexed: Library, video_files: list[Path]
) -> None:
    result = indexed.query(video_files[0], start_seconds=0.1, end_seconds=0.4, k=1)
    assert (result.start_seconds, result.end_seconds) == pytest.approx((0.12, 0.4))


def test_a_stretch_beyond_the_end_is_refused(indexed: Library, video_files: list[Path]) -> None:
    with pytest.raises(ConfigError, match="less than the video's duration"):
        indexed.query(video_files[0], start_seconds=99.0)


def test_what_is_not_there_is_named(indexed: Library, video_files: list[Path]) -> None:
    with pytest.raises(CollectionNotFoundError, match="this store has: moves"):
        indexed.query(video_files[0], collection="holiday")
    with pytest.raises(ClipNotFoundError, match="99999"):
        indexed.query(99999)
    with pytest.raises(UnknownEncoderError, match="motionfit-small"):
        indexed.query(video_files[0], encoder="r2plus1d_99")


def test_a_store_that_was_never_filled_is_named(tmp_path: Path, video_files: list[Path]) -> None:
    with (
        Library.open(tmp_path / "nothing") as library,
        pytest.raises(StoreNotFoundError, match="nothing: no store here"),
    ):
        library.query(video_files[0])
    assert not (tmp_path / "nothing").exists()


def test_indexing_again_reads_nothing(library: Library, folder: Path) -> None:
    first = library.index([folder], clips=2)
    again = library.index([folder], clips=2)
    assert (first.indexed, first.skipped) == (3, 0)
    assert (again.indexed, again.skipped, again.clips) == (0, 3, 0)


def test_two_paths_with_the_same_bytes_are_one_video(library: Library, folder: Path) -> None:
    shutil.copy(sorted(folder.iterdir())[0], folder / "a copy.mp4")
    report = library.index([folder], clips=2)
    assert (report.indexed, report.skipped) == (3, 1)
    assert library.collections()[0].num_videos == 3
    assert library.collections()[0].num_files == 4


def test_a_changed_file_is_indexed_anew_and_its_old_clips_are_gone(
    library: Library, folder: Path, video_files: list[Path]
) -> None:
    library.index([folder], clips=2)
    changed = sorted(folder.iterdir())[0]
    shutil.copy(video_files[5], changed)
    report = library.index([folder], clips=2)
    assert (report.indexed, report.skipped) == (1, 2)
    assert len(library.query(video_files[0], k=99)) == 6
    assert library.query(video_files[5], k=1).hits[0].path == str(changed)


def test_a_vanished_file_is_found_no_more(library: Library, folder: Path) -> None:
    library.index([folder], clips=2)
    gone = sorted(folder.iterdir())[0]
    gone.unlink()
    report = library.index([folder], clips=2)
    assert report.removed == 1
    other = sorted(folder.iterdir())[0]
    assert {hit.path for hit in library.query(other, k=100)} == set(map(str, folder.iterdir()))


def test_two_encoders_stand_side_by_side(library: Library, folder: Path) -> None:
    library.index([folder], clips=1, encoder="r2plus1d_10")
    library.index([folder], clips=1, encoder="r3d_18")
    video = sorted(folder.iterdir())[0]
    assert library.query(video, k=1).encoder == "r3d_18"
    assert library.query(video, k=1, encoder="r2plus1d_10").encoder == "r2plus1d_10"
    assert set(library.collections()[0].encoders) == {"r2plus1d_10", "r3d_18"}


def test_a_collection_stays_with_its_encoder(library: Library, folder: Path) -> None:
    library.index([folder], clips=1, encoder="r3d_18", collection="mine")
    assert "r3d_18" in library.index([folder], clips=1, collection="mine").encoder


def test_a_clip_every_so_many_seconds(library: Library, folder: Path) -> None:
    report = library.index([folder], every=0.1)
    starts = sorted({hit.start_seconds for hit in library.query(sorted(folder.iterdir())[0], k=99)})
    assert report.clips >= 3
    assert starts[0] == 0


def test_collections_can_be_renamed_and_removed(library: Library, folder: Path) -> None:
    library.index([folder], clips=1, collection="old")
    library.rename_collection("old", "new")
    assert [summary.name for summary in library.collections()] == ["new"]
    library.remove_collection("new")
    assert library.collections() == []
    assert len(list(folder.iterdir())) == 3


def test_a_second_writer_is_told_who_is_writing(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    library.index([folder], clips=1)
    with (
        library.store().writer("a long task"),
        Library.open(tmp_path / "store", device="cpu") as other,
        pytest.raises(StoreLockedError, match="a long task"),
    ):
        other.index([folder], clips=1)


def test_labels_can_be_given_later_without_reading(library: Library, folder: Path) -> None:
    library.index([folder], clips=1)
    report = library.index([folder], clips=1, labels="folder")
    assert report.indexed == 0
    assert {file.file.label for file in library.files("default")} == {"videos"}


def test_settings_that_contradict_each_other_are_refused(library: Library, folder: Path) -> None:
    with pytest.raises(ConfigError, match="every is"):
        library.index([folder], clips=3, every=1.0)


def test_a_query_without_a_collection_searches_them_all_and_names_each_clip_once(
    library: Library, folder: Path, video_files: list[Path]
) -> None:
    library.index([folder], clips=2, collection="one")
    library.index([folder, video_files[5]], clips=2, collection="two")
    everywhere = library.query(video_files[5], k=99)
    assert len(everywhere) == len({hit.clip_id for hit in everywhere}) == 8
    similarities = [hit.similarity for hit in everywhere]
    assert similarities == sorted(similarities, reverse=True)
    assert len(library.query(video_files[5], k=99, collection="one")) == 6


def test_collections_of_another_encoder_are_left_out_and_named(
    library: Library, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    library.index([folder], clips=1, collection="old", encoder="r3d_18")
    library.index([folder], clips=1, collection="new", encoder="r2plus1d_10")
    result = library.query(sorted(folder.iterdir())[0])
    assert len(result) == 3
    assert "r2plus1d_10 has not indexed them: old" in caplog.text


def test_grouping_fetches_until_there_are_enough_groups(
    indexed: Library, video_files: list[Path]
) -> None:
    result = indexed.query(video_files[0], k=6, group="video")
    assert len({hit.video_id for hit in result}) == 6


def test_touching_clips_come_back_as_one_range(indexed: Library, video_files: list[Path]) -> None:
    result = indexed.query(video_files[0], k=50, group="range")
    for path in {hit.path for hit in result}:
        ranges = sorted((h.start_seconds, h.end_seconds) for h in result if h.path == path)
        assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))


def test_the_store_keeps_its_encoder_when_the_checkpoint_goes(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "mine.safetensors"
    save_checkpoint(load_encoder("r2plus1d_10", device="cpu", seed=7), checkpoint)
    library.index([folder], clips=1, encoder=str(checkpoint))
    checkpoint.unlink()
    library.close()
    with Library.open(library.directory, device="cpu") as again:
        result = again.query(sorted(folder.iterdir())[0], k=1)
    assert result.encoder == "mine"
    assert result.hits[0].similarity > 0.99


def test_a_new_way_to_take_clips_is_refused_where_it_would_lose_other_files(
    library: Library, folder: Path, video_files: list[Path]
) -> None:
    library.index([folder], clips=2)
    with pytest.raises(ConfigError, match="3 of its files are not named here"):
        library.index([video_files[5]], every=0.2)
    assert len(library.query(video_files[5], k=99)) == 6


def test_a_new_way_to_take_clips_replaces_the_old_one_for_a_whole_collection(
    library: Library, folder: Path
) -> None:
    library.index([folder], clips=2)
    assert library.index([folder], clips=1).indexed == 3
    assert len(library.query(sorted(folder.iterdir())[0], k=99)) == 3
