"""Baseline: an appearance model that takes over a motion model's features, without labels.

Source: Crasto et al., "MARS: Motion-Augmented RGB Stream for Action Recognition", CVPR 2019,
section 3.2 (MERS). Differs in that the classifier is left out: in theirs it learns on top of the
features and does not reach the backbone, and here the backbone is what is kept. So MotionFit uses
it, before fine-tuning.
"""

from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.distilled import DistilledSettings, train_distilled
from motionfit.methods.videos import TrainingVideos


def train_mers(
    frames: TrainingVideos,
    flow: PackedVideos,
    teacher: ClipEncoder,
    settings: DistilledSettings,
    run_dir: str | Path,
    *,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the encoder; see `train_distilled`. Labels are not looked at."""
    return train_distilled(
        frames,
        flow,
        teacher,
        settings,
        run_dir,
        method="mers",
        with_labels=False,
        data=data,
        device=device,
    )
