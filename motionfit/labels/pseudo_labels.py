"""Pseudo-labels: which cluster every grid clip of a collection belongs to."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motionfit.config import provenance
from motionfit.errors import PseudoLabelError
from motionfit.labels.arrays_file import ArraysFile, read_arrays, write_arrays
from motionfit.labels.features import (
    Collection,
    DenseFeatures,
    describe_disorder,
    read_collection,
)
from motionfit.labels.granularity import group_clips
from motionfit.labels.kmeans import assign_to_nearest, cluster_points
from motionfit.labels.preprocessing import Preprocessing, fit_preprocessing
from motionfit.labels.settings import GridSettings, LabelSettings

FORMAT_VERSION = 1
_KIND = "pseudo_labels"


@dataclass(frozen=True, kw_only=True, eq=False)
class PseudoLabels:
    """The cluster of every grid clip, and how it was found.

    Attributes:
        video: ``(num_clips,)`` int64, each clip's place in ``collection``; not decreasing.
        start: ``(num_clips,)`` int64, its first source frame.
        label: ``(num_clips,)`` int64, its cluster, 0 to ``num_clusters - 1``.
        item: ``(num_clips,)`` int64, which of the clustered things it lies in: clip, segment or
            video, by ``settings.level``.
        distance: ``(num_clips,)`` float32, Euclidean, from its item to the centroid.
        centroids: ``(num_clusters, dim)`` float32, in the space of the preprocessed features.
        sizes: ``(num_clusters,)`` int64, items of each cluster; none is 0.
        inertia: Sum of the squared distances of items to centroids.
        objective: The same at the begin of each iteration of k-means.
        num_repaired: Clusters that k-means had left empty; see `Clustering`.
        preprocessing: What was done to the features before.
        settings: Level, clustering, seed.
        grid: Shape and hop of the clips.
        collection: The videos.
        features_identity: Of the features; see `DenseFeatures`.

    Raises:
        PseudoLabelError: The arrays do not fit together.
    """

    video: NDArray[np.int64]
    start: NDArray[np.int64]
    label: NDArray[np.int64]
    item: NDArray[np.int64]
    distance: NDArray[np.float32]
    centroids: NDArray[np.float32]
    sizes: NDArray[np.int64]
    inertia: float
    objective: tuple[float, ...]
    num_repaired: int
    preprocessing: Preprocessing
    settings: LabelSettings
    grid: GridSettings
    collection: Collection
    features_identity: str

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            raise PseudoLabelError("pseudo-labels", problem)

    @property
    def num_clusters(self) -> int:
        """Pseudo-classes."""
        return len(self.centroids)

    @property
    def num_clips(self) -> int:
        """Clips that have a label."""
        return len(self.label)

    def identity(self) -> str:
        """Return a hash that equals another's exactly where videos, clips and labels do."""
        digest = hashlib.sha256("\0".join(self.collection.content_hashes).encode())
        for array in (self.video, self.start, self.label):
            digest.update(array.astype("<i8").tobytes())
        return digest.hexdigest()

    def assign(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the cluster of features that were not clustered.

        Args:
            features: ``(num, dim)`` float32, of the same encoder.

        Returns:
            ``(num,)`` int64.
        """
        return assign_to_nearest(self.preprocessing.apply(features), self.centroids)[0]

    def _problem(self) -> str | None:
        columns = {"start": self.start, "label": self.label, "item": self.item}
        for name, column in {"video": self.video, **columns}.items():
            if column.shape != (self.num_clips,) or column.dtype != np.int64:
                return f"{name} is {column.shape} {column.dtype}, for {self.num_clips} clips"
        if self.distance.shape != (self.num_clips,):
            return f"distance is {self.distance.shape}, for {self.num_clips} clips"
        problem = describe_disorder(self.video, self.start, self.collection.num_videos)
        if problem is not None:
            return problem
        if self.centroids.ndim != 2 or self.sizes.shape != (self.num_clusters,):
            return f"centroids are {self.centroids.shape}, and sizes {self.sizes.shape}"
        if not 0 <= self.label.min() <= self.label.max() < self.num_clusters:
            return f"a label is not from 0 to {self.num_clusters - 1}"
        return None


def make_pseudo_labels(features: DenseFeatures, settings: LabelSettings) -> PseudoLabels:
    """Return the pseudo-labels of every clip.

    Source: MotionFit, section 3.2: k-means with Euclidean distance on features of a motion model;
    ClusterFit, section 3, does so for videos.

    Args:
        features: Of the grid clips of the unlabelled collection.
        settings: Level and clustering.

    Raises:
        PseudoLabelError: There are more clusters than different things to cluster, or the
            preprocessing does not suit the features.
    """
    items = group_clips(features, settings.level, settings.percentile)
    preprocessing = fit_preprocessing(items.features, settings.preprocessing)
    clustering = cluster_points(
        preprocessing.apply(items.features),
        settings.num_clusters,
        num_iterations=settings.num_iterations,
        seed=settings.seed,
    )
    return PseudoLabels(
        video=features.video,
        start=features.start,
        label=clustering.assignment[items.item_of_clip],
        item=items.item_of_clip,
        distance=clustering.distances[items.item_of_clip],
        centroids=clustering.centroids,
        sizes=clustering.sizes,
        inertia=clustering.inertia,
        objective=clustering.objective,
        num_repaired=clustering.num_repaired,
        preprocessing=preprocessing,
        settings=settings,
        grid=features.grid,
        collection=features.collection,
        features_identity=features.identity,
    )


def save_pseudo_labels(labels: PseudoLabels, path: str | Path) -> None:
    """Write pseudo-labels so that anybody can read them.

    The file is an ``.npz``, see `motionfit.labels.arrays_file`. Its arrays are the attributes of
    `PseudoLabels` of the same name, ``num_frames`` of each video, ``objective``, and ``mean`` and
    ``projection`` where features were whitened. ``description.json`` holds what is no array::

        file = np.load("pseudo_labels.npz")
        about = json.loads(file["description.json"])
        for video, start, label in zip(file["video"], file["start"], file["label"]):
            print(about["names"][video], start, label)

    Raises:
        PseudoLabelError: It cannot be written.
    """
    names = ("video", "start", "label", "item", "distance", "centroids", "sizes")
    arrays = {name: getattr(labels, name) for name in names}
    arrays["num_frames"] = labels.collection.num_frames
    arrays["objective"] = np.array(labels.objective, np.float64)
    if labels.preprocessing.mean is not None and labels.preprocessing.projection is not None:
        arrays["mean"] = labels.preprocessing.mean
        arrays["projection"] = labels.preprocessing.projection
    description = {
        "kind": _KIND,
        "format_version": FORMAT_VERSION,
        "settings": labels.settings.to_dict(),
        "grid": labels.grid.to_dict(),
        "inertia": labels.inertia,
        "num_repaired": labels.num_repaired,
        "normalise": labels.preprocessing.normalise,
        "features_identity": labels.features_identity,
        "identity": labels.identity(),
        "names": labels.collection.names,
        "content_hashes": labels.collection.content_hashes,
        "made_by": dict(provenance()),
    }
    write_arrays(path, ArraysFile(arrays=arrays, description=description))


def load_pseudo_labels(path: str | Path) -> PseudoLabels:
    """Return what `save_pseudo_labels` wrote.

    Raises:
        PseudoLabelError: There is no such file, or it is damaged or newer than this program.
    """
    content = read_arrays(path, kind=_KIND, format_version=FORMAT_VERSION)
    try:
        labels = _restore(content)
        is_same = labels.identity() == content.description["identity"]
    except (KeyError, TypeError, ValueError) as error:
        problem = f"its content is wrong: {str(error).rstrip('.')}"
        raise PseudoLabelError(path, problem) from error
    if not is_same:
        raise PseudoLabelError(path, "its labels are not those that its description names")
    return labels


def _restore(content: ArraysFile) -> PseudoLabels:
    arrays, description = content.arrays, content.description
    return PseudoLabels(
        video=arrays["video"],
        start=arrays["start"],
        label=arrays["label"],
        item=arrays["item"],
        distance=arrays["distance"],
        centroids=arrays["centroids"],
        sizes=arrays["sizes"],
        inertia=float(description["inertia"]),
        objective=tuple(arrays["objective"].tolist()),
        num_repaired=int(description["num_repaired"]),
        preprocessing=Preprocessing(
            mean=arrays.get("mean"),
            projection=arrays.get("projection"),
            normalise=bool(description["normalise"]),
        ),
        settings=LabelSettings(**description["settings"]),
        grid=GridSettings.from_dict(description["grid"]),
        collection=read_collection(content),
        features_identity=str(description["features_identity"]),
    )
