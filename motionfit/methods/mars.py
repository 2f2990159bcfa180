"""Baseline: an appearance model that learns classes and a motion model's features together.

Source: Crasto et al., "MARS: Motion-Augmented RGB Stream for Action Recognition", CVPR 2019,
section 3.3 (MARS).
"""

from collections.abc import Sequence
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.distilled import DistilledSettings, train_distilled
from motionfit.methods.videos import TrainingVideos


def train_mars(
    frames: TrainingVideos,
    flow: PackedVideos,
    teacher: ClipEncoder,
    settings: DistilledSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the encoder; see `train_distilled`. Needs labels of the videos it is trained on."""
    return train_distilled(
        frames,
        flow,
        teacher,
        settings,
        run_dir,
        method="mars",
        with_labels=True,
        places=places,
        data=data,
        device=device,
    )
