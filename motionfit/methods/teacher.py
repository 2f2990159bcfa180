"""The teacher: a motion model trained on the flow of a small labelled set.

Source: MotionFit, section 3.1, the motion pseudo-label generator.
"""

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
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the motion model; see `train_on_labels`.

    Raises:
        ConfigError: These are frames, or the spec is not that of flow.
    """
    if not flow.packed.is_flow or settings.spec.in_channels != 2:
        found = f"{flow.packed.kind} for {settings.spec.in_channels} channels"
        raise ConfigError("teacher", found, "flow for 2 channels")
    return train_on_labels(
        flow, settings, run_dir, method="motion teacher", data=data, device=device
    )
