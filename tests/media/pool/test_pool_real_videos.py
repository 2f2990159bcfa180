import random

import numpy as np
import pytest

from motionfit.errors import (
    ConfigError,
    UnreadableVideoError,
    VideoTooLargeError,
    VideoTooShortError,
)
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import ClipsDecoded, DecodeTask, VideoDecoded, VideoFailed
from motionfit.media.pool import DecodePool, decode_clips
from motionfit.media.reader import read_clips
from motionfit.media.sampling import ClipSampling, ClipSpec, Every
from motionfit.media.worker.settings import WorkerSettings
from motionfit.media.write import write_video


def _write_noise(path, num_frames, *, height=48, width=64, seed=0):
    noise = np.random.default_rng(seed)
    frames = noise.integers(0, 256, (num_frames, height // 8, width // 8, 3), dtype=np.uint8)
    write_video(path, frames.repeat(8, axis=1).repeat(8, axis=2), 10)
    return path


def _assert_same_clips(left: DecodedClips, right: DecodedClips):
    np.testing.assert_array_equal(left.gather(), right.gather())
    np.testing.assert_array_equal(left.start_seconds, right.start_seconds)
    np.testing.assert_array_equal(left.end_seconds, right.end_seconds)
    assert left.info == right.info
    assert (left.reader, left.is_stretched) == (right.reader, right.is_stretched)
    assert left.num_frames_decoded == right.num_frames_decoded


@pytest.mark.parametrize("size", [None, (24, 33)])
@pytest.mark.parametrize("reader", ["auto", "pyav", "decord"])
def test_a_child_process_decodes_what_the_reader_decodes_in_this_one(tmp_path, size, reader):
    path = _write_noise(tmp_path / "a.mp4", 40)
    expected = read_clips(path, ClipSampling(), size, reader=reader)
    _assert_same_clips(decode_clips(path, ClipSampling(), size, reader=reader), expected)


def test_a_long_video_comes_in_chunks_that_fit_into_a_slot(tmp_path):
    path = _write_noise(tmp_path / "long.mp4", 300)
    sampling = ClipSampling(spec=ClipSpec(clip_length=8), placement=Every(seconds=0.5))
    expected = read_clips(path, sampling)
    settings = WorkerSettings(slot_bytes=20 * 48 * 64 * 3)
    task = DecodeTask(path=path, sampling=sampling, size=None)
    chunks = []
    with DecodePool(num_workers=1, settings=settings) as pool:
        for event in pool.run([task]):
            if isinstance(event, ClipsDecoded):
                assert len(event.clips.frames) <= 20
                chunks.append(event.clips.gather())
                event.release()
    assert len(chunks) > 10
    np.testing.assert_array_equal(np.concatenate(chunks), expected.gather())
    assert event.num_clips == expected.num_clips
    _assert_same_clips(decode_clips(path, sampling, settings=settings), expected)


def test_a_short_video_is_looped_dropped_or_refused_as_in_this_process(tmp_path):
    path = _write_noise(tmp_path / "short.mp4", 5)
    assert decode_clips(path, ClipSampling()).is_stretched
    assert decode_clips(path, ClipSampling(short="drop")).gather().shape == (0, 16, 48, 64, 3)
    with pytest.raises(VideoTooShortError, match="5 frames, a clip needs 16"):
        decode_clips(path, ClipSampling(short="error"))
    with pytest.raises(ConfigError, match="start is 7"):
        decode_clips(path, ClipSampling(start_seconds=7))


def test_a_clip_that_does_not_fit_into_a_slot_is_refused_with_the_limit(tmp_path):
    path = _write_noise(tmp_path / "a.mp4", 20)
    settings = WorkerSettings(slot_bytes=10 * 48 * 64 * 3)
    with pytest.raises(VideoTooLargeError, match="frames of 64x48 are larger than the limit of 1"):
        decode_clips(path, ClipSampling(), settings=settings)


def test_damaged_files_among_good_ones_fail_alone(tmp_path):
    whole = _write_noise(tmp_path / "whole.mp4", 60).read_bytes()
    contents = {
        "empty.mp4": b"",
        "text.mp4": b"not a video at all\n" * 100,
        "head_only.mp4": whole[: len(whole) // 2],  # its index stands at the end
        "noise.mp4": random.Random(1).randbytes(100_000),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    bad = [tmp_path / name for name in contents]
    good = [_write_noise(tmp_path / f"good{seed}.mp4", 20, seed=seed) for seed in range(4)]
    expected = {path: read_clips(path, ClipSampling(), (24, 32)) for path in good}
    tasks = [
        DecodeTask(path=path, sampling=ClipSampling(), size=(24, 32), identify=True)
        for pair in zip(bad, good, strict=True)
        for path in pair
    ]
    ends = {}
    with DecodePool(num_workers=2) as pool:
        for event in pool.run(tasks):
            if isinstance(event, ClipsDecoded):
                reference = expected[event.task.path]
                np.testing.assert_array_equal(event.clips.gather(), reference.gather())
                event.release()
            else:
                ends[event.task.path] = event
    assert all(isinstance(ends[path], VideoDecoded) for path in good)
    assert all(isinstance(ends[path], VideoFailed) for path in bad)
    assert all(isinstance(ends[path].error, UnreadableVideoError) for path in bad)


def test_real_clips_are_decoded_as_in_this_process(shared_data):
    paths = sorted((shared_data / "jhmdb21").rglob("*.mp4"))[::60]
    tasks = [
        DecodeTask(path=path, sampling=ClipSampling(), size=(64, 86), identify=True)
        for path in paths
    ]
    num_equal = 0
    with DecodePool(num_workers=2) as pool:
        for event in pool.run(tasks):
            if isinstance(event, ClipsDecoded):
                expected = read_clips(event.task.path, ClipSampling(), (64, 86))
                np.testing.assert_array_equal(event.clips.gather(), expected.gather())
                num_equal += 1
                event.release()
            else:
                assert isinstance(event, VideoDecoded)
    assert num_equal == len(paths)
