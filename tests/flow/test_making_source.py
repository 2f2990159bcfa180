"""Frames of a video that proves damaged on the way are taken once each."""

from pathlib import Path
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from motionfit.flow.cache.cache import FlowCache
from motionfit.flow.making.source import FlowSource
from motionfit.flow.making.video_flow import VideoFlow
from motionfit.flow.settings import FlowSettings


def frames(*numbers: int) -> NDArray[np.uint8]:
    return np.array(numbers, np.uint8)[:, None, None].repeat(2, axis=1)


def make_source(folder: Path) -> FlowSource:
    writer = FlowCache(folder).writer("0123456789abcdef", FlowSettings(method="dis"))
    flow = VideoFlow(Path("video.mp4"), writer, SimpleQueue().put)
    return FlowSource(flow, pairs_per_batch=100, num_frames_known=8)


def taken(source: FlowSource) -> list[int]:
    last = source.take_end()
    source.flow.abandon()
    return [] if last is None else last[:, 0, 0].tolist()


def test_a_frame_handed_out_again_after_a_recount_is_left_out(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    assert not list(source.take(frames(0, 1, 2), 8))
    assert not list(source.take(frames(2, 5, 6), 6))
    assert source.num_frames_taken == 5
    assert taken(source) == [0, 1, 2, 5, 6]


def test_a_recount_that_repeats_nothing_loses_nothing(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    list(source.take(frames(0, 1, 2), 8))
    list(source.take(frames(3, 4), 5))
    assert taken(source) == [0, 1, 2, 3, 4]


def test_a_still_picture_in_a_sound_video_is_no_repetition(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    list(source.take(frames(7, 7, 7), 8))
    list(source.take(frames(7, 7), 8))
    assert taken(source) == [7, 7, 7, 7, 7]


def test_a_chunk_of_nothing_but_a_repetition_is_nothing(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    list(source.take(frames(0, 1), 8))
    list(source.take(frames(1), 2))
    assert taken(source) == [0, 1]
