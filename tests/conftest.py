"""What every test may ask for."""

import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from motionfit.media.synthetic import generate_synthetic
from retrieval.library import Library

COLLECTION = "moves"

# A busy machine makes nothing wrong; pytest's timeout ends what hangs. The same examples are drawn
# everywhere and every time: what passes here passes there.
settings.register_profile("patient", settings(), deadline=None, derandomize=True)
settings.load_profile("patient")


def pytest_configure() -> None:
    """Make the tests mean the same on every machine, in this process and those it starts."""
    # On tensors this small, threads wait longer for each other than they gain.
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Tests in the background of a shell would start programs that ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real labelled clips; the test is skipped where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MOTIONFIT_SHARED_DATA", beside))
    if not (folder / "jhmdb21").is_dir():
        pytest.skip(f"real clips absent: no {folder / 'jhmdb21'} (set MOTIONFIT_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def synthetic_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic data set: one training and one test video of each motion."""
    return generate_synthetic(
        tmp_path_factory.mktemp("synthetic") / "set",
        num_train_per_class=1,
        num_test_per_class=1,
        num_frames=20,
    )


@pytest.fixture(scope="session")
def video_files(synthetic_root: Path) -> list[Path]:
    """The training videos, in the order of their paths."""
    return sorted((synthetic_root / "train").rglob("*.mp4"))


@pytest.fixture(scope="session")
def indexed_store(video_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with six videos in collection ``moves``, labelled by folder; not to be written to."""
    store = tmp_path_factory.mktemp("indexed") / "store"
    with Library.open(store, device="cpu") as library:
        library.index(video_files[:6], collection=COLLECTION, labels="folder", clips=4)
    return store


@pytest.fixture
def folder(tmp_path: Path, video_files: list[Path]) -> Path:
    """A folder of three videos that a test may change."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for path in video_files[:3]:
        shutil.copy(path, folder)
    return folder
