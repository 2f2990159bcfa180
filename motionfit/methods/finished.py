"""Trainings of a run that are finished: known again by what they were of, on whatever machine.

A training knows itself again too, but only on a machine that cuts and rounds batches alike.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.methods.model import ENCODER_NAME
from motionfit.methods.run_files import read_json, write_json_file
from motionfit.methods.settings import MethodSettings
from motionfit.training.identity import check_same_run, identify_settings

STAGE_NAME = "stage.json"


def train_once(
    folder: Path,
    facts: Mapping[str, Any],
    train: Callable[[], ClipEncoder],
    *,
    device: DeviceName,
) -> ClipEncoder:
    """Return the encoder that a finished training left; else train, or continue.

    Args:
        folder: Of the training; ``stage.json`` says what it was of, once it is finished.
        facts: JSON values that differ where the encoders that come out would.
        train: Leaves the encoder's checkpoint in the folder.
        device: Where a ready encoder is to run.

    Raises:
        RunMismatchError: The folder has a training of something else.
        RunFileError: ``stage.json`` cannot be written or read.
    """
    finished = folder / STAGE_NAME
    facts = json.loads(json.dumps(facts))
    if finished.is_file():
        check_same_run(folder, read_json(finished), facts)
        return load_encoder(str((folder / ENCODER_NAME).absolute()), device=device)
    encoder = train()
    write_json_file(finished, facts)
    return encoder


def describe_settings(settings: MethodSettings) -> dict[str, Any]:
    """Return settings by their names, without those that change no encoder.

    Number type and micro-batches are as they were asked for: what a machine made of ``auto`` is
    known to the training alone.
    """
    of_loop = {
        **identify_settings(settings.training),
        "precision": settings.training.precision,
        "micro_batches": settings.training.micro_batches,
    }
    of_method = {name: value for name, value in asdict(settings).items() if name != "training"}
    return {**of_method, **{f"training {name}": value for name, value in of_loop.items()}}
