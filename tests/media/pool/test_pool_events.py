import os
import threading
import time
from itertools import islice

import numpy as np
import pytest

from motionfit.errors import ConfigError, VideoTooLargeError
from motionfit.media.decode_events import (
    ClipsDecoded,
    VideoDecoded,
    VideoFailed,
    VideoSkipped,
)
from motionfit.media.identity import identify_video
from motionfit.media.pool import DecodePool, decode_clips
from motionfit.media.worker.settings import WorkerSettings


def test_each_video_gives_its_chunks_and_then_one_end(settings, video, outcomes):
    tasks = [video(f"good {value} {1 + value % 4}") for value in range(30)]
    with DecodePool(num_workers=2, settings=settings()) as pool:
        ended = outcomes(pool, tasks)
    assert sorted(ended, key=tasks.index) == tasks
    for value, task in enumerate(tasks):
        chunks, end = ended[task]
        assert chunks == [[value]] * (1 + value % 4)
        assert isinstance(end, VideoDecoded)
        assert end.num_clips == 2 * len(chunks)


def test_a_chunk_arrives_with_everything_that_the_decoder_said_of_it(settings, video):
    import decode_doubles

    task = video("good 7 1")
    with DecodePool(num_workers=1, settings=settings()) as pool:
        chunk, end = pool.run([task])
    assert isinstance(chunk, ClipsDecoded)
    expected = decode_doubles.make_chunk(task.path, np.full((3, 4, 6, 3), 7, np.uint8))
    for name in ("frames", "positions", "start_seconds", "end_seconds"):
        received, sent = getattr(chunk.clips, name), getattr(expected, name)
        assert received.dtype == sent.dtype
        np.testing.assert_array_equal(received, sent)
    for name in ("info", "reader", "num_frames_expected", "num_frames_decoded", "is_stretched"):
        assert getattr(chunk.clips, name) == getattr(expected, name)
    assert end == VideoDecoded(
        task=task,
        identity=None,
        info=expected.info,
        num_clips=2,
        num_frames_expected=4,
        num_frames_decoded=3,
    )


@pytest.mark.parametrize("behaviour", ["good_elsewhere 8", "starts_over 8"])
def test_frames_arrive_wherever_the_reader_put_them(settings, video, outcomes, behaviour):
    task = video(behaviour)
    with DecodePool(num_workers=1, settings=settings()) as pool:
        chunks, end = outcomes(pool, [task])[task]
    assert isinstance(end, VideoDecoded)
    assert {value for chunk in chunks for value in chunk} == {8}


def test_a_pool_serves_several_runs_with_the_same_processes(settings, video, outcomes):
    tasks = [video("says_where_it_runs") for _ in range(6)]
    with DecodePool(num_workers=1, settings=settings()) as pool:
        first = outcomes(pool, tasks[:3])
        second = outcomes(pool, tasks[3:])
    messages = {str(end.error).split(": ", 1)[1] for _, end in {**first, **second}.values()}
    assert len(messages) == 1


def test_no_tasks_are_no_events(settings):
    with DecodePool(num_workers=1, settings=settings()) as pool:
        assert list(pool.run([])) == []


def test_decoders_are_children_without_torch_that_give_way(settings, video, outcomes):
    task = video("says_where_it_runs")
    with DecodePool(num_workers=1, settings=settings(niceness=7)) as pool:
        _, end = outcomes(pool, [task])[task]
    pid, parent_pid, niceness, torch = str(end.error).rstrip(".").split(": ")[-1].split()
    assert int(pid) != os.getpid() == int(parent_pid)
    assert int(niceness) == min(19, os.nice(0) + 7)
    assert torch == "None"


def test_frames_stay_as_they_are_until_released_and_a_decoder_waits_for_that(settings, video):
    with DecodePool(num_workers=1, settings=settings(num_slots=2)) as pool:
        events = pool.run([video("good 1 1"), video("good 2 1"), video("good 3 1")])
        held = list(islice(events, 4))[::2]
        time.sleep(0.3)  # long enough for a third chunk, if there were room for it
        assert [event.clips.frames.max() for event in held] == [1, 2]
        held[0].release()
        held[0].release()
        third = next(event for event in events if isinstance(event, ClipsDecoded))
        assert [third.clips.frames.max(), held[1].clips.frames.max()] == [3, 2]


def test_frames_that_a_consumer_holds_outlive_the_pool(settings, video):
    with DecodePool(num_workers=1, settings=settings()) as pool:
        chunk, _ = pool.run([video("good 9 1")])
    assert (chunk.clips.frames == 9).all()
    chunk.release()


def test_decoders_work_while_the_consumer_is_busy(settings, video):
    tasks = [video(f"good {value} 1") for value in range(9)]
    handed_out = []

    def lazily():
        for task in tasks:
            handed_out.append(task)
            yield task

    with DecodePool(num_workers=1, settings=settings(num_slots=3)) as pool:
        events = pool.run(lazily())
        next(events)
        # Three are decoded, the fourth waits for a slot, and one task is always looked up ahead.
        until = time.monotonic() + 10
        while len(handed_out) < 5:
            assert time.monotonic() < until
            time.sleep(0.05)
        events.close()


