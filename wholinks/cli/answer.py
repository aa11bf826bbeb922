"""What the commands that ask about links share: their options, and how an answer is printed."""

import sys
from collections.abc import Callable, Iterable
from typing import Final

import click

from wholinks.index.answers import AnyAnswer, row_type
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, kinds_meant
from wholinks.index.target import Target
from wholinks.render.text import neutralise

from .notes import note_stale
from .options import Command

TABLE_ROWS: Final = 20
"""Rows of a table without ``--limit``; the other formats have them all."""


def by_option(default: By) -> Callable[[Command], Command]:
    """``--by``."""
    return click.option(
        "--by", type=click.Choice([by.value for by in By]), default=default.value, show_default=True,
        help="A row for each domain at the other end, backlink (page), occurrence (link), or of all with one anchor"
        " text, target URL, host at the other end, kind, placement, top level (tld) of that host, or language of the"
        " source page.",
    )  # fmt: skip


def limit_option(command: Command) -> Command:
    """``--limit``."""
    return click.option(
        "--limit", type=click.IntRange(min=0), metavar="N",
        help=f"At most N rows; the totals are whole.  [default: {TABLE_ROWS} in a table, else all]",
    )(command)  # fmt: skip


def question(
    *,
    source: Target | None = None,
    target: Target | None = None,
    by: str,
    follow: str,
    kinds: tuple[str, ...],
    limit: int | None,
    format_: str,
) -> Question:
    """A question from a command's options."""
    if limit is None and format_ == "table":
        limit = TABLE_ROWS
    return Question(target, By(by), Follow(follow), kinds_meant(kinds), limit, source=source)


def show(index: Index, asked: Question, format_: str) -> None:
    """Print the answer, and beside it what should be known of it."""
    if format_ in {"jsonl", "csv"}:
        _show_rows(index, asked, format_)
    else:
        answer = index.answer(asked)
        _show_answer(answer, format_)
        if answer.hint:
            click.echo(f"wholinks: {neutralise(answer.hint)}", err=True)
    note_stale(index)


def _show_answer(answer: AnyAnswer, format_: str) -> None:
    if format_ == "json":
        from wholinks.render import json  # noqa: PLC0415 - one output is wanted, and rich takes its time

        _write(json.lines(answer))
    else:
        from wholinks.render import table  # noqa: PLC0415

        table.write(answer, sys.stdout)


def _show_rows(index: Index, asked: Question, format_: str) -> None:
    from wholinks.render import csv, jsonl  # noqa: PLC0415

    rows = index.rows(asked)
    _write(jsonl.lines(rows) if format_ == "jsonl" else csv.lines(rows, row_type(asked)))


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
