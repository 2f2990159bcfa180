"""Ranges as one picture to print or to look through: a filmstrip each, with its caption."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from motionfit.errors import ConfigError, MotionFitError
from retrieval.export.lettering import Lettering
from retrieval.export.ranges import ExportedRange, FailedRange
from retrieval.export.wording import clock_range
from retrieval.previews import FRAME_SIZE, NUM_FRAMES, Stretch, make_filmstrips

MAX_RANGES = 300

# A4 upright; the sheet is as long as it needs to be, and printers cut it into pages.
_DOTS_PER_INCH = 150
_SHEET_WIDTH = 1240
_NUM_COLUMNS = 2
_MARGIN, _GAP = 40, 28
_TILE_WIDTH = (_SHEET_WIDTH - 2 * _MARGIN - (_NUM_COLUMNS - 1) * _GAP) // _NUM_COLUMNS
_FRAME_GAP = 3
_FRAME_WIDTH = (_TILE_WIDTH - (NUM_FRAMES - 1) * _FRAME_GAP) // NUM_FRAMES
_FRAME_HEIGHT = round(_FRAME_WIDTH * FRAME_SIZE[0] / FRAME_SIZE[1])
_CAPTION_HEIGHT = 58
_TILE_HEIGHT = _FRAME_HEIGHT + _CAPTION_HEIGHT

_WHITE, _BLACK, _GREY, _PALE = (255, 255, 255), (20, 20, 20), (95, 95, 95), (205, 205, 205)
_FIRST_LINE = Lettering(size_px=21, colour=_BLACK)
_SECOND_LINE = Lettering(size_px=18, colour=_GREY)
_REASON = Lettering(size_px=18, colour=_BLACK)
_MAX_REASON_LINES = 4

_Strip = NDArray[np.uint8] | MotionFitError


def format_contact_sheet(
    ranges: Sequence[ExportedRange],
) -> tuple[bytes, Sequence[FailedRange]]:
    """Return a PNG with a tile for each range, and the ranges whose video cannot be shown.

    Such a range has a grey tile that tells why.

    Raises:
        ConfigError: There are more ranges than a sheet takes.
    """
    if len(ranges) > MAX_RANGES:
        raise ConfigError("number of ranges", len(ranges), f"at most {MAX_RANGES} on a sheet")
    stretches = [_stretch(each) for each in ranges]
    strips = make_filmstrips(stretches)
    num_rows = -(-len(ranges) // _NUM_COLUMNS)
    height = 2 * _MARGIN + num_rows * (_TILE_HEIGHT + _GAP) - _GAP
    sheet = Image.new("RGB", (_SHEET_WIDTH, height), _WHITE)
    failed: list[FailedRange] = []
    for place, (each, stretch) in enumerate(zip(ranges, stretches, strict=True)):
        row, column = divmod(place, _NUM_COLUMNS)
        left = _MARGIN + column * (_TILE_WIDTH + _GAP)
        top = _MARGIN + row * (_TILE_HEIGHT + _GAP)
        strip = strips[stretch]
        _draw_tile(sheet, left, top, each, strip)
        if isinstance(strip, MotionFitError):
            failed.append(FailedRange(wanted=each, message=str(strip)))
    stream = io.BytesIO()
    sheet.save(stream, "PNG", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    return stream.getvalue(), failed


def _stretch(wanted: ExportedRange) -> Stretch:
    return Stretch(
        path=Path(wanted.path),
        start_seconds=wanted.start_seconds,
        end_seconds=wanted.end_seconds,
    )


def _draw_tile(
    sheet: Image.Image, left: int, top: int, wanted: ExportedRange, strip: _Strip
) -> None:
    canvas = ImageDraw.Draw(sheet)
    if isinstance(strip, MotionFitError):
        _draw_reason(canvas, left, top, str(strip))
    else:
        for place, frame in enumerate(np.split(strip, NUM_FRAMES, axis=1)):
            picture = Image.fromarray(frame).resize(
                (_FRAME_WIDTH, _FRAME_HEIGHT), Image.Resampling.LANCZOS
            )
            sheet.paste(picture, (left + place * (_FRAME_WIDTH + _FRAME_GAP), top))
    _draw_caption(canvas, left, top + _FRAME_HEIGHT, wanted)


def _draw_reason(canvas: ImageDraw.ImageDraw, left: int, top: int, reason: str) -> None:
    canvas.rectangle((left, top, left + _TILE_WIDTH - 1, top + _FRAME_HEIGHT - 1), fill=_PALE)
    for number, line in enumerate(_REASON.wrap(reason, _TILE_WIDTH - 24, _MAX_REASON_LINES), 1):
        _REASON.draw(canvas, left + 12, top + 24 * number, line)


def _draw_caption(canvas: ImageDraw.ImageDraw, left: int, top: int, wanted: ExportedRange) -> None:
    """Write rank, file name and times, and below them label and similarity."""
    right = left + _TILE_WIDTH
    rank = "" if wanted.rank is None else f"{wanted.rank}. "
    similarity = "" if wanted.similarity is None else f"similarity {wanted.similarity:.3f}"
    lines = (
        (_FIRST_LINE, 26, rank, wanted.file_name, clock_range(wanted)),
        (_SECOND_LINE, 51, "", wanted.label or "", similarity),
    )
    for lettering, below, head, text, tail in lines:
        room = _TILE_WIDTH - lettering.width(head) - lettering.width(tail) - 16
        lettering.draw(canvas, left, top + below, head + lettering.shorten(text, room))
        lettering.draw_right(canvas, right, top + below, tail)
