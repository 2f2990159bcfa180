"""What a second process sees: the writer's lock, a writer at work, a writer that was killed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from index_store.store import Store
from motionfit.errors import StoreLockedError

WRITER = """
    import sys, hashlib
    from pathlib import Path
    import numpy as np
    from index_store.records import EmbeddedClips, FileRecord, VideoRecord
    from index_store.store import Store

    def add(store, path, version):
        # Three clips that all say which version of which path they are.
        vector = np.zeros(8, dtype=np.float32)
        vector[path], vector[7] = 1.0, version / 100
        store.catalog.videos.add(
            1,
            FileRecord(path=Path(f"{path}.mp4"), size_bytes=version, mtime_ns=version),
            VideoRecord(
                content_hash=f"{path}-{version}", size_bytes=1, duration_seconds=version,
                num_frames=1, frame_rate=1, width=1, height=1, codec="c", container="c",
            ),
            EmbeddedClips(
                start_seconds=np.arange(3.0), end_seconds=np.arange(3.0) + 1,
                vectors=np.stack([vector] * 3),
            ),
        )

    store = Store.open(Path(sys.argv[1]))
"""
LOOP = """
    with store.writer("rewriting everything"):
        for path in range(6):
            add(store, path, 0)
        print("ready", flush=True)
        for version in range(1, 1000):
            for path in range(6):
                add(store, path, version)
            store.publish(1, sys.argv[2])
"""
HOLD = """
    with store.writer("a long task"):
        print("ready", flush=True)
        sys.stdin.read()
"""


@contextmanager
def running(script: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a writer; go on once it says that it is ready; kill it in the end."""
    command = [sys.executable, "-c", textwrap.dedent(WRITER + script), *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("kind", ["flat", "sq8"])
def test_a_reader_beside_a_writer_sees_whole_states_only(kind: str, shelf) -> None:
    versions: dict[str, float] = {}
    query = np.ones((1, 8), dtype=np.float32)
    with running(LOOP, shelf.store.directory, kind):
        searcher = shelf.store.searcher(1)
        end = time.monotonic() + 3
        num_searches = 0
        while time.monotonic() < end:
            result = searcher.search(query, 100)
            num_searches += 1
            assert len(result.clips) == result.clip_ids.shape[1] == 18
            for similarity, clip_id in zip(result.similarities[0], result.clip_ids[0], strict=True):
                clip = result.clips[int(clip_id)]
                version = clip.duration_seconds
                vector = np.asarray([1.0, version / 100])
                expected = vector.sum() / np.linalg.norm(vector) / np.sqrt(8)
                assert similarity == pytest.approx(expected, abs=1e-6)
                assert version >= versions.get(str(clip.path), 0)
                versions[str(clip.path)] = version
    assert num_searches > 20
    assert max(versions.values()) > 3


def test_a_killed_writer_leaves_whole_videos_and_no_lock(shelf) -> None:
    for delay in (0.05, 0.2, 0.35):
        with running(LOOP, shelf.store.directory, "flat") as process:
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        with Store.open(shelf.store.directory) as store, store.writer("the next one"):
            files = store.catalog.files.all(1)
            assert [file.status for file in files] == ["indexed"] * 6
            result = store.searcher(1).search(np.ones((1, 8), np.float32), 100)
            paths = sorted(str(clip.path) for clip in result.clips.values())
            assert paths == sorted(f"{path}.mp4" for path in range(6) for _ in range(3))
            store.publish(1)


def test_one_process_writes_and_others_are_told_who(shelf) -> None:
    with running(HOLD, shelf.store.directory) as process:
        with (
            pytest.raises(StoreLockedError, match=f"process {process.pid} on .*, a long task: -c"),
            shelf.store.writer("another"),
        ):
            pass
        started = time.monotonic()
        with (
            pytest.raises(StoreLockedError),
            shelf.store.writer("another", wait_seconds=0.3),
        ):
            pass
        assert time.monotonic() - started >= 0.3
        process.kill()
        with shelf.store.writer("another", wait_seconds=10):
            pass


def test_the_lock_may_be_taken_again_by_its_holder_only(shelf) -> None:
    with shelf.store.writer("outer"):
        with shelf.store.writer("inner"):
            pass
        refused = pytest.raises(StoreLockedError, match=f"process {os.getpid()} on .*, outer")
        with Store.open(shelf.store.directory) as other, refused:
            other.publish(1)
    with Store.open(shelf.store.directory) as other, other.writer("now"):
        pass


def test_writers_on_other_machines_are_kept_out_by_the_server(
    postgres_url: str, tmp_path: Path
) -> None:
    with (
        Store.open(tmp_path / "here", create=True, database_url=postgres_url) as here,
        Store.open(tmp_path / "there", create=True, database_url=postgres_url) as there,
    ):
        refused = pytest.raises(StoreLockedError, match="another process is writing")
        with here.writer("indexing"), refused:
            there.publish(1)
        with there.writer("indexing"):
            pass


def test_stores_made_by_two_processes_at_once_are_one_store(tmp_path: Path) -> None:
    make = "from pathlib import Path\nimport sys\nfrom index_store.store import Store\n"
    make += "Store.open(Path(sys.argv[1]), create=True).close()"
    command = [sys.executable, "-c", make, str(tmp_path / "store")]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    with Store.open(tmp_path / "store") as store:
        assert store.catalog.collections.all() == []
