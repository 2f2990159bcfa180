"""The folder of a run of the recipe: where everything is, and what the run is of."""

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
        packed/                 videos ready for training
        teacher/, student/      one training each; encoder.safetensors when it is finished
        labels/                 features.npz, pseudo_labels.npz, report.txt, sheet.png
        encoder.safetensors     the student, for `--encoder`
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
    def teacher(self) -> Path:
        """Folder of the teacher's training."""
        return self.path / "teacher"

    @property
    def student(self) -> Path:
        """Folder of the student's training."""
        return self.path / "student"

    @property
    def labels(self) -> Path:
        """Folder of features and pseudo-labels."""
        return self.path / "labels"

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

    def packed(self, name: str) -> Path:
        """Return the place of a file of packed videos."""
        return self.path / "packed" / name

    def make(self) -> None:
        """Make the folders.

        Raises:
            RunFileError: That is not possible.
        """
        for folder in (self.path, self.path / "packed", self.labels):
            make_folder(folder)

    def check_same(self, identity: Mapping[str, Any]) -> None:
        """Refuse to continue a run as another one.

        Raises:
            RunMismatchError: Something differs; the message says what.
            RunFileError: ``run.json`` is damaged.
        """
        path = self.path / "run.json"
        if not path.exists():
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
        return all(path.is_file() for path in (self.encoder, self.report, self.result))


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
