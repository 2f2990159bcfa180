"""FAISS asked for the rows nearest to queries, some rows hidden; and candidates compared again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index_store.index.similarity import cosine_similarity

_MOST_OVERFETCHED = 256
"""Hidden rows up to which fetching that many more is cheaper than telling FAISS which they are."""
_BLOCK_VALUES = 1 << 22
"""Values compared again at a time: 32 MiB as float64."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What FAISS found.

    Attributes:
        scores: ``(num_queries, num_fetched)`` float32, falling: FAISS's own inner products.
        row_numbers: ``(num_queries, num_fetched)`` int64; -1 where a row is hidden or missing.
    """

    scores: NDArray[np.float32]
    row_numbers: NDArray[np.int64]

    def min_found(self) -> int:
        """Return how many rows were found for the query with fewest."""
        return int(np.count_nonzero(self.row_numbers >= 0, axis=1).min())


def scan(
    index: Any,
    queries: NDArray[np.float32],
    num_fetched: int,
    wanted: NDArray[np.bool_],
    **parameters: int,
) -> Scan:
    """Return the ``num_fetched`` wanted rows nearest to each query, or all there are.

    Args:
        index: Of FAISS, inner product.
        queries: ``(num_queries, dim)`` float32, at least one.
        num_fetched: At least 1.
        wanted: ``(num_rows,)`` bool, at least one true.
        parameters: Of the index's kind, such as ``nprobe``.
    """
    num_wanted = int(np.count_nonzero(wanted))
    num_hidden = len(wanted) - num_wanted
    num_fetched = min(num_fetched, num_wanted)
    if num_hidden > _MOST_OVERFETCHED:
        selected = search_parameters(index, wanted, **parameters)
    else:
        selected = search_parameters(index, None, **parameters)
        num_fetched += num_hidden
    scores, row_numbers = index.search(queries, num_fetched, params=selected)
    visible = (row_numbers >= 0) & wanted[row_numbers]
    return Scan(scores=scores, row_numbers=np.where(visible, row_numbers, -1))


def search_parameters(index: Any, wanted: NDArray[np.bool_] | None, **parameters: int) -> Any:
    """Return FAISS's search parameters, restricted to the wanted rows where they are given."""
    selector: dict[str, Any] = {}
    if wanted is not None:
        # Its type stub knows the C++ form only; the Python one takes the bits and keeps them.
        make_selector: Any = faiss.IDSelectorBitmap
        selector["sel"] = make_selector(np.packbits(wanted, bitorder="little"))
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(**selector, **parameters)
    return faiss.SearchParameters(**selector)


def compare(
    queries: NDArray[np.float32],
    row_numbers: NDArray[np.int64],
    gather: Callable[[NDArray[np.int64]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return the similarity of each query with each of its candidates, in blocks.

    Args:
        queries: ``(num_queries, dim)`` float32.
        row_numbers: ``(num_queries, num_candidates)`` int64, -1 for none.
        gather: From row numbers, all valid, to their vectors: one more axis, ``dim``.

    Returns:
        ``(num_queries, num_candidates)`` float32; minus infinity where there is no candidate.
    """
    num_queries, num_candidates = row_numbers.shape
    similarities = np.full(row_numbers.shape, -np.inf, dtype=np.float32)
    present = row_numbers >= 0
    # Any valid row will do for the gaps: theirs are not looked at.
    filled = np.where(present, row_numbers, row_numbers.max(initial=0))
    columns = max(1, min(num_candidates, _BLOCK_VALUES // queries.shape[1]))
    lines = max(1, _BLOCK_VALUES // (columns * queries.shape[1]))
    for line in range(0, num_queries, lines):
        for column in range(0, num_candidates, columns):
            block = slice(line, line + lines), slice(column, column + columns)
            similarities[block] = cosine_similarity(queries[block[0]], gather(filled[block]))
    similarities[~present] = -np.inf
    return similarities
