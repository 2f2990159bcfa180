"""A small labelled set, and one finished run of the recipe on it."""

import csv
from pathlib import Path

import pytest

from motionfit.fit.fit import FitResult, fit


def write_table(path: Path, synthetic_root: Path, class_names: str) -> Path:
    """Write a labelled set whose classes take turns: 18 videos on each side."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "label", "group", "split"))
        for side in ("train", "test"):
            for place, video in enumerate(sorted((synthetic_root / side).rglob("*.mp4"))):
                label = class_names[place % len(class_names)]
                table.writerow((video, label, f"{side}{place}", side))
    return path


@pytest.fixture(scope="session")
def labelled(synthetic_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of six training videos."""
    return write_table(tmp_path_factory.mktemp("labelled") / "set.csv", synthetic_root, "abc")


@pytest.fixture(scope="session")
def unlabelled(synthetic_root: Path) -> Path:
    """A folder of 18 videos."""
    return synthetic_root / "train"


@pytest.fixture(scope="session")
def flow_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all runs."""
    return tmp_path_factory.mktemp("flow") / "cache"


@pytest.fixture(scope="session")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs find their packed videos: nothing is decoded twice."""
    return tmp_path_factory.mktemp("packs")


@pytest.fixture(scope="session")
def finished(
    labelled: Path,
    unlabelled: Path,
    flow_cache: Path,
    packs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> FitResult:
    """A whole run of preset tiny; not to be written to."""
    return fit(
        labeled=labelled,
        unlabeled=[unlabelled],
        out=tmp_path_factory.mktemp("fit") / "run",
        preset="tiny",
        flow_cache=flow_cache,
        packs=packs,
        device="cpu",
    )
