"""Research as people read it: lines of text and plain tables, made of whatever typed rows an answer has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from wholinks.storage.urls import to_unicode

from . import listing
from .reasons import FIELDS, in_words
from .targets import url_shown
from .text import neutralise
from .width import sentences, terminal_width

_EMPTY: Final = {"anchor_text": "(empty)", "language": "(none)"}
"""What is shown of fields that say something by being empty."""


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` are dataclasses of one type; ``columns`` are the fields to show, all where it is None, those of most
    worth first: where a terminal is too narrow, the last go first. ``title`` may be empty; ``more`` says how many rows
    there are besides those shown. ``prose`` are columns of sentences, which are broken into lines and never cut."""

    title: str
    rows: Sequence[Any]
    columns: tuple[str, ...] | None = None
    more: int = 0
    prose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """An answer for people: ``lines`` first, then the tables, then ``notes``. Texts may be hostile: they are made
    harmless here."""

    lines: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def lines(sheet: Sheet, width: int | None = None) -> Iterator[str]:
    """The sheet, line by line, as wide as the terminal where ``width`` (cells) is None."""
    width = terminal_width() if width is None else width
    for line in sheet.lines:
        yield from sentences(neutralise(line), width)
    shown = [table for table in sheet.tables if table.rows]
    for number, table in enumerate(shown):
        if number or sheet.lines:
            yield ""
        if table.title:
            yield from sentences(neutralise(table.title), width)
        names = table.columns or tuple(field.name for field in fields(table.rows[0]))
        rows = ([_shown(row, name, name in table.prose) for name in names] for row in table.rows)
        yield from listing.lines([listing.heading(name) for name in names], rows, width)
        if table.more > 0:
            yield f"… and {table.more:,} more; --limit {len(table.rows) + table.more} shows all"
    if sheet.notes and (shown or sheet.lines):
        yield ""
    for note in sheet.notes:
        yield from sentences(neutralise(note), width)


def _shown(row: Any, name: str, is_prose: bool) -> object:
    """Numbers, dates and phrases as they are, all else as a person reads it."""
    value = getattr(row, name)
    if name in FIELDS and isinstance(value, str):
        value = in_words(value)
    if value == "":
        return _EMPTY.get(name, "")
    if is_prose:
        return value if _are_phrases(value) else (str(cell(value)),)
    is_plain = value is None or (isinstance(value, int | float | date) and not isinstance(value, bool))
    return value if is_plain or _are_phrases(value) else cell(value)


def _are_phrases(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, str) and " " in item for item in value)


def cell(value: object) -> object:
    """A value as a person reads it; whole numbers stay numbers."""
    shown: object = value
    match value:
        case None:
            shown = listing.UNKNOWN
        case bool():
            shown = "yes" if value else "no"
        case float():
            shown = f"{value:,.2f}"
        case datetime() | date():
            shown = f"{value:%Y-%m-%d}"
        case tuple():
            shown = ("; " if _are_phrases(value) else " ").join(str(cell(item)) for item in value)
        case str():
            shown = url_shown(value) if "://" in value else to_unicode(value) if "xn--" in value else value
    return shown
