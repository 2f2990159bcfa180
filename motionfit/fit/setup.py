"""What every training is told beside its videos: where, how, and what may be shared with others."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.runtime import DeviceName
from motionfit.errors import ConfigError
from motionfit.fit.packer import Packer
from motionfit.fit.presets import choose_settings
from motionfit.fit.run_dir import RunDir
from motionfit.fit.settings import FitSettings
from motionfit.methods.recipe import Recipe
from motionfit.run_lock import locked_run
from motionfit.training.followers import is_leading


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Where and how a run works.

    Attributes:
        run: Where everything goes.
        preset: Name of the settings that were begun from.
        settings: How.
        seed: Of all trainings.
        label_fraction: Share of the labels that may be learnt from, of each class.
        packer: Brings videos to the size of training.
        device: Where networks run.
    """

    run: RunDir
    preset: str
    settings: FitSettings
    seed: int
    label_fraction: float
    packer: Packer
    device: DeviceName

    @property
    def recipe(self) -> Recipe:
        """Teacher, pseudo-labels and student as stages."""
        settings = self.settings.recipe(seed=self.seed)
        return Recipe(run_dir=self.run.path, settings=settings, device=self.device)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the run's folder, and keep other processes out of it.

        Raises:
            RunFileError: The folder cannot be made.
            RunLockedError: Another process works in it.
        """
        self.run.make()
        with locked_run(self.run.path):
            yield


def make_setup(
    out: str | Path,
    *,
    preset: str,
    config: str | Path | None,
    seed: int,
    flow_cache: str | Path | None,
    packs: str | Path | None,
    device: DeviceName,
    label_fraction: float = 1.0,
    changes: Mapping[str, Any] | None = None,
) -> Setup:
    """Return the setup that the options of a command ask for; see `fit` for what they mean.

    Raises:
        ConfigError: Preset, file, seed or fraction cannot be used, or this is one of several
            processes that torchrun has started, and none of them leads.
    """
    if not 0 < label_fraction <= 1:
        raise ConfigError("label_fraction", label_fraction, "a number above 0, at most 1")
    num_processes = os.environ.get("WORLD_SIZE", "1")
    if num_processes != "1" and not is_leading():
        expected = "1, or the command: torchrun --nproc-per-node N -m motionfit.fit ..."
        raise ConfigError("WORLD_SIZE", num_processes, expected)
    if not 0 <= seed < 2**31:
        raise ConfigError("seed", seed, "from 0 to 2147483647")
    settings = choose_settings(preset, config, changes)
    run = RunDir(Path(out))
    packer = Packer(
        folder=run.packed if packs is None else Path(packs),
        cache=run.flow if flow_cache is None else Path(flow_cache),
        making=settings.flow(device=device),
    )
    return Setup(
        run=run,
        preset=preset,
        settings=settings,
        seed=seed,
        label_fraction=label_fraction,
        packer=packer,
        device=device,
    )
