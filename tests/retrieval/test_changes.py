"""What an indexing run finds to do."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from index_store.records import FileRecord, IndexedFile
from retrieval.indexing.changes import Changes, find_changes


def all_files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.mp4"))
        else:
            yield path


def indexed(path: Path, label: str | None = None) -> IndexedFile:
    status = path.stat()
    file = FileRecord(
        path=path, size_bytes=status.st_size, mtime_ns=status.st_mtime_ns, label=label
    )
    return IndexedFile(
        file=file,
        status="indexed",
        content_hash=f"hash of {path.name}",
        error_class=None,
        message=None,
        indexed_at="2026-01-01T00:00:00+00:00",
    )


def changes_in(folder: Path, known: Mapping[Path, IndexedFile], **settings: object) -> Changes:
    hashes = {record.content_hash or "" for record in known.values()}
    labeler = settings.get("labeler")
    assert labeler is None or callable(labeler)
    return find_changes([folder], known, hashes, find_videos=all_files, labeler=labeler)


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_new_files_are_read(tmp_path: Path, videos: list[Path]) -> None:
    changes = changes_in(tmp_path, {})
    assert [file.path for file in changes.to_read] == videos
    assert changes.num_unchanged == 0


def test_unchanged_files_need_nothing(tmp_path: Path, videos: list[Path]) -> None:
    changes = changes_in(tmp_path, {path: indexed(path) for path in videos})
    assert (changes.to_read, changes.num_unchanged, changes.vanished) == ((), 3, ())


def test_a_file_with_another_time_of_modification_is_read_again(
    tmp_path: Path, videos: list[Path]
) -> None:
    known = {path: indexed(path) for path in videos}
    os.utime(videos[1], ns=(1, 1))
    assert [file.path for file in changes_in(tmp_path, known).to_read] == [videos[1]]


def test_a_file_whose_clips_this_encoder_has_not_seen_is_read(
    tmp_path: Path, videos: list[Path]
) -> None:
    known = {path: indexed(path) for path in videos}
    changes = find_changes(
        [tmp_path], known, {"hash of a.mp4"}, find_videos=all_files, labeler=None
    )
    assert [file.path for file in changes.to_read] == videos[1:]


def test_a_changed_label_costs_no_reading(tmp_path: Path, videos: list[Path]) -> None:
    known = {path: indexed(path, label="old") for path in videos}
    changes = changes_in(tmp_path, known, labeler=lambda _: "new")
    assert changes.to_read == ()
    assert {file.label for file in changes.relabeled} == {"new"}


def test_labels_stay_where_no_source_of_labels_is_named(tmp_path: Path, videos: list[Path]) -> None:
    known = {path: indexed(path, label="kept") for path in videos}
    os.utime(videos[0], ns=(1, 1))
    changes = changes_in(tmp_path, known)
    assert changes.relabeled == ()
    assert changes.to_read[0].label == "kept"


def test_a_vanished_file_is_noticed(tmp_path: Path, videos: list[Path]) -> None:
    known = {path: indexed(path) for path in videos}
    videos[2].unlink()
    assert changes_in(tmp_path, known).vanished == (videos[2],)


def test_a_folder_found_empty_is_taken_for_an_unmounted_disk(
    tmp_path: Path, videos: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    known = {path: indexed(path) for path in videos}
    for path in videos:
        path.unlink()
    assert changes_in(tmp_path, known).vanished == ()
    assert "all 3 indexed videos are gone" in caplog.text


def test_files_outside_the_named_folder_are_left_alone(tmp_path: Path, videos: list[Path]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    known = {path: indexed(path) for path in videos}
    videos[0].unlink()
    changes = changes_in(folder, known)
    assert changes.vanished == ()
    assert changes.left_out == tuple(videos)


def test_an_unreadable_file_is_handed_on_so_that_its_reader_says_why(tmp_path: Path) -> None:
    dangling = tmp_path / "dangling.mp4"
    dangling.symlink_to(tmp_path / "nowhere")
    assert [file.path for file in changes_in(tmp_path, {}).to_read] == [dangling]
