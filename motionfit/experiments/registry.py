"""Every experiment by its name."""

from motionfit.errors import ConfigError
from motionfit.experiments.given import METHODS, SOURCES
from motionfit.experiments.plan import Experiment
from motionfit.experiments.synthetic import ABLATIONS, PROOF

EXPERIMENTS = {experiment.name: experiment for experiment in (PROOF, ABLATIONS, METHODS, SOURCES)}


def choose_experiment(name: str) -> Experiment:
    """Return an experiment.

    Raises:
        ConfigError: None is called so.
    """
    if name not in EXPERIMENTS:
        raise ConfigError("experiment", name, f"one of {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
