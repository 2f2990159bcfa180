"""K-means over all points, with the same result for the same seed."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import kmeans_plusplus
from threadpoolctl import threadpool_limits

from motionfit.errors import PseudoLabelError

# FAISS's own threshold for its warning.
FEW_POINTS_PER_CLUSTER = 39
_SEEDING_POINTS_PER_CLUSTER = 50
_MOST = 2**31 - 1
_WORTH_THREADS = 10_000_000
_LOGGER = logging.getLogger(__name__)
_FAISS_SETTINGS = threading.Lock()


@dataclass(frozen=True, kw_only=True, eq=False)
class Clustering:
    """Clusters of points.

    Attributes:
        centroids: ``(num_clusters, dim)`` float32.
        assignment: ``(num_points,)`` int64, the cluster whose centroid is nearest.
        distances: ``(num_points,)`` float32, Euclidean, to that centroid.
        sizes: ``(num_clusters,)`` int64, points of each; none is 0.
        inertia: Sum of the squared distances.
        objective: The same at the begin of each iteration.
        num_repaired: Clusters that ended empty and were begun anew from a single point.
    """

    centroids: NDArray[np.float32]
    assignment: NDArray[np.int64]
    distances: NDArray[np.float32]
    sizes: NDArray[np.int64]
    inertia: float
    objective: tuple[float, ...]
    num_repaired: int


def cluster_points(
    points: NDArray[np.float32],
    num_clusters: int,
    *,
    num_iterations: int = 50,
    seed: int = 0,
    few_points: int = FEW_POINTS_PER_CLUSTER,
) -> Clustering:
    """Return clusters of points by k-means with Euclidean distance.

    Begins with k-means++ (greedy, on at most 50 points a cluster), then runs FAISS's iterations on
    every point. FAISS splits a large cluster where one becomes empty; one that is empty at the very
    end is begun anew from the point that is farthest from its centroid.

    The result depends on the seed, not on the number of threads.

    Source: FAISS, ``Clustering``, without its silent sampling of 256 points a cluster. Differs in
    the begin, which FAISS draws at random: k-means++ after Arthur and Vassilvitskii, SODA 2007.

    Args:
        points: ``(num_points, dim)`` float32.
        num_clusters: How many; at most as many as there are different points.
        num_iterations: Of assignment and mean.
        seed: From 0 to 2**31 - 1.
        few_points: Less than so many a cluster are worth a warning.

    Raises:
        PseudoLabelError: There are more clusters than different points, or a value is not finite or
            too large to be squared.
    """
    points = np.ascontiguousarray(points, np.float32)
    _check_points(points, num_clusters, few_points)
    seeds = _choose_seeds(points, num_clusters, seed)
    with _exact_distances(points.size * num_clusters):
        try:
            centroids, objective = _iterate(points, seeds, num_iterations, seed)
            return _finish(points, centroids, objective)
        except RuntimeError as error:
            raise PseudoLabelError("k-means", f"FAISS failed: {error}") from error


def assign_to_nearest(
    points: NDArray[np.float32], centroids: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the nearest centroid of each point and its Euclidean distance, both ``(num_points,)``.

    Of two centroids equally near, the first.
    """
    with _exact_distances(points.size * len(centroids)):
        return _assign(points, centroids)


def _check_points(points: NDArray[np.float32], num_clusters: int, few_points: int) -> None:
    num_points = len(points)
    if num_clusters > num_points:
        problem = (
            f"{num_clusters} clusters of {num_points} points; there cannot be more clusters "
            "than points: use fewer clusters, more videos or a finer level"
        )
        raise PseudoLabelError("k-means", problem)
    with np.errstate(over="ignore", invalid="ignore"):
        num_bad = int((~np.isfinite(np.einsum("ij,ij->i", points, points))).sum())
    if num_bad:
        problem = f"{num_bad} of {num_points} points are not finite, or too large to be squared"
        raise PseudoLabelError("k-means", problem)
    if num_points < few_points * num_clusters:
        _LOGGER.warning(
            "k-means: %d points for %d clusters, less than %d a cluster; clusters this small say "
            "little about videos not seen.",
            num_points,
            num_clusters,
            few_points,
        )


def _choose_seeds(points: NDArray[np.float32], num_clusters: int, seed: int) -> NDArray[np.float32]:
    max_points = _SEEDING_POINTS_PER_CLUSTER * num_clusters
    if len(points) > max_points:
        rng = np.random.default_rng(seed)
        points = points[np.sort(rng.choice(len(points), max_points, replace=False))]
    # Distances by BLAS depend on its number of threads; with one, the choice does not.
    with threadpool_limits(1, user_api="blas"):
        seeds, _ = kmeans_plusplus(points, num_clusters, random_state=seed)
    return np.ascontiguousarray(seeds, np.float32)


