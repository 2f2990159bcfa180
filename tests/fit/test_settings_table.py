"""The table of settings in docs/training.md says what the presets are."""

from dataclasses import fields
from pathlib import Path

import pytest

from motionfit.fit.choices import PresetName
from motionfit.fit.presets import PRESETS
from motionfit.fit.settings import FitSettings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "training.md"
# The columns after name and meaning. An empty cell is as with the first; ° is not from the paper.
COLUMNS: tuple[PresetName, ...] = ("paper", "tiny", "small", "plus", "gpu")


@pytest.fixture(scope="module")
def table() -> dict[str, list[str]]:
    rows = {}
    for line in DOCS.read_text().splitlines():
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if len(cells) == 1 + len(COLUMNS) and name.startswith("`"):
            first, *others = (cell.rstrip("°") for cell in cells[1:])
            rows[name.strip("`")] = [first, *(other or first for other in others)]
    return rows


def test_every_setting_has_its_row(table):
    assert set(table) == {field.name for field in fields(FitSettings)}


@pytest.mark.parametrize("setting", [field.name for field in fields(FitSettings)])
def test_a_row_says_what_the_presets_are(setting, table):
    assert table[setting] == [show(getattr(PRESETS[preset], setting)) for preset in COLUMNS]


def show(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
