import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motionfit.media.discover import VIDEO_SUFFIXES, find_videos


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_named_file_is_yielded_whatever_its_suffix_and_even_if_it_is_missing(tmp_path):
    named = [_touch(tmp_path / "notes.txt"), tmp_path / "missing.mp4", _touch(tmp_path / ".hidden")]
    assert list(find_videos(named)) == named


def test_a_folder_is_walked_in_sorted_order_and_only_for_video_suffixes(tmp_path):
    expected = [
        _touch(tmp_path / name)
        for name in ("a/1.mp4", "a/b/2.MKV", "a/z.webm", "b.avi", "c/deep/er/3.Mp4")
    ]
    for name in ("readme.txt", "a/list.csv", "c/mp4", "noext"):
        _touch(tmp_path / name)
    assert list(find_videos([tmp_path])) == expected


def test_hidden_entries_of_a_folder_are_left_out(tmp_path):
    _touch(tmp_path / ".hidden.mp4")
    _touch(tmp_path / ".trash" / "old.mp4")
    kept = _touch(tmp_path / "kept.mp4")
    assert list(find_videos([tmp_path])) == [kept]


def test_a_hidden_folder_that_is_named_itself_is_walked(tmp_path):
    video = _touch(tmp_path / ".clips" / "a.mp4")
    assert list(find_videos([tmp_path / ".clips"])) == [video]


def test_paths_keep_the_order_in_which_they_are_given(tmp_path):
    second, first = _touch(tmp_path / "b" / "1.mp4"), _touch(tmp_path / "a" / "1.mp4")
    assert list(find_videos([tmp_path / "b", tmp_path / "a"])) == [second, first]


def test_links_to_folders_are_followed_but_no_loop_is_walked(tmp_path):
    video = _touch(tmp_path / "outside" / "a.mp4")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "again").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    (folder / "videos").symlink_to(video.parent)
    found = list(find_videos([folder]))
    assert [path.resolve() for path in found] == [video]


def test_pipes_and_dangling_links_are_yielded_so_that_they_get_a_status(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "gone.mp4")
    (tmp_path / "round.mp4").symlink_to(tmp_path / "round.mp4")
    found = [path.name for path in find_videos([tmp_path])]
    assert found == ["link.mp4", "pipe.mp4", "round.mp4"]


def test_a_folder_with_a_video_suffix_is_a_folder(tmp_path):
    video = _touch(tmp_path / "show.mp4" / "1.mp4")
    assert list(find_videos([tmp_path])) == [video]


def test_names_with_newlines_quotes_and_bytes_that_are_no_utf8_survive(tmp_path):
    names = [b"new\nline.mp4", b"quo'te\".mp4", b"\xff\xfe.mp4", b"[a](b)!.mp4"]
    for name in names:
        _touch(tmp_path / os.fsdecode(name))
    assert {os.fsencode(path.name) for path in find_videos([tmp_path])} == set(names)


def test_a_folder_too_deep_to_be_listed_is_reported_by_its_own_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        Path("d" * 250).mkdir()
        os.chdir("d" * 250)
    Path("unreachable.mp4").touch()
    (found,) = find_videos([tmp_path])
    assert found.name == "d" * 250
    assert len(str(found)) >= 4096 > len(str(found.parent))


def test_a_name_too_long_for_the_system_is_yielded_for_its_reader_to_report(tmp_path):
    assert list(find_videos([tmp_path / ("a" * 300)])) == [tmp_path / ("a" * 300)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_reported_by_its_own_path(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)
    try:
        assert list(find_videos([tmp_path])) == [locked]
    finally:
        locked.chmod(0o700)


def test_a_very_deep_tree_is_walked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deep = Path(*["d"] * 1200)
    for _ in range(1200):
        Path("d").mkdir()
        os.chdir("d")
    Path("a.mp4").touch()
    os.chdir(tmp_path)
    try:
        assert list(find_videos([Path()])) == [deep / "a.mp4"]
    finally:
        subprocess.run(["rm", "-r", "d"], check=True)  # pytest's own removal recurses by level


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    names=st.sets(
        st.lists(st.sampled_from("abAB"), min_size=1, max_size=4).map("/".join), max_size=8
    )
)
def test_a_walk_finds_what_a_plain_recursive_listing_finds(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("tree")
    for name in names:
        _touch(root / (name + "_.mp4"))
    expected = sorted(path for path in root.rglob("*") if path.suffix in VIDEO_SUFFIXES)
    assert list(find_videos([root])) == expected
