"""Clip features of both sides of a split, and the four arrays that keep them on disk.

::

    train_feature.npy   (videos, clips, dim)  float32   the gallery
    train_class.npy     (videos, clips)       int64     label of each clip's video
    test_feature.npy, test_class.npy                    the queries

Where videos have different numbers of clips, the rows after a video's last clip are padding: their
class is -1 and their features are not looked at. Beside the four arrays this program also writes
``train_video.npy`` and ``test_video.npy`` (an identity for each video, needed only to leave a
query's own video out) and ``features.json`` (what the features are of); all three may be absent.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motionfit.errors import FeatureFilesError
from retrieval.evaluation.arrays import row_blocks
from retrieval.evaluation.features import PADDING, FeatureSet, SplitFeatures

DESCRIPTION_NAME = "features.json"
LARGEST_VALUE = float(np.finfo(np.float32).max)


def read_feature_files(directory: Path) -> SplitFeatures:
    """Return the features that lie in a directory, memory-mapped.

    Raises:
        FeatureFilesError: A file is missing or unreadable, the arrays do not fit together, a side
            is empty, a video has no clip or clips of several classes, or a value is not finite.
    """
    if not directory.is_dir():
        raise FeatureFilesError(directory, "no such folder")
    train, test = (_read_side(directory, subset) for subset in ("train", "test"))
    if train.dim != test.dim:
        problem = f"train features have {train.dim} values a clip, test features {test.dim}"
        raise FeatureFilesError(directory, problem)
    return SplitFeatures(train=train, test=test, description=_read_description(directory))


def _read_side(directory: Path, subset: str) -> FeatureSet:
    feature_path = directory / f"{subset}_feature.npy"
    class_path = directory / f"{subset}_class.npy"
    features, classes = _load(feature_path), _load(class_path)
    if features.ndim != 3 or not np.issubdtype(features.dtype, np.floating):
        raise FeatureFilesError(feature_path, f"holds {features.dtype} {features.shape}")
    if classes.shape != features.shape[:2] or not np.issubdtype(classes.dtype, np.integer):
        problem = f"holds {classes.dtype} {classes.shape} beside features {features.shape}"
        raise FeatureFilesError(class_path, problem)
    if 0 in features.shape:
        raise FeatureFilesError(feature_path, f"is empty, {features.shape}")
    classes = np.array(classes, dtype=np.int64)
    num_clips = _count_clips(class_path, classes)
    _check_values(feature_path, features, num_clips)
    return FeatureSet(
        features=features,
        labels=classes[:, 0],
        num_clips=num_clips,
        video_ids=_read_video_ids(directory / f"{subset}_video.npy", len(features)),
    )


def _load(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise FeatureFilesError(path, "is missing") from error
    except (OSError, ValueError, EOFError) as error:
        raise FeatureFilesError(path, "cannot be read as an .npy array") from error
    return array


def _count_clips(path: Path, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    is_clip = classes != PADDING
    num_clips: NDArray[np.int64] = is_clip.sum(axis=1)
    if not num_clips.all():
        video = int(np.flatnonzero(num_clips == 0)[0])
        raise FeatureFilesError(path, f"video {video} has no clips, all its classes are {PADDING}")
    in_front = np.arange(classes.shape[1]) < num_clips[:, None]
    is_mixed = ((classes != classes[:, :1]) & in_front).any(axis=1)
    if is_mixed.any():
        video = int(np.flatnonzero(is_mixed)[0])
        seen = sorted(set(classes[video].tolist()))
        problem = f"video {video} has clips of several classes, or padding between them: {seen}"
        raise FeatureFilesError(path, problem)
    return num_clips


def _check_values(path: Path, features: NDArray[np.floating], num_clips: NDArray[np.int64]) -> None:
    _, max_clips, dim = features.shape
    for videos in row_blocks(len(features), 8 * max_clips * dim):
        block = features[videos[0] : videos[-1] + 1]
        # Padding may hold anything; a NaN fails the comparison as a number too large does.
        is_clip = np.arange(max_clips) < num_clips[videos, None]
        is_usable = (np.abs(block) <= LARGEST_VALUE).all(axis=2)
        if not is_usable[is_clip].all():
            video, clip = np.argwhere(is_clip & ~is_usable)[0]
            where = f"video {videos[0] + video}, clip {clip}"
            raise FeatureFilesError(path, f"{where} has a value that is NaN, infinite or too large")


def _read_video_ids(path: Path, num_videos: int) -> NDArray[np.str_] | None:
    if not path.is_file():
        return None
    ids = _load(path)
    if ids.shape != (num_videos,) or ids.dtype.kind not in "UiuS":
        problem = f"holds {ids.dtype} {ids.shape} beside features of {num_videos} videos"
        raise FeatureFilesError(path, problem)
    return np.asarray(ids, dtype=np.str_)


def _read_description(directory: Path) -> dict[str, Any]:
    path = directory / DESCRIPTION_NAME
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FeatureFilesError(path, "cannot be read as JSON") from error
    if not isinstance(description, dict):
        raise FeatureFilesError(path, "holds something else than a table of settings")
    return description
