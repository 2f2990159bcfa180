"""How the student of MotionFit-plus comes to one vector a clip, once it sees motion in frames.

::

    its motion in frames ── the teacher's kinds of motion ── Fisher vectors ──┐
    classes of labelled videos, or clusters of what the teacher sees ─────────┴── projection

Descriptors and kinds of motion are the teacher's; the projection is the student's own, because what
it sees varies otherwise than flow does.
"""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from motionfit.encoders.backbones.local_motion import LocalMotionNetwork
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName, choose_runtime
from motionfit.encoders.spec import EncoderSpec
from motionfit.encoders.values import get_weights, set_weights
from motionfit.labels.kmeans import cluster_points
from motionfit.media.packed.match import match_videos
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.motion_pool import (
    choose_videos,
    describe_videos,
    project_classes,
    set_projection,
    some_clips,
)
from motionfit.methods.videos import LabelledVideos

# Of fewer, what varies within a cluster is not known.
_VIDEOS_A_CLUSTER = 6


def fit_student_pool(
    student: nn.Module,
    spec: EncoderSpec,
    frames: PackedVideos,
    flow: PackedVideos,
    teacher: ClipEncoder,
    *,
    labelled: LabelledVideos | None,
    num_clusters: int,
    seed: int,
    device: DeviceName,
) -> None:
    """Let a trained student describe motion as its teacher does, with a projection of its own.

    Args:
        student: Sees motion in frames; its pool gets its numbers.
        spec: What it takes.
        frames: Of unlabelled videos.
        flow: Of the same videos; others are left out.
        teacher: Has the kinds of motion.
        labelled: Frames of videos whose classes are known; None takes clusters for classes.
        num_clusters: At most so many.
        seed: Of what is drawn.
        device: Where.
    """
    taught = teacher.network.backbone
    assert isinstance(student, LocalMotionNetwork)
    assert isinstance(taught, LocalMotionNetwork)
    set_weights(student.places, get_weights(taught.places))
    set_weights(student.pool.fisher, get_weights(taught.pool.fisher))
    runtime = choose_runtime(device)
    student.to(runtime.device)
    describe = partial(
        describe_videos, student, spec=spec, dtype=runtime.dtype, title="pooling motion"
    )
    in_frames, in_flow = match_videos(frames, flow)
    rows = choose_videos(np.arange(len(in_frames)), seed=seed)
    seen = describe(packed=frames, videos=in_frames[rows])
    if labelled is None:
        flow_of = dict(zip(in_frames.tolist(), in_flow.tolist(), strict=True))
        same = np.array([flow_of[video] for video in seen.videos.tolist()], np.int64)
        clusters = _cluster(teacher, flow, same, num_clusters=num_clusters, seed=seed)
        projection = project_classes(seen.vectors, clusters, seen.vectors[:0])
    else:
        chosen = choose_videos(np.asarray(labelled.chosen, np.int64), seed=seed)
        known = describe(packed=labelled.videos.packed, videos=chosen)
        classes = labelled.labels_of(known.videos.tolist())
        projection = project_classes(known.vectors, classes, seen.vectors)
    student.to("cpu")
    set_projection(student.pool, projection)


def _cluster(
    teacher: ClipEncoder,
    flow: PackedVideos,
    videos: NDArray[np.int64],
    *,
    num_clusters: int,
    seed: int,
) -> list[int]:
    """Return a cluster for each video: those of one cluster move alike, says the teacher."""
    if not len(videos):
        return []
    network, found = teacher.network.backbone, []
    device = next(network.parameters()).device
    with torch.inference_mode():
        for _, clips in some_clips(flow, teacher.spec, videos, title="asking the teacher"):
            features = network(clips.flatten(0, 1).to(device)).flatten(1)
            found.append(features.view(*clips.shape[:2], -1).mean(1))
    points = functional.normalize(torch.cat(found)).cpu().numpy()
    num_different = len(np.unique(points, axis=0))
    wanted = max(1, min(num_clusters, len(points) // _VIDEOS_A_CLUSTER, num_different))
    found_clusters = cluster_points(points, wanted, seed=seed, few_points=_VIDEOS_A_CLUSTER)
    clusters: list[int] = found_clusters.assignment.tolist()
    return clusters
