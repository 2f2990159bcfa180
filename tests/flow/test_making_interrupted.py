"""A run that is killed, stopped or out of disk loses nothing that was finished."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from motionfit.media.write import write_video

DEADLINE_SECONDS = 120


# Slow enough to be met in the middle, quick enough for a test.
SLOW = ("--method", "tvl1", "--size", "32x48")


def start_making(
    videos: Path, cache: Path, *options: str, prefix: tuple[str, ...] = ()
) -> "subprocess.Popen[str]":
    command = [*prefix, sys.executable, "-W", "error", "-m", "motionfit.flow", str(videos)]
    return subprocess.Popen(
        [*command, "--cache", str(cache), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finished_in(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in cache.rglob("*.flow")}


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def noise_videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve videos of moving noise, whose flow does not compress well."""
    folder = tmp_path_factory.mktemp("noise")
    for number in range(12):
        rng = np.random.default_rng(number)
        frames = rng.integers(0, 255, (14, 96, 128, 3), np.uint8)
        write_video(folder / f"{number:02}.mp4", frames, 25)
    return folder


def test_after_kill_9_the_same_command_ends_with_the_bytes_of_an_uninterrupted_run(
    noise_videos: Path, tmp_path: Path
) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = start_making(noise_videos, killed, *SLOW)
    wait_until(lambda: len(finished_in(killed)) >= 3 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finished = finished_in(killed)
    assert 3 <= len(finished) < 12, "killed too late to show anything"

    again = start_making(noise_videos, killed, *SLOW, "--format", "json")
    assert f'"skipped": {len(finished)}' in again.communicate(timeout=DEADLINE_SECONDS)[0]
    start_making(noise_videos, whole, *SLOW).communicate(timeout=DEADLINE_SECONDS)

    after = everything_in(killed)
    assert after == everything_in(whole)
    assert len(finished_in(whole)) == 12


def test_ctrl_c_ends_the_run_soon_and_leaves_whole_files_only(
    noise_videos: Path, tmp_path: Path
) -> None:
    process = start_making(noise_videos, tmp_path, *SLOW)
    wait_until(lambda: len(finished_in(tmp_path)) >= 1 or process.poll() is not None)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert time.monotonic() - started < 10
    assert talk.endswith("motionfit flow: stopped; the same command continues.\n")
    assert "Traceback" not in talk
    assert not list(tmp_path.rglob("*.part"))


def test_ctrl_c_does_not_wait_for_a_pair_that_takes_long(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, 1440, 2560, 3), np.uint8)
    write_video(tmp_path / "large.mp4", frames, 25)
    cache = tmp_path / "cache"
    process = start_making(tmp_path / "large.mp4", cache, "--method", "tvl1")
    wait_until(lambda: bool(list(cache.rglob("*.part"))) or process.poll() is not None)
    time.sleep(1.0)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert time.monotonic() - started < 10
    assert everything_in(cache).keys() <= {"flow-cache.json", *_settings_files(cache)}


def _settings_files(cache: Path) -> set[str]:
    return {str(path.relative_to(cache)) for path in cache.glob("*/settings.json")}


def small_disk(folder: Path, size: str) -> tuple[str, ...]:
    """Return what to put before a command so that it finds a small empty disk at ``folder``."""
    mount = f'mount -t tmpfs -o size={size} tmpfs "{folder}" && exec "$@"'
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh")
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here to make a small disk with")
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"a small disk cannot be made here: {tried.stderr.decode().strip()}")
    return prefix


def test_a_full_disk_ends_the_run_in_one_sentence_and_keeps_what_is_finished(
    noise_videos: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    # The disk is gone with the process: so its content is listed before.
    script = '"$@"; echo "exit $?"; find "$0" -type f'
    prefix = (*small_disk(disk, "400k"), "sh", "-c", script, str(disk))
    process = start_making(noise_videos, disk / "cache", "--method", "dis", prefix=prefix)
    output, talk = process.communicate(timeout=DEADLINE_SECONDS)
    first_line, *files = output.splitlines()
    assert first_line == "exit 2"
    assert "could not be written: No space left on device; nothing is lost" in talk
    assert "Traceback" not in talk
    assert 1 <= sum(name.endswith(".flow") for name in files) < 12
    assert not [name for name in files if name.endswith(".part")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_refused(noise_videos: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    process = start_making(noise_videos, tmp_path / "cache", "--method", "dis")
    _, talk = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 2
    assert "could not be written" in talk
