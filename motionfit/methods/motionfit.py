"""MotionFit: a student learns from RGB the clusters that a teacher sees in motion.

::

    flow of labelled videos ──> teacher
    flow of unlabelled videos ──> teacher ──> features ──> k-means: a label each clip
    frames of the same videos, with these labels ──> student

Source: MotionFit, arXiv 2105.01646, section 3. Where the paper is silent, the pieces say what was
chosen: `describe_clips`, `LabelSettings`, `PseudoLabelledClips`.
"""

from collections.abc import Sequence
from pathlib import Path

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.recipe import Recipe, RecipeSettings
from motionfit.methods.videos import TrainingVideos

METHOD = "motionfit"


def train_motionfit(
    teacher: ClipEncoder | TrainingVideos,
    flow: PackedVideos,
    frames: TrainingVideos,
    settings: RecipeSettings,
    run_dir: str | Path,
    *,
    places: Sequence[int] | None = None,
    true_labels: Sequence[int | None] | None = None,
    teacher_data: str | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> ClipEncoder:
    """Return the student; what an earlier call has finished in ``run_dir`` is not done again.

    Args:
        teacher: A ready motion model, or the labelled flow that one is to learn from.
        flow: Of the unlabelled videos.
        frames: Of the same videos.
        settings: How.
        run_dir: Where everything goes; see `Recipe`.
        places: Of the labelled videos those that may be used; None is all.
        true_labels: The class of each video of ``flow``, None where unknown; for the report alone.
        teacher_data: Name of the labelled data, for the teacher's origin.
        data: Name of the unlabelled data, for the student's origin.
        device: Where.

    Raises:
        MotionFitError: As the stages of `Recipe` raise.
    """
    recipe = Recipe(run_dir=Path(run_dir), settings=settings, device=device)
    if isinstance(teacher, TrainingVideos):
        teacher = recipe.teacher(teacher, places=places, data=teacher_data)
    labels = recipe.labels(teacher, flow, true_labels=true_labels)
    taught = teacher.origin.describe()
    return recipe.student(labels, frames, method=METHOD, teacher=taught, data=data)
