"""Baseline: an appearance model that learns in which order three clips of a video were shown.

Source: Xu et al., "Self-supervised Spatiotemporal Learning via Video Clip Order Prediction", CVPR
2019; in the terms of MotionFit, λ = 0 on RGB. Differs from the authors' code in the step schedule,
which they have commented out: set ``schedule="constant"`` for theirs.
"""

from dataclasses import replace
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.methods.labelled import LabelledSettings, train_on_labels
from motionfit.methods.videos import TrainingVideos


def train_vcop(
    frames: TrainingVideos,
    settings: LabelledSettings,
    run_dir: str | Path,
    *,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the encoder; see `train_on_labels`. λ is 0, and labels are not looked at."""
    return train_on_labels(
        frames,
        replace(settings, label_weight=0.0),
        run_dir,
        method="vcop",
        data=data,
        device=device,
    )
