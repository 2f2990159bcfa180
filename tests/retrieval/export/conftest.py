"""What the tests of exports may ask for."""

import importlib.util
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from retrieval.export.ranges import ExportedRange

NTSC = Fraction(30000, 1001)


@pytest.fixture(scope="session")
def burnt_in() -> ModuleType:
    """The helpers that write and read videos which show their frame numbers."""
    path = Path(__file__).parents[2] / "media" / "burnt_in.py"
    spec = importlib.util.spec_from_file_location("burnt_in", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def numbered(burnt_in: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Videos that count their frames from 0, by frame rate: 50 frames each."""
    folder = tmp_path_factory.mktemp("numbered")
    rates = {"25": 25, "29.97": NTSC, "24": 24, "120": 120}
    for name, rate in rates.items():
        path = folder / f"rate {name}.mp4"
        burnt_in.write_numbered_video(path, "libx264", 50, size=(96, 128), frame_rate=rate)
    return {name: folder / f"rate {name}.mp4" for name in rates}


@pytest.fixture(scope="session")
def frames_of() -> Callable[..., ExportedRange]:
    """Returns the range of frames ``[first, end)`` of a video of constant rate."""

    def range_of_frames(
        path: Path | str, first: int, end: int, rate: float | Fraction, **others: Any
    ) -> ExportedRange:
        return ExportedRange(
            path=str(path),
            start_seconds=float(first / rate),
            end_seconds=float(end / rate),
            **others,
        )

    return range_of_frames
