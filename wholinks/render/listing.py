"""A plain table of whatever rows, as wide as the terminal.

Columns are declared in the order of their worth, the first names the row. Where the terminal is too narrow for all

1. titles stand on several lines, and texts get narrower while they can still be read,
2. URLs leave the columns, the widest first: each stands whole on a line of its own in its row, where the head has its
   title,
3. columns go and are named below the table: those where nothing is known, those that are 0 throughout, then the last,
   and so on. The first stays, and so does prose, which is broken into lines, and what has left already,
4. texts are cut to anything.

Without a terminal each row is one line, and only very long texts are cut.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len

from .text import neutralise
from .width import sentences, shorten_end, terminal_width, wrap

UNKNOWN: Final = "–"

_GAP: Final = 2
_INDENT: Final = 2
"""Of every line of a row but its first, where URLs have left the columns."""
_FLOORS: Final = {"text": 18, "name": 40, "prose": 20}
"""Cells that a text can still be read in; a name (no white space) says little when cut."""
_LEAST: Final = 10
"""No text column is made narrower."""
_MOST: Final = 120
"""No text but prose and URLs takes more, however wide the terminal."""
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]*://|[\w-]+(\.[\w-]+)+(:\d+)?/)\S*")
"""With a scheme, or a host with a path, which is as good."""
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_LEFT_TO_RIGHT_MARK: Final = "\u200e"
_WORD: Final = 24
"""No word of a title takes more where there is too little room."""
_SPELT: Final = {word.lower(): word for word in ("HTML", "HTTP", "IP", "IPs", "TLD", "UGC", "URL", "URLs")}


class Figure(str):
    """A number that is written out already: it stands to the right, as numbers do."""

    __slots__ = ()


def heading(name: str) -> str:
    """The name of a field as a title: ``target_url`` is "Target URL"."""
    words = " ".join(_SPELT.get(word, word) for word in name.replace("_", " ").split(" "))
    return words[:1].upper() + words[1:]


def lines(
    titles: Sequence[str],
    rows: Iterable[Sequence[object]],
    width: int | None = None,
    *,
    foot: Sequence[object] = (),
    elsewhere: str = "--format csv",
) -> list[str]:
    """The table's lines, at most ``width`` cells wide but for URLs (None: as wide as the terminal, any width where
    there is none); texts are made harmless to a terminal. A tuple is prose: a number of phrases, each on lines of its
    own if need be; None is not known. ``foot`` is one row more, below a rule. ``elsewhere`` is where all columns are to
    be had."""
    width = terminal_width() if width is None else width
    rows = list(rows)
    feet = foot or [""] * len(titles)
    all_ = [_Column(title, last, values) for title, last, *values in zip(titles, feet, *rows, strict=True)]
    columns = _fit(all_, width)
    block = _Block(columns, is_screen=width is not None)
    rule = "─" * block.width()
    made = [*block.head(), rule, *(line for number in range(len(rows)) for line in block.row(number))]
    made += [rule, *block.foot(len(rows))] if foot else []
    left_out = ", ".join(it.title for it in all_ if it not in columns)
    return [*made, *sentences(f"(no room for: {left_out}; {elsewhere} has all)", width)] if left_out else made


class _Column:
    """A column's cells as texts, the foot's last, and how wide it is."""

    def __init__(self, title: str, foot: object, values: Sequence[object]) -> None:
        self.title = neutralise(title)
        known = [value for value in values if value is not None and value != ""]
        self.is_number = all(isinstance(it, int | float | Figure) and not isinstance(it, bool) for it in known)
        self.is_empty = not known
        self.is_zero = self.is_number and all(str(value) == "0" for value in known)
        self.is_prose = any(isinstance(value, tuple) for value in values)
        self.is_out = False
        """Whether its cells stand on lines of their own."""
        self.cells = [tuple(map(neutralise, _texts(value))) for value in (*values, foot)]
        texts = [text for cell in self.cells[:-1] for text in cell if text not in {"", UNKNOWN}]
        has_blanks = any(" " in text for text in texts)
        others = [text for text in texts if not _URL.fullmatch(text)]
        can_be_url = not self.is_prose and not has_blanks and len(others) < len(texts)
        self.is_url = can_be_url and all(len(text) <= _FLOORS["name"] for text in others)
        self.is_text = not self.is_number and not self.is_url and not all(isinstance(it, date) for it in known)
        self.least = max([cell_len("; ".join(cell)) for cell in self.cells], default=0)
        if self.is_text and not self.is_prose:
            self.least = min(self.least, _MOST)
        self.width = max(self.least, cell_len(self.title))
        self.floor = _FLOORS["prose" if self.is_prose else "text" if has_blanks else "name"]

    def broken(self) -> int:
        """Its width where the title is broken into words."""
        return max(self.least, min(_WORD, max(map(cell_len, self.title.split()), default=0)))

    def needed(self, floor: int | None = None) -> int:
        """The cells it can do with, its texts being cut to ``floor``."""
        return min(self.broken(), floor or self.floor) if self.is_text else self.broken()

    def title_lines(self) -> list[str]:
        return [shorten_end(line, self.width) for line in wrap(self.title, self.width)]

    def cell_lines(self, number: int) -> list[str]:
        text = "; ".join(self.cells[number])
        if cell_len(text) <= self.width:
            return [text]
        if self.is_prose:
            phrases = self.cells[number]
            hanging = _INDENT if len(phrases) > 1 else 0
            broken = [line for phrase in phrases for line in wrap(phrase, self.width, hanging)]
            return [shorten_end(line, self.width) for line in broken]
        return [shorten_end(text, self.width)]


class _Block:
    """Rows as lines: URLs on lines of their own, before the other cells where they come first, else behind them."""

    def __init__(self, columns: Sequence[_Column], *, is_screen: bool) -> None:
        inside = [column for column in columns if not column.is_out]
        first = columns.index(inside[0]) if inside else len(columns)
        self._before = columns[:first]
        self._inside = inside
        self._is_screen = is_screen
        self._behind = [column for column in columns[first:] if column.is_out]

    def width(self) -> int:
        inside = sum(it.width for it in self._inside) + _GAP * (len(self._inside) - 1) + _INDENT * bool(self._before)
        return max([inside, *(cell_len(it.title) + _INDENT for it in (*self._before, *self._behind))])

    def head(self) -> list[str]:
        titles = [column.title_lines() for column in self._inside]
        height = max(map(len, titles), default=0)
        inside = zip(*([""] * (height - len(it)) + it for it in titles), strict=True)
        return self._lines(
            [it.title for it in self._before], [self._line(row) for row in inside], [it.title for it in self._behind]
        )

    def row(self, number: int) -> list[str]:
        before, behind = ([it.cells[number][0] for it in columns] for columns in (self._before, self._behind))
        while behind and behind[-1] in {"", UNKNOWN}:
            behind.pop()
        return self._lines(before, self._cells(number), behind)

    def foot(self, number: int) -> list[str]:
        return self._lines([it.cells[number][0] for it in self._before[:1]], self._cells(number), [])

    def _cells(self, number: int) -> list[str]:
        shown = [column.cell_lines(number) for column in self._inside]
        return [self._line(parts) for parts in zip_longest(*shown, fillvalue="")]

    @staticmethod
    def _lines(before: list[str], inside: list[str], behind: list[str]) -> list[str]:
        texts = [*(text or UNKNOWN for text in before), *inside, *(text or UNKNOWN for text in behind)]
        straight = len(inside) if not before else 1
        return [" " * (_INDENT * (number >= straight)) + text for number, text in enumerate(texts)]

    def _line(self, cells: Iterable[str]) -> str:
        def padded() -> Iterator[str]:
            for text, column in zip(cells, self._inside, strict=True):
                space = " " * (column.width - cell_len(text))
                # Without a mark a terminal would draw the numbers behind it in reverse.
                mark = _LEFT_TO_RIGHT_MARK if self._is_screen and _RIGHT_TO_LEFT.search(text) else ""
                yield space + text if column.is_number else text + mark + space

        return (" " * _GAP).join(padded()).rstrip()


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


def _fit(columns: list[_Column], width: int | None) -> list[_Column]:
    """The columns to show, with their widths."""
    shown = list(columns)
    if width is None:
        return shown
    while _taken(shown, [column.needed() for column in shown]) > width:
        urls = [column for column in shown if column.is_url and not column.is_out]
        able = [column for column in shown[1:] if not (column.is_prose or column.is_out)]
        if urls:
            max(urls, key=lambda it: it.width).is_out = True
        elif able:
            idle = [it for it in able if it.is_empty] or [it for it in reversed(able) if it.is_zero]
            shown.remove(idle[0] if idle else able[-1])
        else:
            break
    while len(shown) > 1 and _taken(shown, [column.needed(_LEAST) for column in shown]) > width:
        shown.remove(next(column for column in reversed(shown) if not column.is_out))
    inside = [column for column in shown if not column.is_out]
    for column in sorted(inside, key=lambda it: it.broken() - it.width):
        if _taken(shown) > width:
            column.width = column.broken()
    for is_last in (False, True):
        while _taken(shown) > width:
            wide = [it for it in inside if it.is_text and it.width > (_LEAST if is_last else it.floor)]
            if not wide:
                break
            max(wide, key=lambda it: it.width).width -= 1
    return shown


def _taken(columns: Sequence[_Column], widths: Sequence[int] = ()) -> int:
    """The cells that the columns take, with these widths or their own."""
    all_ = zip(columns, widths or [column.width for column in columns], strict=True)
    inside = [width for column, width in all_ if not column.is_out]
    return sum(inside) + _GAP * (len(inside) - 1) + _INDENT * columns[0].is_out
