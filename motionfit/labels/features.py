"""Features of every grid clip of a collection, and the file that keeps them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.config import provenance
from motionfit.errors import ConfigError, PseudoLabelError
from motionfit.labels.arrays_file import ArraysFile, read_arrays, read_description, write_arrays
from motionfit.labels.settings import GridSettings

FORMAT_VERSION = 1
_KIND = "dense_features"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """The videos that clips are of.

    Attributes:
        names: ``(num_videos)`` paths as they were given.
        content_hashes: Of each video's bytes.
        num_frames: ``(num_videos,)`` int64, frames or flows of each.
    """

    names: tuple[str, ...]
    content_hashes: tuple[str, ...]
    num_frames: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.content_hashes) == len(self.num_frames):
            lengths = (len(self.names), len(self.content_hashes), len(self.num_frames))
            raise ConfigError("names, content_hashes, num_frames", lengths, "one each a video")

    @property
    def num_videos(self) -> int:
        """Videos, those without clips too."""
        return len(self.names)


@dataclass(frozen=True, kw_only=True, eq=False)
class DenseFeatures:
    """One vector a grid clip, the clips of a video one after the other.

    Attributes:
        features: ``(num_clips, dim)`` float32, finite.
        video: ``(num_clips,)`` int64, each clip's place in ``collection``; not decreasing.
        start: ``(num_clips,)`` int64, first source frame; increasing within a video.
        grid: Shape and hop of the clips.
        collection: The videos.
        identity: What the features were made from; see `features_identity`.

    Raises:
        PseudoLabelError: The arrays do not fit together, or a value is not finite.
    """

    features: NDArray[np.float32]
    video: NDArray[np.int64]
    start: NDArray[np.int64]
    grid: GridSettings
    collection: Collection
    identity: str

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem is not None:
            raise PseudoLabelError("features", problem)

    @property
    def num_clips(self) -> int:
        """Clips, of all videos together."""
        return len(self.features)

    def _problem(self) -> str | None:
        if self.features.ndim != 2 or self.features.dtype != np.float32:
            return f"expected (clips, dim) float32, got {self.features.shape} {self.features.dtype}"
        for name, column in (("video", self.video), ("start", self.start)):
            if column.shape != self.features.shape[:1] or column.dtype != np.int64:
                wanted = f"({len(self.features)},) int64"
                return f"expected {name} {wanted}, got {column.shape} {column.dtype}"
        problem = describe_disorder(self.video, self.start, self.collection.num_videos)
        if problem is not None:
            return problem
        bad = np.flatnonzero(~np.isfinite(self.features).all(axis=1))
        if len(bad):
            name = self.collection.names[self.video[bad[0]]]
            return f"not finite for {len(bad)} of {self.num_clips} clips, the first is of {name}"
        return None


def describe_disorder(
    video: NDArray[np.int64], start: NDArray[np.int64], num_videos: int
) -> str | None:
    """Return what is wrong with a list of clips, or None where it is one video after the other."""
    if len(video) == 0:
        return "there is no clip"
    if video.min() < 0 or video.max() >= num_videos or start.min() < 0:
        return "a clip names a video or a frame that does not exist"
    step = np.diff(video)
    if (step < 0).any() or (np.diff(start)[step == 0] <= 0).any():
        return "the clips are not in the order of videos and starts"
    return None


def features_identity(
    collection: Collection, packed_format: dict[str, Any], encoder_identity: str, grid: GridSettings
) -> str:
    """Return a hash that equals another's exactly where the features are made from the same.

    Args:
        collection: The videos.
        packed_format: What the pixels are: kind, size, settings.
        encoder_identity: Names the encoder's weights and preprocessing.
        grid: Which clips.
    """
    made_from = {
        "names": collection.names,
        "content_hashes": collection.content_hashes,
        "num_frames": collection.num_frames.tolist(),
        "packed_format": packed_format,
        "encoder": encoder_identity,
        "grid": grid.to_dict(),
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def save_features(features: DenseFeatures, path: str | Path) -> None:
    """Write the features as an ``.npz`` file; see `motionfit.labels.arrays_file`.

    Its members: ``features``, ``video``, ``start``, ``num_frames`` (of each video), and in
    ``description.json`` the names and content hashes of the videos, the grid and the identity.

    Raises:
        PseudoLabelError: It cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {
        "features": features.features,
        "video": features.video,
        "start": features.start,
        "num_frames": features.collection.num_frames,
    }
    description = {
        "kind": _KIND,
        "format_version": FORMAT_VERSION,
        "identity": features.identity,
        "grid": features.grid.to_dict(),
        "names": features.collection.names,
        "content_hashes": features.collection.content_hashes,
        "made_by": dict(provenance()),
    }
    write_arrays(path, ArraysFile(arrays=arrays, description=description))


def load_features(path: str | Path) -> DenseFeatures:
    """Return what `save_features` wrote.

    Raises:
        PseudoLabelError: There is no such file, or it is damaged or newer than this program.
    """
    content = read_arrays(path, kind=_KIND, format_version=FORMAT_VERSION)
    arrays, description = content.arrays, content.description
    try:
        return DenseFeatures(
            features=arrays["features"],
            video=arrays["video"],
            start=arrays["start"],
            grid=GridSettings.from_dict(description["grid"]),
            collection=read_collection(content),
            identity=description["identity"],
        )
    except (KeyError, TypeError, ValueError) as error:
        problem = f"its content is wrong: {str(error).rstrip('.')}"
        raise PseudoLabelError(path, problem) from error


def read_collection(content: ArraysFile) -> Collection:
    """Return the videos that a file describes.

    Raises:
        KeyError: Something is missing.
        ConfigError: What is there does not fit together.
    """
    return Collection(
        names=tuple(content.description["names"]),
        content_hashes=tuple(content.description["content_hashes"]),
        num_frames=content.arrays["num_frames"],
    )


def saved_identity(path: str | Path) -> str | None:
    """Return the identity of the features in a file; None where there is no such file, or damage.

    A damaged file is made anew like one that is missing.
    """
    try:
        description = read_description(path)
    except PseudoLabelError:
        return None
    identity = description.get("identity")
    return identity if description.get("kind") == _KIND and isinstance(identity, str) else None
