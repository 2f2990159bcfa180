"""Charts of lines as SVG text: sharp at any size, and small enough to lie beside a report."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH_PX = 360
_HEIGHT_PX = 240
_LEFT_PX = 52
_RIGHT_PX = 16
_TOP_PX = 42
_BOTTOM_PX = 42
# Room for what is written at a mark.
_MARK_PX = 60
_MAX_DOTS = 15
_NUM_STEPS = 5
_GRID = "#e4e4e4"
_AXIS = "#808080"
_INK = "#303030"
# Okabe and Ito's blue and vermilion: apart for colour-blind readers too.
_COLOURS = ("#0072b2", "#d55e00")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One pair of axes; values are at x = 1, 2, 3 and so on.

    Attributes:
        title: Above it, with the unit.
        lines: Values by the line's name, at most two lines.
        least: Is to be on the y axis; None leaves that to the values.
        marked: Place among the values to be marked, from 0; None is none.
        mark: What is written there.
    """

    title: str
    lines: Mapping[str, Sequence[float]]
    least: float | None = None
    marked: int | None = None
    mark: str = ""


def draw_charts(charts: Sequence[Chart], *, x_title: str) -> str:
    """Return an SVG file with the charts side by side.

    Args:
        charts: At least one; each with at least one value.
        x_title: Below each.
    """
    width = _WIDTH_PX * len(charts)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT_PX}" '
        f'viewBox="0 0 {width} {_HEIGHT_PX}" font-family="sans-serif" font-size="12" '
        f'fill="{_INK}">',
        f'<rect width="{width}" height="{_HEIGHT_PX}" fill="white"/>',
    ]
    for place, chart in enumerate(charts):
        inside = "\n".join(_Axes(chart).draw(chart, x_title))
        parts.append(f'<g transform="translate({place * _WIDTH_PX} 0)">\n{inside}\n</g>')
    return "\n".join([*parts, "</svg>\n"])


def choose_ticks(least: float, most: float) -> list[float]:
    """Return up to seven round numbers, the first at most ``least``, the last at least ``most``.

    From one to the next it is 1, 2 or 5 times a power of ten.
    """
    if most <= least:
        most = least + (abs(least) or 1.0)
    rough = (most - least) / _NUM_STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((factor for factor in (1, 2, 5) if factor * power >= rough), 10) * power
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


class _Axes:
    """Where values stand in a chart, in px."""

    def __init__(self, chart: Chart) -> None:
        every = [value for values in chart.lines.values() for value in values]
        least = min(every) if chart.least is None else min(chart.least, *every)
        self.num_values = max(map(len, chart.lines.values()))
        self.y_ticks = choose_ticks(least, max(every))
        self.x_ticks = _choose_counts(self.num_values)

    def x(self, number: float) -> float:
        """Return where a number from 1 stands; a single one is in the middle."""
        room = _WIDTH_PX - _LEFT_PX - _RIGHT_PX
        share = 0.5 if self.num_values == 1 else (number - 1) / (self.num_values - 1)
        return round(_LEFT_PX + share * room, 2)

    def y(self, value: float) -> float:
        """Return how far below the top a value stands."""
        lowest, highest = self.y_ticks[0], self.y_ticks[-1]
        room = _HEIGHT_PX - _TOP_PX - _BOTTOM_PX
        return round(_TOP_PX + (highest - value) / (highest - lowest) * room, 2)

    def draw(self, chart: Chart, x_title: str) -> Iterable[str]:
        """Yield what the chart consists of, from the back to the front."""
        yield from self._draw_axes(x_title)
        yield _text(_LEFT_PX, 18, chart.title, more='font-weight="bold"')
        if chart.marked is not None:
            yield from self._draw_mark(chart.marked, chart.mark)
        pairs = list(zip(chart.lines.items(), _COLOURS, strict=False))
        for (_, values), colour in pairs:
            yield from self._draw_line(values, colour)
        x = _WIDTH_PX - _RIGHT_PX
        for (name, _), colour in reversed(pairs):
            yield _text(x, 18, name, anchor="end", more=f'fill="{colour}"')
            # No font is known here; 7 px a letter is enough in all of them.
            x -= 7 * len(name) + 12

    def _draw_axes(self, x_title: str) -> Iterable[str]:
        bottom, right = _HEIGHT_PX - _BOTTOM_PX, _WIDTH_PX - _RIGHT_PX
        step = self.y_ticks[1] - self.y_ticks[0]
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        for value in self.y_ticks:
            yield _line(_LEFT_PX, self.y(value), right, self.y(value), _GRID)
            yield _text(_LEFT_PX - 8, self.y(value) + 4, f"{value:.{digits}f}", anchor="end")
        for number in self.x_ticks:
            yield _line(self.x(number), bottom, self.x(number), bottom + 5, _AXIS)
            yield _text(self.x(number), bottom + 18, str(number), anchor="middle")
        yield _line(_LEFT_PX, bottom, right, bottom, _AXIS)
        yield _text((_LEFT_PX + right) / 2, _HEIGHT_PX - 8, x_title, anchor="middle")

    def _draw_mark(self, place: int, mark: str) -> Iterable[str]:
        x = self.x(place + 1)
        yield _line(x, _TOP_PX, x, _HEIGHT_PX - _BOTTOM_PX, _AXIS, more='stroke-dasharray="3 3"')
        # Above the lines, where none of them crosses it; inside the picture also at the right end.
        small = f'font-size="11" fill="{_AXIS}"'
        yield _text(
            min(x, _WIDTH_PX - _MARK_PX / 2), _TOP_PX - 6, mark, anchor="middle", more=small
        )

    def _draw_line(self, values: Sequence[float], colour: str) -> Iterable[str]:
        points = [(self.x(number), self.y(value)) for number, value in enumerate(values, 1)]
        path = " ".join(f"{x},{y}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        if len(points) <= _MAX_DOTS:
            for x, y in points:
                yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'


def _choose_counts(num_values: int) -> list[int]:
    """Return whole numbers from 1 to ``num_values`` to write below an axis."""
    step = max(1, round(choose_ticks(0, num_values)[1]))
    return sorted({1, *range(step, num_values + 1, step)})


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, more: str = "") -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" {more}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {more}>{escape(text)}</text>'
