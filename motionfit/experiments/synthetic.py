"""The experiments on the built-in set, where nothing but motion tells classes apart."""

from motionfit.errors import ConfigError
from motionfit.experiments.plan import Experiment, Variant
from motionfit.media.synthetic import SyntheticSettings

_PROOF = Experiment(
    name="proof",
    title="Is it motion that is learnt? Synthetic set, 18 classes of motion",
    videos=SyntheticSettings(num_train_per_class=72, num_test_per_class=10),
    label_fraction=0.2,
    preset="small",
    variants=(
        Variant(name="motionfit", title="MotionFit"),
        Variant(
            name="clusterfit_appearance",
            title="ClusterFit-appearance",
            method="clusterfit_appearance",
        ),
    ),
)

# Long enough for three clips one after the other, as the order of clips needs them.
_DISTRACTED = SyntheticSettings(
    num_train_per_class=30,
    num_test_per_class=10,
    num_frames=72,
    background_motion="distracting",
    seed=1,
)
# Three clips in a row, with gaps, have to fit into a video: here of 15 frames each.
_ABLATION = {"stride": 2, "teacher_epochs": 40, "student_epochs": 20}

_ABLATIONS = Experiment(
    name="ablations",
    title="What the choices bring: synthetic set with distracting backgrounds",
    videos=_DISTRACTED,
    label_fraction=0.2,
    preset="small",
    variants=(
        Variant(name="default", title="R = 1, level clip, K = 64, λ = 1", changes=_ABLATION),
        Variant(
            name="three_clips",
            title="R = 3, a third of the epochs",
            changes={
                **_ABLATION,
                "teacher_clips": 3,
                "student_clips": 3,
                "teacher_epochs": 14,
                "student_epochs": 7,
            },
        ),
        Variant(name="level_video", title="level video", changes={**_ABLATION, "level": "video"}),
        *(
            Variant(
                name=f"clusters_{number}",
                title=f"K = {number}",
                changes={**_ABLATION, "num_clusters": number},
            )
            for number in (16, 32, 128, 256)
        ),
        *(
            Variant(
                name=f"label_weight_{weight}",
                title=f"λ = {weight}, R = 3",
                changes={
                    **_ABLATION,
                    "teacher_clips": 3,
                    "teacher_epochs": 14,
                    "label_weight": weight,
                },
            )
            for weight in (1.0, 0.75, 0.5, 0.25)
        ),
    ),
)

EXPERIMENTS = {experiment.name: experiment for experiment in (_PROOF, _ABLATIONS)}


def choose_experiment(name: str) -> Experiment:
    """Return an experiment.

    Raises:
        ConfigError: None is called so.
    """
    if name not in EXPERIMENTS:
        raise ConfigError("experiment", name, f"one of {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
