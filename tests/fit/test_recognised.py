"""Unlabelled videos that a labelled set names too: known by their bytes, kept apart by source."""

import csv
import shutil
from pathlib import Path

import pytest

from motionfit.fit.inputs import read_inputs
from motionfit.fit.materials import Materials, prepare_materials
from motionfit.fit.needs import Needs
from motionfit.fit.setup import make_setup

NEEDS = Needs(unlabelled=frozenset({"frames"}))


@pytest.fixture(scope="module")
def labelled(video_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of four videos, two of each source."""
    path = tmp_path_factory.mktemp("labelled") / "set.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "label", "group", "split"))
        for place, video in enumerate(video_files[:8]):
            table.writerow((video, "ab"[place // 4], f"source{place // 2}", "train"))
    return path


@pytest.fixture(scope="module")
def materials(
    labelled: Path, video_files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Materials:
    """Some of them as they are, the others as copies of other names, and two that nobody knows."""
    folder = tmp_path_factory.mktemp("run")
    copies = [
        shutil.copy(video, folder / f"{place}.mp4") for place, video in enumerate(video_files[4:8])
    ]
    given = [*video_files[:4], *copies, *video_files[8:10]]
    setup = make_setup(
        folder / "run",
        preset="tiny",
        config=None,
        seed=0,
        flow_cache=None,
        packs=None,
        device="cpu",
    )
    return prepare_materials(
        read_inputs(labelled, None, given, NEEDS, split=1, device="cpu"), setup
    )


def test_classes_are_known_by_content(materials):
    frames = materials.unlabelled["frames"]

    assert materials.true_labels(frames.packed) == [0, 0, 0, 0, 1, 1, 1, 1, None, None]
    assert frames.labels is None


@pytest.mark.parametrize("seed", range(5))
def test_videos_of_one_source_are_on_one_side_of_the_split(materials, seed):
    frames = materials.unlabelled["frames"]

    sides = frames.split(fraction=0.4, seed=seed)

    sources = [{place // 2 for place in side if place < 8} for side in sides]
    assert sources[0] & sources[1] == set()
    assert all(sources)


def test_without_a_labelled_set_nothing_is_known(materials, video_files):
    inputs = read_inputs(None, None, video_files[:4], NEEDS, split=1, device="cpu")

    unknown = prepare_materials(inputs, materials.setup)

    assert unknown.unlabelled["frames"].groups is None
    assert unknown.true_labels(unknown.unlabelled["frames"].packed) is None
