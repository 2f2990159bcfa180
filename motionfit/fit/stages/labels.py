"""The second stage: what a teacher sees in unlabelled videos, as pseudo-labels."""

from collections.abc import Iterable
from pathlib import Path

from motionfit.encoders.runtime import DeviceName
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.needs import Needs
from motionfit.fit.setup import make_setup
from motionfit.fit.stages.result import StageResult
from motionfit.labels.report_text import format_report


def fit_labels(
    *,
    teacher: str | Path,
    unlabeled: Iterable[str | Path],
    out: str | Path,
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
    needs = Needs(teacher="flow", unlabelled=frozenset({"flow"}))
    inputs = read_inputs(None, teacher, unlabeled, needs, split=1, device=device)
    with setup.locked():
        materials = prepare_materials(inputs, setup)
        materials.check_clusters("flow", setup.settings.level)
        assert materials.teacher is not None
        setup.recipe.labels(materials.teacher, materials.unlabelled["flow"].packed)
        report = setup.recipe.read_label_report()
    return StageResult(
        path=setup.run.labels / "pseudo_labels.npz",
        summary=format_report(report),
        report={"labels": report},
        failed=tuple(setup.packer.failed.values()),
    )
