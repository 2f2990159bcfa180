"""The third stage: an encoder of frames from pseudo-labels."""

from collections.abc import Iterable
from pathlib import Path

from motionfit.encoders.runtime import DeviceName
from motionfit.fit.curves import format_kept, read_curves
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import choose_method
from motionfit.fit.needs import Needs
from motionfit.fit.setup import make_setup
from motionfit.fit.stages.result import StageResult
from motionfit.labels.pseudo_labels import load_pseudo_labels
from motionfit.methods.motionfit import METHOD


def fit_student(
    *,
    labels: str | Path,
    unlabeled: Iterable[str | Path],
    out: str | Path,
    labeled: str | Path | None = None,
    split: int = 1,
    preset: str = "small",
    config: str | Path | None = None,
    seed: int = 0,
    packs: str | Path | None = None,
    device: DeviceName = "auto",
) -> StageResult:
    """Train a student, or continue; of any backbone, with the same pseudo-labels.

    Args:
        labels: A file of pseudo-labels. Videos are known by their content, wherever they are.
        unlabeled: As for `fit`, as everything else.
        out: The run's folder; the student is in ``student``.
        labeled: A labelled data set, none of whose labels are learnt from: test videos of the split
            are left out.
        split: Of the data set.
        preset: One of `PRESET_NAMES`.
        config: Changes to it, such as another ``architecture``.
        seed: Of all that is drawn.
        packs: Where packed videos are kept.
        device: Where networks run.

    Raises:
        PseudoLabelError: The file holds none.
        MotionFitError: As `fit` raises.
    """
    setup = make_setup(
        out,
        preset=preset,
        config=config,
        seed=seed,
        flow_cache=None,
        packs=packs,
        device=device,
    )
    choose_method(METHOD).check_settings(setup.settings)
    known = load_pseudo_labels(labels)
    needs = Needs(unlabelled=frozenset({"frames"}))
    inputs = read_inputs(labeled, None, unlabeled, needs, split=split, device=device)
    with setup.locked():
        materials = prepare_materials(inputs, setup)
        materials.check_validation()
        frames = materials.unlabelled["frames"]
        data = f"{len(frames.packed)} videos"
        encoder = setup.recipe.student(known, frames, method=METHOD, data=data)
    return StageResult(
        path=Path(encoder.source),
        summary=format_kept(read_curves(setup.run.student)),
        report={"videos": materials.num_videos},
        failed=tuple(setup.packer.failed.values()),
    )
