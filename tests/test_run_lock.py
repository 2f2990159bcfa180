import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from motionfit.errors import RunFileError, RunLockedError
from motionfit.run_lock import locked_run

HOLDER = """
import sys
from pathlib import Path
from motionfit.run_lock import locked_run

with locked_run(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(run_dir: Path) -> subprocess.Popen[str]:
    """Start a process that holds a folder until its standard input ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(run_dir)], text=True, **pipes)
    assert holder.stdout.readline() == "held\n", holder.communicate()
    return holder


def hold_briefly(run_dir: Path) -> None:
    with locked_run(run_dir):
        pass


def test_a_second_process_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    expected = f"process {holder.pid} on .* works in this folder; wait until it has finished"
    with pytest.raises(RunLockedError, match=expected):
        hold_briefly(tmp_path)
    holder.communicate("")
    assert holder.returncode == 0
    hold_briefly(tmp_path)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    holder.kill()
    holder.communicate()
    with locked_run(tmp_path), pytest.raises(RunLockedError, match=f"process {os.getpid()} on "):
        hold_briefly(tmp_path)


def test_a_folder_is_free_after_an_error_in_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked_run(tmp_path):
        raise ZeroDivisionError
    hold_briefly(tmp_path)


def test_folders_are_made_and_do_not_hinder_each_other(tmp_path: Path) -> None:
    with locked_run(tmp_path / "run"), locked_run(tmp_path / "run" / "inner" / "most"):
        assert (tmp_path / "run" / "inner" / "most").is_dir()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunFileError, match="file/run: the folder cannot be made: File exists"):
        hold_briefly(tmp_path / "file" / "run")


def test_a_full_disk_is_an_error_of_ours_and_leaves_the_folder_free(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal that comes with it: writing fails as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(RunFileError, match=r"\.lock: it could not be written: File too large"):
            hold_briefly(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    hold_briefly(tmp_path)


def test_a_folder_that_takes_no_lock_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()
    with pytest.raises(RunFileError, match=r"\.lock: it could not be written"):
        hold_briefly(tmp_path)
