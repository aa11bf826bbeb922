"""The rows of a SELECT of one's own, whose columns nobody knows before."""

import csv as spreadsheet
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from . import listing
from .csv import safe
from .json import SCHEMA, encode, iso

TABLE_ROWS: Final = 1000
"""Rows of a table at most: it has to be seen whole to know how wide its columns are."""


def value(found: object) -> Any:  # noqa: PLR0911 - a type a line
    """A value as JSON has it. Times without a zone are UTC; what JSON has no form for is text."""
    match found:
        case None | bool() | int() | str():
            return found
        case float():
            return found if math.isfinite(found) else None
        case Decimal():
            return float(found)
        case datetime():
            return iso(found if found.tzinfo else found.replace(tzinfo=UTC))
        case date():
            return found.isoformat()
        case list() | tuple():
            return [value(item) for item in found]
        case dict():
            return {str(value(key)): value(item) for key, item in found.items()}
    return str(found)


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]], format_: str) -> Iterator[str]:
    """The output in ``format_`` (table, json, jsonl, csv), line by line; only a table is cut, and says so."""
    plain = ([value(cell) for cell in row] for row in rows)
    if format_ == "table":
        yield from _table(columns, plain)
    elif format_ == "csv":
        yield from _csv(columns, plain)
    else:
        objects = (encode(dict(zip(columns, row, strict=True))) for row in plain)
        yield from objects if format_ == "jsonl" else _json(objects)


def _table(columns: Sequence[str], plain: Iterator[list[Any]]) -> Iterator[str]:
    shown = [[_cell(cell) for cell in row] for row in islice(plain, TABLE_ROWS)]
    yield from listing.lines(columns, shown)
    if next(plain, None) is not None:
        yield f"… and more; a table has at most {TABLE_ROWS:,} rows, --format csv has all"


def _cell(cell: Any) -> object:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell if isinstance(cell, int | str) else _text(cell)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else encode(cell)


def _csv(columns: Sequence[str], plain: Iterable[list[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = spreadsheet.writer(buffer, lineterminator="")
    writer.writerow([safe(column) for column in columns])
    yield buffer.getvalue()
    for row in plain:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_text(cell) if isinstance(cell, int | float) else safe(_text(cell)) for cell in row])
        yield buffer.getvalue()


def _json(objects: Iterable[str]) -> Iterator[str]:
    yield f'{{"schema": {SCHEMA}, "rows": ['
    before = ""
    for found in objects:
        yield f"{before}{found}"
        before = ","
    yield "]}"
