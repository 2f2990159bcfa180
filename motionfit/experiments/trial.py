"""One variant with one split and one seed: a run of `fit` in a folder of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motionfit.encoders.runtime import DeviceName
from motionfit.experiments.collection import Collection
from motionfit.experiments.plan import Experiment, Variant
from motionfit.fit.choices import PresetName
from motionfit.fit.evaluation import pack_sides
from motionfit.fit.fit import fit
from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import prepare_materials
from motionfit.fit.methods_table import choose_method
from motionfit.fit.presets import choose_settings
from motionfit.fit.run_dir import RunDir
from motionfit.fit.settings import FitSettings
from motionfit.fit.setup import make_setup
from motionfit.fit.stages.finetune import SUMMARY_NAME, fit_downstream
from motionfit.methods.model import ENCODER_NAME
from motionfit.methods.run_files import read_json

# Else it would follow the number of cores, and results the number of jobs.
_ALWAYS = {"micro_batches": 1}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One variant with one split and one seed.

    Attributes:
        experiment: What it is part of.
        variant: How it differs from the others.
        collection: What it is trained and tried on.
        split: Of the labelled data set.
        seed: Of everything that is drawn.
        out: The experiment's folder.
        device: Where networks run.
    """

    experiment: Experiment
    variant: Variant
    collection: Collection
    split: int = 1
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
    def settings(self) -> FitSettings:
        """How it is trained."""
        return choose_settings(self._preset, changes=self._changes)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        is_finetuned = self.variant.finetuned is None or self._summary.is_file()
        return self.run.is_finished() and is_finetuned

    def carry_out(self) -> None:
        """Train and evaluate; what is finished is left as it is.

        Raises:
            MotionFitError: As `fit` and `fit_downstream` raise, also where what is finished is of
                other settings.
        """
        fit(
            teacher=self.teacher,
            unlabeled=self._unlabelled,
            out=self.run.path,
            method=self.variant.method,
            preset=self._preset,
            changes=self._changes,
            **self._data,
            **self._options,
        )
        if self.variant.finetuned is not None:
            # Alike for all variants: only clips and architecture follow the encoder.
            fit_downstream(
                encoder=self.run.encoder,
                out=self._finetuned,
                trained=self.variant.finetuned,
                preset=self.experiment.preset,
                changes=self._common_changes,
                **self._data,
                **self._options,
            )

    def accuracy(self) -> dict[str, Any] | None:
        """Return how many test videos are named rightly after fine-tuning: see `summarise_splits`.

        Returns:
            None of a variant that is not fine-tuned.
        """
        return None if self.variant.finetuned is None else read_json(self._summary)

    def prepare(self) -> None:
        """Compute flow and pack videos, also those of the evaluation: no two trials at once do."""
        setup = make_setup(
            self.run.path,
            preset=self._preset,
            config=None,
            changes=self._changes,
            **self._options,
        )
        needs = choose_method(self.variant.method).needs
        inputs = read_inputs(
            teacher=None,
            unlabeled=self._unlabelled,
            needs=needs,
            device=self.device,
            **self._data,
        )
        prepare_materials(inputs, setup)
        assert inputs.labelled is not None
        for kind in {"frames", needs.teacher or "frames"}:
            pack_sides(inputs.labelled, setup.packer, kind, setup.settings.resize)

    def _run_of(self, variant: str) -> RunDir:
        return RunDir(self.out / "runs" / f"{variant}_split{self.split}_seed{self.seed}")

    @property
    def _finetuned(self) -> Path:
        return self.run.path / "finetuned"

    @property
    def _summary(self) -> Path:
        return self._finetuned / SUMMARY_NAME

    @property
    def _unlabelled(self) -> list[Path]:
        return self.collection.unlabelled(self.split, source_share=self.variant.source_share)

    @property
    def _data(self) -> dict[str, Any]:
        return {
            "labeled": self.collection.labelled,
            "split": self.split,
            "tuning": self.collection.tuning,
        }

    @property
    def _options(self) -> dict[str, Any]:
        fraction = self.variant.label_fraction
        return {
            "label_fraction": self.experiment.label_fraction if fraction is None else fraction,
            "seed": self.seed,
            "device": self.device,
            "flow_cache": self.out / "flow",
            "packs": self.out / "packs",
        }

    @property
    def _changes(self) -> dict[str, Any]:
        common = self._common_changes if self._preset == self.experiment.preset else _ALWAYS
        return {**common, **self.variant.changes}

    @property
    def _common_changes(self) -> dict[str, Any]:
        return {**_ALWAYS, **self.experiment.changes}

    @property
    def _preset(self) -> PresetName:
        return self.variant.preset or self.experiment.preset
