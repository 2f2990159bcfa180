"""Work on large arrays in small blocks, and sums that do not depend on the block."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 16 << 20
SUM_LENGTH = 2048

Vectors = NDArray[np.float64]
Rows = NDArray[np.int64]


def row_blocks(num_rows: int, row_bytes: int, block_bytes: int = BLOCK_BYTES) -> Iterator[Rows]:
    """Yield consecutive row numbers in blocks of about ``block_bytes``, at least one row each."""
    size = max(1, block_bytes // row_bytes)
    for start in range(0, num_rows, size):
        yield np.arange(start, min(start + size, num_rows))


def inner_products(left: Vectors, right: Vectors) -> Vectors:
    """Return sums of products over the last axis, the other axes broadcast.

    The order of summation depends on the last axis's length alone: equal vectors have equal
    products wherever they stand. A matrix product does not promise that, nor does ``einsum`` on
    rows longer than its buffer of 8,192 values; hence the slices.
    """
    products = np.zeros(np.broadcast_shapes(left.shape, right.shape)[:-1])
    for start in range(0, left.shape[-1], SUM_LENGTH):
        part = slice(start, start + SUM_LENGTH)
        products += np.einsum("...d,...d->...", left[..., part], right[..., part])
    return products


def row_norms(vectors: Vectors) -> Vectors:
    """Return the length of each vector along the last axis."""
    norms: Vectors = np.sqrt(inner_products(vectors, vectors))
    return norms


def nonzero_norms(vectors: Vectors) -> Vectors:
    """Return ``row_norms`` with 1 in place of 0, as scikit-learn divides."""
    norms = row_norms(vectors)
    norms[norms == 0] = 1
    return norms
