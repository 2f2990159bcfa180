"""Charts of lines, and the curves of a training."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motionfit.errors import RunFileError
from motionfit.fit.curves import Curves, draw_curves, read_curves
from motionfit.fit.line_chart import Chart, choose_ticks, draw_charts

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


def epoch(training: dict[str, float], validation: dict[str, float] | None) -> dict[str, object]:
    return {"training": training, "validation": validation}


@pytest.mark.parametrize(
    ("least", "most", "ticks"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (1.1, 4.3, [1, 2, 3, 4, 5]),
        (0.031, 0.052, [0.03, 0.035, 0.04, 0.045, 0.05, 0.055]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ],
)
def test_ticks_are_round_numbers_around_the_values(least, most, ticks):
    assert choose_ticks(least, most) == pytest.approx(ticks)


@given(st.tuples(NUMBERS, NUMBERS).map(sorted))
def test_every_value_lies_between_a_few_ticks(ends):
    least, most = ends
    ticks = choose_ticks(least, most)
    slack = 1e-6 * (ticks[1] - ticks[0]) + 1e-9 * abs(least)

    assert ticks[0] <= least + slack
    assert ticks[-1] >= most - slack
    assert 3 <= len(ticks) <= 7


def test_larger_values_are_drawn_higher_and_later_ones_further_right():
    chart = Chart(title="loss", lines={"training": [4.0, 2.0, 1.0]}, least=0.0)

    points = polyline(draw_charts([chart], x_title="epoch"))

    # The y axis goes from 0 to 4: a quarter of the height is one unit.
    heights = [y for _, y in points]
    assert (heights[1] - heights[0]) / (heights[2] - heights[1]) == pytest.approx(2)
    assert points[1][0] == pytest.approx((points[0][0] + points[2][0]) / 2)


def test_the_kept_epoch_has_the_lowest_validation_loss():
    curves = Curves([epoch({"loss": 3 - i}, {"loss": loss}) for i, loss in enumerate((2, 1, 1.5))])

    assert curves.kept == 1
    assert "kept: 2" in draw_curves(curves)


def test_without_validation_the_last_epoch_is_kept():
    curves = Curves([epoch({"loss": 3.0}, None), epoch({"loss": 2.0}, None)])

    picture = draw_curves(curves)

    assert curves.kept == 1
    assert "validation" not in picture
    assert picture.count("<polyline") == 1


def test_names_are_safe_inside_the_picture():
    picture = draw_charts([Chart(title="a < b & c", lines={"<x>": [1.0]})], x_title="&")

    assert "a < b & c" in [text.text for text in ET.fromstring(picture).iter(f"{SVG}text")]


def test_curves_are_read_from_the_log_of_a_training(finished):
    curves = read_curves(Path(finished.encoder.parent / "student"))

    assert len(curves.epochs) == 2
    assert len(curves.values("training", "accuracy")) == 2
    # Loss and accuracy, training and validation.
    assert draw_curves(curves).count("<polyline") == 4


def polyline(picture: str) -> list[tuple[float, float]]:
    line = ET.fromstring(picture).find(f".//{SVG}polyline")
    assert line is not None
    pairs = (point.split(",") for point in line.attrib["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        ("{", "it cannot be read"),
        ('["epoch"]\n', "it cannot be read"),
        ('{"loss": 1}\n', "it cannot be read"),
        ('{"event": "step"}\n', "it tells of no epoch"),
    ],
)
def test_a_log_that_is_missing_or_damaged_is_one_sentence(content, told, tmp_path):
    if content is not None:
        (tmp_path / "log.jsonl").write_text(content)

    with pytest.raises(RunFileError, match=rf"log\.jsonl: .*{told}"):
        read_curves(tmp_path)
