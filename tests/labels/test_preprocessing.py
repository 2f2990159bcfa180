import faiss
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from motionfit.errors import PseudoLabelError
from motionfit.labels.preprocessing import fit_preprocessing


def correlated(num=500, dim=12, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(0, 1, (dim, dim)) * np.geomspace(1, 0.1, dim)
    return (rng.normal(0, 1, (num, dim)) @ mixing + 5).astype(np.float32)


def test_nothing_is_done_by_none():
    features = correlated()
    assert np.array_equal(fit_preprocessing(features, "none").apply(features), features)


def test_l2_gives_unit_length_and_leaves_zeros():
    features = np.array([[3, 4], [0, 0]], np.float32)
    result = fit_preprocessing(features, "l2").apply(features)
    assert np.allclose(result, [[0.6, 0.8], [0, 0]])


def test_whitened_features_have_the_identity_as_covariance():
    features = correlated()
    fitted = fit_preprocessing(features, "pca_whiten:5+l2")
    whitened = (features - fitted.mean) @ fitted.projection
    assert np.allclose(whitened.T @ whitened / len(whitened), np.eye(5), atol=1e-3)
    assert np.allclose(np.linalg.norm(fitted.apply(features), axis=1), 1, atol=1e-5)


def test_whitening_is_that_of_faiss_but_for_signs():
    features = correlated()
    reference = faiss.PCAMatrix(12, 5, -0.5)
    reference.train(features)
    theirs = reference.apply(features)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    ours = fit_preprocessing(features, "pca_whiten:5+l2").apply(features)
    assert np.allclose(np.abs(ours), np.abs(theirs), atol=2e-3)


def test_whitening_does_not_depend_on_the_number_of_threads():
    features = correlated(dim=200, num=1000)
    projections = []
    for num_threads in (1, 2):
        with threadpool_limits(num_threads):
            projections.append(fit_preprocessing(features, "pca_whiten:50+l2").projection)
    assert np.array_equal(*projections)


def test_fewer_varying_directions_than_are_to_be_kept_are_refused():
    features = np.repeat(correlated(dim=3), 2, axis=1)
    message = r"keeps 4 directions, and the features \(500, 6\) vary in 3; keep fewer"
    with pytest.raises(PseudoLabelError, match=message):
        fit_preprocessing(features, "pca_whiten:4+l2")


def test_constant_features_cannot_be_whitened():
    with pytest.raises(PseudoLabelError, match="vary in 0"):
        fit_preprocessing(np.ones((50, 4), np.float32), "pca_whiten:2+l2")
