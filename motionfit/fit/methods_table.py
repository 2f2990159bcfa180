"""Every method by its name: what it needs, and how it is trained."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.errors import ConfigError
from motionfit.fit.choices import METHOD_NAMES, MethodName
from motionfit.fit.materials import Materials
from motionfit.fit.needs import Needs
from motionfit.labels.settings import Level
from motionfit.media.packed.layout import PackedKind
from motionfit.methods.clusterfit import train_clusterfit
from motionfit.methods.clusterfit_appearance import train_clusterfit_appearance
from motionfit.methods.distilled import check_alike
from motionfit.methods.mars import train_mars
from motionfit.methods.mers import train_mers
from motionfit.methods.model import ENCODER_NAME
from motionfit.methods.motionfit import train_motionfit
from motionfit.methods.random_init import make_random_init
from motionfit.methods.supervised import train_supervised
from motionfit.methods.vcop import train_vcop
from motionfit.methods.videos import TrainingVideos

Encoders = dict[str, ClipEncoder]
"""What came out, by what it is called; the encoder that the run is about comes last."""

RANDOM_INIT = "random init"

_FRAMES: frozenset[PackedKind] = frozenset({"frames"})
_BOTH: frozenset[PackedKind] = frozenset({"frames", "flow"})


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to train an encoder of frames.

    Attributes:
        name: As on the command line.
        needs: What it is trained with.
        train: How.
        makes_labels: It clusters what its teacher sees of the unlabelled videos.
        level: At this level; None is the setting of that name.
        copies_features: Its student is to have the features of its teacher.
    """

    name: MethodName
    needs: Needs
    train: Callable[[Materials], Encoders]
    makes_labels: bool = False
    level: Level | None = None
    copies_features: bool = False

    def check(self, materials: Materials) -> None:
        """Refuse before the first training what would make one of them fail.

        Raises:
            MotionFitError: As the checks of `Materials` raise.
        """
        settings = materials.setup.settings
        materials.check_validation()
        if self.makes_labels:
            assert self.needs.teacher is not None
            materials.check_clusters(self.needs.teacher, self.level or settings.level)
        if self.copies_features:
            ready = materials.teacher
            spec = settings.teacher_spec if ready is None else ready.spec
            check_alike(spec, settings.student_spec)


def choose_method(name: str) -> Method:
    """Return a method.

    Raises:
        ConfigError: None is called so.
    """
    for method in _METHODS:
        if method.name == name:
            return method
    raise ConfigError("method", name, f"one of {', '.join(METHOD_NAMES)}")


def _motionfit(materials: Materials) -> Encoders:
    flow, frames = materials.unlabelled["flow"].packed, materials.unlabelled["frames"]
    student = train_motionfit(
        materials.teacher or materials.labelled["flow"],
        flow,
        frames,
        materials.setup.settings.recipe(seed=materials.setup.seed),
        materials.setup.run.path,
        true_labels=materials.true_labels(flow),
        teacher_data=materials.data,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"teacher": _load_teacher(materials), "student": student}


def _clusterfit(
    materials: Materials, *, train: Callable[..., ClipEncoder] = train_clusterfit
) -> Encoders:
    frames = materials.unlabelled["frames"]
    student = train(
        materials.teacher or materials.labelled["frames"],
        frames,
        materials.setup.settings.recipe(seed=materials.setup.seed),
        materials.setup.run.path,
        true_labels=materials.true_labels(frames.packed),
        teacher_data=materials.data,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"teacher": _load_teacher(materials), "student": student}


def _supervised(materials: Materials) -> Encoders:
    encoder = train_supervised(
        materials.labelled["frames"],
        materials.setup.settings.supervised(seed=materials.setup.seed),
        materials.setup.run.student,
        data=materials.data,
        device=materials.setup.device,
    )
    return {"supervised": encoder}


def _vcop(materials: Materials) -> Encoders:
    frames = materials.unlabelled["frames"]
    encoder = train_vcop(
        frames,
        materials.setup.settings.clip_order(seed=materials.setup.seed),
        materials.setup.run.student,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"vcop": encoder}


def _mers(materials: Materials) -> Encoders:
    frames, flow = materials.unlabelled["frames"], materials.unlabelled["flow"].packed
    teacher = _have_teacher(materials)
    student = train_mers(
        frames,
        flow,
        teacher,
        materials.setup.settings.distilled(seed=materials.setup.seed),
        materials.setup.run.student,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"teacher": teacher, "student": student}


def _mars(materials: Materials) -> Encoders:
    teacher = _have_teacher(materials)
    student = train_mars(
        materials.labelled["frames"],
        materials.labelled["flow"].packed,
        teacher,
        materials.setup.settings.distilled(seed=materials.setup.seed),
        materials.setup.run.student,
        data=materials.data,
        device=materials.setup.device,
    )
    return {"teacher": teacher, "student": student}


def _random_init(materials: Materials) -> Encoders:
    spec, folder = materials.setup.settings.student_spec, materials.setup.run.random_init
    encoder = make_random_init(
        spec, folder, seed=materials.setup.seed, device=materials.setup.device
    )
    return {RANDOM_INIT: encoder}


def _have_teacher(materials: Materials) -> ClipEncoder:
    """Return the ready teacher, the one trained before, or train it."""
    recipe = materials.setup.recipe
    return materials.teacher or recipe.teacher(materials.labelled["flow"], data=materials.data)


def _load_teacher(materials: Materials) -> ClipEncoder:
    """Return the ready teacher, or the one that has been trained."""
    path = (materials.setup.run.teacher / ENCODER_NAME).absolute()
    return materials.teacher or load_encoder(str(path), device=materials.setup.device)


def _describe(unlabelled: TrainingVideos) -> str:
    return f"{len(unlabelled.packed)} videos"


_METHODS = (
    Method(
        name="motionfit",
        needs=Needs(teacher="flow", unlabelled=_BOTH),
        train=_motionfit,
        makes_labels=True,
    ),
    Method(
        name="clusterfit_appearance",
        needs=Needs(teacher="frames", unlabelled=_FRAMES),
        train=partial(_clusterfit, train=train_clusterfit_appearance),
        makes_labels=True,
    ),
    Method(
        name="clusterfit",
        needs=Needs(teacher="frames", unlabelled=_FRAMES),
        train=_clusterfit,
        makes_labels=True,
        level="video",
    ),
    Method(name="supervised", needs=Needs(labelled=_FRAMES), train=_supervised),
    Method(name="vcop", needs=Needs(unlabelled=_FRAMES), train=_vcop),
    Method(
        name="mers",
        needs=Needs(teacher="flow", unlabelled=_BOTH),
        train=_mers,
        copies_features=True,
    ),
    Method(
        name="mars",
        needs=Needs(teacher="flow", labelled=_BOTH),
        train=_mars,
        copies_features=True,
    ),
    Method(name="random_init", needs=Needs(), train=_random_init),
)
