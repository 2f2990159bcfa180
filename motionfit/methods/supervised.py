"""Baseline: an appearance model trained on the small labelled set alone, from random weights.

It is the teacher of ClusterFit-appearance too. Source: MotionFit, Table 1, the appearance model;
multi-clip loss and schedule are those of the motion teacher.
"""

from collections.abc import Sequence
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.methods.labelled import LabelledSettings, train_on_labels
from motionfit.methods.videos import TrainingVideos


def train_supervised(
    frames: TrainingVideos,
    settings: LabelledSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the encoder; see `train_on_labels`."""
    return train_on_labels(
        frames, settings, run_dir, method="supervised", places=places, data=data, device=device
    )
