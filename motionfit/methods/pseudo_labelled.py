"""From a teacher to the labels that a student learns: the two steps between their trainings."""

from pathlib import Path

import numpy as np

from motionfit.encoders.encoder import ClipEncoder
from motionfit.labels.dense_features import keep_dense_features
from motionfit.labels.features import DenseFeatures
from motionfit.labels.pseudo_labels import PseudoLabels
from motionfit.labels.settings import GridSettings
from motionfit.media.packed.match import match_videos
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
        clip_hop: Frames from one clip to the next; None is the clip's span: clips do not overlap.

    Raises:
        ConfigError: The videos are not what the teacher takes, or their flow was made otherwise
            than the flow it has learnt from.
    """
    check_input(packed, teacher.spec)
    check_flow(packed, teacher.origin)
    averaging = teacher.with_pool("avg")
    clip = teacher.spec.clip
    return keep_dense_features(
        path,
        packed,
        lambda clips: averaging.encode(clips, normalize=False),
        encoder_identity=averaging.identity,
        grid=GridSettings(clip_length=clip.clip_length, stride=clip.stride, clip_hop=clip_hop),
    )


def place_labels(
    labels: PseudoLabels, described: PackedVideos, frames: PackedVideos
) -> LabelledGrid:
    """Return the labelled clips by their places in ``frames``, to train a student on.

    Args:
        labels: Of the clips of ``described``.
        described: What the teacher saw: flow, or the frames themselves.
        frames: What the student is to see. Videos that it does not hold are left out.
    """
    span = labels.grid.span
    if described.path == frames.path:
        return LabelledGrid.of(labels.video, labels.start, labels.label, span=span)
    in_frames, in_described = match_videos(frames, described)
    place_of = np.full(len(described), -1, np.int64)
    place_of[in_described] = in_frames
    places = place_of[labels.video]
    is_there = places >= 0
    return LabelledGrid.of(
        places[is_there], labels.start[is_there], labels.label[is_there], span=span
    )
