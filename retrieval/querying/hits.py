"""Search results, and how several hits of one video become one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Grouping = Literal["clip", "video", "range"]
GROUPINGS: tuple[Grouping, ...] = ("clip", "video", "range")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One result.

    Attributes:
        rank: From 1.
        similarity: Cosine of the angle between query and clip, higher is nearer.
        clip_id: Of the (best) clip.
        video_id: Of the clip's video.
        path: The video's file.
        start_seconds: Where the clip (or the merged range) starts in its video.
        end_seconds: Where it ends, not included.
        label: The file's label, or None.
    """

    rank: int
    similarity: float
    clip_id: int
    video_id: int
    path: str
    start_seconds: float
    end_seconds: float
    label: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the hit as the JSON of a query's output."""
        return asdict(self)


def best_of_each_video(hits: Iterable[Hit]) -> list[Hit]:
    """Return each video's nearest hit, nearest video first."""
    best: dict[int, Hit] = {}
    for hit in hits:
        best.setdefault(hit.video_id, hit)
    return list(best.values())


def merge_ranges(hits: Iterable[Hit]) -> list[Hit]:
    """Return hits with overlapping or touching ones of a video merged into one time range.

    A range has the similarity and the clip of its nearest member; ranges come nearest first.
    """
    by_video: dict[int, list[Hit]] = {}
    for hit in hits:
        by_video.setdefault(hit.video_id, []).append(hit)
    ranges = [merged for of_video in by_video.values() for merged in _merge_one_video(of_video)]
    return sorted(ranges, key=lambda hit: hit.rank)


def _merge_one_video(hits: Sequence[Hit]) -> list[Hit]:
    merged: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: hit.start_seconds):
        if merged and hit.start_seconds <= merged[-1].end_seconds:
            merged[-1] = _union(merged[-1], hit)
        else:
            merged.append(hit)
    return merged


def _union(a: Hit, b: Hit) -> Hit:
    return replace(
        min(a, b, key=lambda hit: hit.rank),
        start_seconds=min(a.start_seconds, b.start_seconds),
        end_seconds=max(a.end_seconds, b.end_seconds),
    )


_GROUPERS: dict[Grouping, Callable[[Iterable[Hit]], list[Hit]]] = {
    "clip": list,
    "video": best_of_each_video,
    "range": merge_ranges,
}


def group_hits(hits: Iterable[Hit], grouping: Grouping) -> list[Hit]:
    """Return hits grouped as asked, ranked anew from 1."""
    grouped = _GROUPERS[grouping](hits)
    return [replace(hit, rank=rank) for rank, hit in enumerate(grouped, start=1)]
