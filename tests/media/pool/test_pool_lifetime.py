import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from motionfit.media.decode_events import ClipsDecoded
from motionfit.media.pool import DecodePool


def _children():
    """Return the processes started by this one that have not ended."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_leaving_a_pool_leaves_no_process_and_no_open_file(settings, video, outcomes):
    children, open_files = _children(), _open_files()
    for _ in range(3):
        with DecodePool(num_workers=2, settings=settings()) as pool:
            outcomes(pool, [video("good 1"), video("segfaults"), video("good 2")])
            assert len(_children() - children) >= 1
    assert _children() == children
    assert _open_files() == open_files


def test_a_consumer_may_stop_early_and_use_the_pool_again(settings, video, outcomes):
    good = video("good 3")
    with DecodePool(num_workers=2, settings=settings()) as pool:
        for event in pool.run([video("good 1"), video("hangs"), *(video("good 2"),) * 50]):
            if isinstance(event, ClipsDecoded):
                break
        assert outcomes(pool, [good])[good][0] == [[3], [3]]
    event.release()


def test_chunks_that_nobody_has_seen_do_not_block_the_next_run(settings, video, outcomes):
    good = video("good 3")
    with DecodePool(num_workers=1, settings=settings(num_slots=2)) as pool:
        events = pool.run([video("good 1 1"), video("good 2 1")])
        next(events).release()
        time.sleep(0.3)  # for the second one to be complete as well
        events.close()
        assert outcomes(pool, [good])[good][0] == [[3], [3]]


def test_an_exception_in_the_consumer_ends_everything_quickly(settings, video):
    begin = time.monotonic()
    children = _children()

    def consume():
        with DecodePool(num_workers=2, settings=settings()) as pool:
            for _ in pool.run([video("hangs"), video("good 1"), video("hangs")]):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert _children() == children
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("where", ["tasks", "skip"])
def test_an_exception_of_the_callers_functions_reaches_the_caller(settings, video, outcomes, where):
    good = video("good 1", identify=True)

    def failing_tasks():
        yield good
        raise ZeroDivisionError

    def failing_skip(task, identity):
        raise OSError("the catalog is gone")

    with DecodePool(num_workers=1, settings=settings()) as pool:
        if where == "tasks":
            with pytest.raises(ZeroDivisionError):
                outcomes(pool, failing_tasks())
        else:
            with pytest.raises(OSError, match="catalog is gone"):
                outcomes(pool, [good], skip=failing_skip)
        assert outcomes(pool, [good])[good][0] == [[1], [1]]


PARENT = """
    import sys
    from pathlib import Path
    sys.path.insert(0, {here!r})
    from motionfit.media.decode_events import DecodeTask
    from motionfit.media.pool import DecodePool
    from motionfit.media.sampling import ClipSampling
    from motionfit.media.worker.settings import WorkerSettings
    settings = WorkerSettings(decode="decode_doubles:decode")
    tasks = [DecodeTask(path=Path(p), sampling=ClipSampling(), size=(4, 6)) for p in {paths!r}]
    with DecodePool(num_workers=len(tasks), settings=settings) as pool:
        for event in pool.run(tasks):
            print(str(event.error).rstrip(".").split(": ")[-1].split()[0], flush=True)
"""


def _start_parent(video, behaviours):
    paths = [str(video(behaviour).path) for behaviour in behaviours]
    script = textwrap.dedent(PARENT).format(here=str(Path(__file__).parent), paths=paths)
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def _decoders_of(parent):
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    threads = Path(f"/proc/{parent.pid}/task").glob("*/children")
    return [int(pid) for path in {children, *threads} for pid in path.read_text().split()]


def _wait_until(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_decoders_end_when_their_parent_is_killed_even_those_that_hang(video):
    with _start_parent(video, ["says_where_it_runs", "hangs", "spins"]) as parent:
        parent.stdout.readline()
        decoders = _decoders_of(parent)
        time.sleep(0.5)  # for the others to take up their tasks
        assert len(decoders) == 3
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        _wait_until(lambda: not any(map(_is_alive, decoders)))


def test_ctrl_c_ends_a_script_without_a_main_guard_and_its_decoders(video):
    with _start_parent(video, ["says_where_it_runs", "hangs"]) as parent:
        parent.stdout.readline()
        decoders = _decoders_of(parent)
        for pid in (*decoders, parent.pid):  # as a terminal does, which signals the whole group
            os.kill(pid, signal.SIGINT)
        assert parent.wait(timeout=10) == -signal.SIGINT
        _wait_until(lambda: not any(map(_is_alive, decoders)))


def test_a_pool_that_waits_takes_no_processor_time(settings, video):
    with DecodePool(num_workers=2, settings=settings()) as pool:
        events = pool.run([video("good 1 2"), video("hangs")])
        chunk = next(events)
        time.sleep(0.5)
        begin = time.process_time()
        time.sleep(1.0)
        assert time.process_time() - begin < 0.05
        chunk.release()
        events.close()
