"""A plain table of whatever rows: a title a column, numbers to the right, texts cut only where they don't fit a
terminal."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len

from .text import neutralise
from .width import shorten_end, shorten_middle

_GAP: Final = 2
_LEAST: Final = 14
"""No text column is made narrower."""


def lines(titles: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> list[str]:
    """The table's lines, at most ``width`` cells wide (None: as wide as the terminal, any width where there is none);
    texts are made harmless to a terminal."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max([cell_len(title), *(cell_len(row[n][0]) for row in shown)]) for n, title in enumerate(titles)]
    is_number = [all(row[n][1] for row in shown) for n in range(len(titles))]
    _fit(widths, is_number, _terminal_width() if width is None else width)
    head = [(title, right) for title, right in zip(titles, is_number, strict=True)]
    return [_line(row, widths) for row in (head, *shown)]


def _terminal_width() -> int | None:
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if is_told else None


def _fit(widths: list[int], is_number: Sequence[bool], width: int | None) -> None:
    """Take from the widest text columns what is too much."""
    texts = [n for n, right in enumerate(is_number) if not right]
    while width is not None and texts and sum(widths) + _GAP * (len(widths) - 1) > width:
        widest = max(texts, key=lambda n: widths[n])
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1


def _cell(value: object) -> tuple[str, bool]:
    if isinstance(value, int):
        return f"{value:,}", True
    return neutralise(str(value)), False


def _line(cells: Iterable[tuple[str, bool]], widths: Sequence[int]) -> str:
    padded = []
    for (whole, is_right), width in zip(cells, widths, strict=True):
        text = shorten_middle(whole, width) if "://" in whole else shorten_end(whole, width)
        space = " " * (width - cell_len(text))
        padded.append(space + text if is_right else text + space)
    return "  ".join(padded).rstrip()
