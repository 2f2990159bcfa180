import hashlib
import os
from pathlib import Path

import pytest

from motionfit.errors import UnreadableVideoError, VideoChangedError, VideoNotFoundError
from motionfit.media.identity import VideoIdentity, identify_video, unchanging_file


def test_an_identity_is_the_hash_and_length_of_the_bytes(tmp_path):
    content = os.urandom(3_000_001)
    (tmp_path / "a.mp4").write_bytes(content)
    expected = VideoIdentity(content_hash=hashlib.sha256(content).hexdigest(), size_bytes=3_000_001)
    assert identify_video(tmp_path / "a.mp4") == expected


def test_two_paths_of_one_content_have_one_identity(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"same")
    (tmp_path / "b.avi").write_bytes(b"same")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    identities = {identify_video(path) for path in tmp_path.iterdir()}
    assert len(identities) == 1


def test_an_empty_file_has_an_identity(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert identify_video(tmp_path / "empty.mp4").size_bytes == 0


def _make_nothing(path: Path) -> None:
    assert not path.exists()


def _make_pipe(path: Path) -> None:
    os.mkfifo(path)


def _make_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (_make_nothing, "nothing"),
        (Path.mkdir, "a directory"),
        (_make_pipe, "a named pipe"),
        (_make_dangling_link, "a link that leads nowhere"),
        (lambda path: path.symlink_to("/dev/zero"), "a character device"),
    ],
)
def test_what_is_no_regular_file_is_refused_at_once_and_named(tmp_path, make, found):
    make(tmp_path / "a.mp4")
    with pytest.raises(VideoNotFoundError, match=f"found {found}"):
        identify_video(tmp_path / "a.mp4")


def test_a_name_that_no_file_can_have_stands_for_nothing(tmp_path):
    with pytest.raises(VideoNotFoundError, match="found nothing"):
        identify_video(f"{tmp_path}/a\0.mp4")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_one_clear_error(tmp_path):
    (tmp_path / "a.mp4").touch(mode=0o000)
    with pytest.raises(UnreadableVideoError, match="Permission denied"):
        identify_video(tmp_path / "a.mp4")


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _replace_by_equal_content(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [_append, Path.unlink, _replace_by_equal_content])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, change):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"content")
    with pytest.raises(VideoChangedError, match="changed while"), unchanging_file(path):
        change(path)


def test_an_error_inside_the_block_is_not_hidden_by_a_change(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"content")
    with pytest.raises(FileNotFoundError) as caught, unchanging_file(path):
        path.rename(tmp_path / "b.mp4").with_name("missing").read_bytes()
    assert not isinstance(caught.value, VideoChangedError)
