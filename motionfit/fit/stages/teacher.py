"""The first stage: a motion model from a few labelled videos."""

from pathlib import Path

from motionfit.encoders.runtime import DeviceName
from motionfit.fit.curves import format_kept, read_curves
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import choose_method
from motionfit.fit.needs import Needs
from motionfit.fit.setup import make_setup
from motionfit.fit.stages.result import StageResult
from motionfit.methods.motionfit import METHOD


def fit_teacher(
    *,
    labeled: str | Path,
    out: str | Path,
    split: int = 1,
    label_fraction: float = 1.0,
    preset: str = "small",
    config: str | Path | None = None,
    seed: int = 0,
    flow_cache: str | Path | None = None,
    packs: str | Path | None = None,
    device: DeviceName = "auto",
) -> StageResult:
    """Train a teacher, or continue; `fit` with the same ``out`` goes on from there.

    Args:
        labeled: As for `fit`, as everything else.
        out: The run's folder; the teacher is in ``teacher``.
        split: Of the data set.
        label_fraction: Share of the labels of each class that may be learnt from.
        preset: One of `PRESET_NAMES`.
        config: Changes to it.
        seed: Of all that is drawn.
        flow_cache: Where flow is kept.
        packs: Where packed videos are kept.
        device: Where networks run.

    Raises:
        MotionFitError: As `fit` raises.
    """
    setup = make_setup(
        out,
        preset=preset,
        config=config,
        seed=seed,
        label_fraction=label_fraction,
        flow_cache=flow_cache,
        packs=packs,
        device=device,
    )
    choose_method(METHOD).check_settings(setup.settings)
    inputs = read_inputs(labeled, None, (), Needs(teacher="flow"), split=split, device=device)
    with setup.locked():
        materials = prepare_materials(inputs, setup)
        materials.check_validation()
        encoder = setup.recipe.teacher(
            materials.labelled["flow"], places=materials.places("flow"), data=materials.data
        )
    return StageResult(
        path=Path(encoder.source),
        summary=format_kept(read_curves(setup.run.teacher)),
        report={"videos": materials.num_videos},
        failed=tuple(setup.packer.failed.values()),
    )