def _iterate(
    points: NDArray[np.float32], seeds: NDArray[np.float32], num_iterations: int, seed: int
) -> tuple[NDArray[np.float32], tuple[float, ...]]:
    num_clusters, dim = seeds.shape
    clustering = faiss.Clustering(dim, num_clusters)
    clustering.niter = num_iterations
    clustering.seed = seed
    clustering.min_points_per_centroid = 1
    clustering.max_points_per_centroid = _MOST
    faiss.copy_array_to_vector(seeds.ravel(), clustering.centroids)
    clustering.train(points, faiss.IndexFlatL2(dim))
    centroids = faiss.vector_to_array(clustering.centroids).reshape(num_clusters, dim)
    # A list in FAISS's type hints, a C++ vector when it runs.
    statistics: Any = clustering.iteration_stats
    objective = tuple(float(statistics.at(i).obj) for i in range(statistics.size()))
    return centroids.copy(), objective


def _finish(
    points: NDArray[np.float32], centroids: NDArray[np.float32], objective: tuple[float, ...]
) -> Clustering:
    centroids, num_repaired = fill_empty_clusters(points, centroids)
    assignment, distances = _assign(points, centroids)
    return Clustering(
        centroids=centroids,
        assignment=assignment,
        distances=distances,
        sizes=np.bincount(assignment, minlength=len(centroids)).astype(np.int64),
        inertia=float(np.square(distances, dtype=np.float64).sum()),
        objective=objective,
        num_repaired=num_repaired,
    )


def fill_empty_clusters(
    points: NDArray[np.float32], centroids: NDArray[np.float32]
) -> tuple[NDArray[np.float32], int]:
    """Return centroids each of which is the nearest of some point, and how many had to be moved.

    An empty cluster begins anew from the point that is farthest from its centroid. A cluster can be
    robbed of its last point by that; this is done again then.

    Args:
        points: ``(num_points, dim)`` float32.
        centroids: ``(num_clusters, dim)`` float32; not changed.

    Raises:
        PseudoLabelError: There are fewer different points than clusters.
    """
    num_moved = 0
    while True:
        assignment, distances = _assign(points, centroids)
        empty = np.flatnonzero(np.bincount(assignment, minlength=len(centroids)) == 0)
        if not len(empty):
            return centroids, num_moved
        if not distances.any():
            problem = (
                f"{len(empty)} of {len(centroids)} clusters stay empty, since only "
                f"{len(centroids) - len(empty)} of {len(points)} points are different; use fewer "
                "clusters"
            )
            raise PseudoLabelError("k-means", problem)
        # Every move shortens the sum of all distances, so this comes to an end.
        num_moved += len(empty)
        centroids = centroids.copy()
        _begin_anew(points, centroids, empty, distances)


def _begin_anew(
    points: NDArray[np.float32],
    centroids: NDArray[np.float32],
    empty: NDArray[np.int64],
    distances: NDArray[np.float32],
) -> None:
    """Move empty clusters to the points farthest from their centroids, one each."""
    farthest = np.argsort(-distances, kind="stable")[: len(empty)]
    farthest = farthest[distances[farthest] > 0]
    centroids[empty[: len(farthest)]] = points[farthest]


def _assign(
    points: NDArray[np.float32], centroids: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    index = faiss.IndexFlatL2(centroids.shape[1])
    index.add(np.ascontiguousarray(centroids, np.float32))
    squared, nearest = index.search(np.ascontiguousarray(points, np.float32), 1)
    return nearest[:, 0], np.sqrt(squared[:, 0])


@contextmanager
def _exact_distances(num_products: int) -> Iterator[None]:
    """Have FAISS compute distances as sums of squared differences.

    Its other way, by matrix products, rounds differently with each number of threads, and loses
    digits where points lie close together and far from 0. It is two to three times as fast.

    Args:
        num_products: How much there is to compute at a time. Little is done by one thread: to wait
            for others takes longer, much longer where other programs keep the cores busy.
    """
    with _FAISS_SETTINGS:
        threshold = faiss.cvar.distance_compute_blas_threshold
        num_threads = faiss.omp_get_max_threads()
        faiss.cvar.distance_compute_blas_threshold = _MOST
        if num_products < _WORTH_THREADS:
            faiss.omp_set_num_threads(1)
        try:
            yield
        finally:
            faiss.cvar.distance_compute_blas_threshold = threshold
            faiss.omp_set_num_threads(num_threads)
