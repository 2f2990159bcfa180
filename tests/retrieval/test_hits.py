"""Grouping of search results."""

from retrieval.querying.hits import Hit, group_hits


def hit(rank: int, video_id: int, start: float, end: float) -> Hit:
    return Hit(
        rank=rank,
        similarity=1 - rank / 10,
        clip_id=100 + rank,
        video_id=video_id,
        path=f"{video_id}.mp4",
        start_seconds=start,
        end_seconds=end,
        label=None,
    )


HITS = [hit(1, 7, 4, 5), hit(2, 8, 0, 1), hit(3, 7, 4.5, 5.5), hit(4, 7, 0, 1), hit(5, 7, 5.5, 6)]


def test_ungrouped_hits_stay_as_they_are() -> None:
    assert group_hits(HITS, "clip") == HITS


def test_grouping_by_video_keeps_the_nearest_clip_of_each() -> None:
    grouped = group_hits(HITS, "video")
    assert [(h.rank, h.clip_id) for h in grouped] == [(1, 101), (2, 102)]


def test_overlapping_and_touching_hits_of_one_video_become_one_range() -> None:
    grouped = group_hits(HITS, "range")
    ranges = [(h.video_id, h.start_seconds, h.end_seconds, h.clip_id) for h in grouped]
    assert ranges == [(7, 4, 6, 101), (8, 0, 1, 102), (7, 0, 1, 104)]
    assert [h.rank for h in grouped] == [1, 2, 3]


def test_a_range_has_the_similarity_of_its_nearest_clip() -> None:
    assert group_hits(HITS, "range")[0].similarity == HITS[0].similarity
