"""Baseline ClusterFit-appearance: MotionFit whose teacher sees frames instead of flow.

Everything else is the same, so that the difference between the two is what motion brings.

Source: MotionFit, section 4.3, its comparison of appearance with motion pseudo-labels; after Yan et
al., "ClusterFit: Improving Generalization of Visual Representations", CVPR 2020. Differs from
ClusterFit in its level: clips, as MotionFit has them, and not whole videos.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.methods.recipe import Recipe, RecipeSettings
from motionfit.methods.videos import TrainingVideos

METHOD = "clusterfit-appearance"


def train_clusterfit_appearance(
    teacher: ClipEncoder | TrainingVideos,
    frames: TrainingVideos,
    settings: RecipeSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    true_labels: Sequence[int | None] | None = None,
    method: str = METHOD,
    teacher_data: str | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the student; what an earlier call has finished in ``run_dir`` is not done again.

    Args:
        teacher: A ready appearance model, or the labelled frames that one is to learn from.
        frames: Of the unlabelled videos; teacher and student both see these.
        settings: Those of MotionFit; channels and scaling of the teacher's spec become those of
            the student's.
        run_dir: Where everything goes; see `Recipe`.
        places: Of the labelled videos those that may be used; None is all.
        true_labels: The class of each video of ``frames``, None where unknown; for the report
            alone.
        method: For the encoder's origin and the progress bar.
        teacher_data: Name of the labelled data, for the teacher's origin.
        data: Name of the unlabelled data, for the student's origin.
        device: Where.

    Raises:
        MotionFitError: As the stages of `Recipe` raise.
    """
    recipe = Recipe(run_dir=Path(run_dir), settings=_for_frames(settings), device=device)
    if isinstance(teacher, TrainingVideos):
        teacher = recipe.teacher(teacher, places=places, data=teacher_data)
    labels = recipe.labels(teacher, frames.packed, true_labels=true_labels)
    taught = teacher.origin.describe()
    return recipe.student(labels, frames, method=method, teacher=taught, data=data)


def _for_frames(settings: RecipeSettings) -> RecipeSettings:
    """Let the teacher see what the student sees; anything else would be a second difference."""
    seen = settings.student.spec
    spec = replace(
        settings.teacher.spec, in_channels=seen.in_channels, mean=seen.mean, std=seen.std
    )
    return replace(settings, teacher=replace(settings.teacher, spec=spec))
