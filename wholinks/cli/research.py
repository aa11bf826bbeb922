"""How the commands of research print their one typed answer."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from .options import Command

if TYPE_CHECKING:
    from wholinks.render.sheet import Sheet

Answered = TypeVar("Answered")

FORMATS: Final = ("table", "json", "jsonl", "csv")


def limit_option(shown: int) -> Callable[[Command], Command]:
    """``--limit``: ``shown`` rows in a table without it."""
    return click.option(
        "--limit", type=click.IntRange(min=0), metavar="N",
        help=f"At most N rows.  [default: {shown} in a table, else all]",
    )  # fmt: skip


def cut(limit: int | None, format_: str, shown: int) -> int | None:
    """How many rows are wanted: None for all."""
    return shown if limit is None and format_ == "table" else limit


def emit(answer: Answered, format_: str, *, sheet: "Callable[[Answered], Sheet]", row: type[Any]) -> None:
    """Print an answer. JSON has all of it, JSON lines and CSV its ``rows``, which are of type ``row``."""
    write(lines_of(answer, format_, sheet=sheet, row=row))


def lines_of(answer: Answered, format_: str, *, sheet: "Callable[[Answered], Sheet]", row: type[Any]) -> Iterable[str]:
    """The lines that :func:`emit` prints."""
    if format_ == "json":
        from wholinks.render import json  # noqa: PLC0415

        found = {field.name: json.plain(getattr(answer, field.name)) for field in fields(answer)}  # type: ignore[arg-type]
        return json.encode({"schema": json.SCHEMA, **found}, indent=2).split("\n")
    if format_ == "table":
        from wholinks.render import sheet as sheets  # noqa: PLC0415

        return sheets.lines(sheet(answer))
    return _row_lines(answer.rows, format_, row)  # type: ignore[attr-defined]


def emit_rows(rows: Iterable[Any], format_: str, row: type[Any]) -> None:
    """Print rows alone, as ``jsonl`` or ``csv``, one by one."""
    write(_row_lines(rows, format_, row))


def _row_lines(rows: Iterable[Any], format_: str, row: type[Any]) -> Iterable[str]:
    from wholinks.render import csv, jsonl  # noqa: PLC0415

    return jsonl.lines(rows) if format_ == "jsonl" else csv.lines(rows, row)


def write(lines: Iterable[str]) -> None:
    """To standard output."""
    for line in lines:
        sys.stdout.write(line + "\n")
