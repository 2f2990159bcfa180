"""MotionFit further: a student sees in its frames what flow shows there.

::

    flow of unlabelled videos ── descriptors, kinds of motion ──┐
    flow of labelled videos ── which differences of them count ─┴─> teacher, without training
    frames of unlabelled videos, and their flow ──> student, which describes what it sees likewise
    frames of labelled videos, or what the teacher thinks alike ── which differences count for it

Differs from MotionFit in both steps. Its teacher learns classes and is then asked for clusters of
clips, which the student learns; here what moves how is described where it is. A student of clusters
has one number a clip to learn from, this one has thousands, and looks do not help it. Classes and
clusters only say at the end which differences between videos are to count.

Source of the pieces: ``motionfit.encoders.backbones.local_motion``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from motionfit.encoders.backbones.local_motion import LocalMotionNetwork
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName
from motionfit.encoders.values import get_weights, set_weights
from motionfit.errors import ConfigError
from motionfit.media.packed.layout import PackedKind
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.distilled import as_network, pair_clips
from motionfit.methods.finished import describe_settings, train_once
from motionfit.methods.inputs import check_flow, check_input
from motionfit.methods.local_motion_teacher import LocalMotionSettings, fit_local_motion
from motionfit.methods.model import build_network, keep_encoder
from motionfit.methods.motion_estimation_task import MotionEstimationTask
from motionfit.methods.settings import MethodSettings, student_training
from motionfit.methods.student_pool import fit_student_pool
from motionfit.methods.videos import LabelledVideos, TrainingVideos
from motionfit.methods.videos import describe_videos as facts_of_videos
from motionfit.training.data.colour import ColourJitter
from motionfit.training.data.settings import ClipSettings
from motionfit.training.network import ClipNetwork
from motionfit.training.settings import TrainingSettings
from motionfit.training.train import train

METHOD = "motionfit_plus"


@dataclass(frozen=True, kw_only=True)
class LocalStudentSettings(MethodSettings):
    """How the student is trained; see `MethodSettings` for the rest.

    Attributes:
        colour: How colours of frames are changed; None leaves them.
        num_clusters: Of what the teacher sees, in place of classes where no video has a label; less
            where there are fewer than six videos for each.
    """

    num_clips: int = 1
    colour: ColourJitter | None = None
    num_clusters: int = 400
    training: TrainingSettings = field(default_factory=student_training)

    @property
    def clips(self) -> ClipSettings:
        """Clips to learn from."""
        return replace(super().clips, colour=self.colour)


def train_motionfit_plus(
    teacher: ClipEncoder | LocalMotionSettings,
    flow: PackedVideos,
    frames: TrainingVideos,
    settings: LocalStudentSettings,
    run_dir: str | Path,
    *,
    labelled: Mapping[PackedKind, LabelledVideos] | None = None,
    start: ClipEncoder | None = None,
    teacher_data: str | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> tuple[ClipEncoder, ClipEncoder]:
    """Return teacher and student; what an earlier call has finished is not done again.

    Args:
        teacher: A ready one, or how to make it of the flow, which needs labelled videos.
        flow: Of unlabelled videos.
        frames: Of the same videos; labels are not looked at.
        settings: How the student is trained.
        run_dir: Where everything goes: ``teacher`` and ``student``.
        labelled: Flow and frames of videos whose classes are known. Without frames the student
            learns which differences count from clusters of what the teacher sees.
        start: A student that goes on learning; None starts from random weights.
        teacher_data: Name of the labelled videos, for the origin of the teacher.
        data: Name of the unlabelled videos, for the origin of the student.
        device: Where.

    Raises:
        ConfigError: The teacher is to be made and no video has a label, it is none of local motion,
            takes other clips than the student, the start is another network than the student, or
            the videos are not what they take.
        TooFewVideosError: Hardly anything moves in them.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    run_dir, labelled = Path(run_dir), labelled or {}
    if isinstance(teacher, LocalMotionSettings):
        teacher = _make_teacher(
            teacher,
            flow,
            labelled.get("flow"),
            run_dir / "teacher",
            data=teacher_data,
            device=device,
        )
    ready, known_frames = teacher, labelled.get("frames")
    check_teacher(ready, settings)
    if start is not None and start.spec.architecture != settings.spec.architecture:
        expected = f"one with the student's architecture, {settings.spec.architecture}"
        raise ConfigError("start", start.description, expected)
    student = train_once(
        run_dir / "student",
        {
            **describe_settings(settings),
            **frames.without_labels().facts(),
            "teacher": ready.identity[:16],
            "flow": facts_of_videos(flow),
            "method": METHOD,
            **({} if known_frames is None else {"labelled": known_frames.facts()}),
            **({} if start is None else {"start": start.identity[:16]}),
        },
        lambda: _train_student(
            frames,
            flow,
            ready,
            settings,
            run_dir / "student",
            labelled=known_frames,
            start=start,
            data=data,
            device=device,
        ),
        device=device,
    )
    return ready, student


