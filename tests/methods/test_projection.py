"""Projections that keep what tells classes apart."""

import numpy as np
import pytest

from motionfit.methods.projection import UNKNOWN, Projection, fit_projection


def recall(projection: Projection, vectors: np.ndarray, classes: np.ndarray) -> float:
    """Return the share of vectors whose nearest neighbour is of their class."""
    projected = (vectors - projection.centre) @ projection.matrix
    rows = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -2)
    return float((classes[similarity.argmax(1)] == classes).mean())


def blobs(seed: int, *, per_class: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Return classes that differ in 5 directions, and vary more in 20 others."""
    means = 3 * np.random.default_rng(0).normal(size=(6, 5))
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.arange(6), per_class)
    vectors = np.zeros((len(classes), 40), np.float32)
    vectors[:, :5] = means[classes] + rng.normal(size=(len(classes), 5))
    vectors[:, 5:25] = 4 * rng.normal(size=(len(classes), 20))
    return vectors + 3, classes


def test_vectors_of_one_class_come_near_each_other_also_those_not_seen_before():
    vectors, classes = blobs(1)
    others, other_classes = blobs(2)

    projection = fit_projection(vectors, classes, kept=25)

    plain = Projection(centre=vectors.mean(0), matrix=np.eye(40, dtype=np.float32))
    before, after = (recall(each, others, other_classes) for each in (plain, projection))
    assert after > before + 0.1


def test_what_comes_out_is_centred_and_of_size_one():
    vectors, classes = blobs(1)

    projection = fit_projection(vectors, classes, kept=10)
    projected = (vectors - projection.centre) @ projection.matrix

    assert (projection.centre.dtype, projection.matrix.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(projected.mean(0), 0, atol=1e-4)
    assert projected.var(0).mean() == pytest.approx(1, rel=1e-3)


def test_vectors_without_a_class_are_no_class_of_their_own():
    vectors, classes = blobs(1)
    unknown = np.concatenate([classes, np.full(60, UNKNOWN)])
    far = np.concatenate([vectors, 500 + blobs(3, per_class=10)[0]])

    projection, without = (
        fit_projection(*known, kept=25) for known in ((far, unknown), (vectors, classes))
    )

    np.testing.assert_allclose(projection.centre, vectors.mean(0), rtol=1e-5)
    with_others, alone = (recall(each, vectors, classes) for each in (projection, without))
    assert with_others == pytest.approx(alone, abs=0.05)


def test_fewer_vectors_than_columns_leave_the_last_ones_empty():
    vectors, _ = blobs(1)

    projection = fit_projection(vectors[::30], np.array([0, 0, 0, 1, 1, 1]), kept=10)

    assert np.abs(projection.matrix[:, :5]).sum(0).min() > 0
    assert not projection.matrix[:, 5:].any()


@pytest.mark.parametrize("number", [0, 1])
def test_from_nothing_to_compare_comes_nothing(number: int):
    vectors, classes = blobs(1)

    projection = fit_projection(vectors[:number], classes[:number], kept=10)

    assert not projection.matrix.any()


def test_equal_vectors_are_told_apart_by_nothing():
    projection = fit_projection(np.ones((6, 9), np.float32), np.array([0, 0, 0, 1, 1, 1]), kept=3)

    assert not projection.matrix.any()
    assert np.isfinite(projection.centre).all()


def test_classes_of_one_vector_each_are_kept_apart():
    vectors, _ = blobs(1)

    projection = fit_projection(vectors[:6], np.arange(6), kept=5)

    projected = (vectors[:6] - projection.centre) @ projection.matrix
    assert np.isfinite(projected).all()
    assert len(np.unique(projected.round(3), axis=0)) == 6
