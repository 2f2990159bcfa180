"""What tests of pseudo-labels may ask for: a collection with known motions, and labels by hand."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from motionfit.flow.compute import compute_flow
from motionfit.flow.quantise import quantise_flow, restore_flow
from motionfit.labels.features import Collection, DenseFeatures
from motionfit.labels.preprocessing import Preprocessing
from motionfit.labels.pseudo_labels import PseudoLabels
from motionfit.labels.settings import GridSettings, LabelSettings
from motionfit.media.packed.arrays import pack_arrays
from motionfit.media.packed.videos import PackedVideos
from motionfit.media.synthetic_render import render_video

MOTIONS_SHOWN = (
    "move_left",
    "move_right",
    "move_up",
    "move_down",
    "zoom_in",
    "zoom_out",
    "rotate_clockwise",
    "rotate_counterclockwise",
)
VIDEOS_PER_MOTION = 8
BOUND_PX = 4.0


@dataclass(frozen=True)
class KnownCollection:
    """Videos of known motions, packed.

    Attributes:
        frames: The videos.
        flow: Their flow.
        true_labels: The motion of each.
    """

    frames: PackedVideos
    flow: PackedVideos
    true_labels: list[int]


@pytest.fixture(scope="session")
def known_collection(tmp_path_factory: pytest.TempPathFactory) -> KnownCollection:
    """Eight videos of each of eight motions, every one in a scene of its own."""
    folder = tmp_path_factory.mktemp("collection")
    frames, levels, true_labels = [], [], []
    for label, motion in enumerate(MOTIONS_SHOWN):
        for number in range(VIDEOS_PER_MOTION):
            rng = np.random.default_rng([label, number])
            video = render_video(motion, rng, size=(64, 86), num_frames=18).frames
            frames.append(video)
            levels.append(quantise_flow(compute_flow(video, method="dis"), BOUND_PX))
            true_labels.append(label)
    return KnownCollection(
        frames=pack_arrays(frames, folder / "frames.packed"),
        flow=pack_arrays(levels, folder / "flow.packed", kind="flow"),
        true_labels=true_labels,
    )


def encode_motion(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how the middle moves against the border: shift, growth and turn, a stand-in encoder.

    Args:
        levels: ``(num_clips, time, height, width, 2)`` uint8.
    """
    flow = restore_flow(levels, BOUND_PX).mean(axis=1)
    flow -= np.median(flow, axis=(1, 2), keepdims=True)
    moves = np.linalg.norm(flow, axis=-1) > 0.3
    features = []
    for of_clip, is_moving in zip(flow, moves, strict=True):
        y, x = np.nonzero(is_moving)
        u, v = of_clip[is_moving].T if len(x) else np.zeros((2, 1))
        x, y = (x - x.mean(), y - y.mean()) if len(x) else (np.zeros(1), np.zeros(1))
        spread = max(float(np.hypot(x, y).mean()), 1.0)
        growth, turn = (u * x + v * y).mean() / spread, (v * x - u * y).mean() / spread
        features.append([u.mean(), v.mean(), growth, turn])
    return np.array(features, np.float32)


def collection_of(num_frames: list[int]) -> Collection:
    """Return a collection of videos of these lengths."""
    return Collection(
        names=tuple(f"video {number}" for number in range(len(num_frames))),
        content_hashes=tuple(f"{number:064x}" for number in range(len(num_frames))),
        num_frames=np.array(num_frames, np.int64),
    )


def dense_features(values: list[list[float]], *, clip_length: int = 4) -> DenseFeatures:
    """Return features of one dimension: a list a video, a number a clip."""
    counts = [len(of_video) for of_video in values]
    return DenseFeatures(
        features=np.array([[value] for of_video in values for value in of_video], np.float32),
        video=np.repeat(np.arange(len(values)), counts),
        start=np.concatenate([clip_length * np.arange(count) for count in counts]),
        grid=GridSettings(clip_length=clip_length),
        collection=collection_of([clip_length * count for count in counts]),
        identity="by hand",
    )


def labels_by_hand(values: list[list[int]], *, clip_length: int = 4) -> PseudoLabels:
    """Return pseudo-labels, a list a video and a number a clip; every cluster up to the largest."""
    label = np.array([value for of_video in values for value in of_video], np.int64)
    counts = [len(of_video) for of_video in values]
    num_clusters = max(int(label.max()) + 1, 2)
    return PseudoLabels(
        video=np.repeat(np.arange(len(values)), counts),
        start=np.concatenate([clip_length * np.arange(count) for count in counts]),
        label=label,
        item=np.arange(len(label)),
        distance=np.zeros(len(label), np.float32),
        centroids=np.arange(num_clusters, dtype=np.float32)[:, None],
        sizes=np.bincount(label, minlength=num_clusters),
        inertia=0.0,
        objective=(1.0, 0.0),
        num_repaired=0,
        preprocessing=Preprocessing(mean=None, projection=None, normalise=False),
        settings=LabelSettings(num_clusters=num_clusters),
        grid=GridSettings(clip_length=clip_length),
        collection=collection_of([clip_length * count for count in counts]),
        features_identity="by hand",
    )
