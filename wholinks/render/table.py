"""A table for people: as wide as the terminal, with what adds up summed below, and how far the crawl looked."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, TextIO

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wholinks.index.answers import AnyAnswer, Coverage, LinkedTotals, Snapshot, Totals
from wholinks.index.questions import DEFAULT_POLICY, Follow, Question, Standing
from wholinks.storage.wording import time_told

from .columns import Column, columns_of
from .targets import target_shown
from .text import counted, neutralise
from .width import shorten_end, shorten_middle

PLAIN_WIDTH: Final = 100
"""Columns where the output is no terminal and ``COLUMNS`` says nothing."""

_GAP: Final = 2  # cells between columns, one of them the box's
_LEAST_TEXT: Final = 22
_RULED: Final = Box("    \n    \n ── \n    \n    \n ── \n    \n    \n")
"""No lines but one under the head and one over the sum."""


def write(answer: AnyAnswer, stream: TextIO, width: int | None = None) -> None:
    """Print the answer's table to ``stream``; ``width`` in cells, found out where it is None."""
    console = Console(
        file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False, legacy_windows=False
    )
    if width is None and not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PLAIN_WIDTH
    _say(console, headline(answer))
    if answer.rows:
        console.print()
        console.print(_table(answer, console.width))
    if answer.rows_left:
        _say(console, f"… and {answer.rows_left:,} more; --limit {len(answer.rows) + answer.rows_left} shows all")
    if answer.rows:
        console.print()
    _say(console, coverage_shown(answer.coverage))


def _say(console: Console, line: str) -> None:
    console.print(Text(neutralise(line)), soft_wrap=True)


def headline(answer: AnyAnswer) -> str:
    """The measures in one sentence."""
    totals, question = answer.totals, answer.question
    which = "" if question.follow is Follow.ALL else f"{question.follow} "
    if question.standing is not Standing.LIVE:
        which = f"{_STANDING[question.standing]} {which}"
    line = counted(totals.backlinks, f"{which}backlink") + "".join(
        f" {way} {target_shown(end)} ({end.mode})"
        for way, end in (("from", question.source), ("to", question.target))
        if end is not None
    )
    line += _times(question)
    line += f" with {question.filters.told}" if question.filters else ""
    if not totals.backlinks:
        return f"{line}{_beside(totals)}."
    far = "" if question.source is not None and question.target is not None else f" {_far_domains(totals)}"
    return (
        f"{line}{far}: {counted(totals.links, 'link')} on {counted(totals.referring_pages, 'page')};"
        f" {totals.followed:,} followed, {totals.not_followed:,} not{_beside(totals)}."
    )


_STANDING: Final = {Standing.LOST: "lost", Standing.NEW: "new", Standing.ALL: "past and present"}


def _times(question: Question) -> str:
    """The days a question is about."""
    days = [("since", question.since), ("as of", question.as_of)]
    told = [f" {word} {datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for word, at in days if at is not None]
    return "".join(told)


def _far_domains(totals: Totals | LinkedTotals) -> str:
    if isinstance(totals, Totals):
        return f"from {counted(totals.referring_domains, 'referring domain')}"
    return f"to {counted(totals.linked_domains, 'linked domain')}"


def _beside(totals: Totals | LinkedTotals) -> str:
    return f"; {counted(totals.via_redirect, 'pair')} by way of redirects" if totals.via_redirect else ""


def coverage_shown(coverage: Coverage) -> str:
    """What the answer stands on, in one sentence."""
    named = ("blocked", "failed", "pending", "excluded")
    rest = ", ".join(f"{count:,} {name}" for name in named if (count := getattr(coverage, name)))
    when = f", as of {time_told(coverage.as_of)}" if coverage.as_of else ""
    return (
        f"Looked at {coverage.fetched:,} of {counted(coverage.pages_known, 'page')} known on"
        f" {counted(coverage.domains, 'domain')}{f' ({rest})' if rest else ''}{when}."
    )


def narrowed(snapshot: Snapshot) -> tuple[str, ...]:
    """A line that says which links were counted, where not all of the default were."""
    if snapshot.policy == DEFAULT_POLICY:
        return ()
    return (f"Counted: {snapshot.policy.partition(': ')[2]}.",)


def _table(answer: AnyAnswer, width: int) -> Table:
    columns = columns_of(answer.question)
    totals = answer.totals
    texts = [[neutralise(column.value(row)) for column in columns] for row in answer.rows]
    sums = [f"{column.total(totals):,}" if column.total else "" for column in columns]
    widths = _fit(columns, [[column.title for column in columns], *texts, sums], width)
    kept = [number for number, size in enumerate(widths) if size]
    adds_up = any(sums[number] for number in kept)
    sums[0] = "Sum" if adds_up else ""
    table = Table(box=_RULED, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), show_footer=adds_up)
    for number in kept:
        table.add_column(
            Text(shorten_end(columns[number].title, widths[number])), Text(sums[number]), no_wrap=True,
            width=widths[number], justify="right" if columns[number].is_number else "left",
        )  # fmt: skip
    for row in texts:
        table.add_row(*(Text(_cut(columns[number], row[number], widths[number])) for number in kept))
    return table


def _cut(column: Column, text: str, width: int) -> str:
    return shorten_middle(text, width) if column.is_url else shorten_end(text, width)


def _fit(columns: Sequence[Column], cells: list[list[str]], width: int) -> list[int]:
    """The width of each column, 0 for those left out: texts share what the others leave."""
    widest = [max(cell_len(row[number]) for row in cells) for number in range(len(columns))]
    left_out: set[int] = set()
    by_rank = sorted((number for number, it in enumerate(columns) if it.rank), key=lambda number: -columns[number].rank)
    while True:
        kept = [number for number in range(len(columns)) if number not in left_out]
        texts = [number for number in kept if columns[number].share]
        room = width - sum(widest[number] for number in kept if number not in texts) - _GAP * (len(kept) - 1)
        needed = sum(min(widest[number], _LEAST_TEXT) for number in texts)
        if room >= needed or not by_rank:
            break
        left_out.add(by_rank.pop(0))
    widths = [0 if number in left_out else size for number, size in enumerate(widest)]
    return _shared(columns, widths, texts, max(room, 4 * len(texts)))


def _shared(columns: Sequence[Column], widths: list[int], texts: list[int], room: int) -> list[int]:
    """``widths`` with ``room`` shared among ``texts``; what one does not need, the others get."""
    open_ = list(texts)
    while open_:
        shares = sum(columns[number].share for number in open_)
        modest = [number for number in open_ if widths[number] * shares <= room * columns[number].share]
        if not modest:
            for number in open_:
                widths[number] = max(room * columns[number].share // shares, 4)
            break
        room -= sum(widths[number] for number in modest)
        open_ = [number for number in open_ if number not in modest]
    return widths
