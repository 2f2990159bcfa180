"""Encoder batches across videos."""

import numpy as np
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
    batcher: ClipBatcher[int] = ClipBatcher(first_value, batch_size=batch_size, embedding_dim=1)
    results: dict[int, list[float]] = {}
    for number, chunks in enumerate(videos):
        for chunk in chunks:
            batcher.add(number, clips_of(chunk))
        batcher.close(number)
        results.update({video: v[:, 0].tolist() for video, v in batcher.completed()})
    batcher.flush()
    results.update({video: v[:, 0].tolist() for video, v in batcher.completed()})
    assert results == {n: [v for chunk in chunks for v in chunk] for n, chunks in enumerate(videos)}


def test_batches_are_filled_across_videos() -> None:
    sizes: list[int] = []

    def encode(clips: NDArray[np.uint8]) -> NDArray[np.float32]:
        sizes.append(len(clips))
        return first_value(clips)

    batcher: ClipBatcher[str] = ClipBatcher(encode, batch_size=4, embedding_dim=1)
    for name in "abcd":
        batcher.add(name, clips_of([1, 2]))
        batcher.close(name)
    batcher.flush()
    assert sizes == [4, 4]


def test_a_discarded_video_never_comes_out_and_costs_no_encoding() -> None:
    batcher: ClipBatcher[str] = ClipBatcher(first_value, batch_size=100, embedding_dim=1)
    batcher.add("good", clips_of([7]))
    batcher.add("bad", clips_of([9, 9]))
    batcher.discard("bad")
    batcher.close("good")
    batcher.flush()
    assert {video: v.tolist() for video, v in batcher.completed()} == {"good": [[7.0]]}
