"""A projection of vectors to what tells classes apart, away from what varies within one.

::

    vectors ── principal components ── divided by what varies within classes ── the 448 largest

Two videos of one class differ in who moves, from where they are seen and how fast. Directions in
which they differ much say little of the class; divided by the deviation within classes, they count
less, and the others more.

Source: Hatch, Kajarekar and Stolcke, "Within-Class Covariance Normalization for SVM-based Speaker
Recognition", Interspeech 2006. Theirs mixes the covariance with the identity too; here both have
the same weight, the identity times the mean variance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""The class of a vector that belongs to none."""

# More directions than this of a few thousand vectors are chance.
_MAX_COMPONENTS = 1200
# Dimensions that vary less than this share of the first are rounding: whitened, they would count.
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """What is taken off a vector, and where it then goes.

    Attributes:
        centre: ``(dim,)`` float32.
        matrix: ``(dim, kept)`` float32; columns beyond those that the vectors give are 0.
    """

    centre: NDArray[np.float32]
    matrix: NDArray[np.float32]


def fit_projection(
    vectors: NDArray[np.float32], classes: NDArray[np.int64], *, kept: int
) -> Projection:
    """Return a projection after which vectors of one class are near each other.

    What comes out of it varies by 1 on the average over those columns that are not 0.

    Args:
        vectors: ``(number, dim)``; those without a class help to say which directions there are.
        classes: ``(number,)``, from 0, or `UNKNOWN`.
        kept: Columns.
    """
    known = classes != UNKNOWN
    matrix = np.zeros((vectors.shape[1], kept), np.float32)
    if not known.any():
        return Projection(centre=np.zeros(len(matrix), np.float32), matrix=matrix)
    coordinates, axes = _principal_components(vectors)
    if axes.shape[1]:
        of_known = coordinates[known]
        whitening = _whitening(_within(of_known, classes[known]))
        rotated, scale = _largest(of_known @ whitening, kept)
        matrix[:, : rotated.shape[1]] = axes @ (whitening @ rotated / scale)
    return Projection(centre=vectors[known].mean(0), matrix=matrix)


def _principal_components(
    vectors: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``(number, components)`` coordinates and ``(dim, components)`` directions."""
    centred = vectors.astype(np.float64) - vectors.mean(0, dtype=np.float64)
    # There are fewer vectors than dimensions: their products are the smaller matrix.
    variances, directions = np.linalg.eigh(centred @ centred.T)
    largest = np.argsort(variances)[::-1][: min(_MAX_COMPONENTS, len(vectors) - 1)]
    largest = largest[variances[largest] > _LEAST_SHARE**2 * max(variances.max(), 1e-30)]
    lengths = np.sqrt(variances[largest])
    return directions[:, largest] * lengths, centred.T @ (directions[:, largest] / lengths)


def _within(values: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the covariance of values about the means of their classes."""
    deviations = values.copy()
    for each in np.unique(classes):
        deviations[classes == each] -= values[classes == each].mean(0)
    covariance: NDArray[np.float64] = deviations.T @ deviations / len(values)
    return covariance


def _whitening(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what divides by the roots of variances, none of which becomes very small."""
    mean_variance = np.trace(covariance) / len(covariance)
    if mean_variance == 0:  # every class is a single point
        return np.eye(len(covariance))
    variances, directions = np.linalg.eigh(covariance + mean_variance * np.eye(len(covariance)))
    whitening: NDArray[np.float64] = directions / np.sqrt(variances)
    return whitening


def _largest(values: NDArray[np.float64], kept: int) -> tuple[NDArray[np.float64], float]:
    """Return the directions in which values vary most, and the mean deviation there."""
    _, sizes, directions = np.linalg.svd(values - values.mean(0), full_matrices=False)
    there = min(kept, int((sizes > _LEAST_SHARE * sizes[0]).sum()))
    scale = float(np.sqrt((sizes[:there] ** 2).sum() / (there * len(values)))) if there else 1.0
    return directions[:there].T, scale
