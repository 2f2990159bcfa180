"""From a teacher to the labels that a student learns: the two steps between their trainings."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from motionfit.encoders.encoder import ClipEncoder
from motionfit.errors import PackedVideosError
from motionfit.labels.dense_features import identify_features, keep_dense_features
from motionfit.labels.features import DenseFeatures
from motionfit.labels.pseudo_labels import PseudoLabels
from motionfit.labels.settings import GridSettings
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.inputs import check_flow, check_input
from motionfit.training.data.labelled_grid import LabelledGrid


def describe_clips(
    teacher: ClipEncoder, packed: PackedVideos, path: str | Path, *, clip_hop: int | None = None
) -> DenseFeatures:
    """Return the teacher's average-pooled features of every clip on the grid, kept in a file.

    Args:
        teacher: A motion model for packed flow, or an appearance model for packed frames.
        packed: The unlabelled videos.
        path: The file; features that are there already are not computed again.
        clip_hop: Frames from one clip to the next; None lays them side by side.

    Raises:
        ConfigError: The videos are not what the teacher takes, or their flow was made otherwise
            than the flow it has learnt from.
    """
    check_input(packed, teacher.spec)
    check_flow(packed, teacher.origin)
    averaging = teacher.with_pool("avg")
    return keep_dense_features(
        path,
        packed,
        lambda clips: averaging.encode(clips, normalize=False),
        encoder_identity=averaging.identity,
        grid=_grid(teacher, clip_hop),
    )


def identify_clips(
    teacher: ClipEncoder, packed: PackedVideos, *, clip_hop: int | None = None
) -> str:
    """Return the identity of the features that `describe_clips` will give."""
    averaging = teacher.with_pool("avg")
    return identify_features(packed, averaging.identity, _grid(teacher, clip_hop))


def place_labels(labels: PseudoLabels, frames: PackedVideos) -> LabelledGrid:
    """Return the labelled clips by their places in ``frames``, to train a student on.

    Videos are the same where their bytes are, whatever their names. Those that ``frames`` does not
    hold are left out.

    Args:
        labels: Of clips of flow, or of frames.
        frames: What the student is to see.

    Raises:
        PackedVideosError: A video has neither as many frames as were labelled, nor one more, as it
            has of flow: clips of the two would not be of the same time.
    """
    described = labels.collection
    place_of = {known: place for place, known in enumerate(_count_copies(frames.content_hashes))}
    places = np.full(described.num_videos, -1, np.int64)
    for video, known in enumerate(_count_copies(described.content_hashes)):
        if known not in place_of:
            continue
        place = places[video] = place_of[known]
        num_frames, num_described = int(frames.num_frames[place]), int(described.num_frames[video])
        if num_frames - num_described not in (0, 1):
            found = f"{num_frames} frames of {frames.names[place]}, labelled {num_described}"
            raise PackedVideosError(frames.path, found)
    of_clips = places[labels.video]
    is_there = of_clips >= 0
    return LabelledGrid.of(
        of_clips[is_there],
        labels.start[is_there],
        labels.label[is_there],
        span=labels.grid.span,
    )


def _grid(teacher: ClipEncoder, clip_hop: int | None) -> GridSettings:
    clip = teacher.spec.clip
    return GridSettings(clip_length=clip.clip_length, stride=clip.stride, clip_hop=clip_hop)


def _count_copies(content_hashes: Sequence[str]) -> list[tuple[str, int]]:
    """Return each hash with how often it came before: copies of one video stay apart."""
    seen: Counter[str] = Counter()
    numbered = []
    for content_hash in content_hashes:
        numbered.append((content_hash, seen[content_hash]))
        seen[content_hash] += 1
    return numbered
