"""The second stage: what a teacher sees in unlabelled videos, as pseudo-labels."""

from collections.abc import Iterable
from pathlib import Path

from motionfit.encoders.runtime import DeviceName
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import choose_method
from motionfit.fit.needs import Needs
from motionfit.fit.setup import make_setup
from motionfit.fit.stages.result import StageResult
from motionfit.labels.report_text import format_report
from motionfit.methods.motionfit import METHOD


def fit_labels(
    *,
    teacher: str | Path,
    unlabeled: Iterable[str | Path],
    out: str | Path,
    labeled: str | Path | None = None,
    split: int = 1,
    preset: str = "small",
    config: str | Path | None = None,
    seed: int = 0,
    flow_cache: str | Path | None = None,
    packs: str | Path | None = None,
    device: DeviceName = "auto",
) -> StageResult:
    """Cluster what a motion model sees in unlabelled videos.

    Args:
        teacher: A motion model's checkpoint.
        unlabeled: As for `fit`, as everything else.
        out: The run's folder; the pseudo-labels are in ``labels``.
        labeled: A labelled data set: test videos of the split are left out, and the report says how
            well the pseudo-labels agree with its classes.
        split: Of the data set.
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
        flow_cache=flow_cache,
        packs=packs,
        device=device,
    )
    choose_method(METHOD).check_settings(setup.settings)
    needs = Needs(teacher="flow", unlabelled=frozenset({"flow"}))
    inputs = read_inputs(labeled, teacher, unlabeled, needs, split=split, device=device)
    with setup.locked():
        materials = prepare_materials(inputs, setup)
        materials.check_clusters("flow", setup.settings.level)
        assert materials.teacher is not None
        flow = materials.unlabelled["flow"].packed
        setup.recipe.labels(materials.teacher, flow, true_labels=materials.true_labels(flow))
        report = setup.recipe.read_label_report()
    return StageResult(
        path=setup.run.labels / "pseudo_labels.npz",
        summary=format_report(report),
        report={"labels": report, "videos": materials.num_videos},
        failed=tuple(setup.packer.failed.values()),
    )
