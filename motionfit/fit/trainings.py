"""How the functions of the methods are called with the materials of a run."""

from collections.abc import Callable

from motionfit.encoders.encoder import ClipEncoder
from motionfit.encoders.registry import load_encoder
from motionfit.fit.materials import Materials
from motionfit.media.packed.layout import PackedKind
from motionfit.methods.clusterfit import train_clusterfit
from motionfit.methods.mars import train_mars
from motionfit.methods.mers import train_mers
from motionfit.methods.model import ENCODER_NAME
from motionfit.methods.motionfit import train_motionfit
from motionfit.methods.motionfit_plus import train_motionfit_plus
from motionfit.methods.random_init import make_random_init
from motionfit.methods.supervised import train_supervised
from motionfit.methods.vcop import train_vcop
from motionfit.methods.videos import LabelledVideos, TrainingVideos

Encoders = dict[str, ClipEncoder]
"""What came out, by what it is called; the encoder that the run is about comes last."""

RANDOM_INIT = "random init"


def run_motionfit(materials: Materials) -> Encoders:
    """Return a teacher of motion, and the student of its pseudo-labels."""
    flow, frames = materials.unlabelled["flow"].packed, materials.unlabelled["frames"]
    student = train_motionfit(
        materials.teacher or materials.labelled["flow"],
        flow,
        frames,
        materials.setup.settings.recipe(seed=materials.setup.seed),
        materials.setup.run.path,
        places=_places(materials, "flow"),
        true_labels=materials.true_labels(flow),
        teacher_data=materials.data,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"teacher": _load_teacher(materials), "student": student}


def run_motionfit_plus(materials: Materials) -> Encoders:
    """Return a teacher of local motion, and the student that sees it in frames."""
    flow, frames = materials.unlabelled["flow"].packed, materials.unlabelled["frames"]
    settings, seed = materials.setup.settings, materials.setup.seed
    teacher, student = train_motionfit_plus(
        materials.teacher or settings.local_motion(seed=seed),
        flow,
        frames,
        settings.local_student(seed=seed),
        materials.setup.run.path,
        labelled=_labelled(materials),
        start=materials.start,
        teacher_data=materials.data,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"teacher": teacher, "student": student}


def run_clusterfit(
    materials: Materials, *, train: Callable[..., ClipEncoder] = train_clusterfit
) -> Encoders:
    """Return a teacher of appearance, and the student of its pseudo-labels."""
    frames = materials.unlabelled["frames"]
    student = train(
        materials.teacher or materials.labelled["frames"],
        frames,
        materials.setup.settings.recipe(seed=materials.setup.seed),
        materials.setup.run.path,
        places=_places(materials, "frames"),
        true_labels=materials.true_labels(frames.packed),
        teacher_data=materials.data,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"teacher": _load_teacher(materials), "student": student}


def run_supervised(materials: Materials) -> Encoders:
    """Return an encoder that has learnt labels alone."""
    encoder = train_supervised(
        materials.labelled["frames"],
        materials.setup.settings.supervised(seed=materials.setup.seed),
        materials.setup.run.student,
        places=_places(materials, "frames"),
        data=materials.data,
        device=materials.setup.device,
    )
    return {"supervised": encoder}


def run_supervised_motion(materials: Materials) -> Encoders:
    """Return a teacher of motion, and nothing else."""
    return {"teacher": _have_teacher(materials)}


def run_vcop(materials: Materials) -> Encoders:
    """Return an encoder that has learnt the order of clips."""
    frames = materials.unlabelled["frames"]
    encoder = train_vcop(
        frames,
        materials.setup.settings.clip_order(seed=materials.setup.seed),
        materials.setup.run.student,
        data=_describe(frames),
        device=materials.setup.device,
    )
    return {"vcop": encoder}


def run_mers(materials: Materials) -> Encoders:
    """Return a teacher of motion, and the student of its features."""
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


def run_mars(materials: Materials) -> Encoders:
    """Return a teacher of motion, and the student of its features and of labels."""
    teacher = _have_teacher(materials)
    student = train_mars(
        materials.labelled["frames"],
        materials.labelled["flow"].packed,
        teacher,
        materials.setup.settings.distilled(seed=materials.setup.seed),
        materials.setup.run.student,
        places=_places(materials, "frames"),
        data=materials.data,
        device=materials.setup.device,
    )
    return {"teacher": teacher, "student": student}


def run_random_init(materials: Materials) -> Encoders:
    """Return an encoder that has learnt nothing."""
    spec, folder = materials.setup.settings.student_spec, materials.setup.run.random_init
    encoder = make_random_init(
        spec, folder, seed=materials.setup.seed, device=materials.setup.device
    )
    return {RANDOM_INIT: encoder}


def _have_teacher(materials: Materials) -> ClipEncoder:
    """Return the ready teacher, the one trained before, or train it."""
    recipe = materials.setup.recipe
    return materials.teacher or recipe.teacher(
        materials.labelled["flow"], places=materials.places("flow"), data=materials.data
    )


def _places(materials: Materials, kind: PackedKind) -> list[int] | None:
    return materials.places(kind) if kind in materials.labelled else None


def _labelled(materials: Materials) -> dict[PackedKind, LabelledVideos]:
    return {
        kind: LabelledVideos(videos=videos, places=materials.places(kind))
        for kind, videos in materials.labelled.items()
    }


def _load_teacher(materials: Materials) -> ClipEncoder:
    """Return the ready teacher, or the one that has been trained."""
    path = (materials.setup.run.teacher / ENCODER_NAME).absolute()
    return materials.teacher or load_encoder(str(path), device=materials.setup.device)


def _describe(unlabelled: TrainingVideos) -> str:
    return f"{len(unlabelled.packed)} videos"
