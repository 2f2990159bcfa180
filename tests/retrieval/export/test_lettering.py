"""Text in pictures."""

from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from retrieval.export.lettering import Lettering

LETTERING = Lettering(size_px=20, colour=(0, 0, 0))
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=60)


def drawn(text: str) -> np.ndarray:
    picture = Image.new("RGB", (600, 40), (255, 255, 255))
    LETTERING.draw(ImageDraw.Draw(picture), 10, 28, text)
    return np.asarray(picture)


def test_text_takes_the_room_that_it_is_said_to() -> None:
    columns = np.flatnonzero((drawn("jump over") < 128).any(axis=(0, 2)))
    assert columns[0] >= 9
    assert columns[-1] <= 10 + LETTERING.width("jump over")
    assert columns[-1] > 6 + LETTERING.width("jump over")


@given(text=TEXTS, room=st.integers(40, 400))
def test_shortened_text_fits_and_keeps_both_ends(text: str, room: int) -> None:
    shortened = LETTERING.shorten(text, room)
    assert LETTERING.width(shortened) <= room
    if "…" in shortened and "…" not in text:
        head, tail = shortened.split("…")
        assert len(head) - len(tail) in (0, 1)


def test_text_that_fits_is_left_alone() -> None:
    assert LETTERING.shorten("a.mp4", 400) == "a.mp4"


@given(text=TEXTS)
def test_wrapped_text_fits_in_width_and_number_of_lines(text: str) -> None:
    lines = LETTERING.wrap(text, 120, 3)
    assert len(lines) <= 3
    assert all(LETTERING.width(line) <= 120 for line in lines)


def test_wrapped_words_stand_in_their_order() -> None:
    text = "it is no video file that is known here"
    lines = LETTERING.wrap(text, 150, 9)
    assert len(lines) > 1
    assert " ".join(lines) == text


def test_letters_that_no_font_has_are_told_apart() -> None:
    # Private use: no font of a system has these.
    one, other = map(partial(drawn), ("\U000f1234", "\U000f1235"))
    assert (one != other).any()
    assert LETTERING.width("\U000f1234") == LETTERING.width(r"\U000f1234")


def test_bytes_that_are_no_text_and_line_breaks_are_drawn_on_one_line() -> None:
    picture = drawn("a\n\udcff\tb")
    assert (picture == drawn(r"a\n\udcff\tb")).all()
