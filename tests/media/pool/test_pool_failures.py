import json
import os
import random
import sys
import time

import pytest

from motionfit.errors import (
    DecodeMemoryError,
    DecoderCrashError,
    DecoderStartError,
    DecodeTimeoutError,
    UnreadableVideoError,
    VideoChangedError,
    VideoNotFoundError,
    VideoTooLargeError,
)
from motionfit.media.decode_events import ClipsDecoded, VideoDecoded, VideoFailed
from motionfit.media.pool import DecodePool

CRASHES = {
    "segfaults": r"the decoder process died \(killed by SIGSEGV\)",
    "aborts": r"died \(killed by SIGABRT: .*std::bad_alloc'\)",
    "exits": r"died \(exit code 3\)",
    "raises": r"died \(exit code 1: RuntimeError: a bug in the reader\)",
    "crashes_after_a_chunk": "SIGSEGV",
}


@pytest.mark.parametrize("behaviour", CRASHES)
def test_a_crash_fails_its_own_video_and_the_next_one_is_decoded(
    settings, video, outcomes, behaviour
):
    bad, good = video(behaviour), video("good 2")
    with DecodePool(num_workers=1, settings=settings()) as pool:
        ended = outcomes(pool, [bad, good])
    with pytest.raises(DecoderCrashError, match=CRASHES[behaviour]) as caught:
        raise ended[bad][1].error
    assert str(caught.value).startswith(str(bad.path))
    assert ended[good][0] == [[2], [2]]


@pytest.mark.parametrize("behaviour", ["hangs", "hangs_in_c", "spins"])
def test_a_decoder_without_a_sign_of_life_is_killed(settings, video, outcomes, behaviour):
    bad, good = video(behaviour), video("good 2")
    with DecodePool(num_workers=1, settings=settings(progress_seconds=0.5)) as pool:
        begin = time.monotonic()
        ended = outcomes(pool, [bad, good])
    assert isinstance(ended[bad][1].error, DecodeTimeoutError)
    assert "longer than 0.5 s" in str(ended[bad][1].error)
    assert isinstance(ended[good][1], VideoDecoded)
    assert time.monotonic() - begin < 10


def test_a_decoder_that_reads_on_in_its_file_is_not_killed(settings, video, outcomes):
    slow = video("reads_for_long 1.5")
    with DecodePool(num_workers=1, settings=settings(progress_seconds=0.5)) as pool:
        assert isinstance(outcomes(pool, [slow])[slow][1], VideoDecoded)


def test_a_decoder_that_never_ends_is_killed_when_its_time_in_all_is_up(settings, video, outcomes):
    endless = video("never_ends")
    with DecodePool(num_workers=1, settings=settings(total_seconds=0.5)) as pool:
        chunks, end = outcomes(pool, [endless])[endless]
    assert "longer than 0.5 s" in str(end.error)
    assert len(chunks) > 1


def test_waiting_for_a_slow_consumer_uses_up_no_time(settings, video):
    limits = {"progress_seconds": 0.5, "total_seconds": 2.0}  # the four waits take 2.4
    with DecodePool(num_workers=1, settings=settings(**limits, num_slots=1)) as pool:
        ends = []
        for event in pool.run([video("good 1 3"), video("good 2 1")]):
            if isinstance(event, ClipsDecoded):
                time.sleep(0.6)
                event.release()
            else:
                ends.append(event)
    assert [type(end) for end in ends] == [VideoDecoded, VideoDecoded]


def test_waiting_for_the_answer_of_skip_uses_up_no_time(settings, video, outcomes):
    task = video("good 1", identify=True)

    def slow_skip(task, identity):
        time.sleep(0.6)
        return False

    with DecodePool(num_workers=1, settings=settings(progress_seconds=0.5)) as pool:
        ended = outcomes(pool, [task], skip=slow_skip)
    assert isinstance(ended[task][1], VideoDecoded)


