"""Clip features to the vectors that are ranked: scaled, averaged over a video, centred; in float64.

Features may be memory-mapped and larger than memory, so a source hands out the rows it is asked
for; only video means, one row a video, are kept (in a temporary file where they are many).
"""

import tempfile
from collections.abc import Iterator
from typing import Protocol as StructuralType

import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.arrays import Rows, Vectors, nonzero_norms, row_blocks
from retrieval.evaluation.features import FeatureSet
from retrieval.evaluation.protocol import Centre

MAX_MEAN_BYTES_IN_MEMORY = 256 << 20


class VectorSource(StructuralType):
    """Vectors to rank.

    Attributes:
        shape: Number of vectors, dimension.
    """

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102

    def take(self, rows: Rows) -> Vectors:
        """Return ``(len(rows), dim)`` float64, the caller's own."""
        ...


def iterate_blocks(source: VectorSource) -> Iterator[tuple[Rows, Vectors]]:
    """Yield all row numbers and vectors of a source in blocks."""
    num_rows, dim = source.shape
    for rows in row_blocks(num_rows, 8 * dim):
        yield rows, source.take(rows)


class ArrayVectors:
    """Rows of a 2-D array of any float type."""

    def __init__(self, array: NDArray[np.floating]) -> None:
        self._array = array
        self.shape: tuple[int, int] = (array.shape[0], array.shape[1])

    def take(self, rows: Rows) -> Vectors:
        """Return rows as float64."""
        return self._array[rows].astype(np.float64)


class ClipVectors:
    """The clips of all videos, one after the other, padding left out."""

    def __init__(self, side: FeatureSet, *, unit_length: bool) -> None:
        self._features = side.features
        self._unit_length = unit_length
        self.videos = np.repeat(np.arange(side.num_videos), side.num_clips)
        first_clips = np.repeat(np.cumsum(side.num_clips) - side.num_clips, side.num_clips)
        self._clips = np.arange(len(self.videos)) - first_clips
        self.shape: tuple[int, int] = (len(self.videos), side.dim)

    def take(self, rows: Rows) -> Vectors:
        """Return clips as float64, scaled to unit length where that was asked."""
        vectors = self._features[self.videos[rows], self._clips[rows]].astype(np.float64)
        return vectors / nonzero_norms(vectors)[:, None] if self._unit_length else vectors


class CentredVectors:
    """Another source less one vector."""

    def __init__(self, source: VectorSource, centre: Vectors) -> None:
        self._source = source
        self._centre = centre
        self.shape = source.shape

    def take(self, rows: Rows) -> Vectors:
        """Return rows of the source less the centre."""
        return self._source.take(rows) - self._centre


def average_videos(side: FeatureSet, *, unit_length: bool) -> ArrayVectors:
    """Return each video's mean over its clips, not scaled again.

    Args:
        side: Clip features.
        unit_length: Scale each clip to unit length first; without it a clip with large values
            dominates its video.
    """
    means = _allocate((side.num_videos, side.dim))
    max_clips = side.features.shape[1]
    for rows in row_blocks(side.num_videos, 8 * side.dim * max_clips):
        clips = side.features[rows[0] : rows[-1] + 1].astype(np.float64)
        if unit_length:
            flat = clips.reshape(-1, side.dim)
            clips = (flat / nonzero_norms(flat)[:, None]).reshape(clips.shape)
        counts = side.num_clips[rows]
        clips[np.arange(max_clips) >= counts[:, None]] = 0
        means[rows] = clips.sum(axis=1) / counts[:, None]
    return ArrayVectors(means)


def centre_vectors(
    queries: VectorSource, gallery: VectorSource, centre: Centre
) -> tuple[VectorSource, VectorSource]:
    """Return queries and gallery less the mean that ``centre`` names."""
    if centre == "off":
        return queries, gallery
    gallery_mean = mean_vector(gallery)
    query_mean = gallery_mean if centre == "gallery_mean" else mean_vector(queries)
    return CentredVectors(queries, query_mean), CentredVectors(gallery, gallery_mean)


def mean_vector(source: VectorSource) -> Vectors:
    """Return the mean of all vectors, ``(dim,)``."""
    num_rows, dim = source.shape
    total = np.zeros(dim)
    for _, vectors in iterate_blocks(source):
        total += vectors.sum(axis=0)
    return total / num_rows


def _allocate(shape: tuple[int, int]) -> Vectors:
    if 8 * shape[0] * shape[1] <= MAX_MEAN_BYTES_IN_MEMORY:
        return np.empty(shape)
    # The file has no name: it is gone when the array is, however the process ends.
    with tempfile.TemporaryFile(prefix="motionfit-") as file:
        return np.memmap(file, dtype=np.float64, mode="w+", shape=shape)
