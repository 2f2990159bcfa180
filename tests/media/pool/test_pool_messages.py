import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from motionfit.errors import (
    DecodeMemoryError,
    MediaError,
    MotionFitError,
    UnreadableVideoError,
    VideoNotFoundError,
)
from motionfit.media.clips import DecodedClips
from motionfit.media.decode_events import DecodeTask
from motionfit.media.identity import VideoIdentity
from motionfit.media.sampling import ClipSampling, ClipSpec, Every, Sliding, Uniform
from motionfit.media.video import VideoInfo
from motionfit.media.worker.limits import DecodeLimits
from motionfit.media.worker.replies import (
    ChunkDecoded,
    Failed,
    Finished,
    Identified,
    Ready,
    Skipped,
    read_reply,
    write_reply,
)
from motionfit.media.worker.settings import WorkerSettings
from motionfit.media.worker.task_message import task_from_json, task_to_json

PATH = Path("folder/video.mp4")
SLOT_BYTES = 1 << 16
IDENTITY = VideoIdentity(content_hash="0123456789abcdef" * 4, size_bytes=1 << 40)

names = st.text(min_size=1, max_size=12)
seconds = st.floats(min_value=0, max_value=1e6)


@st.composite
def chunks(draw):
    num_frames, height, width = draw(st.integers(0, 5)), draw(st.integers(1, 9)), 7
    num_clips = draw(st.integers(0, 4)) if num_frames else 0
    clip_length = draw(st.integers(1, 3))
    positions = hnp.arrays(
        np.int64, (num_clips, clip_length), elements=st.integers(0, max(0, num_frames - 1))
    )
    times = hnp.arrays(np.float64, num_clips, elements=seconds)
    clips = DecodedClips(
        frames=np.empty((0, height, width, 3), np.uint8),
        positions=draw(positions),
        start_seconds=draw(times),
        end_seconds=draw(times),
        info=VideoInfo(
            path=PATH,
            duration_seconds=draw(seconds),
            num_frames=draw(st.integers(0, 1 << 40)),
            frame_rate=draw(seconds),
            height=height,
            width=width,
            rotation_degrees=90,
            codec=draw(names),
            container=draw(names),
            pixel_format=draw(names),
        ),
        reader=draw(st.sampled_from(["pyav", "decord"])),
        num_frames_expected=draw(st.integers(0, 1 << 40)),
        num_frames_decoded=num_frames,
        is_stretched=draw(st.booleans()),
        has_size_change=draw(st.booleans()),
    )
    return ChunkDecoded(slot=draw(st.integers(0, 9)), shape=(num_frames, height, 7, 3), clips=clips)


def _assert_same_chunk(left, right):
    assert (left.slot, left.shape) == (right.slot, right.shape)
    for name, value in vars(left.clips).items():
        np.testing.assert_array_equal(value, getattr(right.clips, name))
        assert type(value) is type(getattr(right.clips, name))


@given(chunks())
def test_a_chunk_survives_the_way_to_the_parent(chunk):
    _assert_same_chunk(read_reply(write_reply(chunk), PATH, SLOT_BYTES), chunk)


@pytest.mark.parametrize(
    "reply", [Ready(), Finished(), Identified(identity=IDENTITY), Skipped(identity=IDENTITY)]
)
def test_other_replies_survive_the_way_to_the_parent(reply):
    assert read_reply(write_reply(reply), PATH, SLOT_BYTES) == reply


@pytest.mark.parametrize(
    "error",
    [
        UnreadableVideoError(PATH, "a reason"),
        VideoNotFoundError("new\nline\udcff.mp4"),
        DecodeMemoryError(PATH, 1 << 30),
        MediaError("plain"),
    ],
)
def test_an_error_survives_the_way_to_the_parent(error):
    restored = read_reply(write_reply(Failed(error=error)), PATH, SLOT_BYTES).error
    assert (type(restored), str(restored)) == (type(error), str(error))


