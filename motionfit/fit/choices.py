"""What can be chosen by name; light to import, for the options of commands."""

from typing import Literal, get_args

MethodName = Literal[
    "motionfit",
    "motionfit_plus",
    "clusterfit_appearance",
    "clusterfit",
    "supervised",
    "supervised_motion",
    "vcop",
    "mers",
    "mars",
    "random_init",
]
METHOD_NAMES: tuple[MethodName, ...] = get_args(MethodName)

PresetName = Literal["tiny", "small", "plus", "gpu", "paper"]
PRESET_NAMES: tuple[PresetName, ...] = get_args(PresetName)

TRAINED_PARTS = ("conv4_conv5_fc", "all", "linear")
"""Those of `TrainedParts`, which are known for certain only where torch is."""

AVERAGED = ("logits", "softmax")
"""Those of `motionfit.methods.classification`, likewise."""
