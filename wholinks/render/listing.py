"""A plain table of whatever rows: numbers to the right, and only where a terminal is too narrow, titles on several
lines, texts cut, and columns left out and named."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from textwrap import wrap
from typing import Final

from rich.cells import cell_len

from .text import neutralise
from .width import shorten_end, shorten_middle

UNKNOWN: Final = "–"

_GAP: Final = 2
_FLOORS: Final = {"text": 18, "url": 30, "phrases": 28}
"""Cells that a text can still be read in."""
_LEAST: Final = 10
"""No text column is made narrower."""
_LEAST_NUMBERS: Final = 2
"""So many columns of numbers or dates stay, however narrow the terminal."""
_SPELT: Final = {word.lower(): word for word in ("HTML", "HTTP", "IP", "IPs", "TLD", "UGC", "URL", "URLs")}


def heading(name: str) -> str:
    """The name of a field as a title: ``target_url`` is "Target URL"."""
    words = " ".join(_SPELT.get(word, word) for word in name.replace("_", " ").split(" "))
    return words[:1].upper() + words[1:]


def lines(titles: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> list[str]:
    """The table's lines, at most ``width`` cells wide (None: as wide as the terminal, any width where there is none);
    texts are made harmless to a terminal. A tuple is a number of phrases, each on a line of its own if need be; None
    is not known."""
    all_ = [_Column(title, values) for title, *values in zip(titles, *rows, strict=True)]
    columns = _fit(all_, _terminal_width() if width is None else width)
    left_out = ", ".join(it.title for it in all_ if it not in columns)
    whole = sum(column.width for column in columns) + _GAP * (len(columns) - 1)
    head = [column.title_lines() for column in columns]
    height = max(map(len, head), default=0)
    made = [_line(row, columns) for row in zip(*([""] * (height - len(it)) + it for it in head), strict=True)]
    made.append("─" * whole)
    for row in zip(*(column.cells for column in columns), strict=True):
        shown = [column.cell_lines(cell) for column, cell in zip(columns, row, strict=True)]
        made += [_line(parts, columns) for parts in zip_longest(*shown, fillvalue="")]
    return [*made, f"(no room for: {left_out}; --format csv has all)"] if left_out else made


class _Column:
    """A column's cells as texts, and how wide it is."""

    def __init__(self, title: str, values: Sequence[object]) -> None:
        self.title = neutralise(title)
        known = [value for value in values if value is not None]
        self.is_number = all(isinstance(it, int | float) and not isinstance(it, bool) for it in known)
        self.is_empty = not known
        self.can_go = self.is_number or all(isinstance(it, date) for it in known)
        self.cells = [tuple(map(neutralise, _texts(value))) for value in values]
        self.has_phrases = any(len(cell) > 1 for cell in self.cells)
        self.least = max([cell_len("; ".join(cell)) for cell in self.cells], default=0)
        self.width = max(self.least, cell_len(self.title))
        is_url = any("://" in text for cell in self.cells for text in cell)
        self.floor = _FLOORS["phrases" if self.has_phrases else "url" if is_url else "text"]

    def title_lines(self) -> list[str]:
        if cell_len(self.title) <= self.width:
            return [self.title]
        return [shorten_end(line, self.width) for line in wrap(self.title, self.width, break_long_words=False)]

    def cell_lines(self, cell: tuple[str, ...]) -> list[str]:
        text = "; ".join(cell)
        if cell_len(text) <= self.width:
            return [text]
        if self.has_phrases:
            return [line for phrase in cell for line in wrap(phrase, self.width, subsequent_indent="  ")]
        return [shorten_middle(text, self.width) if "://" in text else shorten_end(text, self.width)]


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(map(str, value)) or ("",)
    if value is None:
        return (UNKNOWN,)
    if isinstance(value, date):
        return (f"{value:%Y-%m-%d}",)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (f"{value:,.2f}" if isinstance(value, float) else f"{value:,}",)
    return (str(value),)


def _terminal_width() -> int | None:
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if is_told else None


def _fit(columns: list[_Column], width: int | None) -> list[_Column]:
    """The columns to show: titles are broken first, then texts get narrower while they can still be read, then numbers
    and dates go (but two), what is not known first, then texts are cut to anything."""
    shown = list(columns)

    def excess() -> int:
        return sum(it.width for it in shown) + _GAP * (len(shown) - 1) - width if width is not None else 0

    for column in sorted(columns, key=lambda it: it.least - it.width):
        if excess() <= 0:
            return shown
        column.width = max(column.least, *(cell_len(word) for word in column.title.split() or [""]))
    texts = [column for column in columns if not column.is_number]
    spare = sum(max(it.width - it.floor, 0) for it in texts)
    while excess() > spare and sum(it.can_go for it in shown[1:]) > _LEAST_NUMBERS:
        able = [it for it in shown[1:] if it.can_go]
        shown.remove(next((it for it in able if it.is_empty), able[-1]))
    for floor in (None, _LEAST):
        while excess() > 0:
            open_ = [it for it in texts if it.width > (it.floor if floor is None else floor)]
            if not open_:
                break
            max(open_, key=lambda it: it.width).width -= 1
    return shown


def _line(cells: Iterable[str], columns: Sequence[_Column]) -> str:
    def padded() -> Iterator[str]:
        for text, column in zip(cells, columns, strict=True):
            space = " " * (column.width - cell_len(text))
            yield space + text if column.is_number else text + space

    return (" " * _GAP).join(padded()).rstrip()
