"""One variant with one seed: a run of `fit` in a folder of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.runtime import DeviceName
from motionfit.experiments.plan import Experiment, Variant
from motionfit.fit.evaluation import pack_sides
from motionfit.fit.fit import fit
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import choose_method
from motionfit.fit.presets import choose_settings
from motionfit.fit.run_dir import RunDir
from motionfit.fit.settings import FitSettings
from motionfit.fit.setup import make_setup
from motionfit.methods.model import ENCODER_NAME


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One variant with one seed.

    Attributes:
        experiment: What it is part of.
        variant: How it differs from the others.
        seed: Of everything that is drawn.
        out: The experiment's folder.
        device: Where networks run.
    """

    experiment: Experiment
    variant: Variant
    seed: int
    out: Path
    device: DeviceName

    @property
    def run(self) -> RunDir:
        """The folder of the run."""
        return self._run_of(self.variant.name)

    @property
    def teacher(self) -> Path | None:
        """The teacher of another trial that it learns from, which that has to be finished for."""
        if self.variant.teacher_of is None:
            return None
        return self._run_of(self.variant.teacher_of).teacher / ENCODER_NAME

    @property
    def log(self) -> Path:
        """What the trial has to say where it is carried out in a process of its own."""
        return self.run.path.with_name(f"{self.run.path.name}.log")

    @property
    def videos(self) -> Path:
        """The set that it is trained and tried on."""
        return self.out / "videos"

    @property
    def settings(self) -> FitSettings:
        """How it is trained."""
        return choose_settings(self.experiment.preset, changes=self._changes)

    def carry_out(self) -> None:
        """Train and evaluate; a finished run is left as it is.

        Raises:
            MotionFitError: As `fit` raises, also where a finished run is of other settings.
        """
        fit(
            labeled=self.videos,
            teacher=self.teacher,
            unlabeled=[self.videos / "train"],
            out=self.run.path,
            method=self.variant.method,
            label_fraction=self.experiment.label_fraction,
            **self._options,
        )

    def prepare(self) -> None:
        """Compute flow and pack videos, also those of the evaluation: no two trials at once do."""
        setup = make_setup(self.run.path, config=None, **self._options)
        needs = choose_method(self.variant.method).needs
        inputs = read_inputs(
            self.videos, None, [self.videos / "train"], needs, split=1, device=self.device
        )
        prepare_materials(inputs, setup)
        assert inputs.labelled is not None
        for kind in {"frames", needs.teacher or "frames"}:
            pack_sides(inputs.labelled, setup.packer, kind, setup.settings.resize)

    def _run_of(self, variant: str) -> RunDir:
        return RunDir(self.out / "runs" / f"{variant}_seed{self.seed}")

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "preset": self.experiment.preset,
            "changes": self._changes,
            "seed": self.seed,
            "device": self.device,
            "flow_cache": self.out / "flow",
            "packs": self.out / "packs",
        }

    @property
    def _changes(self) -> dict[str, Any]:
        # Else it would follow the number of cores, and results the number of jobs.
        return {"micro_batches": 1, **self.variant.changes}