def test_a_decoder_that_eats_memory_fails_with_one_clear_error(settings, video, outcomes):
    bad, good = video("eats_memory"), video("good 2")
    with DecodePool(num_workers=1, settings=settings(memory_bytes=256 << 20)) as pool:
        ended = outcomes(pool, [bad, good])
    with pytest.raises(DecodeMemoryError, match="more memory than the limit of 256 MiB"):
        raise ended[bad][1].error
    assert isinstance(ended[good][1], VideoDecoded)


def test_a_decoder_cannot_fill_the_disk(settings, video, outcomes):
    bad = video("fills_the_disk")
    with DecodePool(num_workers=1, settings=settings()) as pool:
        assert "File too large" in str(outcomes(pool, [bad])[bad][1].error)
    assert bad.path.with_suffix(".large").stat().st_size <= 1 << 20


def test_an_error_of_the_reader_arrives_as_it_was_raised(settings, video, outcomes):
    tasks = [video("refuses_with_memory_in_hand") for _ in range(5)]
    with DecodePool(num_workers=1, settings=settings()) as pool:
        for task, (chunks, end) in outcomes(pool, [*tasks, video("good 3")]).items():
            if task in tasks:
                expected = UnreadableVideoError(task.path, "it is half a poem")
                assert (type(end.error), str(end.error)) == (type(expected), str(expected))
            else:
                assert chunks == [[3], [3]]


def test_frames_larger_than_a_slot_are_refused_by_their_size(settings, video, outcomes):
    task = video("wants_too_large_a_slot")
    with DecodePool(num_workers=1, settings=settings()) as pool:
        assert isinstance(outcomes(pool, [task])[task][1].error, VideoTooLargeError)


def test_what_is_no_file_fails_at_once(settings, video, outcomes, tmp_path):
    missing, pipe, folder = video(""), video(""), video("")
    for task in (missing, pipe, folder):
        task.path.unlink()
    os.mkfifo(pipe.path)
    folder.path.mkdir()
    with DecodePool(num_workers=1, settings=settings()) as pool:
        ended = outcomes(pool, [missing, pipe, folder])
    found = [str(end.error).rsplit("found ", 1)[1] for _, end in ended.values()]
    assert found == ["nothing.", "a named pipe.", "a directory."]
    assert all(isinstance(end.error, VideoNotFoundError) for _, end in ended.values())


@pytest.mark.parametrize("identify", [False, True])
def test_a_file_that_is_written_to_while_it_is_decoded_fails(settings, video, outcomes, identify):
    task = video("is_written_to", identify=identify)
    with DecodePool(num_workers=1, settings=settings()) as pool:
        assert isinstance(outcomes(pool, [task])[task][1].error, VideoChangedError)


def test_a_decoder_that_delivers_nothing_has_failed(settings, video, outcomes):
    task = video("delivers_nothing")
    with DecodePool(num_workers=1, settings=settings()) as pool:
        assert "delivered nothing" in str(outcomes(pool, [task])[task][1].error)


HONEST_CHUNK = {
    "reply": "ChunkDecoded",
    "slot": 0,
    "shape": [3, 4, 6, 3],
    "positions": [[0, 1]],
    "clip_length": 2,
    "start_seconds": [0.0],
    "end_seconds": [1.0],
    "info": {
        "duration_seconds": 1.0,
        "num_frames": 3,
        "frame_rate": 3.0,
        "height": 4,
        "width": 6,
        "rotation_degrees": 0,
        "codec": "lie",
        "container": "lie",
        "pixel_format": "lie",
    },
    "reader": "pyav",
    "num_frames_expected": 3,
    "num_frames_decoded": 3,
    "is_stretched": False,
    "has_size_change": False,
}


def test_decoders_that_lie_are_killed_before_they_are_believed(settings, video, outcomes):
    lies = [
        "this is no JSON",
        "[" * 100_000,
        json.dumps(HONEST_CHUNK | {"slot": 2}),
        json.dumps(HONEST_CHUNK | {"shape": [1 << 10, 1 << 10, 1 << 10, 3]}),
        json.dumps({"reply": "Skipped", "content_hash": "00", "size_bytes": 1}),
    ]
    bad, good = [video("sends " + json.dumps(lie)) for lie in lies], video("good 2")
    with DecodePool(num_workers=2, settings=settings()) as pool:
        ended = outcomes(pool, [*bad, good])
    for task in bad:
        assert "it sent what no decoder sends" in str(ended[task][1].error)
    assert isinstance(ended[good][1], VideoDecoded)