def _make_teacher(
    how: LocalMotionSettings,
    flow: PackedVideos,
    labelled: LabelledVideos | None,
    folder: Path,
    *,
    data: str | None,
    device: DeviceName,
) -> ClipEncoder:
    if labelled is None:
        raise ConfigError("teacher", None, "a ready one, or flow of labelled videos to make it of")
    return train_once(
        folder,
        how.facts(flow, labelled),
        lambda: fit_local_motion(flow, labelled, how, folder, data=data, device=device),
        device=device,
    )


def check_teacher(teacher: ClipEncoder, settings: LocalStudentSettings) -> None:
    """Refuse a teacher that the student cannot learn from.

    Raises:
        ConfigError: It is none of local motion, or takes clips of another length, stride or size.
    """
    if not isinstance(teacher.network.backbone, LocalMotionNetwork):
        expected = f"one of local motion, as {METHOD} makes it"
        raise ConfigError("teacher", teacher.description, expected)
    for name in ("clip", "resize", "crop"):
        wanted = getattr(teacher.spec, name)
        if getattr(settings.spec, name) != wanted:
            raise ConfigError(name, getattr(settings.spec, name), f"the teacher's, {wanted}")


def _train_student(
    frames: TrainingVideos,
    flow: PackedVideos,
    teacher: ClipEncoder,
    settings: LocalStudentSettings,
    run_dir: Path,
    *,
    labelled: LabelledVideos | None,
    start: ClipEncoder | None,
    data: str | None,
    device: DeviceName,
) -> ClipEncoder:
    check_input(frames.packed, settings.spec)
    check_input(flow, teacher.spec)
    check_flow(flow, teacher.origin)
    if labelled is not None:
        check_input(labelled.videos.packed, settings.spec)
    frames = frames.without_labels()
    network = build_network(settings.spec, {}, seed=settings.seed)
    if start is not None:
        set_weights(network.backbone, get_weights(start.network.backbone))
    training, validation = pair_clips(frames, None, flow, settings)
    result = train(
        MotionEstimationTask(network, as_network(teacher)),
        training,
        validation,
        settings.training,
        run_dir,
        title=METHOD,
        device=device,
        facts={
            "teacher": teacher.identity,
            "flow": facts_of_videos(flow),
            **frames.facts(),
        },
    )
    assert isinstance(result.network, ClipNetwork)
    fit_student_pool(
        result.network.backbone,
        settings.spec,
        frames.packed,
        flow,
        teacher,
        labelled=labelled,
        num_clusters=settings.num_clusters,
        seed=settings.seed,
        device=device,
    )
    return keep_encoder(
        result,
        settings.spec,
        learnt_from=frames.packed,
        method=METHOD,
        teacher=teacher.origin.describe(),
        data=data,
        seed=settings.seed,
        device=device,
    )
