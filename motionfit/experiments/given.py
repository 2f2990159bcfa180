"""The experiments on a labelled data set, and videos without labels, of the user's."""

from dataclasses import replace

from motionfit.experiments.plan import Experiment, Variant

_MOTIONFIT = Variant(name="motionfit", title="MotionFit", finetuned="conv4_conv5_fc")
_MOTIONFIT_PLUS = Variant(
    name="motionfit_plus",
    title="MotionFit-plus",
    method="motionfit_plus",
    preset="plus",
    finetuned="conv4_conv5_fc",
)
_CLUSTERFIT_APPEARANCE = Variant(
    name="clusterfit_appearance",
    title="ClusterFit-appearance",
    method="clusterfit_appearance",
    finetuned="conv4_conv5_fc",
)

SOURCES = Experiment(
    name="sources",
    title="How many videos without labels MotionFit-plus needs",
    preset="plus",
    variants=(
        replace(_MOTIONFIT_PLUS, finetuned=None),
        *(
            replace(
                _MOTIONFIT_PLUS,
                name=f"sources_{percent}",
                title=f"MotionFit-plus, {percent} % of the further videos",
                source_share=percent / 100,
                finetuned=None,
            )
            for percent in (0, 12, 25, 50)
        ),
    ),
)

METHODS = Experiment(
    name="methods",
    title="MotionFit and its baselines",
    preset="small",
    shown_k=(1, 5, 10, 20, 50),
    variants=(
        _MOTIONFIT_PLUS,
        _MOTIONFIT,
        _CLUSTERFIT_APPEARANCE,
        replace(
            _CLUSTERFIT_APPEARANCE,
            name="clusterfit",
            title="ClusterFit, one label a video",
            method="clusterfit",
            teacher_of=_CLUSTERFIT_APPEARANCE.name,
        ),
        replace(_MOTIONFIT, name="mers", title="MERS", method="mers", teacher_of=_MOTIONFIT.name),
        replace(_MOTIONFIT, name="mars", title="MARS", method="mars", teacher_of=_MOTIONFIT.name),
        Variant(
            name="vcop",
            title="VCOP, stride 1",
            method="vcop",
            # Three clips and the gaps between them are 40 frames; at stride 4 they would be 103.
            changes={"stride": 1},
            finetuned="conv4_conv5_fc",
        ),
        Variant(
            name="supervised",
            title="Supervised from scratch",
            method="random_init",
            finetuned="all",
        ),
    ),
)
