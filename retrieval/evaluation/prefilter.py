"""Fast, imprecise search for candidates, with a bound on how imprecise it is.

``FaissFilter`` multiplies in float32. ``Bfloat16Filter`` multiplies in bfloat16 by torch, which is
ten times faster where the processor has matrix units (AMX), and looks at the best of 64 scores
before it looks at any of them. Either way the caller learns how far a score can be from the truth,
and re-ranks in float64 what that leaves open.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from typing import Protocol as StructuralType

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.arrays import Vectors, row_norms

if TYPE_CHECKING:
    from torch import Tensor

Values = TypeVar("Values")

BFLOAT16_ROUNDOFF = 2.0**-8
SCORES_A_GROUP = 64
# Multiplications that take FAISS about as long as torch takes to load.
WORTH_TORCH = 10**11


@dataclass(frozen=True, kw_only=True, eq=False)
class RoundedKeys(Generic[Values]):
    """Keys in a filter's own number type, and how well they stand for the float64 ones.

    Attributes:
        values: ``(rows, dim)`` in the filter's type.
        lengths: ``(rows,)`` of the rounded keys.
        errors: ``(rows,)`` length of what rounding took away.
    """

    values: Values
    lengths: Vectors
    errors: Vectors


class Prefilter(StructuralType):
    """Finds the largest inner products, roughly.

    Attributes:
        bytes_per_value: Of a rounded key.
        queries_per_search: How many to search at once.
        score_roundoff: Relative rounding of the scores returned.
        num_spare: Candidates to ask for beyond those wanted, so that the bound usually suffices.
    """

    bytes_per_value: int
    queries_per_search: int
    score_roundoff: float
    num_spare: int

    def round_keys(self, keys: Vectors) -> RoundedKeys[Any]:
        """Return keys in this filter's number type."""
        ...

    def join(self, parts: Sequence[Any]) -> Any:
        """Return the rows of several ``values`` one after the other."""
        ...

    def search(
        self, queries: Any, gallery: Any, num_nearest: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the ``num_nearest`` largest scores of each query and their gallery rows."""
        ...


class FaissFilter:
    """Exact search by FAISS, in float32."""

    bytes_per_value = 4
    queries_per_search = 16384
    score_roundoff = 0.0
    num_spare = 32

    def round_keys(self, keys: Vectors) -> RoundedKeys[NDArray[np.float32]]:
        """Return float32 keys."""
        values = keys.astype(np.float32)
        rounded = values.astype(np.float64)
        return RoundedKeys(
            values=values, lengths=row_norms(rounded), errors=row_norms(keys - rounded)
        )

    def join(self, parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the rows of several arrays one after the other."""
        return np.concatenate(parts)

    def search(
        self, queries: NDArray[np.float32], gallery: NDArray[np.float32], num_nearest: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the ``num_nearest`` largest scores of each query and their gallery rows."""
        scores, rows = faiss.knn(queries, gallery, num_nearest, metric=faiss.METRIC_INNER_PRODUCT)
        return scores, rows


class Bfloat16Filter:
    """Matrix products by torch, in bfloat16 with float32 sums."""

    bytes_per_value = 2
    queries_per_search = 1024
    score_roundoff = BFLOAT16_ROUNDOFF
    num_spare = 46

    def __init__(self) -> None:
        self._scores: Tensor | None = None

    @staticmethod
    def is_fast_here() -> bool:
        """Return whether torch is there and the processor has matrix units for bfloat16."""
        if find_spec("torch") is None:
            return False
        if platform.system() != "Linux" or platform.machine() != "x86_64":
            return False
        return "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii").split()

    def round_keys(self, keys: Vectors) -> "RoundedKeys[Tensor]":
        """Return bfloat16 keys."""
        import torch

        values = torch.from_numpy(keys).bfloat16()
        rounded = values.double().numpy()
        return RoundedKeys(
            values=values, lengths=row_norms(rounded), errors=row_norms(keys - rounded)
        )

    def join(self, parts: "Sequence[Tensor]") -> "Tensor":
        """Return the rows of several tensors one after the other."""
        import torch

        return torch.cat(list(parts))

    def search(
        self, queries: "Tensor", gallery: "Tensor", num_nearest: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the ``num_nearest`` largest scores of each query and their gallery rows."""
        num_groups = len(gallery) // SCORES_A_GROUP
        if num_groups <= 2 * num_nearest:
            best, rows = (queries @ gallery.T).topk(num_nearest, dim=1, sorted=False)
        else:
            best, rows = self._search_groups(queries, gallery, num_nearest, num_groups)
        return best.float().numpy(), rows.numpy()

    def _search_groups(
        self, queries: "Tensor", gallery: "Tensor", num_nearest: int, num_groups: int
    ) -> "tuple[Tensor, Tensor]":
        """Find the largest scores among the groups of neighbours with the largest maxima.

        The ``num_nearest`` largest scores lie in as many groups, or in the tail that fills none. So
        most scores are looked at once, for the maximum of their group.
        """
        import torch

        in_groups = num_groups * SCORES_A_GROUP
        scores = self._buffer(len(queries), in_groups)
        torch.mm(queries, gallery[:in_groups].T, out=scores)
        by_group = scores.view(len(queries) * num_groups, SCORES_A_GROUP)
        maxima = by_group.amax(dim=1).view(len(queries), num_groups)
        groups = maxima.topk(num_nearest, dim=1, sorted=False).indices
        lines = (groups + num_groups * torch.arange(len(queries))[:, None]).flatten()
        picked = by_group.index_select(0, lines).view(len(queries), -1)
        in_picked = picked.shape[1]
        tail = queries @ gallery[in_groups:].T
        best, places = torch.cat([picked, tail], dim=1).topk(num_nearest, dim=1, sorted=False)
        group_of_place = groups.gather(1, (places // SCORES_A_GROUP).clamp_max(num_nearest - 1))
        in_group = group_of_place * SCORES_A_GROUP + places % SCORES_A_GROUP
        rows = torch.where(places < in_picked, in_group, places - in_picked + in_groups)
        return best, rows

    def _buffer(self, num_rows: int, num_columns: int) -> "Tensor":
        """Return memory for scores; fresh pages for each product would cost as much as it does."""
        import torch

        if self._scores is None or self._scores.numel() < num_rows * num_columns:
            self._scores = torch.empty(num_rows * num_columns, dtype=torch.bfloat16)
        return self._scores[: num_rows * num_columns].view(num_rows, num_columns)


def default_prefilters(num_products: int) -> tuple[Prefilter, ...]:
    """Return the filters to try one after the other on this machine, fastest first.

    Args:
        num_products: Queries times gallery times dimension; a small search is not worth loading
            torch for.
    """
    exact = FaissFilter()
    if num_products >= WORTH_TORCH and Bfloat16Filter.is_fast_here():
        return Bfloat16Filter(), exact
    return (exact,)
