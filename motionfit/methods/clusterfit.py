"""Baseline ClusterFit: a teacher of frames, and one pseudo-label for each whole video.

Source: Yan et al., "ClusterFit: Improving Generalization of Visual Representations", CVPR 2020,
whose features of a video are the mean of its clips'. Differs in the teacher, which is trained here
on the small labelled set, as MotionFit's is; in K and the schedule, which are MotionFit's; and in
the features, which are brought to unit length only with ``preprocessing="l2"``.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.methods.clusterfit_appearance import train_clusterfit_appearance
from motionfit.methods.recipe import RecipeSettings
from motionfit.methods.videos import TrainingVideos

METHOD = "clusterfit"


def train_clusterfit(
    teacher: ClipEncoder | TrainingVideos,
    frames: TrainingVideos,
    settings: RecipeSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    true_labels: Sequence[int | None] | None = None,
    teacher_data: str | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the student; see `train_clusterfit_appearance`. The level is ``video``."""
    return train_clusterfit_appearance(
        teacher,
        frames,
        replace(settings, labels=replace(settings.labels, level="video")),
        run_dir,
        places=places,
        true_labels=true_labels,
        method=METHOD,
        teacher_data=teacher_data,
        data=data,
        device=device,
    )
