"""Encoder batches across videos."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.indexing.batches import ClipBatcher


def first_value(clips: NDArray[np.uint8]) -> NDArray[np.float32]:
    return clips[:, 0, 0, 0].astype(np.float32)


def clips_of(values: list[int]) -> NDArray[np.uint8]:
    return np.array(values, dtype=np.uint8).reshape(len(values), 1, 1, 1, 1)


@given(
    st.lists(st.lists(st.lists(st.integers(0, 255), max_size=4), max_size=4), max_size=6),
    st.integers(1, 7),
)
def test_every_video_gets_its_own_vectors_in_clip_order(
    videos: list[list[list[int]]], batch_size: int
) -> None:
    results: dict[int, list[float]] = {}

    def collect() -> None:
        results.update({video: v[:, 0].tolist() for video, v in batcher.completed()})

    with ClipBatcher[int](first_value, batch_size=batch_size, embedding_dim=1) as batcher:
        for number, chunks in enumerate(videos):
            for chunk in chunks:
                batcher.add(number, clips_of(chunk))
            batcher.close(number)
            collect()
        batcher.flush()
        collect()
    assert results == {n: [v for chunk in chunks for v in chunk] for n, chunks in enumerate(videos)}


def test_batches_are_filled_across_videos() -> None:
    sizes: list[int] = []

    def encode(clips: NDArray[np.uint8]) -> NDArray[np.float32]:
        sizes.append(len(clips))
        return first_value(clips)

    with ClipBatcher[str](encode, batch_size=4, embedding_dim=1) as batcher:
        for name in "abcd":
            batcher.add(name, clips_of([1, 2]))
            batcher.close(name)
        batcher.flush()
    assert sizes == [4, 4]


def test_a_batch_is_encoded_while_the_next_one_is_collected() -> None:
    may_go_on = threading.Event()

    def encode(clips: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert may_go_on.wait(60)
        return first_value(clips)

    with ClipBatcher[str](encode, batch_size=2, embedding_dim=1) as batcher:
        batcher.add("first", clips_of([1, 2]))
        batcher.close("first")
        batcher.add("second", clips_of([3]))
        assert list(batcher.completed()) == []
        may_go_on.set()
        batcher.flush()
        assert [video for video, _ in batcher.completed()] == ["first"]


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_discarded_video_never_comes_out(batch_size: int) -> None:
    with ClipBatcher[str](first_value, batch_size=batch_size, embedding_dim=1) as batcher:
        batcher.add("good", clips_of([7]))
        batcher.add("bad", clips_of([9, 9]))
        batcher.discard("bad")
        batcher.close("good")
        batcher.flush()
        assert {video: v.tolist() for video, v in batcher.completed()} == {"good": [[7.0]]}


def test_what_goes_wrong_in_the_encoder_is_raised_where_the_caller_is() -> None:
    def encode(clips: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise MemoryError

    with ClipBatcher[str](encode, embedding_dim=1) as batcher:
        batcher.add("video", clips_of([1]))
        with pytest.raises(MemoryError):
            batcher.flush()
