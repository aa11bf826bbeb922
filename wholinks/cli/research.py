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
ALL: Final = -1
"""As a limit: no limit, in a table too."""


class RowLimit(click.ParamType[int]):
    """A number of rows, or ``all``: :data:`ALL`."""

    name = "rows"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value == "all":
            return ALL
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            self.fail(f"{text!r} is no number of rows; write 100, or all", param, ctx)
        return int(text)


def limit_option(shown: int) -> Callable[[Command], Command]:
    """``--limit``: ``shown`` rows in a table without it."""
    return click.option(
        "--limit", type=RowLimit(), metavar="N",
        help=f"At most N rows, or all; totals are whole.  [default: {shown} in a table, else all]",
    )  # fmt: skip


def after_option(command: Command) -> Command:
    """``--after``."""
    return click.option(
        "--after", metavar="CURSOR",
        help="The page of rows after one that --limit cut: give the 'next' of its JSON, which jsonl and csv tell on"
        " standard error.",
    )(command)  # fmt: skip


def cut(limit: int | None, format_: str, shown: int) -> int | None:
    """How many rows are wanted: None for all."""
    if limit is None:
        return shown if format_ == "table" else None
    return None if limit == ALL else limit


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


def tell_next(cursor: str | None) -> None:
    """Say where the next page begins, beside rows that have no place for it."""
    if cursor is not None:
        click.echo(f"wholinks: there are more rows; the next ones: --after {cursor}", err=True)


def write(lines: Iterable[str]) -> None:
    """To standard output."""
    for line in lines:
        sys.stdout.write(line + "\n")
