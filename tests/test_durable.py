import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from motionfit.durable import make_folder, replacing, write_durably

WRITER = """
import sys
from pathlib import Path
from motionfit.durable import replacing

with replacing(Path(sys.argv[1])) as temporary:
    temporary.file.write(b"by another process")
    temporary.file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


def begin_writing(target: Path) -> subprocess.Popen[str]:
    """Start a process that writes a file and publishes it when its standard input ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], text=True, **pipes)
    assert writer.stdout.readline() == "writing\n", writer.communicate()
    return writer


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_readers_see_what_was_there_before_until_all_is_written(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "file"
    write_durably(target, b"first")
    with replacing(target) as temporary:
        temporary.file.write(b"second")
        temporary.file.flush()
        assert target.read_bytes() == b"first"
    assert target.read_bytes() == b"second"
    assert names_in(target.parent) == ["file"]


def write_half(target: Path) -> None:
    with replacing(target) as temporary:
        temporary.file.write(b"sec")
        raise ZeroDivisionError


def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_durably(target, b"first")
    with pytest.raises(ZeroDivisionError):
        write_half(target)
    assert target.read_bytes() == b"first"
    assert names_in(tmp_path) == ["file"]


def test_a_disk_that_takes_no_more_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_durably(target, b"first")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal that comes with it: writing fails as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_durably(target, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_bytes() == b"first"
    assert names_in(tmp_path) == ["file"]


def test_what_a_killed_writer_left_is_removed_by_the_next_of_the_same_file(tmp_path: Path) -> None:
    killed, other = begin_writing(tmp_path / "file"), begin_writing(tmp_path / "other")
    for writer in (killed, other):
        writer.kill()
        writer.communicate()
    (tmp_path / ".file.part").write_bytes(b"to be continued by somebody")
    assert len(names_in(tmp_path)) == 3
    write_durably(tmp_path / "file", b"whole")
    names = names_in(tmp_path)
    assert names[0] == ".file.part"
    assert names[1].startswith(".other.")
    assert names[2:] == ["file"]


def test_what_a_living_writer_has_begun_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "file"
    writer = begin_writing(target)
    write_durably(target, b"by this process")
    assert target.read_bytes() == b"by this process"
    assert writer.communicate("") == ("", "")
    assert target.read_bytes() == b"by another process"
    assert names_in(tmp_path) == ["file"]


def test_threads_that_write_one_file_leave_one_of_theirs_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    contents = [bytes([number]) * 100_000 for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: write_durably(target, content), contents))
    assert target.read_bytes() in contents
    assert names_in(tmp_path) == ["file"]


def test_who_writes_to_the_name_writes_the_file(tmp_path: Path) -> None:
    with replacing(tmp_path / "file") as temporary:
        temporary.path.write_bytes(b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert names_in(tmp_path) == ["file"]


def test_the_disk_has_the_content_before_the_name_and_then_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "file"
    synced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def recording_fsync(descriptor: int) -> None:
        fsync(descriptor)
        kind = "folder" if os.path.samestat(os.fstat(descriptor), tmp_path.stat()) else "file"
        synced.append((kind, target.exists()))

    monkeypatch.setattr(os, "fsync", recording_fsync)
    write_durably(target, b"content")
    assert synced == [("file", False), ("folder", True)]


def test_names_of_any_bytes_and_with_wildcards_are_written(tmp_path: Path) -> None:
    for name in ("[a-z]*?", os.fsdecode(b"\xff\xfe")):
        write_durably(tmp_path / name, b"content")
        assert (tmp_path / name).read_bytes() == b"content"


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "inner"):
        with pytest.raises(FileExistsError):
            make_folder(folder)
