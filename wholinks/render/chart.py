"""Charts as inline SVG: drawn from numbers alone, readable without colour, with a title and a text for those who
listen. Every text is escaped, for it may come from a page.

Sizes are in SVG units, which a browser scales to the width there is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from .text import neutralise
from .width import shorten_end

WIDTH: Final = 720
PALETTE: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
"""Colours that people who see fewer of them can tell apart (Okabe and Ito, 2008), without the yellow."""
DASHES: Final = ("", "7 4", "2 3", "10 3 2 3", "4 2", "1 4", "12 6")
"""Lines of a chart differ by these too, for print without colour."""

_INK: Final = "#333"
_FAINT: Final = "#ddd"
_LEFT: Final = 56
_TOP: Final = 12
_RIGHT: Final = 16
_BOTTOM: Final = 30
_HEIGHT: Final = 240
_MOST_LABELS: Final = 8
_LETTER: Final = 6.6
"""About the width of a letter at 12 units, to know what fits."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers in the order of the chart's labels; None where nothing is known. ``colour``: the next of the palette
    where it is empty."""

    name: str
    values: tuple[float | None, ...]
    colour: str = ""


def colour_of(number: int, series: Series) -> str:
    """The colour of the chart's series of this number."""
    return series.colour or PALETTE[number % len(PALETTE)]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole, or a bar."""

    name: str
    value: float


def lines(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """A line for each series over ``labels``, from zero."""
    svg = _svg(title, _HEIGHT, _told(labels, series))
    known = [value for one in series for value in one.values if value is not None]
    scale = _Scale(0, max(known, default=0), _HEIGHT)
    _grid(svg, scale)
    places = _places(len(labels))
    _labels(svg, labels, places)
    for number, one in enumerate(series):
        colour, dash = colour_of(number, one), DASHES[number % len(DASHES)]
        for run in _runs(places, one.values):
            points = " ".join(f"{x:.1f},{scale.y(value):.1f}" for x, value in run)
            _add(svg, "polyline", points=points, fill="none", stroke=colour, stroke_width=2, stroke_dasharray=dash)
            for x, value in run if len(run) == 1 else run[-1:]:
                _add(svg, "circle", cx=f"{x:.1f}", cy=f"{scale.y(value):.1f}", r=3, fill=colour)
    return _text_of(svg)


def gains_and_losses(title: str, labels: Sequence[str], up: Sequence[Series], down: Sequence[Series]) -> str:
    """Bars for each of ``labels``: what came, stacked above zero, and what went, stacked below it."""
    svg = _svg(title, _HEIGHT, _told(labels, [*up, *down]))
    tops = [sum(one.values[n] or 0 for one in up) for n in range(len(labels))]
    depths = [sum(one.values[n] or 0 for one in down) for n in range(len(labels))]
    scale = _Scale(-max(depths, default=0), max(tops, default=0), _HEIGHT)
    _grid(svg, scale)
    places = _places(len(labels), is_bars=True)
    _labels(svg, labels, places)
    width = max((WIDTH - _LEFT - _RIGHT) / max(len(labels), 1) * 0.7, 1)
    for sign, stack, first in ((1, up, 0), (-1, down, len(up))):
        for n, x in enumerate(places):
            reached = 0.0
            for number, one in enumerate(stack, first):
                value = one.values[n] or 0
                if not value:
                    continue
                ends = sorted((scale.y(sign * reached), scale.y(sign * (reached + value))))
                _add(
                    svg, "rect", x=f"{x - width / 2:.1f}", y=f"{ends[0]:.1f}", width=f"{width:.1f}",
                    height=f"{ends[1] - ends[0]:.1f}", fill=colour_of(number, one),
                )  # fmt: skip
                reached += value
    return _text_of(svg)


def columns(title: str, parts: Sequence[Part]) -> str:
    """A column for each part, in their order: a histogram."""
    labels = [part.name for part in parts]
    svg = _svg(title, _HEIGHT, ", ".join(f"{part.name}: {part.value:,g}" for part in parts))
    scale = _Scale(0, max((part.value for part in parts), default=0), _HEIGHT)
    _grid(svg, scale)
    places = _places(len(parts), is_bars=True)
    _labels(svg, labels, places)
    width = max((WIDTH - _LEFT - _RIGHT) / max(len(parts), 1) * 0.8, 1)
    for x, part in zip(places, parts, strict=True):
        top = scale.y(part.value)
        _add(
            svg, "rect", x=f"{x - width / 2:.1f}", y=f"{top:.1f}", width=f"{width:.1f}",
            height=f"{scale.y(0) - top:.1f}", fill=PALETTE[0],
        )  # fmt: skip
    return _text_of(svg)


def bars(title: str, parts: Sequence[Part]) -> str:
    """A horizontal bar for each part, its name before it and its number behind."""
    row, names = 24, 230
    svg = _svg(title, row * len(parts) + 8, ", ".join(f"{part.name}: {part.value:,g}" for part in parts))
    most = max((part.value for part in parts), default=0) or 1
    room = WIDTH - names - 80
    for number, part in enumerate(parts):
        y = number * row + 4
        width = max(part.value / most * room, 1)
        _write(svg, names - 8, y + 15, _shortened(part.name, int(names / _LETTER) - 2), anchor="end")
        _add(svg, "rect", x=names, y=y + 3, width=f"{width:.1f}", height=row - 8, fill=PALETTE[0])
        _write(svg, names + width + 6, y + 15, f"{part.value:,g}")
    return _text_of(svg)


def shares(title: str, parts: Sequence[Part]) -> str:
    """One bar cut into the parts of a whole, each with its name and share."""
    kept = [part for part in parts if part.value > 0]
    whole = sum(part.value for part in kept) or 1
    told = ", ".join(f"{part.name}: {part.value:,g} ({part.value / whole:.0%})" for part in kept)
    rows = math.ceil(len(kept) / 3)
    svg = _svg(title, 40 + 20 * rows, told)
    x = 0.0
    for number, part in enumerate(kept):
        width = part.value / whole * WIDTH
        colour = PALETTE[number % len(PALETTE)]
        _add(
            svg, "rect", x=f"{x:.1f}", y=2, width=f"{width:.1f}", height=26, fill=colour, stroke="#fff", stroke_width=1
        )
        left, y = number % 3 * WIDTH / 3, 50 + number // 3 * 20
        _add(svg, "rect", x=f"{left:.1f}", y=y - 10, width=11, height=11, fill=colour)
        label = f"{_shortened(part.name, 20)} {part.value:,g} ({part.value / whole:.1%})"
        _write(svg, left + 17, y, label)
        x += width
    return _text_of(svg)


class _Scale:
    """Numbers from ``low`` to ``high`` as heights, with round marks."""

    def __init__(self, low: float, high: float, height: float) -> None:
        self.step = _round_step((high - low) / 4)
        self.low = math.floor(low / self.step) * self.step
        self.high = max(math.ceil(high / self.step) * self.step, self.low + self.step)
        self._room = height - _TOP - _BOTTOM

    def y(self, value: float) -> float:
        return _TOP + (self.high - value) / (self.high - self.low) * self._room

    def marks(self) -> list[float]:
        return [self.low + n * self.step for n in range(round((self.high - self.low) / self.step) + 1)]


def _round_step(wanted: float) -> float:
    """The next of 1, 2, 5, 10, …: what is counted is whole."""
    if wanted <= 1:
        return 1
    power = 10 ** math.floor(math.log10(wanted))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted))


def _places(count: int, *, is_bars: bool = False) -> list[float]:
    room = WIDTH - _LEFT - _RIGHT
    if is_bars:
        return [_LEFT + room * (n + 0.5) / count for n in range(count)]
    return [_LEFT + (room * n / (count - 1) if count > 1 else room / 2) for n in range(count)]


def _runs(places: Sequence[float], values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(places, values, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, value))
    return [run for run in runs if run]


def _grid(svg: ET.Element, scale: _Scale) -> None:
    for mark in scale.marks():
        y = scale.y(mark)
        is_zero = mark == 0
        _add(
            svg, "line", x1=_LEFT, y1=f"{y:.1f}", x2=WIDTH - _RIGHT, y2=f"{y:.1f}", stroke=_INK if is_zero else _FAINT,
            stroke_width=1,
        )  # fmt: skip
        _write(svg, _LEFT - 8, y + 4, f"{mark:,.0f}".replace("-", "−"), anchor="end")


def _labels(svg: ET.Element, labels: Sequence[str], places: Sequence[float]) -> None:
    every = max(math.ceil(len(labels) / _MOST_LABELS), 1)
    for n in range(0, len(labels), every):
        anchor = "end" if n == len(labels) - 1 > 0 and places[n] > WIDTH - 60 else "middle"
        _write(svg, places[n] if anchor == "middle" else WIDTH - 2, _HEIGHT - 8, labels[n], anchor=anchor)


def _told(labels: Sequence[str], series: Sequence[Series]) -> str:
    """The chart in words: where each series begins and ends."""
    told = []
    for one in series:
        known = [(label, value) for label, value in zip(labels, one.values, strict=True) if value is not None]
        if known:
            (first, begin), (last, end) = known[0], known[-1]
            told.append(f"{one.name}: {begin:,g} at {first}, {end:,g} at {last}")
    return "; ".join(told)


def _shortened(text: str, letters: int) -> str:
    return shorten_end(neutralise(text), letters)


def _svg(title: str, height: float, told: str) -> ET.Element:
    svg = ET.Element(
        "svg",
        {"viewBox": f"0 0 {WIDTH} {height:g}", "role": "img", "class": "chart", "font-size": "12", "fill": _INK},
    )
    ET.SubElement(svg, "title").text = neutralise(title)
    ET.SubElement(svg, "desc").text = neutralise(told)
    return svg


def _add(svg: ET.Element, tag: str, **attributes: object) -> ET.Element:
    kept = {name.replace("_", "-"): str(value) for name, value in attributes.items() if value != ""}
    return ET.SubElement(svg, tag, kept)


def _write(svg: ET.Element, x: float, y: float, text: str, anchor: str = "start") -> None:
    _add(svg, "text", x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor).text = neutralise(text)


def _text_of(svg: ET.Element) -> str:
    return ET.tostring(svg, encoding="unicode")