def test_an_error_of_an_unknown_class_is_still_one_of_ours_and_on_one_line():
    message = json.dumps({"reply": "Failed", "error": "SystemExit", "message": "a\nb\x1b[2J"})
    error = read_reply(message.encode(), PATH, SLOT_BYTES).error
    assert type(error) is MotionFitError
    assert str(error) == r"a\nb\x1b[2J"


hostile_numbers = st.one_of(
    st.integers(),
    st.integers(-3, 12),
    st.floats(),
    st.sampled_from([1 << 62, 1 << 63, 10**400, True, None, "3", [], {}]),
)
hostile_values = st.one_of(hostile_numbers, st.lists(hostile_numbers), st.text(max_size=4))


@given(chunk=chunks(), data=st.data())
def test_a_chunk_with_a_forged_field_is_refused_or_harmless(chunk, data):
    values = json.loads(write_reply(chunk))
    where = data.draw(st.sampled_from([values, values["info"]]))
    name = data.draw(st.sampled_from(sorted(where)))
    where[name] = data.draw(hostile_values | st.lists(st.lists(hostile_numbers)))
    try:
        reply = read_reply(json.dumps(values).encode(), PATH, SLOT_BYTES)
    except ValueError:
        return
    if isinstance(reply, ChunkDecoded):
        num_frames, height, width, channels = reply.shape
        assert min(reply.shape) >= 0
        assert num_frames * height * width * channels <= SLOT_BYTES
        assert channels == 3
        assert reply.slot >= 0
        positions, clips = reply.clips.positions, reply.clips
        assert positions.dtype == np.int64
        assert positions.ndim == 2
        assert ((positions >= 0) & (positions < num_frames)).all()
        assert len(positions) == len(clips.start_seconds) == len(clips.end_seconds)
        assert np.isfinite(clips.start_seconds).all()
        assert all(
            math.isfinite(value) for value in vars(clips.info).values() if isinstance(value, float)
        )
        assert type(clips.info) is VideoInfo
        assert clips.info.path == PATH


@given(st.binary() | st.text().map(str.encode) | hostile_values.map(json.dumps).map(str.encode))
def test_noise_is_refused(noise):
    with pytest.raises(ValueError, match="not a reply"):
        read_reply(noise, PATH, SLOT_BYTES)


@pytest.mark.parametrize("depth", [10_000, 5_000_000])
def test_deeply_nested_noise_is_refused(depth):
    with pytest.raises(ValueError, match="not a reply"):
        read_reply(b"[" * depth, PATH, SLOT_BYTES)


@pytest.mark.parametrize(
    "sampling",
    [
        ClipSampling(),
        ClipSampling(
            spec=ClipSpec(clip_length=3, stride=2, frame_rate=12.5),
            placement=Every(seconds=0.1),
            short="error",
            start_seconds=1 / 3,
            end_seconds=2.5,
            distinct=True,
        ),
        ClipSampling(placement=Sliding(clip_hop=7)),
        ClipSampling(placement=Uniform(num_clips=1)),
    ],
)
@pytest.mark.parametrize("size", [None, (112, 113)])
@pytest.mark.parametrize("name", ["a.mp4", "\udcff\n'\".mp4"])
def test_a_task_survives_the_way_to_the_decoder(sampling, size, name):
    task = DecodeTask(path=Path(name), sampling=sampling, size=size, reader="decord", identify=True)
    received = task_from_json(json.loads(json.dumps(task_to_json(task)).encode("ascii")))
    assert received == task
    assert received.sampling.key() == sampling.key()


def test_settings_survive_the_way_to_the_decoder():
    settings = WorkerSettings(
        limits=DecodeLimits(progress_seconds=0.1, memory_bytes=7), threads=None, niceness=3
    )
    assert WorkerSettings.from_json(settings.to_json()) == settings
    assert set(asdict(settings)) == set(json.loads(settings.to_json()))
