"""A vector index built from the catalog's vectors, in blocks, and measured while it is built."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_store.index.generations import make_segment
from index_store.index.kinds import IndexKind, IndexPolicy, make_index
from index_store.index.recall import CUT_OFFS, RecallMeter
from index_store.index.segment import CompressedSegment, FetchVectors, Segment

_BLOCK_ROWS = 8192


@dataclass(frozen=True, kw_only=True)
class BuiltIndex:
    """An index in memory, not yet on disk.

    Attributes:
        index: Of FAISS.
        kind: Any but ``auto``.
        parameters: To search it with.
        recall: Share of true neighbours found, by number wanted.
        num_recall_queries: Vectors that were asked to measure it.
    """

    index: Any
    kind: IndexKind
    parameters: Mapping[str, int]
    recall: Mapping[str, float]
    num_recall_queries: int


def build_index(
    rows: NDArray[np.int64],
    embedding_dim: int,
    fetch: FetchVectors,
    kind: IndexKind,
    policy: IndexPolicy,
) -> BuiltIndex:
    """Return an index of all rows.

    Args:
        rows: ``(num_clips, 2)`` int64, clip ids growing, each with its video id.
        embedding_dim: Values a vector.
        fetch: Reads stored vectors.
        kind: What to build; ``auto`` leaves it to the policy.
        policy: Sizes and aims.
    """
    clip_ids, video_ids = np.ascontiguousarray(rows.T)
    kind = policy.choose(kind, len(clip_ids))
    # The same catalog gives the same index.
    draw = np.random.default_rng(0)
    num_training = 0 if kind == "flat" else min(len(clip_ids), policy.num_training_vectors)
    training = np.sort(draw.choice(clip_ids, num_training, replace=False))
    index = make_index(kind, len(clip_ids), embedding_dim, fetch(training))
    num_queries = min(len(clip_ids), policy.num_recall_queries)
    query_ids = np.sort(draw.choice(clip_ids, num_queries, replace=False))
    meter = RecallMeter(fetch(query_ids), query_ids)
    for first in range(0, len(clip_ids), _BLOCK_ROWS):
        block_ids = clip_ids[first : first + _BLOCK_ROWS]
        vectors = fetch(block_ids)
        index.add(vectors)
        meter.add(block_ids, vectors)
    segment = make_segment(index, clip_ids, video_ids, {})
    parameters, recall = _tune(segment, kind, meter, fetch, policy)
    return BuiltIndex(
        index=index,
        kind=kind,
        parameters=parameters,
        recall=recall,
        num_recall_queries=num_queries,
    )


def _tune(
    segment: Segment,
    kind: IndexKind,
    meter: RecallMeter,
    fetch: FetchVectors,
    policy: IndexPolicy,
) -> tuple[Mapping[str, int], Mapping[str, float]]:
    """Return the cheapest parameters that reach the aim, and the recall that they give."""
    if kind != "ivf_sq8" or not isinstance(segment, CompressedSegment):
        return {}, meter.measure(segment, fetch)
    num_probes = 1
    while True:
        parameters = {"nprobe": num_probes}
        tuned = CompressedSegment(index=segment.index, rows=segment.rows, parameters=parameters)
        recall = meter.measure(tuned, fetch)
        enough = recall.get(str(CUT_OFFS[-1]), 1.0) >= policy.target_recall
        if enough or num_probes == segment.index.nlist:
            return parameters, recall
        num_probes = min(2 * num_probes, segment.index.nlist)
