"""Contact sheets."""

import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from motionfit.errors import ConfigError
from retrieval.export.contact_sheet import MAX_RANGES, format_contact_sheet
from retrieval.export.ranges import ExportedRange

FramesOf = Callable[..., ExportedRange]


def picture_of(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    return picture


def numbers_in(picture: Image.Image, burnt_in: ModuleType, top: int, left: int) -> list[int]:
    """Read the numbers of the four frames of a tile, 139 x 104 px each, 3 px apart."""
    pixels = np.asarray(picture)
    return [
        burnt_in.read_number(pixels[top : top + 104, begin : begin + 139])
        for begin in range(left, left + 4 * 142, 142)
    ]


def test_each_range_has_its_frames_in_its_own_tile(
    numbered: dict[str, Path], burnt_in: ModuleType, frames_of: FramesOf
) -> None:
    ranges = [
        frames_of(numbered["25"], 10, 20, 25, rank=1, similarity=0.9, label="jump"),
        frames_of(numbered["24"], 0, 4, 24, rank=2),
        frames_of(numbered["25"], 30, 46, 25),
    ]
    content, failed = format_contact_sheet(ranges)
    assert not failed
    picture = picture_of(content)
    assert picture.size[0] == 1240
    assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    row_height = 104 + 58 + 28
    assert numbers_in(picture, burnt_in, 40, 40) == [10, 13, 16, 19]
    assert numbers_in(picture, burnt_in, 40, 40 + 566 + 28) == [0, 1, 2, 3]
    assert numbers_in(picture, burnt_in, 40 + row_height, 40) == [30, 35, 40, 45]


def test_a_video_that_cannot_be_shown_has_a_grey_tile_with_words(
    tmp_path: Path, numbered: dict[str, Path], frames_of: FramesOf
) -> None:
    lost = frames_of(tmp_path / "lost.mp4", 0, 5, 25)
    late = frames_of(numbered["25"], 80, 90, 25)
    content, failed = format_contact_sheet([lost, late])
    assert [each.wanted for each in failed] == [lost, late]
    assert "found nothing" in failed[0].message
    tile = np.asarray(picture_of(content))[40:144, 40:606]
    assert (tile[-1] == 205).all()
    share_of_letters = (tile < 100).mean()
    assert 0.005 < share_of_letters < 0.3


def test_odd_names_and_labels_are_drawn(numbered: dict[str, Path], frames_of: FramesOf) -> None:
    names = ["=1+1", "x" * 3000, "a\n\udcff", "漢字 Straße שלום", "\x00"]
    ranges = [frames_of(f"/nowhere/{name}.mp4", 0, 5, 25, rank=10**9, label=name) for name in names]
    content, failed = format_contact_sheet(ranges)
    assert len(failed) == len(names)
    pixels = np.asarray(picture_of(content))
    margin = np.concatenate([pixels[:, :38], pixels[:, -38:]], axis=1)
    assert (margin == 255).all()


def test_one_range_twice_has_two_tiles(
    numbered: dict[str, Path], burnt_in: ModuleType, frames_of: FramesOf
) -> None:
    wanted = frames_of(numbered["25"], 10, 20, 25)
    picture = picture_of(format_contact_sheet([wanted, wanted])[0])
    assert numbers_in(picture, burnt_in, 40, 40) == [10, 13, 16, 19]
    assert numbers_in(picture, burnt_in, 40, 634) == [10, 13, 16, 19]


def test_more_ranges_than_a_sheet_takes_are_refused(frames_of: FramesOf) -> None:
    with pytest.raises(ConfigError, match=f"at most {MAX_RANGES} on a sheet"):
        format_contact_sheet([frames_of("a.mp4", 0, 5, 25)] * (MAX_RANGES + 1))
