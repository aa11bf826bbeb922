"""CSV: the rows alone, with a header; safe to open in a spreadsheet (OWASP, "CSV Injection").

A text that a spreadsheet could take for a formula (its first character, white space aside, is one of ``= + - @`` or a
full-width form of them, or it begins with a tab, CR or LF) gets a leading apostrophe. So does what would be such a text
to a spreadsheet that takes semicolons for separators, as those of many countries do. Control characters are written as
escapes. The columns are the fields of the JSON rows; ``evidence`` is spread over ``evidence_…``, lists are joined with
spaces, lists of objects with semicolons (``a.example 4; b.example 1``), what is unknown is empty.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final

from .json import plain
from .text import neutralise

_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_AFTER_SEPARATOR: Final = re.compile(r"(;[\s\"]*)(?=[=+\-@＝＋－＠])")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def header(of: type[Any]) -> list[str]:
    """The columns of rows of this kind, which never depend on the rows."""
    names: list[str] = []
    for field in fields(of):
        if is_dataclass(field.type):
            names += [f"{field.name}_{inner.name}" for inner in fields(field.type)]
        else:
            names.append(field.name)
    return names


def cells(row: Any) -> Iterator[str]:
    """The cells of a row."""
    for field in fields(row):
        value = getattr(row, field.name)
        if is_dataclass(value):
            yield from cells(value)
        else:
            yield _cell(value)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case int() | float():
            return str(value).lower()
        case datetime() | date():
            return str(plain(value))
        case tuple() if any(map(is_dataclass, value)):
            return safe("; ".join(" ".join(cells(item)) for item in value))
        case tuple():
            return safe(" ".join(map(str, value)))
        case _:
            return safe(str(value))


def safe(text: str) -> str:
    """``text`` as a cell that is only ever text."""
    text = f"'{text}" if _FORMULA.match(text) else text
    text = _AFTER_SEPARATOR.sub(r"\1'", text) if ";" in text else text
    return _CONTROL.sub(lambda match: neutralise(match[0]), text)


def lines(rows: Iterable[Any], of: type[Any]) -> Iterator[str]:
    """The output, line by line (no cell spans lines)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    writer.writerow(header(of))
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells(row))
        yield buffer.getvalue()
