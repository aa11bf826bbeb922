"""A page of HTML that stands alone: no script, no network, no font but the reader's; it prints.

What is on it is a :class:`Page`, made by whoever knows the answer (:mod:`.report`). Texts may be hostile: the template
escapes each of them, characters that act are written as escapes, and the page forbids itself to load anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import chart
from .listing import heading
from .sheet import cell
from .text import neutralise
from .width import shorten_end, shorten_middle

MOST_LETTERS: Final = 160
"""A cell has no more, as wide as they are in a terminal; what is cut is an ellipsis."""
_LONG: Final = 30
"""Letters without a place to break a line from which on a word is broken anywhere."""
_AMOUNT: Final = re.compile(r"–|[+−]?[\d,.]+(%| [A-Z]{3})?")
"""A share, or an amount of money: a number in a text."""
_NO_TITLES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Card:
    """One number, large."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, its cells already text; ``more`` counts rows that are not shown, ``note`` says what its columns mean."""

    title: str
    titles: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    is_number: tuple[bool, ...]
    more: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What a line or a colour of a chart stands for."""

    name: str
    colour: str
    dash: str
    width: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, made by :mod:`.chart`; ``data`` says the same in numbers."""

    caption: str
    svg: Markup
    data: Grid | None = None
    legend: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page, in the order of its fields; but ``items``, sentences of a list, stand after the lines."""

    heading: str
    lines: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: tuple[str, ...] = ()


def document(page: Page) -> str:
    """The page as one text."""
    return _TEMPLATES.get_template("report.html").render(page=page)


def figure(caption: str, svg: str, data: Grid | None = None, legend: tuple[Key, ...] = ()) -> Figure:
    """A chart with its caption; ``svg`` comes from :mod:`.chart`, which escaped what is in it."""
    return Figure(caption, Markup(svg), data, legend)  # noqa: S704 - of our own making, escaped there


def grid(
    caption: str,
    rows: Sequence[Any],
    columns: Sequence[str] | None = None,
    *,
    more: int = 0,
    note: str = "",
    titles: Mapping[str, str] = _NO_TITLES,
) -> Grid:
    """A table of dataclasses of one type; ``columns`` are the fields to show, all where it is None; ``titles`` those
    that are not the field's name."""
    names = tuple(columns or (field.name for field in fields(rows[0]))) if rows else tuple(columns or ())
    values = [[getattr(row, name) for name in names] for row in rows]
    cells = tuple(tuple(map(_cell, row)) for row in values)
    kinds = tuple(
        bool(rows)
        and (all(_counts(row[place]) for row in values) or all(_AMOUNT.fullmatch(row[place]) for row in cells))
        for place in range(len(names))
    )
    heads = tuple(titles.get(name) or heading(name) for name in names)
    return Grid(caption, heads, cells, kinds, more, note)


def series_grid(label: str, labels: Sequence[str], series: Iterable[chart.Series]) -> Grid:
    """The numbers behind a chart over ``labels``."""
    kept = list(series)
    cells = tuple(
        (name, *(_shown(cell(_whole(one.values[number]))) for one in kept)) for number, name in enumerate(labels)
    )
    return Grid("", (label, *(one.name for one in kept)), cells, (False, *(True for _ in kept)))


def parts_grid(label: str, measure: str, parts: Iterable[chart.Part]) -> Grid:
    """The numbers behind a chart of parts."""
    return Grid("", (label, measure), tuple((part.name, f"{part.value:,g}") for part in parts), (False, True))


def line_keys(series: Sequence[chart.Series]) -> tuple[Key, ...]:
    """The legend of :func:`.chart.lines`."""
    return tuple(
        Key(one.name, chart.colour_of(n, one), chart.DASHES[n % len(chart.DASHES)], 2) for n, one in enumerate(series)
    )


def block_keys(series: Sequence[chart.Series]) -> tuple[Key, ...]:
    """The legend of stacked bars."""
    return tuple(Key(one.name, chart.colour_of(n, one), "", 10) for n, one in enumerate(series))


def _counts(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _cell(value: object) -> str:
    """A value as a person reads it, in no more letters than a table can hold."""
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    text = _shown(cell(value))
    return shorten_middle(text, MOST_LETTERS) if "://" in text else shorten_end(text, MOST_LETTERS)


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _safe(value: object) -> object:
    return value if isinstance(value, Markup) else neutralise(str(value))


_TEMPLATES: Final = Environment(
    loader=PackageLoader("wholinks.render"), autoescape=True, undefined=StrictUndefined, finalize=_safe,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_TEMPLATES.tests["day"] = re.compile(r"(\d{1,2} )?[A-Z][a-z]{2,8} \d{4}").fullmatch
_TEMPLATES.tests["long"] = lambda text: any(len(part) > _LONG for part in re.split(r"[/?\-\s]", text))
_TEMPLATES.tests["name"] = re.compile(rf"\S{{1,{_LONG}}}").fullmatch
