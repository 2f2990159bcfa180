"""What is done to features before they are clustered."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from motionfit.errors import PseudoLabelError
from motionfit.labels.settings import parse_preprocessing

_BLOCK = 65536
# Below this share of the largest variance a direction holds nothing but rounding of float32.
_LEAST_VARIANCE = 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class Preprocessing:
    """A fitted preprocessing: ``(features - mean) @ projection``, then unit length.

    Attributes:
        mean: ``(dim,)`` float32; None, with ``projection``, where neither is used.
        projection: ``(dim, num_directions)`` float32.
        normalise: Bring each vector to unit length; a vector of zeros stays as it is.
    """

    mean: NDArray[np.float32] | None
    projection: NDArray[np.float32] | None
    normalise: bool

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``(num, dim)`` or ``(num, num_directions)`` float32; the input is not changed."""
        if self.projection is None and not self.normalise:
            return np.ascontiguousarray(features)
        dim = features.shape[1] if self.projection is None else self.projection.shape[1]
        result = np.empty((len(features), dim), np.float32)
        with threadpool_limits(1, user_api="blas"):
            for first in range(0, len(features), _BLOCK):
                block = slice(first, first + _BLOCK)
                result[block] = self._apply_block(features[block])
        return result

    def _apply_block(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        vectors = features.astype(np.float64)
        if self.mean is not None and self.projection is not None:
            vectors = (vectors - self.mean) @ self.projection
        if self.normalise:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors /= np.where(lengths > 0, lengths, 1)
        return vectors.astype(np.float32)


def fit_preprocessing(features: NDArray[np.float32], setting: str) -> Preprocessing:
    """Return the preprocessing that a setting names, fitted to all features.

    Whitening is ``eigenvector / sqrt(variance)``, the directions of most variance first. BLAS runs
    on one thread, since its results depend on how many there are.

    Source: DeepCluster, which whitens with faiss's ``PCAMatrix`` and ``eigen_power=-0.5``; that
    fits to a sample of many features, this to all of them.

    Args:
        features: ``(num, dim)`` float32, finite.
        setting: See `LabelSettings.preprocessing`.

    Raises:
        PseudoLabelError: The features vary in fewer directions than are to be kept.
        ConfigError: There is no such preprocessing.
    """
    steps = parse_preprocessing(setting)
    if steps.num_directions is None:
        return Preprocessing(mean=None, projection=None, normalise=steps.normalise)
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    variances, directions = _principal_directions(features, mean)
    num_varying = int((variances > _LEAST_VARIANCE * max(variances[0], 0.0)).sum())
    if num_varying < steps.num_directions:
        problem = (
            f"{setting} keeps {steps.num_directions} directions, and the features "
            f"{features.shape} vary in {num_varying}; keep fewer, or use l2"
        )
        raise PseudoLabelError("features", problem)
    kept = slice(0, steps.num_directions)
    projection = (directions[:, kept] / np.sqrt(variances[kept])).astype(np.float32)
    return Preprocessing(mean=mean, projection=projection, normalise=steps.normalise)


def _principal_directions(
    features: NDArray[np.float32], mean: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return variances ``(dim,)``, falling, and directions ``(dim, dim)``, one a column."""
    covariance = np.zeros((features.shape[1], features.shape[1]))
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, len(features), _BLOCK):
            block = features[first : first + _BLOCK].astype(np.float64) - mean
            covariance += block.T @ block
        variances, directions = np.linalg.eigh(covariance / len(features))
    variances, directions = variances[::-1], directions[:, ::-1]
    # A direction and its opposite are the same; the one is taken whose largest entry is positive.
    largest = np.abs(directions).argmax(axis=0)
    signs = np.where(directions[largest, np.arange(len(largest))] < 0, -1.0, 1.0)
    return variances, directions * signs
