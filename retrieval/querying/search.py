"""The nearest clips of one or several collections, grouped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_store.index.searcher import Searcher
from index_store.records import ClipRecord
from retrieval.querying.hits import Grouping, Hit, group_hits

# How many more candidates to fetch when grouping or exclusion used up the first ones.
GROWTH = 4


@dataclass(frozen=True, kw_only=True)
class _Candidates:
    """The nearest clips of one collection.

    Attributes:
        hits: Nearest first, ranks not yet given.
        floor: Clips that were not fetched are at most this similar; -inf when all were fetched.
        exact: Every clip of the collection was compared.
    """

    hits: Sequence[Hit]
    floor: float
    exact: bool


def search_indexings(
    searchers: Sequence[Searcher],
    vector: NDArray[np.float32],
    *,
    k: int,
    grouping: Grouping = "clip",
    keep: Callable[[ClipRecord], bool] = lambda _: True,
) -> tuple[list[Hit], bool]:
    """Return the ``k`` nearest hits over all indexings, and whether they are exact.

    Args:
        searchers: Of indexings of one encoder.
        vector: ``(embedding_dim,)`` float32 of unit length.
        k: Hits (after grouping) to return; fewer where there are no more.
        grouping: How several hits of a video become one.
        keep: Says which clips may be hits.
    """
    num_candidates = k
    while True:
        found = [_nearest(searcher, vector, num_candidates, keep) for searcher in searchers]
        floor = max((candidates.floor for candidates in found), default=-np.inf)
        certain = [hit for each in found for hit in each.hits if hit.similarity >= floor]
        grouped = group_hits(_merge(certain), grouping)[:k]
        if len(grouped) >= k or floor == -np.inf:
            return grouped, all(candidates.exact for candidates in found)
        num_candidates *= GROWTH


def _nearest(
    searcher: Searcher,
    vector: NDArray[np.float32],
    num_candidates: int,
    keep: Callable[[ClipRecord], bool],
) -> _Candidates:
    answer = searcher.search(vector[None], num_candidates)
    similarities, clip_ids = answer.similarities[0].tolist(), answer.clip_ids[0].tolist()
    hits = [
        _hit(answer.clips[clip_id], similarity)
        for clip_id, similarity in zip(clip_ids, similarities, strict=True)
        if keep(answer.clips[clip_id])
    ]
    is_truncated = len(clip_ids) == num_candidates
    floor = similarities[-1] if is_truncated else -np.inf
    return _Candidates(hits=hits, floor=floor, exact=answer.exact)


def _hit(clip: ClipRecord, similarity: float) -> Hit:
    return Hit(
        rank=0,
        similarity=similarity,
        clip_id=clip.clip_id,
        video_id=clip.video_id,
        path=str(clip.path),
        start_seconds=clip.start_seconds,
        end_seconds=clip.end_seconds,
        label=clip.label,
    )


def _merge(hits: Sequence[Hit]) -> list[Hit]:
    """Order hits of several collections; a clip that two of them hold is named once."""
    once = {hit.clip_id: hit for hit in reversed(hits)}
    ordered = sorted(once.values(), key=lambda hit: (-hit.similarity, hit.clip_id))
    return group_hits(ordered, "clip")
