"""Settings of the recipe for machines and purposes, and their changes by a TOML file."""

from collections.abc import Mapping
from dataclasses import fields, make_dataclass, replace
from pathlib import Path
from typing import Any

from motionfit.config import load_settings
from motionfit.encoders.backbones.build import LOCAL_MOTION, LOCAL_MOTION_FLOW
from motionfit.errors import ConfigError
from motionfit.fit.choices import PRESET_NAMES, PresetName
from motionfit.fit.settings import FitSettings

PRESETS: dict[PresetName, FitSettings] = {
    # A minute on two cores for some dozens of short videos: to try the recipe, not to learn.
    "tiny": FitSettings(
        teacher_architecture="r2plus1d_10",
        architecture="r2plus1d_10",
        clip_length=8,
        resize=(32, 44),
        crop=(32, 32),
        flow_method="dis",
        flow_size="64x88",
        teacher_clips=2,
        teacher_epochs=2,
        teacher_learning_rate=0.01,
        num_clusters=8,
        num_iterations=20,
        student_clips=2,
        student_epochs=2,
        student_batch_size=8,
        student_learning_rate=0.01,
        schedule="cosine",
    ),
    # Two cores, an hour for a thousand short videos, a fifth of them labelled: 12,000 clips for the
    # teacher and 40,000 for the student. A clip is 8 frames of 29: on so few pixels, motion from a
    # frame to the next is too small to be learnt soon. Flow at the size of training costs a quarter
    # or less of flow at the size of common videos.
    "small": FitSettings(
        teacher_architecture="r2plus1d_10",
        architecture="r2plus1d_10",
        clip_length=8,
        stride=4,
        resize=(64, 86),
        crop=(56, 56),
        centre_pixels=True,
        flow_size="64x86",
        teacher_clips=1,
        teacher_epochs=60,
        teacher_batch_size=16,
        teacher_learning_rate=0.001,
        num_clusters=32,
        preprocessing="l2",
        clip_hop=4,
        starts="nearest",
        student_clips=1,
        student_epochs=40,
        student_batch_size=16,
        student_learning_rate=0.001,
        optimiser="adamw",
        weight_decay=0.01,
        precision="fastest",
        schedule="cosine",
        warmup_epochs=1,
    ),
    # Two cores, of `motionfit_plus`: 50 clips a second were measured on one of them, beside other
    # work. The whole picture is seen: its borders are as good a place for motion as its middle. A
    # teacher is not trained; its numbers are those of fine-tuning.
    "plus": FitSettings(
        teacher_architecture=LOCAL_MOTION_FLOW,
        architecture=LOCAL_MOTION,
        clip_length=16,
        stride=1,
        resize=(64, 86),
        crop=(64, 86),
        flow_size="64x86",
        remove_camera_motion=True,
        flip=True,
        colour=True,
        teacher_clips=1,
        teacher_epochs=60,
        teacher_batch_size=16,
        teacher_learning_rate=0.001,
        num_clusters=400,
        student_clips=1,
        student_epochs=40,
        student_batch_size=8,
        student_learning_rate=0.003,
        optimiser="adamw",
        weight_decay=0.01,
        precision="fastest",
        schedule="cosine",
        warmup_epochs=1,
    ),
    # One modern GPU; batches are larger, and the learning rate with them.
    "gpu": FitSettings(
        flow_size="128x171",
        teacher_epochs=40,
        teacher_batch_size=16,
        teacher_learning_rate=0.02,
        num_clusters=500,
        student_epochs=30,
        student_batch_size=32,
        student_learning_rate=0.04,
        schedule="cosine",
        warmup_epochs=1,
    ),
    "paper": FitSettings(),
}


def choose_settings(
    preset: str = "small",
    config_path: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
) -> FitSettings:
    """Return a preset, with the values that table ``[fit]`` of a TOML file gives otherwise.

    Args:
        preset: One of `PRESET_NAMES`.
        config_path: The file, or None.
        changes: Values by name that come on top of both.

    Raises:
        ConfigError: No preset is called so; the file is unreadable; file or changes name a setting
            that does not exist, or give one a value that cannot be used.
    """
    if preset not in PRESETS:
        raise ConfigError("preset", preset, f"one of {', '.join(PRESET_NAMES)}")
    settings = PRESETS[preset]
    settings = replace(settings, **read_changes(config_path))
    known = [field.name for field in fields(FitSettings)]
    for name in changes or {}:
        if name not in known:
            raise ConfigError("changes", name, f"one of {', '.join(known)}")
    return replace(settings, **(changes or {}))


def read_changes(config_path: str | Path | None) -> dict[str, Any]:
    """Return the values that table ``[fit]`` of a TOML file gives, as they stand there.

    Raises:
        ConfigError: The file is unreadable, or names a setting that does not exist.
    """
    if config_path is None:
        return {}
    loaded: Any = load_settings(_CHANGES, "fit", config_path=Path(config_path))
    return {name: value for name, value in vars(loaded).items() if value is not None}


# Every setting, with None for "as the preset has it": TOML has no None of its own.
_CHANGES = make_dataclass(
    "_CHANGES", [(field.name, Any, None) for field in fields(FitSettings)], kw_only=True
)
