"""Downstream: an encoder fine-tuned on a labelled data set, and tried on its test side."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.spec import EncoderSpec
from motionfit.errors import ConfigError, TooFewVideosError
from motionfit.fit.inputs import read_labelled
from motionfit.fit.materials import with_labels
from motionfit.fit.packer import LABELLED, TEST, seen_by
from motionfit.fit.presets import read_changes
from motionfit.fit.settings import FitSettings
from motionfit.fit.setup import Setup, make_setup
from motionfit.fit.stages.result import StageResult
from motionfit.media.datasets.dataset import Dataset
from motionfit.methods.accuracy import Classification
from motionfit.methods.classification import Averaged
from motionfit.methods.downstream import evaluate_downstream, summarise_splits
from motionfit.methods.finetune import FinetuneSettings
from motionfit.methods.label_subset import choose_labelled
from motionfit.methods.model import feature_dim
from motionfit.methods.run_files import write_json_file
from motionfit.methods.trained_parts import TrainedParts

SUMMARY_NAME = "summary.json"


def fit_downstream(
    *,
    encoder: str | Path,
    labeled: str | Path,
    out: str | Path,
    split: int | Sequence[int] = 1,
    tuning: bool = False,
    trained: TrainedParts = "conv4_conv5_fc",
    statistics_move: bool = False,
    averaged: Averaged = "logits",
    label_fraction: float = 1.0,
    preset: str = "small",
    config: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    seed: int = 0,
    flow_cache: str | Path | None = None,
    packs: str | Path | None = None,
    device: DeviceName = "auto",
) -> StageResult:
    """Fine-tune an encoder on the train side of each split, and name the classes of the test side.

    Epochs, batch and learning rate are those that the settings give the teacher, as in the paper.
    Clips are those of the encoder, but for what ``config`` says of their length, stride and sizes.

    Args:
        encoder: A checkpoint, or the name of a backbone to start from random weights.
        labeled: As for `fit`, as everything else that is not told here.
        out: Gets a folder for each split, with ``accuracy.json``, and ``summary.json``.
        split: One or several splits of the data set.
        tuning: As for `fit`.
        trained: Parts of the encoder that are trained.
        statistics_move: See `FinetuneSettings`.
        averaged: Over the clips of a test video, ``logits`` or ``softmax``.
        label_fraction: Share of the labels that may be used, of each class.
        preset: One of `PRESET_NAMES`.
        config: Changes to it.
        changes: Values of `FitSettings` by name, on top of both.
        seed: Of all that is drawn.
        flow_cache: Where flow is kept; only a motion model needs it.
        packs: Where packed videos are kept.
        device: Where networks run.

    Raises:
        ConfigError: Another architecture is asked for than the encoder's.
        MotionFitError: As `fit` and `evaluate_downstream` raise.
    """
    setup = make_setup(
        out,
        preset=preset,
        config=config,
        changes=changes,
        seed=seed,
        label_fraction=label_fraction,
        flow_cache=flow_cache,
        packs=packs,
        device=device,
    )
    splits = [split] if isinstance(split, int) else list(split)
    if not splits or len(set(splits)) < len(splits):
        raise ConfigError("split", splits, "one or several different splits")
    name = str(encoder)
    start = load_encoder(name, device=device, seed=seed)
    spec = _choose_spec(start, setup.settings, {*read_changes(config), *(changes or {})})
    settings = replace(
        setup.settings.finetuning(spec, trained=trained, seed=seed),
        statistics_move=statistics_move,
    )
    datasets = [_read_both_sides(labeled, one, tuning) for one in splits]
    with setup.locked():
        results = [_try_split(start, dataset, setup, settings, averaged) for dataset in datasets]
        summary = {
            "encoder": start.description,
            "trained": trained,
            "label_fraction": label_fraction,
            **summarise_splits(results),
        }
        path = setup.run.path / SUMMARY_NAME
        write_json_file(path, summary)
    told = ", ".join(f"{what} {summary[what]['percent']} %" for what in ("top1", "top5"))
    return StageResult(
        path=path,
        summary=f"  {start.description}, split {', '.join(map(str, splits))}: {told}",
        report=summary,
        failed=tuple(setup.packer.failed.values()),
    )


def _read_both_sides(labeled: str | Path, split: int, tuning: bool) -> Dataset:
    dataset = read_labelled(labeled, split, tuning=tuning)
    if not dataset.test:
        raise TooFewVideosError(labeled, f"no test videos of split {split}", "some to be tried on")
    return dataset


def _choose_spec(
    encoder: ClipEncoder, settings: FitSettings, given: Collection[str]
) -> EncoderSpec:
    """Return the encoder's spec with the clip settings that are given by name.

    Raises:
        ConfigError: Another architecture is given, or clips that it cannot take.
    """
    spec = encoder.spec
    architecture = "architecture" if seen_by(encoder) == "frames" else "teacher_architecture"
    if architecture in given and getattr(settings, architecture) != spec.architecture:
        expected = f"the encoder's, {spec.architecture}: fine-tuning goes on with its weights"
        raise ConfigError(architecture, getattr(settings, architecture), expected)
    of_clip, of_frames = (
        {name: getattr(settings, name) for name in names if name in given}
        for names in (("clip_length", "stride"), ("resize", "crop"))
    )
    changed = replace(spec, clip=replace(spec.clip, **of_clip), **of_frames)
    # Refuses clips too small for the backbone.
    feature_dim(changed)
    return changed


def _try_split(
    encoder: ClipEncoder,
    dataset: Dataset,
    setup: Setup,
    settings: FinetuneSettings,
    averaged: Averaged,
) -> Classification:
    train, test = (
        with_labels(
            setup.packer.pack(
                seen_by(encoder),
                [video.path for video in videos],
                what,
                size=settings.spec.resize,
            ),
            dataset,
        )
        for what, videos in ((LABELLED, dataset.train), (TEST, dataset.test))
    )
    return evaluate_downstream(
        encoder,
        train,
        test,
        settings,
        setup.run.path / f"split{dataset.split}",
        places=choose_labelled(train, fraction=setup.label_fraction, seed=setup.seed),
        averaged=averaged,
        data=dataset.name,
        device=setup.device,
    )
