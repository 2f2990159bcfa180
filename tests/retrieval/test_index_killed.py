"""An indexing run that is killed continues where it was, and ends as if it had never been."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from index_store.records import IndexedFile
from retrieval.library import Library

DEADLINE_SECONDS = 120


def start_indexing(videos: Path, store: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "retrieval.index", str(videos), "--store", str(store)]
    return subprocess.Popen(
        [*command, "--device", "cpu"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def indexed_files(store: Path) -> list[IndexedFile]:
    try:
        with Library.open(store) as library:
            return library.files("default")
    except (FileNotFoundError, LookupError):
        return []


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def everything_in(store: Path, query: Path) -> dict[tuple[str, float], float]:
    """Return each clip's similarity to a query, by path and start."""
    with Library.open(store, device="cpu") as library:
        result = library.query(query, k=10_000)
        assert len(result) > 0
        return {(hit.path, hit.start_seconds): hit.similarity for hit in result}


def test_after_kill_9_the_same_command_ends_like_an_uninterrupted_run(
    synthetic_root: Path, tmp_path: Path
) -> None:
    videos, killed, whole = synthetic_root / "train", tmp_path / "killed", tmp_path / "whole"
    process = start_indexing(videos, killed)
    wait_until(lambda: len(indexed_files(killed)) >= 3 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {file.file.path: file.indexed_at for file in indexed_files(killed)}
    assert 3 <= len(finished) < len(list(videos.rglob("*.mp4"))), "killed too late to show anything"

    assert start_indexing(videos, killed).wait(DEADLINE_SECONDS) == 0
    assert start_indexing(videos, whole).wait(DEADLINE_SECONDS) == 0

    after = {file.file.path: file.indexed_at for file in indexed_files(killed)}
    assert {path: after[path] for path in finished} == finished
    query = sorted(videos.rglob("*.mp4"))[0]
    found, expected = everything_in(killed, query), everything_in(whole, query)
    assert found.keys() == expected.keys()
    np.testing.assert_allclose(
        [found[clip] for clip in expected], list(expected.values()), atol=1e-3
    )


def test_a_reader_beside_the_writer_sees_whole_videos_only(
    synthetic_root: Path, tmp_path: Path
) -> None:
    videos, store = synthetic_root / "train", tmp_path / "store"
    query = sorted(videos.rglob("*.mp4"))[0]
    process = start_indexing(videos, store)
    wait_until(lambda: len(indexed_files(store)) >= 1)
    seen = []
    with Library.open(store, device="cpu") as library:
        while process.poll() is None:
            result = library.query(query, k=10_000)
            clips_of = {hit.path: 0 for hit in result}
            for hit in result:
                clips_of[hit.path] += 1
            seen.append(len(clips_of))
            assert all(count >= 2 for count in clips_of.values())
        found = {hit.path for hit in library.query(query, k=10_000)}
        assert found == set(map(str, videos.rglob("*.mp4")))
    assert process.returncode == 0
    assert seen == sorted(seen)
