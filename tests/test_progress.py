"""Progress where no terminal is: a line now and then."""

import io

import pytest

from motionfit import progress
from motionfit.progress import Progress


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Where lines go; each one is due at once."""
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    return io.StringIO()


def test_a_line_tells_the_count_the_time_left_and_the_remark(stream: io.StringIO) -> None:
    with Progress("indexing", unit="video", total=4, stream=stream) as shown:
        shown.advance("12 clips")
    line = stream.getvalue()
    assert line.startswith("indexing: 1 of 4 videos, 0 s, about 0 s left, 12 clips")


def test_a_long_item_is_heard_of_before_its_end(stream: io.StringIO) -> None:
    with Progress("flow", unit="video", total=1, stream=stream) as shown:
        shown.show("60 pairs/s")
    assert stream.getvalue() == "flow: 0 of 1 videos, 0 s, 60 pairs/s\n"


def test_who_knows_the_time_left_is_not_contradicted(stream: io.StringIO) -> None:
    with Progress("flow", unit="video", total=4, stream=stream, guesses_time_left=False) as shown:
        shown.advance("60 pairs/s, about 3 min left")
    assert stream.getvalue() == "flow: 1 of 4 videos, 0 s, 60 pairs/s, about 3 min left\n"
