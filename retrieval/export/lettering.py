"""Text in pictures, in any script that the system has a font for.

Pillow draws with one font at a time; here each stretch of a text is drawn with the first font that
has its letters, and letters that none has are written as escapes, so that no two names look alike.
"""

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from PIL import ImageDraw, ImageFont

from motionfit.errors import one_line

# The first found of the plain ones sets the look; the others are for scripts that it lacks. Names
# as Debian, Fedora and macOS have them; where none is there, Pillow's own font serves.
_FONT_FILES = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "Arial Unicode.ttf",
    "NotoSansCJK-Regular.ttc",
    "DroidSansFallbackFull.ttf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "NanumGothic.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
)
_SURELY_MISSING = "\U000fffff"
_ELLIPSIS = "…"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, kw_only=True)
class Lettering:
    """Draws text of one size and colour.

    Attributes:
        size_px: Height of a line's letters.
        colour: ``(red, green, blue)``.
    """

    size_px: int
    colour: tuple[int, int, int]

    def width(self, text: str) -> float:
        """Return how wide a text is, px."""
        return sum(font.getlength(part) for font, part in self._parts(text))

    def draw(self, canvas: ImageDraw.ImageDraw, left: float, baseline: float, text: str) -> None:
        """Draw one line of text."""
        for font, part in self._parts(text):
            canvas.text((left, baseline), part, fill=self.colour, font=font, anchor="ls")
            left += font.getlength(part)

    def draw_right(
        self, canvas: ImageDraw.ImageDraw, right: float, baseline: float, text: str
    ) -> None:
        """Draw one line of text that ends at ``right``."""
        self.draw(canvas, right - self.width(text), baseline, text)

    def shorten(self, text: str, room: float) -> str:
        """Return a text with as much of its middle left out as it takes to fit ``room`` px."""
        text = one_line(text)
        if self.width(text) <= room:
            return text
        num_fitting = bisect_right(
            range(len(text)), room, key=lambda kept: self.width(_without_middle(text, kept))
        )
        return _without_middle(text, max(0, num_fitting - 1))

    def wrap(self, text: str, room: float, max_lines: int) -> Sequence[str]:
        """Return a text in lines that fit ``room`` px, shortened where that does not do."""
        lines = [""]
        for word in one_line(text).split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.width(longer) > room and len(lines) < max_lines:
                lines.append(word)
            else:
                lines[-1] = longer
        return [self.shorten(line, room) for line in lines]

    def _parts(self, text: str) -> Sequence[tuple[Font, str]]:
        letters = [
            (font, letter)
            for character in one_line(text)
            for font, letter in _drawable(character, self.size_px)
        ]
        return [
            (font, "".join(letter for _, letter in group))
            for font, group in groupby(letters, key=lambda pair: pair[0])
        ]


def _without_middle(text: str, num_kept: int) -> str:
    return text[: num_kept - num_kept // 2] + _ELLIPSIS + text[len(text) - num_kept // 2 :]


@cache
def _drawable(character: str, size_px: int) -> Sequence[tuple[Font, str]]:
    """Return a character with the first font that has it, or its escape letter by letter."""
    fonts = _fonts(size_px)
    for font in fonts:
        if character.isspace() or _has(font, character):
            return [(font, character)]
    return [(fonts[0], letter) for letter in ascii(character)[1:-1]]


@cache
def _fonts(size_px: int) -> Sequence[Font]:
    found: list[Font] = []
    for name in _FONT_FILES:
        with suppress(OSError):
            found.append(ImageFont.truetype(name, size_px))
    return [*found, ImageFont.load_default(size_px)]


def _has(font: Font, character: str) -> bool:
    # Pillow does not say which letters a font has; those that it lacks all look alike, unless they
    # are joined to others.
    alone = font
    if isinstance(font, ImageFont.FreeTypeFont):
        alone = font.font_variant(layout_engine=ImageFont.Layout.BASIC)
    return bytes(alone.getmask(character)) != bytes(alone.getmask(_SURELY_MISSING))
