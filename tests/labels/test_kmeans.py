import logging

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from motionfit.errors import PseudoLabelError
from motionfit.labels.kmeans import assign_to_nearest, cluster_points, fill_empty_clusters


def blobs(num_clusters, num_points, *, dim=8, spread=1.0, seed=0):
    """Return points around far-apart centres, and which centre each is of."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 10, (num_clusters, dim))
    truth = rng.permutation(np.arange(num_points) % num_clusters)
    points = centres[truth] + rng.normal(0, spread, (num_points, dim))
    return points.astype(np.float32), truth


@pytest.mark.parametrize("seed", range(5))
def test_three_blobs_are_three_clusters(seed):
    points, truth = blobs(3, 300)
    found = cluster_points(points, 3, seed=seed)
    assert sorted(found.sizes) == [100, 100, 100]
    assert len(set(zip(found.assignment, truth, strict=True))) == 3
    for cluster in range(3):
        mean = points[found.assignment == cluster].mean(axis=0)
        assert np.allclose(found.centroids[cluster], mean, atol=1e-4)


def test_inertia_is_that_of_sklearn_from_the_same_begin():
    points = np.random.default_rng(0).normal(0, 1, (2000, 16)).astype(np.float32)
    ours = cluster_points(points, 50, seed=3).inertia
    theirs = KMeans(50, n_init=1, max_iter=50, random_state=3).fit(points).inertia_
    assert ours == pytest.approx(theirs, rel=0.02)


def test_results_do_not_depend_on_the_number_of_threads():
    points = np.abs(np.random.default_rng(0).normal(0, 1, (3000, 96))).astype(np.float32)
    before = faiss.omp_get_max_threads()
    results = []
    for num_threads in (1, 2, 3):
        faiss.omp_set_num_threads(num_threads)
        results.append(cluster_points(points, 40, num_iterations=10, seed=1))
    faiss.omp_set_num_threads(before)
    for result in results[1:]:
        assert np.array_equal(result.centroids, results[0].centroids)
        assert np.array_equal(result.assignment, results[0].assignment)
        assert np.array_equal(result.distances, results[0].distances)


def test_another_seed_gives_other_clusters():
    points = np.random.default_rng(0).normal(0, 1, (1000, 8)).astype(np.float32)
    first, second = (cluster_points(points, 20, seed=seed) for seed in (0, 1))
    assert not np.array_equal(first.assignment, second.assignment)


def test_every_point_takes_part():
    # FAISS by default samples 256 a cluster: its objective would then count 512 of these.
    points, _ = blobs(2, 4000)
    found = cluster_points(points, 2)
    assert found.objective[-1] == pytest.approx(found.inertia, rel=1e-3)


def test_points_far_from_zero_are_told_apart():
    points, truth = blobs(3, 150, dim=2, spread=0.01)
    found = cluster_points(points / 100 + np.float32(1000), 3)
    assert len(set(zip(found.assignment, truth, strict=True))) == 3


@given(
    values=st.lists(st.integers(0, 20), min_size=4, max_size=60),
    seed=st.integers(0, 100),
    num_iterations=st.integers(1, 5),
)
def test_no_cluster_is_empty_and_each_point_is_nearest_to_its_own(values, seed, num_iterations):
    points = np.array(values, np.float32)[:, None]
    num_clusters = len(set(values))
    found = cluster_points(points, num_clusters, seed=seed, num_iterations=num_iterations)
    assert found.sizes.min() >= 1
    assert np.array_equal(found.sizes, np.bincount(found.assignment, minlength=num_clusters))
    distances = np.abs(points - found.centroids[:, 0])
    assert np.allclose(distances.min(axis=1), found.distances, atol=1e-4)


def test_empty_clusters_begin_anew_from_the_farthest_points():
    points = np.array([[0], [1], [2], [50], [50], [90]], np.float32)
    centroids = np.array([[1], [999], [45]], np.float32)
    filled, num_moved = fill_empty_clusters(points, centroids)
    assert filled[:, 0].tolist() == [1, 90, 45]
    assert num_moved == 1


def test_a_cluster_that_loses_its_last_point_begins_anew_too():
    # 999 moves to the farthest point, 50, which leaves 45 without any; the next farthest is 0.
    points = np.array([[0], [1], [2], [50]], np.float32)
    filled, num_moved = fill_empty_clusters(points, np.array([[1], [999], [45]], np.float32))
    assert filled[:, 0].tolist() == [1, 50, 0]
    assert num_moved == 2


def test_as_many_clusters_as_points_leave_each_alone():
    points = np.random.default_rng(0).normal(0, 1, (30, 4)).astype(np.float32)
    found = cluster_points(points, 30)
    assert found.inertia == pytest.approx(0, abs=1e-9)
    assert found.sizes.tolist() == [1] * 30


def test_more_clusters_than_points_are_refused():
    with pytest.raises(PseudoLabelError, match=r"5 clusters of 4 points.*use fewer clusters"):
        cluster_points(np.eye(4, dtype=np.float32), 5)


def test_more_clusters_than_different_points_are_refused():
    points = np.repeat(np.eye(3, dtype=np.float32), 40, axis=0)
    with pytest.raises(PseudoLabelError, match="only 3 of 120 points are different"):
        cluster_points(points, 5)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_values_that_cannot_be_clustered_are_refused(value):
    points, _ = blobs(2, 100)
    points[7, 3] = value
    with pytest.raises(PseudoLabelError, match="1 of 100 points are not finite"):
        cluster_points(points, 2)


def test_few_points_a_cluster_are_warned_of(caplog):
    points, _ = blobs(2, 78)
    with caplog.at_level(logging.WARNING):
        cluster_points(points, 2)
        assert not caplog.records
        cluster_points(points[:77], 2)
    assert "77 points for 2 clusters, less than 39 a cluster" in caplog.text


def test_of_two_centroids_equally_near_the_first_is_taken():
    points = np.array([[1.0], [3.0]], np.float32)
    centroids = np.array([[0.0], [2.0], [2.0]], np.float32)
    nearest, distances = assign_to_nearest(points, centroids)
    assert nearest.tolist() == [0, 1]
    assert distances.tolist() == [1, 1]


def test_the_settings_of_faiss_are_left_as_they_were():
    before = faiss.cvar.distance_compute_blas_threshold, faiss.omp_get_max_threads()
    assign_to_nearest(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32))
    assert (faiss.cvar.distance_compute_blas_threshold, faiss.omp_get_max_threads()) == before
