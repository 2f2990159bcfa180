"""What every test may ask for."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real labelled clips; the test is skipped where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MOTIONFIT_SHARED_DATA", beside))
    if not (folder / "jhmdb21").is_dir():
        pytest.skip(f"real clips absent: no {folder / 'jhmdb21'} (set MOTIONFIT_SHARED_DATA)")
    return folder
