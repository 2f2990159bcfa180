import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.errors import PackedVideosError
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.spool import RowSpool
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.packed.writer import PackedWriter

FORMAT = PackedFormat(kind="frames", size=(6, 8))

ADD_TWO_AND_HANG = """
import sys, time
import numpy as np
from motionfit.media.packed.layout import PackedFormat
from motionfit.media.packed.writer import PackedWriter

path, sync_bytes = sys.argv[1], int(sys.argv[2])
packed_format = PackedFormat(kind="frames", size=(6, 8))
writer = PackedWriter(path, packed_format, sync_bytes=sync_bytes)
for number in (1, 2):
    spool = writer.spool()
    spool.append(np.full((number, 3, 6, 8), number, np.uint8))
    writer.add(f"hash {number}", spool)
print("added", flush=True)
time.sleep(60)
"""


def rows(number: int) -> NDArray[np.uint8]:
    return np.full((number, 3, 6, 8), number, np.uint8)


def add(writer: PackedWriter, number: int) -> None:
    spool = writer.spool()
    spool.append(rows(number))
    writer.add(f"hash {number}", spool)


def leave_unfinished(path: Path) -> None:
    with PackedWriter(path, FORMAT) as writer:
        for number in (1, 2, 3):
            add(writer, number)


@pytest.mark.parametrize(("sync_bytes", "kept"), [(1, 2), (1 << 20, 0)])
def test_a_killed_writer_is_continued_with_what_was_on_disk_for_certain(
    sync_bytes: int, kept: int, tmp_path: Path
) -> None:
    path = tmp_path / "packed"
    command = [sys.executable, "-c", ADD_TWO_AND_HANG, str(path), str(sync_bytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"added\n"
        process.send_signal(signal.SIGKILL)
    assert not path.exists()
    with PackedWriter(path, FORMAT) as writer:
        assert len(writer.stored) == kept
        for number in (1, 2, 3):
            if f"hash {number}" not in writer.stored:
                add(writer, number)
        writer.finish([(f"video {number}", f"hash {number}") for number in (3, 1, 2)])
    packed = PackedVideos(path)
    packed.verify()
    for place, number in enumerate((3, 1, 2)):
        assert np.array_equal(packed.planes(place), rows(number))
    assert [entry.name for entry in tmp_path.iterdir()] == ["packed"]


@pytest.mark.parametrize("damage", ["journal cut", "journal garbled", "rows cut", "no journal"])
def test_only_what_is_whole_is_continued(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "packed"
    leave_unfinished(path)
    journal, part = tmp_path / ".packed.journal", tmp_path / ".packed.part"
    match damage:
        case "journal cut":
            os.truncate(journal, journal.stat().st_size - 5)
        case "journal garbled":
            lines = journal.read_bytes().splitlines(keepends=True)
            journal.write_bytes(b"".join([*lines[:3], b"garbage\n"]))
        case "rows cut":
            os.truncate(part, part.stat().st_size - 1)
        case "no journal":
            journal.unlink()
    with PackedWriter(path, FORMAT) as writer:
        kept = [] if damage == "no journal" else ["hash 1", "hash 2"]
        assert list(writer.stored) == kept
        add(writer, 3)
        writer.finish([("three", "hash 3"), *((name, name) for name in kept)])
    packed = PackedVideos(path)
    packed.verify()
    assert np.array_equal(packed.planes(0), rows(3))


def test_what_was_begun_in_another_format_is_begun_anew(tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "packed")
    with PackedWriter(tmp_path / "packed", PackedFormat(kind="flow", size=(6, 8))) as writer:
        assert writer.stored == {}
    with PackedWriter(tmp_path / "packed", FORMAT) as writer:
        assert writer.stored == {}


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    with PackedWriter(tmp_path / "packed", FORMAT) as writer:
        add(writer, 1)
        with pytest.raises(PackedVideosError, match="another process is writing it; wait"):
            PackedWriter(tmp_path / "packed", FORMAT)
    with PackedWriter(tmp_path / "packed", FORMAT) as writer:
        assert list(writer.stored) == ["hash 1"]


def test_a_full_disk_is_said_in_one_sentence_and_costs_nothing(tmp_path: Path) -> None:
    add_and_fill = f"""
import resource, sys
{ADD_TWO_AND_HANG.split("print")[0]}
from motionfit.errors import PackedVideosError
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
spool = writer.spool()
spool.append(np.full((100, 3, 6, 8), 9, np.uint8))
try:
    writer.add("too much", spool)
    writer.finish([("too much", "too much")])
except PackedVideosError as error:
    print(error)
writer.close()
"""
    path = tmp_path / "packed"
    command = [sys.executable, "-c", add_and_fill, str(path), "1"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "could not be written: File too large; nothing is lost, run the same" in said
    with PackedWriter(path, FORMAT) as writer:
        assert list(writer.stored) == ["hash 1", "hash 2"]


def test_a_disk_that_is_full_while_a_long_video_waits_is_said_in_one_sentence(
    tmp_path: Path,
) -> None:
    fill = """
import resource, sys
from pathlib import Path
import numpy as np
from motionfit.errors import PackedVideosError
from motionfit.media.packed.spool import RowSpool
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
spool = RowSpool(Path(sys.argv[1]))
try:
    for _ in range(80):
        spool.append(np.zeros((64, 3, 64, 86), np.uint8))
except PackedVideosError as error:
    print(error)
"""
    command = [sys.executable, "-c", fill, str(tmp_path / "packed")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "packed: could not be written: File too large; nothing is lost, run the same" in said


def test_a_long_video_waits_on_disk_not_in_memory(tmp_path: Path) -> None:
    spool = RowSpool(tmp_path / "packed")
    frames = np.random.default_rng(0).integers(0, 256, (64, 3, 64, 86), dtype=np.uint8)
    for _ in range(80):
        spool.append(frames)
    with (tmp_path / "out").open("w+b") as file:
        spool.copy_to(file)
    spool.close()
    assert spool.num_rows == 80 * 64
    assert (tmp_path / "out").stat().st_size == 80 * frames.nbytes
    assert np.array_equal(np.fromfile(tmp_path / "out", np.uint8)[-frames.nbytes :], frames.ravel())
