"""What the commands that ask about links share: their options, and how an answer is printed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import click

from wholinks.index.answers import AnyAnswer, row_type
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question, Standing, kinds_meant
from wholinks.index.target import Mode, Schemes, Target
from wholinks.render.text import neutralise

from .notes import note_stale
from .options import Command
from .question_options import filters_given
from .research import after_option, cut, emit_rows, limit_option, tell_next, write
from .times import time_of

TABLE_ROWS: Final = 20
"""Rows of a table without ``--limit``; the other formats have them all."""

_LATEST: Final = {Standing.NEW: "first_seen:desc", Standing.LOST: "lost_at:desc"}


def by_option(default: By) -> Callable[[Command], Command]:
    """``--by``."""
    return click.option(
        "--by", type=click.Choice([by.value for by in By]), default=default.value, show_default=True,
        help="A row for each domain at the other end, backlink (page), occurrence (link), or of all with one anchor"
        " text, target URL, host at the other end, kind, placement, top level (tld) of that host, or language of the"
        " source page.",
    )  # fmt: skip


def row_options(command: Command) -> Command:
    """``--sort``, ``--columns``, ``--limit`` and ``--after``, as parameters of these names."""
    columns = click.option(
        "--columns", metavar="NAME,…", help="Only these columns, in this order, by the names that CSV has."
    )
    sort = click.option(
        "--sort", metavar="COLUMN",
        help="Sort by this column of the CSV: numbers and times from the highest, texts from A; COLUMN:asc and"
        " COLUMN:desc say which way.",
    )  # fmt: skip
    return sort(columns(limit_option(TABLE_ROWS)(after_option(command))))


def time_options(command: Command) -> Command:
    """``--state``, ``--as-of`` and ``--since``."""
    since = click.option(
        "--since", metavar="DAY",
        help="With --state new or lost: from the beginning of this day on (2026-11-21; UTC), or in the last days (90d:"
        " the last day of the index is one of them).  [default: new 30d, lost ever]",
    )  # fmt: skip
    as_of = click.option("--as-of", metavar="DAY", help="As it was at the end of this day (2026-11-21), or 90d before.")
    state = click.option(
        "--state", type=click.Choice([standing.value for standing in Standing]), default=Standing.LIVE.value,
        show_default=True, help="Links that are there, were lost, are new, or were ever seen.",
    )  # fmt: skip
    return state(as_of(since(command)))


def typed(index: Index, text: str, given: dict[str, Any]) -> Target:
    """What was typed as a target or source, read by the options of ``target_options``."""
    mode = given["mode"]
    return index.target(text, mode=Mode(mode) if mode else None, protocol=Schemes(given["protocol"]))


def question(
    index: Index, given: dict[str, Any], format_: str, *, source: Target | None = None, target: Target | None = None
) -> Question:
    """A question from the options above and those of ``filter_options``. Single links that are new or lost come with
    the latest first, unless another order is asked for."""
    limit, standing = cut(given["limit"], format_, TABLE_ROWS), Standing(given["state"])
    if given["since"] is not None and standing is Standing.LIVE:
        raise click.UsageError("--since goes with --state new, lost or all")
    by = By(given["by"])
    latest = _LATEST.get(standing) if by in {By.PAGE, By.LINK} else None
    return Question(
        target, by, Follow(given["follow"]), kinds_meant(given["kinds"]), limit, source=source,
        standing=standing, as_of=time_of(index, given["as_of"], "--as-of", is_end=True),
        since=time_of(index, given["since"], "--since", is_end=False), filters=filters_given(index, given),
        sort=given["sort"] or latest, after=given["after"],
    )  # fmt: skip


def columns_given(given: dict[str, Any]) -> tuple[str, ...]:
    """The names of ``--columns``; empty without it."""
    return tuple(name.strip() for name in given["columns"].split(",")) if given["columns"] is not None else ()


def show(index: Index, asked: Question, format_: str, columns: tuple[str, ...] = ()) -> None:
    """Print the answer, and beside it what should be known of it; all columns, or those named."""
    chosen = None
    if columns:
        from wholinks.render.chosen import chosen_type  # noqa: PLC0415 - few ask for some

        chosen = chosen_type(row_type(asked), columns)
    if format_ in {"jsonl", "csv"}:
        _show_rows(index, asked, format_, chosen)
    else:
        answer = index.answer(asked)
        _show_answer(answer, format_, chosen)
        if answer.hint:
            click.echo(f"wholinks: {neutralise(answer.hint)}", err=True)
    note_stale(index)


def _show_answer(answer: AnyAnswer, format_: str, chosen: type[Any] | None) -> None:
    if chosen is not None:
        from wholinks.render.chosen import choose  # noqa: PLC0415

        answer = replace(answer, rows=tuple(choose(answer.rows, chosen)))
    if format_ == "json":
        from wholinks.render import json  # noqa: PLC0415 - one output is wanted, and rich takes its time

        write(json.lines(answer))
    elif chosen is not None:
        from wholinks.render import sheet, table  # noqa: PLC0415

        shown = sheet.Table("", answer.rows, more=answer.rows_left)
        write(
            sheet.lines(
                sheet.Sheet((table.headline(answer),), (shown,), (table.coverage_shown(answer.coverage),)),
            )
        )
    else:
        from wholinks.render import table  # noqa: PLC0415

        write(table.lines(answer))


def _show_rows(index: Index, asked: Question, format_: str, chosen: type[Any] | None) -> None:
    page = index.rows(asked)
    rows: Iterable[Any] = page
    if chosen is not None:
        from wholinks.render.chosen import choose  # noqa: PLC0415

        rows = choose(rows, chosen)
    emit_rows(rows, format_, chosen or row_type(asked))
    tell_next(page.next)
