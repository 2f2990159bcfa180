"""The experiments on the built-in set, where nothing but motion tells classes apart."""

from motionfit.experiments.plan import Experiment, Variant
from motionfit.media.synthetic import SyntheticSettings

PROOF = Experiment(
    name="proof",
    title="Is it motion that is learnt? Synthetic set, 18 classes of motion",
    videos=SyntheticSettings(num_train_per_class=100, num_test_per_class=10),
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

# Long enough for the three clips that clip order takes, which are 40 frames at stride 1;
# lengths vary by 15 %.
_DISTRACTED = SyntheticSettings(
    num_train_per_class=40,
    num_test_per_class=10,
    num_frames=48,
    background_motion="distracting",
    seed=1,
)
_SHORTER = {"teacher_epochs": 40, "student_epochs": 30}
# As many clips as with R = 1, in a third of the steps.
_THREE_CLIPS = {
    "teacher_clips": 3,
    "student_clips": 3,
    "teacher_epochs": _SHORTER["teacher_epochs"] // 3,
    "student_epochs": _SHORTER["student_epochs"] // 3,
}
_DEFAULT = "default"

ABLATIONS = Experiment(
    name="ablations",
    title="What the choices bring: synthetic set with distracting backgrounds",
    videos=_DISTRACTED,
    label_fraction=0.3,
    preset="small",
    variants=(
        Variant(name=_DEFAULT, title="R = 1, level clip, K = 32", changes=_SHORTER),
        Variant(name="three_clips", title="R = 3", changes=_THREE_CLIPS),
        Variant(
            name="level_video",
            title="level video",
            changes={**_SHORTER, "level": "video"},
            teacher_of=_DEFAULT,
        ),
        *(
            Variant(
                name=f"clusters_{number}",
                title=f"K = {number}",
                changes={**_SHORTER, "num_clusters": number},
                teacher_of=_DEFAULT,
            )
            for number in (16, 64, 128, 256)
        ),
        *(
            Variant(
                name=f"label_weight_{weight:g}",
                title=f"R = 3, stride 1, λ = {weight:g}",
                method="supervised_motion",
                changes={
                    **_THREE_CLIPS,
                    "stride": 1,
                    "teacher_placement": "vcop",
                    "label_weight": weight,
                },
            )
            for weight in (1.0, 0.75, 0.5, 0.25, 0.0)
        ),
    ),
)