def test_an_honest_chunk_by_the_same_means_is_believed(settings, video):
    task = video("sends " + json.dumps(json.dumps(HONEST_CHUNK)))
    with DecodePool(num_workers=1, settings=settings(progress_seconds=1)) as pool:
        events = pool.run([task])
        assert next(events).clips.info.codec == "lie"
        events.close()


@pytest.mark.parametrize("behaviour", ["sends_a_giant", "sends_half_a_message"])
def test_a_message_that_is_too_large_or_never_ends_holds_nobody_up(
    settings, video, outcomes, behaviour
):
    bad, good = video(behaviour), video("good 2")
    with DecodePool(num_workers=1, settings=settings(progress_seconds=0.5)) as pool:
        ended = outcomes(pool, [bad, good])
    assert isinstance(ended[bad][1].error, DecoderCrashError)
    assert isinstance(ended[good][1], VideoDecoded)


@pytest.mark.parametrize(
    ("decode", "cause"),
    [("no_such_module:decode", "No module named 'no_such_module'"), ("os:abort_", "abort_")],
)
def test_decoders_that_cannot_start_are_one_clear_error_and_no_endless_loop(
    settings, video, decode, cause
):
    with (
        DecodePool(num_workers=2, settings=settings(decode=decode)) as pool,
        pytest.raises(DecoderStartError, match=f"3 times in a row.*{cause}"),
    ):
        list(pool.run([video("good 1")]))


def test_a_system_that_starts_no_process_is_one_clear_error(settings, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(DecoderStartError, match="No such file"):
        DecodePool(num_workers=2, settings=settings()).__enter__()


def test_a_decoder_that_does_not_start_in_time_is_one_clear_error(settings, video):
    with (
        DecodePool(num_workers=1, settings=settings(start_seconds=0.001)) as pool,
        pytest.raises(DecoderStartError),
    ):
        list(pool.run([video("good 1")]))


def test_an_idle_decoder_that_is_killed_from_outside_is_replaced(settings, video, outcomes):
    who, good = video("says_where_it_runs"), video("good 1")
    with DecodePool(num_workers=1, settings=settings()) as pool:
        message = str(outcomes(pool, [who])[who][1].error)
        os.kill(int(message.rsplit(": ", 1)[1].split()[0]), 9)
        time.sleep(0.1)
        end = outcomes(pool, [good])[good][1]
    assert isinstance(end, VideoDecoded)


def test_every_task_of_a_hostile_crowd_ends_exactly_once_and_the_good_ones_are_right(
    settings, video, outcomes
):
    draw = random.Random(0)
    hostile = [
        *("segfaults", "aborts", "exits", "hangs", "eats_memory", "refuses", "is_written_to"),
        *("wants_too_large_a_slot", "crashes_after_a_chunk", "delivers_nothing"),
    ]
    tasks = {}
    for value in range(40):
        tasks[video(f"good {value} {draw.randint(1, 5)}", identify=draw.random() < 0.5)] = value
    for behaviour in hostile:
        tasks[video(behaviour, identify=draw.random() < 0.5)] = None
    order = draw.sample(list(tasks), len(tasks))
    limits = {"progress_seconds": 1.0, "memory_bytes": 256 << 20}
    with DecodePool(num_workers=3, settings=settings(**limits)) as pool:
        ended = outcomes(pool, order)
    assert set(ended) == set(tasks)
    for task, value in tasks.items():
        chunks, end = ended[task]
        if value is None:
            assert isinstance(end, VideoFailed)
        else:
            assert isinstance(end, VideoDecoded)
            assert chunks == [[value]] * len(chunks)
            assert end.num_clips == 2 * len(chunks)