def test_tasks_are_consumed_lazily(settings, video):
    task = video("good 1")
    num_handed_out = 0

    def endless():
        nonlocal num_handed_out
        while True:
            num_handed_out += 1
            yield task

    with DecodePool(num_workers=2, settings=settings()) as pool:
        events = pool.run(endless())
        for _ in range(10):
            event = next(events)
            if isinstance(event, ClipsDecoded):
                event.release()
        events.close()
    assert num_handed_out < 30


def test_a_consumer_that_sleeps_does_not_make_the_pool_pile_up_events(settings, video):
    task = video("refuses")
    num_handed_out = 0

    def endless():
        nonlocal num_handed_out
        while True:
            num_handed_out += 1
            yield task

    with DecodePool(num_workers=1, settings=settings()) as pool:
        events = pool.run(endless())
        next(events)
        time.sleep(1.0)
        assert num_handed_out < 100
        assert all(isinstance(next(events), VideoFailed) for _ in range(200))
        events.close()


def test_skip_is_asked_about_the_content_and_what_it_knows_is_not_decoded(settings, video):
    new, known, unasked = (
        video("good 1", identify=True),
        video("hangs", identify=True),
        video("good 2"),
    )
    asked = []

    def skip(task, identity):
        asked.append((task, identity, threading.current_thread() is threading.main_thread()))
        return task == known

    with DecodePool(num_workers=1, settings=settings()) as pool:
        ends = {}
        for event in pool.run([new, known, unasked], skip=skip):
            if isinstance(event, ClipsDecoded):
                event.release()
            else:
                ends[event.task] = event
    assert asked == [(task, identify_video(task.path), False) for task in (new, known)]
    assert ends[known] == VideoSkipped(task=known, identity=identify_video(known.path))
    assert ends[new].identity == identify_video(new.path)
    assert ends[unasked].identity is None


def test_without_skip_an_identified_video_is_decoded(settings, video, outcomes):
    task = video("good 1", identify=True)
    with DecodePool(num_workers=1, settings=settings()) as pool:
        assert outcomes(pool, [task])[task][1].identity == identify_video(task.path)


def test_one_video_alone_is_returned_whole_and_copied(settings, video):
    task = video("good 6 3")
    clips = decode_clips(task.path, task.sampling, task.size, settings=settings())
    assert clips.frames.shape == (9, 4, 6, 3)
    assert clips.frames.flags.owndata
    assert clips.positions.tolist() == [[0, 1], [1, 2], [3, 4], [4, 5], [6, 7], [7, 8]]
    assert clips.start_seconds.tolist() == [0.0, 0.1] * 3


def test_one_video_alone_that_fails_raises(settings, video):
    task = video("wants_too_large_a_slot")
    expected = "frames of 30000x40000 are larger than the limit of 174762 pixels"
    with pytest.raises(VideoTooLargeError, match=expected):
        decode_clips(task.path, task.sampling, task.size, settings=settings())


def test_relative_paths_mean_the_directory_in_which_the_tasks_are_run(
    settings, video, outcomes, monkeypatch, tmp_path
):
    task = video("good 4")
    relative = type(task)(path=task.path.relative_to(tmp_path), sampling=task.sampling, size=(4, 6))
    with DecodePool(num_workers=1, settings=settings()) as pool:
        monkeypatch.chdir(tmp_path)
        assert outcomes(pool, [relative])[relative][0] == [[4], [4]]


@pytest.mark.parametrize("name", [b"new\nline.mp4", b"\xff\xfe.mp4", b"quo'te\".mp4", b"-rf.mp4"])
def test_any_file_name_is_decoded(settings, video, outcomes, tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_text("good 4")
    task = type(video(""))(path=path, sampling=video("").sampling, size=(4, 6))
    with DecodePool(num_workers=1, settings=settings()) as pool:
        chunks, end = outcomes(pool, [task])[task]
    assert chunks == [[4], [4]]
    assert end.info.path == path


def test_a_pool_without_workers_or_with_senseless_settings_is_refused():
    with pytest.raises(ConfigError, match="num_workers is 0"):
        DecodePool(num_workers=0)
    with pytest.raises(ConfigError, match="num_slots is 0"):
        WorkerSettings(num_slots=0)
    with pytest.raises(ConfigError, match="niceness is -1"):
        WorkerSettings(niceness=-1)


def test_a_pool_runs_only_when_entered_and_one_run_at_a_time(settings, video):
    pool = DecodePool(num_workers=1, settings=settings())
    with pytest.raises(RuntimeError, match="inside its with statement"):
        next(pool.run([]))
    with pool:
        events = pool.run([video("good 1"), video("hangs")])
        next(events)
        with pytest.raises(RuntimeError, match="runs once at a time"):
            next(pool.run([]))
    with pytest.raises(RuntimeError, match="closed before its tasks came to their end"):
        list(events)
