"""The kinds of vector index: which one serves how many clips, and how each is made."""

from dataclasses import dataclass
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

IndexKind = Literal["auto", "flat", "sq8", "ivf_sq8"]

_POINTS_A_LIST = 39
"""Training points that a cell of k-means needs, by FAISS's own measure, where there are as many."""


@dataclass(frozen=True, kw_only=True)
class IndexPolicy:
    """When to use which kind.

    Attributes:
        flat_up_to: Most clips for ``flat``: float32, every vector compared, exact.
        sq8_up_to: Most clips for ``sq8``: one byte a value, every vector compared, the best few
            compared again exactly. Above: ``ivf_sq8``, which compares the nearest cells only.
        num_training_vectors: Most vectors that the compressed kinds learn from.
        target_recall: Share of the true 10 nearest that ``ivf_sq8`` must find; decides how many
            cells are searched.
        num_recall_queries: Stored vectors that are asked for their neighbours to measure that.
    """

    flat_up_to: int = 200_000
    sq8_up_to: int = 2_000_000
    num_training_vectors: int = 200_000
    target_recall: float = 0.99
    num_recall_queries: int = 100

    def choose(self, kind: IndexKind, num_clips: int) -> IndexKind:
        """Return the kind to build: the one asked for, or with ``auto`` the one that fits."""
        # The compressed kinds need something to learn from.
        if num_clips == 0:
            return "flat"
        if kind != "auto":
            return kind
        if num_clips <= self.flat_up_to:
            return "flat"
        return "sq8" if num_clips <= self.sq8_up_to else "ivf_sq8"


def make_index(
    kind: IndexKind, num_clips: int, embedding_dim: int, training: NDArray[np.float32]
) -> Any:
    """Return an empty, trained FAISS index.

    Args:
        kind: Any but ``auto``.
        num_clips: Vectors that it will hold.
        embedding_dim: Values a vector.
        training: ``(rows, embedding_dim)`` float32 to learn from; unused by ``flat``.
    """
    if kind == "flat":
        return faiss.IndexFlatIP(embedding_dim)
    code, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    index: Any
    if kind == "sq8":
        index = faiss.IndexScalarQuantizer(embedding_dim, code, metric)
    else:
        num_lists = min(round(4 * num_clips**0.5), max(1, len(training) // _POINTS_A_LIST))
        cells = faiss.IndexFlatIP(embedding_dim)
        index = faiss.IndexIVFScalarQuantizer(cells, embedding_dim, num_lists, code, metric)
        index.cp.min_points_per_centroid = 1
    index.train(training)
    return index
