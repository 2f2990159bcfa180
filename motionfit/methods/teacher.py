"""The teacher: a motion model trained on the flow of a small labelled set.

Source: MotionFit, section 3.1, the motion pseudo-label generator.
"""

from collections.abc import Sequence
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError
from motionfit.methods.labelled import LabelledSettings, train_on_labels
from motionfit.methods.videos import TrainingVideos


def train_teacher(
    flow: TrainingVideos,
    settings: LabelledSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the motion model; see `train_on_labels`.

    Raises:
        ConfigError: These are frames.
    """
    if not flow.packed.is_flow:
        raise ConfigError("videos", flow.packed.kind, "flow, for a motion model")
    return train_on_labels(
        flow,
        settings,
        run_dir,
        method="motion teacher",
        places=places,
        data=data,
        device=device,
    )
