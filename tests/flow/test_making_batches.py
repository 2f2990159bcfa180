"""A video's frames cut into batches of pairs: every pair once, whatever the chunks they come in."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from motionfit.flow.making.batches import PairBatcher, count_pairs_per_batch


def numbered(start: int, stop: int) -> NDArray[np.uint8]:
    return np.arange(start, stop, dtype=np.uint8)[:, None, None].repeat(2, axis=1)


def cut(num_frames: int, pairs_per_batch: int, chunk_ends: list[int]) -> list[list[int]]:
    batcher = PairBatcher(pairs_per_batch)
    batches = []
    edges = [0, *sorted(min(end, num_frames) for end in chunk_ends), num_frames]
    for start, stop in pairwise(edges):
        batches += list(batcher.add(numbered(start, stop)))
    assert batcher.num_frames == num_frames
    last = batcher.flush()
    batches += [] if last is None else [last]
    return [batch[:, 0, 0].tolist() for batch in batches]


def test_neighbouring_batches_share_a_frame() -> None:
    assert cut(8, 3, [8]) == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7]]


def test_nothing_is_left_over_where_the_pairs_come_out_even() -> None:
    assert cut(7, 3, [7]) == [[0, 1, 2, 3], [3, 4, 5, 6]]


@pytest.mark.parametrize("num_frames", [0, 1])
def test_without_two_frames_there_is_no_batch(num_frames: int) -> None:
    assert cut(num_frames, 3, []) == []


@given(
    num_frames=st.integers(0, 60),
    pairs_per_batch=st.integers(1, 9),
    chunk_ends=st.lists(st.integers(0, 60), max_size=8),
)
def test_the_chunks_that_frames_come_in_do_not_matter(
    num_frames: int, pairs_per_batch: int, chunk_ends: list[int]
) -> None:
    batches = cut(num_frames, pairs_per_batch, chunk_ends)
    assert batches == cut(num_frames, pairs_per_batch, [num_frames])
    pairs = [pair for batch in batches for pair in pairwise(batch)]
    assert pairs == [(frame, frame + 1) for frame in range(num_frames - 1)]


@pytest.mark.parametrize(
    ("size", "on_a_core", "expected"),
    [
        ((128, 171), True, 8),
        ((240, 320), True, 8),
        ((720, 1280), True, 1),
        ((2160, 3840), True, 1),
        ((16, 16), False, 512),
        ((240, 320), False, 416),
        ((4096, 8192), False, 1),
    ],
)
def test_a_batch_is_bounded_in_pixels(
    size: tuple[int, int], on_a_core: bool, expected: int
) -> None:
    assert count_pairs_per_batch(*size, on_a_core=on_a_core) == expected
