"""The folder of a run of the recipe: where everything is, and what the run is of."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from motionfit.config import provenance
from motionfit.errors import RunMismatchError
from motionfit.methods.model import ENCODER_NAME
from motionfit.methods.run_files import make_folder, read_json, write_json_file

_PACKAGES = ("torch", "numpy", "faiss-cpu", "opencv-contrib-python-headless", "av")


@dataclass(frozen=True)
class RunDir:
    """Where a run keeps what.

    ::

        run.json                what the run is of: settings, seed, inputs, versions
        flow/                   cache of flow, where no other is named
        packed/                 videos ready for training, and their features that evaluations
                                made, where no other folder is named
        teacher/, student/      one training each; encoder.safetensors when it is finished
        labels/                 features.npz, pseudo_labels.npz, report.txt, sheet.png
        random_init/            the student as it began, to compare with
        encoder.safetensors     what came out, for `--encoder`
        report.md               one page
        result.json             written last: the run is finished

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def flow(self) -> Path:
        """Cache of flow."""
        return self.path / "flow"

    @property
    def packed(self) -> Path:
        """Packed videos."""
        return self.path / "packed"

    @property
    def teacher(self) -> Path:
        """Folder of the teacher's training."""
        return self.path / "teacher"

    @property
    def student(self) -> Path:
        """Folder of the training that the encoder comes from."""
        return self.path / "student"

    @property
    def random_init(self) -> Path:
        """Folder of the encoder before any training."""
        return self.path / "random_init"

    @property
    def labels(self) -> Path:
        """Folder of features and pseudo-labels."""
        return self.path / "labels"

    @property
    def label_report(self) -> Path:
        """Numbers of the pseudo-labels."""
        return self.labels / "report.json"

    @property
    def sheet(self) -> Path:
        """Picture of some clusters."""
        return self.labels / "sheet.png"

    @property
    def encoder(self) -> Path:
        """What comes out."""
        return self.path / ENCODER_NAME

    @property
    def report(self) -> Path:
        """One page about the run."""
        return self.path / "report.md"

    @property
    def result(self) -> Path:
        """Numbers of the finished run."""
        return self.path / "result.json"

    def make(self) -> None:
        """Make the folder.

        Raises:
            RunFileError: That is not possible.
        """
        make_folder(self.path)

    def check_same(self, identity: Mapping[str, Any]) -> None:
        """Refuse to continue a run as another one.

        Raises:
            RunMismatchError: Something differs; the message says what.
            RunFileError: ``run.json`` is damaged.
        """
        path = self.path / "run.json"
        if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises on names too long to exist
            return
        begun = read_json(path).get("identity", {})
        for name in sorted({*begun, *identity}):
            before, now = begun.get(name), identity.get(name)
            if before != now:
                raise RunMismatchError(self.path, f"{name} {before!r}, not {now!r}")

    def describe(self, identity: Mapping[str, Any], *, preset: str) -> None:
        """Write ``run.json``, where it is not there yet."""
        path = self.path / "run.json"
        if path.exists():
            return
        write_json_file(
            path,
            {
                "identity": identity,
                "preset": preset,
                "made_by": {**provenance(), **_versions()},
            },
        )

    def is_finished(self) -> bool:
        """Return whether nothing is left to do."""
        files = (self.encoder, self.report, self.result)
        return all(os.path.isfile(path) for path in files)  # noqa: PTH113 - as above


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
