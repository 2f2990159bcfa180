"""MotionFit further: a student sees in its frames what flow shows there; no labels.

::

    flow of unlabelled videos ── descriptors, kinds of motion ──> teacher, without training
    frames of the same videos, and their flow ──> student, which describes what it sees likewise

Differs from MotionFit in both steps. Its teacher learns classes and is then asked for clusters of
clips; here nothing is classified: what moves how is described where it is. A student of clusters
has one number a clip to learn from, this one has thousands, and looks do not help it.

Source of the pieces: ``motionfit.encoders.backbones.local_motion``.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from motionfit.encoders.backbones.local_motion import LocalMotionNetwork
from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.runtime import DeviceName, choose_runtime
from motionfit.encoders.values import get_weights, set_weights
from motionfit.errors import ConfigError
from motionfit.media.packed.videos import PackedVideos
from motionfit.methods.distilled import as_network, pair_clips
from motionfit.methods.finished import describe_settings, train_once
from motionfit.methods.inputs import check_flow, check_input
from motionfit.methods.local_motion_teacher import LocalMotionSettings, fit_local_motion
from motionfit.methods.model import build_network, keep_encoder
from motionfit.methods.motion_estimation_task import MotionEstimationTask
from motionfit.methods.motion_pool import fisher_vectors, fit_projection, some_clips
from motionfit.methods.settings import MethodSettings, student_training
from motionfit.methods.videos import TrainingVideos, describe_videos
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
    """

    num_clips: int = 1
    colour: ColourJitter | None = None
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
    start: ClipEncoder | None = None,
    data: str | None = None,
    device: DeviceName = "auto",
) -> tuple[ClipEncoder, ClipEncoder]:
    """Return teacher and student; what an earlier call has finished is not done again.

    Args:
        teacher: A ready one, or how to make it of the flow.
        flow: Of unlabelled videos.
        frames: Of the same videos; labels are not looked at.
        settings: How the student is trained.
        run_dir: Where everything goes: ``teacher`` and ``student``.
        start: A student that goes on learning; None starts from random weights.
        data: Name of the videos, for the origin of encoders.
        device: Where.

    Raises:
        ConfigError: The teacher is none of local motion, takes other clips than the student, the
            start is another network than the student, or the videos are not what they take.
        TooFewVideosError: Hardly anything moves in them.
        MotionFitError: As ``motionfit.training.train.train`` raises.
    """
    run_dir = Path(run_dir)
    if isinstance(teacher, LocalMotionSettings):
        how = teacher
        teacher = train_once(
            run_dir / "teacher",
            how.facts(flow),
            lambda: fit_local_motion(flow, how, run_dir / "teacher", data=data, device=device),
            device=device,
        )
    ready = teacher
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
            "flow": describe_videos(flow),
            "method": METHOD,
            **({} if start is None else {"start": start.identity[:16]}),
        },
        lambda: _train_student(
            frames,
            flow,
            ready,
            settings,
            run_dir / "student",
            start=start,
            data=data,
            device=device,
        ),
        device=device,
    )
    return ready, student


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
    start: ClipEncoder | None,
    data: str | None,
    device: DeviceName,
) -> ClipEncoder:
    check_input(frames.packed, settings.spec)
    check_input(flow, teacher.spec)
    check_flow(flow, teacher.origin)
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
            "flow": describe_videos(flow),
            **frames.facts(),
        },
    )
    assert isinstance(result.network, ClipNetwork)
    _fit_pool(result.network, frames.packed, teacher, settings, device)
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


def _fit_pool(
    network: ClipNetwork,
    frames: PackedVideos,
    teacher: ClipEncoder,
    settings: LocalStudentSettings,
    device: DeviceName,
) -> None:
    """Let a trained student describe motion as the teacher does, with a projection of its own."""
    student, taught = network.backbone, teacher.network.backbone
    assert isinstance(student, LocalMotionNetwork)
    assert isinstance(taught, LocalMotionNetwork)
    set_weights(student.places, get_weights(taught.places))
    set_weights(student.pool.fisher, get_weights(taught.pool.fisher))
    runtime = choose_runtime(device)
    student.to(runtime.device)
    clips = some_clips(frames, settings.spec, seed=settings.seed, title="pooling motion")
    vectors = fisher_vectors(student, clips, dtype=runtime.dtype)
    student.to("cpu")
    fit_projection(student.pool, vectors, seed=settings.seed)
