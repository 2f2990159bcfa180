"""Every method by its name: what it needs, and how it is trained."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from motionfit.encoders.backbones.build import LOCAL_MOTION
from motionfit.errors import ConfigError
from motionfit.fit.choices import METHOD_NAMES, MethodName, PresetName
from motionfit.fit.materials import Materials
from motionfit.fit.needs import Needs
from motionfit.fit.settings import FitSettings
from motionfit.fit.trainings import (
    Encoders,
    run_clusterfit,
    run_mars,
    run_mers,
    run_motionfit,
    run_motionfit_plus,
    run_random_init,
    run_supervised,
    run_supervised_motion,
    run_vcop,
)
from motionfit.labels.settings import Level
from motionfit.media.packed.layout import PackedKind
from motionfit.methods.clusterfit_appearance import train_clusterfit_appearance
from motionfit.methods.distilled import check_alike
from motionfit.methods.motionfit_plus import check_teacher

_FRAMES: frozenset[PackedKind] = frozenset({"frames"})
_BOTH: frozenset[PackedKind] = frozenset({"frames", "flow"})


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to train an encoder.

    Attributes:
        name: As on the command line.
        needs: What it is trained with.
        train: How.
        makes_labels: It clusters what its teacher sees of the unlabelled videos.
        level: At this level; None is the setting of that name.
        copies_features: Its student is to have the features of its teacher.
        describes_places: Its networks are those of local motion.
        preset: The settings that it is run with unless told otherwise.
        gives_teacher: What comes out sees flow: others can learn from it, but nothing be indexed.
    """

    name: MethodName
    needs: Needs
    train: Callable[[Materials], Encoders]
    makes_labels: bool = False
    level: Level | None = None
    copies_features: bool = False
    describes_places: bool = False
    preset: PresetName = "small"
    gives_teacher: bool = False

    def check_settings(self, settings: FitSettings) -> None:
        """Refuse settings whose networks are not those of the method, before anything is made.

        Raises:
            ConfigError: They are not.
        """
        if settings.has_local_motion != self.describes_places:
            wanted = LOCAL_MOTION if self.describes_places else "another one"
            expected = f"{wanted} for {self.name}, as preset {self.preset} has it"
            raise ConfigError("architecture", settings.architecture, expected)

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
        if self.describes_places and materials.teacher is not None:
            check_teacher(materials.teacher, settings.local_student(seed=materials.setup.seed))
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


_METHODS = (
    Method(
        name="motionfit",
        needs=Needs(teacher="flow", unlabelled=_BOTH),
        train=run_motionfit,
        makes_labels=True,
    ),
    Method(
        name="motionfit_plus",
        needs=Needs(teacher="flow", may_start=True, labelled_if_given=_FRAMES, unlabelled=_BOTH),
        train=run_motionfit_plus,
        describes_places=True,
        preset="plus",
    ),
    Method(
        name="clusterfit_appearance",
        needs=Needs(teacher="frames", unlabelled=_FRAMES),
        train=partial(run_clusterfit, train=train_clusterfit_appearance),
        makes_labels=True,
    ),
    Method(
        name="clusterfit",
        needs=Needs(teacher="frames", unlabelled=_FRAMES),
        train=run_clusterfit,
        makes_labels=True,
        level="video",
    ),
    Method(name="supervised", needs=Needs(labelled=_FRAMES), train=run_supervised),
    Method(
        name="supervised_motion",
        needs=Needs(teacher="flow"),
        train=run_supervised_motion,
        gives_teacher=True,
    ),
    Method(name="vcop", needs=Needs(unlabelled=_FRAMES), train=run_vcop),
    Method(
        name="mers",
        needs=Needs(teacher="flow", unlabelled=_BOTH),
        train=run_mers,
        copies_features=True,
    ),
    Method(
        name="mars",
        needs=Needs(teacher="flow", labelled=_BOTH),
        train=run_mars,
        copies_features=True,
    ),
    Method(name="random_init", needs=Needs(), train=run_random_init),
)
