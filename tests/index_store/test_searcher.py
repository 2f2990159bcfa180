import threading
from pathlib import Path

import numpy as np
import pytest

from motionfit.errors import ConfigError, EncoderMismatchError, IndexingNotFoundError


def rows(seed: int, num_rows: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((num_rows, 8)).astype(np.float32)


def test_an_empty_collection_has_no_hits(any_shelf) -> None:
    searcher = any_shelf.store.searcher(any_shelf.indexing.indexing_id)
    for _ in range(2):
        result = searcher.search(rows(0), 20)
        assert (result.similarities.shape, result.clip_ids.shape) == ((5, 0), (5, 0))
        assert (result.exact, result.clips) == (True, {})
        any_shelf.store.publish(any_shelf.indexing.indexing_id)


@pytest.mark.parametrize("kind", ["flat", "sq8", "ivf_sq8"])
def test_more_hits_than_clips_are_all_clips(kind: str, any_shelf) -> None:
    any_shelf.add("a.mp4", rows(1))
    any_shelf.store.publish(any_shelf.indexing.indexing_id, kind)
    any_shelf.add("b.mp4", rows(2))
    result = any_shelf.store.searcher(1).search(rows(0, 3), 10_000)
    assert result.clip_ids.shape == (3, 10)
    assert sorted(result.clip_ids[0].tolist()) == list(range(1, 11))
    assert (np.diff(result.similarities, axis=1) <= 0).all()


def test_no_queries_are_no_results(shelf) -> None:
    shelf.add("a.mp4", rows(1))
    assert shelf.store.searcher(1).search(np.empty((0, 8), np.float32), 3).clip_ids.shape == (0, 0)


def test_a_query_of_zeros_is_equally_far_from_everything(shelf) -> None:
    shelf.add("a.mp4", rows(1))
    result = shelf.store.searcher(1).search(np.zeros((1, 8), np.float32), 3)
    assert result.clip_ids.tolist() == [[1, 2, 3]]
    assert result.similarities.tolist() == [[0.0, 0.0, 0.0]]


def test_queries_that_do_not_fit_are_refused(shelf) -> None:
    searcher = shelf.store.searcher(1)
    with pytest.raises(EncoderMismatchError, match="toy of 8 values, not with one of 9 values"):
        searcher.search(np.zeros((1, 9), np.float32), 3)
    with pytest.raises(ConfigError, match="k is 0"):
        searcher.search(np.zeros((1, 8), np.float32), 0)
    with pytest.raises(ConfigError, match="finite"):
        searcher.search(np.full((1, 8), np.inf, np.float32), 1)
    with pytest.raises(ConfigError, match="queries"):
        searcher.search(np.zeros(8, np.float32), 1)


def test_videos_can_be_left_out_or_asked_for(shelf) -> None:
    for name in "abc":
        shelf.add(f"{name}.mp4", rows(ord(name)))
    searcher = shelf.store.searcher(1)
    query = rows(ord("b"), 1)
    assert searcher.search(query, 1).clips.popitem()[1].path == Path("b.mp4")
    b = shelf.catalog.clips.get(1, 6).video_id
    paths = {c.path.name for c in searcher.search(query, 15, excluded_video_ids=[b]).clips.values()}
    assert paths == {"a.mp4", "c.mp4"}
    only = searcher.search(query, 15, allowed_video_ids={b})
    assert only.clip_ids.shape == (1, 5)
    assert searcher.search(query, 3, allowed_video_ids=set()).clip_ids.shape == (1, 0)
    both = searcher.search(query, 3, allowed_video_ids={b}, excluded_video_ids={b})
    assert both.clip_ids.shape == (1, 0)


def test_ids_come_alone_where_that_is_enough(shelf) -> None:
    shelf.add("a.mp4", rows(1))
    searcher = shelf.store.searcher(1)
    full, ids_only = searcher.search(rows(1), 3), searcher.search(rows(1), 3, describe=False)
    np.testing.assert_array_equal(full.clip_ids, ids_only.clip_ids)
    assert (len(full.clips), ids_only.clips) == (5, {})


def test_a_collection_that_is_gone_is_said_to_be(shelf) -> None:
    searcher = shelf.store.searcher(1)
    shelf.catalog.collections.remove("films")
    with pytest.raises(IndexingNotFoundError, match="open the collection again"):
        searcher.search(rows(0), 1)
    with pytest.raises(IndexingNotFoundError):
        shelf.store.searcher(77)


def test_many_small_changes_do_not_pile_up(shelf) -> None:
    searcher = shelf.store.searcher(1)
    for number in range(30):
        shelf.add(f"{number}.mp4", rows(number))
        result = searcher.search(rows(number, 1), 1)
        assert result.similarities[0, 0] == 1.0
    assert len(searcher._view.fresh) <= 8
    shelf.catalog.files.forget(1, [Path(f"{number}.mp4") for number in range(30)])
    assert searcher.search(rows(0), 5).clip_ids.shape == (5, 0)
    assert searcher._view.fresh == ()


def test_threads_may_share_a_searcher(shelf) -> None:
    for number in range(20):
        shelf.add(f"{number}.mp4", rows(number))
    shelf.store.publish(1, "sq8")
    searcher = shelf.store.searcher(1)
    wrong: list[object] = []

    def ask(seed: int) -> None:
        try:
            for number in range(seed, seed + 20):
                result = searcher.search(rows(number % 20, 1), 1)
                (clip,) = result.clips.values()
                if clip.path.name != f"{number % 20}.mp4":
                    wrong.append(clip)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for number in range(20, 30):
        shelf.add(f"{number}.mp4", rows(number))
    for thread in threads:
        thread.join()
    assert wrong == []
