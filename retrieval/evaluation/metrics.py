"""The three metrics: exact float64 distances, and keys whose inner product gives the same order.

Exact distances decide every ranking. Keys let one fast inner-product search find candidates
for all metrics: for a query x, the larger ``query_key(x) . gallery_key(y)``, the nearer is y.

=========  =========================  ===============  ===========================
metric     distance                   query key        gallery key
=========  =========================  ===============  ===========================
cosine     1 - x.y / (|x| |y|)        x / |x|          y / |y| - m
euclidean  sum((x - y)^2)             (x, s) / |(x,s)|  (y, -|y|^2 / (2 s)) / c - m
dot        -x.y                       x / |x|          y / c - m
=========  =========================  ===============  ===========================

``s`` and ``c`` are positive constants that bring keys to length 1 or less. ``m`` is the gallery's
mean key: subtracting it changes all scores of a query alike, and makes keys of a collapsed encoder,
whose vectors all point one way, short enough for low precision to tell them apart.
"""

import numpy as np

from retrieval.evaluation.arrays import Rows, Vectors, inner_products, nonzero_norms, row_norms
from retrieval.evaluation.protocol import Metric
from retrieval.evaluation.vectors import VectorSource, iterate_blocks

FLOAT64_ROUNDOFF = 2.0**-53


class MetricSpace:
    """Exact distances to the vectors of a gallery, and keys for a fast search among them.

    Reads the gallery once, for its vectors' lengths and its mean key.

    Args:
        metric: ``cosine`` (a zero vector counts as length 1; clipped to [0, 2]), ``euclidean``
            (squared, which orders the same) or ``dot`` (negated).
        gallery: At least one vector.
    """

    def __init__(self, metric: Metric, gallery: VectorSource) -> None:
        self._metric = metric
        self._gallery = gallery
        self.num_items, dim = gallery.shape
        self.dim = dim + 1 if metric == "euclidean" else dim
        lengths = np.empty(self.num_items)
        total = np.zeros(dim)
        for rows, vectors in iterate_blocks(gallery):
            lengths[rows] = row_norms(vectors)
            if metric == "cosine":
                vectors /= np.where(lengths[rows] > 0, lengths[rows], 1)[:, None]
            total += vectors.sum(axis=0)
        self._lengths = np.where(lengths > 0, lengths, 1)
        self._longest = float(lengths.max()) or 1.0
        self._mean = self._mean_key(total / self.num_items, float(np.mean(lengths**2)))

    def exact_distances(self, queries: Vectors, rows: Rows) -> Vectors:
        """Return the distance of each query to its own candidates.

        Equal vectors have equal distances, whatever stands beside them.

        Args:
            queries: ``(batch, dim)``.
            rows: ``(batch, num_candidates)`` of the gallery.

        Returns:
            ``(batch, num_candidates)`` float64.
        """
        candidates = self._gallery.take(rows.ravel()).reshape(*rows.shape, -1)
        if self._metric == "euclidean":
            candidates -= queries[:, None, :]
            return inner_products(candidates, candidates)
        products = inner_products(candidates, queries[:, None, :])
        if self._metric == "dot":
            return -products
        products /= nonzero_norms(queries)[:, None] * self._lengths[rows]
        return np.clip(1 - products, 0, 2)

    def query_keys(self, queries: Vectors) -> Vectors:
        """Return ``(batch, dim)`` keys of length 1 (0 for a zero query)."""
        if self._metric == "euclidean":
            queries = np.column_stack([queries, np.full(len(queries), self._longest)])
        keys: Vectors = queries / nonzero_norms(queries)[:, None]
        return keys

    def gallery_keys(self, rows: Rows) -> Vectors:
        """Return the keys of some gallery vectors, ``(len(rows), dim)``."""
        vectors = self._gallery.take(rows)
        if self._metric == "cosine":
            vectors /= self._lengths[rows, None]
        elif self._metric == "dot":
            vectors /= self._longest
        else:
            vectors = self._lift(vectors, row_norms(vectors) ** 2)
        vectors -= self._mean
        return vectors

    def rounding_slack(self, queries: Vectors) -> Vectors:
        """Return, for each query, how far float64 keys and distances may disagree, as a score.

        Two vectors whose key scores differ by more have distances that differ, the same way round.
        Each side's rounding is at most (dim + 8) half-ulps of its largest term; 16 is generous.
        """
        length = row_norms(queries) / self._longest
        slack: Vectors = 16 * (self.dim + 8) * FLOAT64_ROUNDOFF * np.maximum(1, length)
        return slack

    def _mean_key(self, mean: Vectors, mean_square: float) -> Vectors:
        if self._metric == "euclidean":
            return self._lift(mean[None], np.array([mean_square])).ravel()
        return mean if self._metric == "cosine" else mean / self._longest

    def _lift(self, vectors: Vectors, squares: Vectors) -> Vectors:
        last = squares / (-2 * self._longest)
        lifted: Vectors = np.column_stack([vectors, last]) / (self._longest * np.sqrt(1.25))
        return lifted
