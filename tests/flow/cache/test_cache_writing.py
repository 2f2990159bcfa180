"""A file of the cache is whole or absent, whatever happens while it is written."""

import os
import resource
import signal
import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from motionfit.errors import ConfigError, FlowCacheWriteError, MotionFitError
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.settings import FlowSettings

# Writes some noise, and waits to be killed.
WRITE = """
import sys
import numpy as np
from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.settings import FlowSettings

noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 2), dtype=np.uint8)
with FlowCache(sys.argv[1]).writer(sys.argv[2], FlowSettings(method="tvl1")) as writer:
    writer.append(noise)
    print("writing", flush=True)
    sys.stdin.read()
"""


def files_in(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def leftovers_in(folder):
    return [path for path in folder.rglob(".*") if path.is_file()]


def start_writing(cache, content_hash):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(cache.cache_dir), content_hash],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"writing\n"
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_until_it_is_committed_nothing_is_in_the_cache(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels)
        assert not cache.has(content_hash, settings)
        writer.commit()
        assert cache.has(content_hash, settings)
    assert leftovers_in(cache.cache_dir) == []


def test_a_writer_that_is_left_without_commit_leaves_nothing(cache, content_hash, settings, levels):
    def interrupted():
        with cache.writer(content_hash, settings) as writer:
            writer.append(levels)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not cache.has(content_hash, settings)
    assert leftovers_in(cache.cache_dir) == []


def test_nor_does_one_that_takes_the_place_of_a_file_harm_that(
    cache, content_hash, settings, flow_path, levels
):
    before = flow_path.read_bytes()
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels[::-1])
    assert flow_path.read_bytes() == before


def test_the_same_flow_makes_the_same_bytes(tmp_path, content_hash, settings, levels):
    for name in ("one", "other"):
        with FlowCache(tmp_path / name).writer(content_hash, settings) as writer:
            writer.append(levels, saturated_share=0.125)
            writer.commit(num_frames_expected=24, num_frames_decoded=24)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "other")
    for path in files_in(tmp_path / "one"):
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes()


def test_a_killed_writer_leaves_no_file_and_the_next_one_clears_up(
    cache, content_hash, settings, levels
):
    kill(start_writing(cache, content_hash))
    assert len(leftovers_in(cache.cache_dir)) == 1
    assert not cache.has(content_hash, settings)
    assert list(cache.content_hashes(settings)) == []

    with cache.writer("ab" * 32, settings) as writer:
        writer.append(levels)
        writer.commit()
    assert leftovers_in(cache.cache_dir) == []


def test_what_another_process_is_writing_is_not_taken_for_a_leftover(
    cache, content_hash, settings, levels
):
    process = start_writing(cache, content_hash)
    try:
        with cache.writer(content_hash, settings) as writer:
            writer.append(levels)
            writer.commit()
        assert len(leftovers_in(cache.cache_dir)) == 1
    finally:
        kill(process)


def test_two_writers_of_one_video_leave_one_whole_file(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as one, cache.writer(content_hash, settings) as other:
        for part in np.split(levels, [2, 9]):
            one.append(part)
            other.append(part)
        one.commit()
        other.commit()
    with cache.open(content_hash, settings) as file:
        file.verify()
        assert (file.read_quantised() == levels).all()
    assert leftovers_in(cache.cache_dir) == []


def test_threads_that_begin_one_cache_together_are_not_in_each_others_way(
    tmp_path, content_hash, settings
):
    with ThreadPoolExecutor(8) as threads:
        for number in range(20):
            cache = FlowCache(tmp_path / str(number))
            begun = [threads.submit(cache.writer, content_hash, settings) for _ in range(8)]
            for writer in begun:
                writer.result().close()
            assert [each.key() for each in cache.settings()] == [settings.key()]


def test_flow_cannot_change_its_size(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels)
        with pytest.raises(ConfigError, match=r"flow size is \(12, 16\); expected \(12, 17\)"):
            writer.append(levels[:, :, :16])


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 4, 4, 2), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_what_is_not_quantised_flow_is_refused(cache, content_hash, settings, wrong):
    writer = cache.writer(content_hash, settings)
    with writer, pytest.raises(ConfigError, match=r"expected uint8 \(num_flows, height, width, 2"):
        writer.append(wrong)


