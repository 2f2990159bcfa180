"""What can be chosen by name; light to import, for the options of the command."""

from typing import Literal, get_args

ExperimentName = Literal["proof", "ablations", "methods", "sources"]
EXPERIMENT_NAMES: tuple[ExperimentName, ...] = get_args(ExperimentName)