def test_a_video_without_flow_cannot_be_committed(cache, content_hash, settings, levels):
    with cache.writer(content_hash, settings) as writer:
        writer.append(levels[:0])
        with pytest.raises(ConfigError, match="at least one flow before commit"):
            writer.commit()
    assert not cache.has(content_hash, settings)


def test_files_have_the_permissions_that_the_user_gives_new_files(flow_path, tmp_path):
    (tmp_path / "ordinary").touch()
    assert flow_path.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_memory_does_not_grow_with_the_video(cache, content_hash, settings):
    flows = np.random.default_rng(0).integers(0, 256, (8, 120, 160, 2), dtype=np.uint8)
    tracemalloc.start()
    try:
        with cache.writer(content_hash, settings) as writer:
            for _ in range(50):
                writer.append(flows)
            writer.commit()
        _, written_peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        with cache.open(content_hash, settings) as file:
            file.read_quantised(200, 216)
        _, read_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = next(cache.cache_dir.rglob("*.flow")).stat().st_size
    assert size > 15e6
    assert written_peak < 3e6
    assert read_peak < 3e6


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB; the test is skipped where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def write_noise(cache, content_hash, num_flows):
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 2), dtype=np.uint8)
    with cache.writer(content_hash, FlowSettings(method="tvl1")) as writer:
        for _ in range(num_flows // 8):
            writer.append(noise)
        writer.commit()


def check_that_only_whole_files_remain(cache, content_hash, settings):
    assert list(cache.content_hashes(settings)) == [content_hash]
    assert leftovers_in(cache.cache_dir) == []
    with cache.open(content_hash, settings) as file:
        file.verify()


def test_on_a_full_disk_only_whole_files_remain(small_disk, content_hash, settings):
    cache = FlowCache(small_disk / "cache")
    write_noise(cache, content_hash, 64)
    for number in range(4):
        with pytest.raises(FlowCacheWriteError, match="No space left on device; nothing is lost"):
            write_noise(cache, f"{number:064x}", 64 + 8 * number)
        check_that_only_whole_files_remain(cache, content_hash, settings)
    write_noise(cache, "ab" * 32, 32)


def test_on_a_disk_that_cannot_be_written_to_a_sentence_says_so(small_disk, content_hash, settings):
    cache = FlowCache(small_disk / "cache")
    write_noise(cache, content_hash, 8)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(FlowCacheWriteError, match="Read-only file system"):
        write_noise(cache, "ab" * 32, 8)
    with pytest.raises(FlowCacheWriteError, match="Read-only file system"):
        FlowCache(small_disk / "another").writer(content_hash, settings)
    check_that_only_whole_files_remain(cache, content_hash, settings)


def test_wherever_writing_stops_only_whole_files_remain(cache, content_hash, settings):
    write_noise(cache, content_hash, 16)
    size = next(cache.cache_dir.rglob("*.flow")).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (1000, size // 2, *range(size - 1500, size, 60)):
        # Python ignores the signal that comes with it: writing fails as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(FlowCacheWriteError, match="File too large; nothing is lost"):
                write_noise(cache, "ab" * 32, 16)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        check_that_only_whole_files_remain(cache, content_hash, settings)


def test_a_folder_that_cannot_be_made_is_named(content_hash, settings):
    with pytest.raises(FlowCacheWriteError, match=r"/proc/cache/.*: could not be written"):
        FlowCache("/proc/cache").writer(content_hash, settings)


def test_who_looks_into_a_cache_while_it_is_made_is_not_refused(tmp_path, settings, content_hash):
    for number in range(100):
        cache = FlowCache(tmp_path / str(number))
        cache.cache_dir.mkdir()
        refusals: list[MotionFitError] = []
        is_made = threading.Event()

        def look(cache=cache, refusals=refusals, is_made=is_made):
            while not is_made.is_set():
                try:
                    cache.has(content_hash, settings)
                except MotionFitError as error:
                    refusals.append(error)

        onlooker = threading.Thread(target=look)
        onlooker.start()
        with cache.writer(content_hash, settings):
            is_made.set()
        onlooker.join()
        assert refusals == []
