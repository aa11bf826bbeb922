"""A table for people: as wide as the terminal, with what adds up summed below, and how far the crawl looked."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TextIO
from urllib.parse import urlsplit

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wholinks.index.answers import AnchorRow, Answer, Coverage, LinkRow, Totals
from wholinks.index.questions import By, Follow
from wholinks.storage.urls import to_unicode

from .text import neutralise
from .width import shorten_end, shorten_middle

PLAIN_WIDTH: Final = 100
"""Columns where the output is no terminal and ``COLUMNS`` says nothing."""

_GAP: Final = 2  # cells between columns, one of them the box's
_LEAST_TEXT: Final = 22
_RULED: Final = Box("    \n    \n ── \n    \n    \n ── \n    \n    \n")
"""No lines but one under the head and one over the sum."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``share`` > 0: a text that takes that part of the width left; ``rank`` > 0: the highest goes first when
    the width is short. ``total``: what stands in the last line, for measures that add up over the rows."""

    title: str
    value: Callable[[Any], str]
    share: int = 0
    rank: int = 0
    total: Callable[[Totals], int] | None = None
    is_number: bool = False
    is_url: bool = False


def _number(title: str, name: str, *, adds: bool = True, rank: int = 0) -> Column:
    return Column(
        title,
        lambda row: f"{getattr(row, name):,}",
        rank=rank,
        total=(lambda totals: int(getattr(totals, name))) if adds else None,
        is_number=True,
    )


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _rel(row: LinkRow) -> str:
    shown = [token for token in row.rel if token in {"nofollow", "ugc", "sponsored"}]
    return " ".join(shown) or ("" if row.followed else "nofollow page")


def _anchor(row: LinkRow | AnchorRow) -> str:
    return row.anchor_text or "(empty)"


_LINK_COLUMNS: Final = (
    Column("Source page", lambda row: url_shown(row.source_url), share=4, is_url=True),
    Column("Target", lambda row: url_shown(row.target_url), share=3, is_url=True),
    Column("Anchor text", _anchor, share=3),
    Column("Rel", _rel),
    Column("Place", lambda row: row.placement, rank=2),
)

# Parts of a page's links: a backlink may be in several rows.
_PART_COLUMNS: Final = (
    _number("Domains", "referring_domains", adds=False),
    _number("Backlinks", "backlinks", adds=False),
    _number("Links", "links"),
    _number("Followed", "followed", adds=False),
)

# Sets of source pages: what is counted by source page adds up.
_PAGE_COLUMNS: Final = (
    _number("Backlinks", "backlinks"),
    _number("Links", "links"),
    _number("Pages", "referring_pages"),
    _number("Followed", "followed"),
)

COLUMNS: Final[dict[By, tuple[Column, ...]]] = {
    By.DOMAIN: (
        Column("Referring domain", lambda row: to_unicode(row.referring_domain), share=1),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages"),
        _number("Followed", "followed"),
        _number("Nofollow", "nofollow"),
        _number("UGC", "ugc", rank=3),
        _number("Sponsored", "sponsored", rank=2),
        Column("First seen", lambda row: _day(row.first_seen), rank=4),
        Column("Last seen", lambda row: _day(row.last_seen), rank=5),
    ),
    By.PAGE: (*_LINK_COLUMNS, _number("Links", "links", rank=1)),
    By.LINK: (*_LINK_COLUMNS, Column("Nr", lambda row: f"{row.evidence.ordinal:,}", rank=1, is_number=True)),
    By.ANCHOR: (Column("Anchor text", _anchor, share=1), *_PART_COLUMNS),
    By.TARGET: (
        Column("Target", lambda row: url_shown(row.target_url), share=1, is_url=True),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages", adds=False, rank=4),
        _number("Domains", "referring_domains", adds=False),
        _number("Followed", "followed"),
        _number("Nofollow", "nofollow", rank=1),
        _number("UGC", "ugc", rank=3),
        _number("Sponsored", "sponsored", rank=2),
    ),
    By.HOST: (
        Column("Referring host", lambda row: to_unicode(row.referring_host), share=1),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages"),
        _number("Followed", "followed"),
        _number("Nofollow", "nofollow"),
        _number("UGC", "ugc", rank=3),
        _number("Sponsored", "sponsored", rank=2),
    ),
    By.KIND: (Column("Kind", lambda row: row.kind, share=1), *_PART_COLUMNS),
    By.PLACEMENT: (Column("Place", lambda row: row.placement, share=1), *_PART_COLUMNS),
    By.TLD: (
        Column("Top level", lambda row: to_unicode(row.tld), share=1),
        _number("Domains", "referring_domains", adds=False),
        *_PAGE_COLUMNS,
    ),
    By.LANGUAGE: (
        Column("Language", lambda row: row.language or "(none)", share=1),
        _number("Domains", "referring_domains", adds=False),
        *_PAGE_COLUMNS,
    ),
}


def write(answer: Answer, stream: TextIO, width: int | None = None) -> None:
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
    more = answer.rows_known - len(answer.rows) - answer.question.offset
    if more > 0:
        _say(console, f"… and {more:,} more; --limit {answer.rows_known} shows all")
    if answer.rows:
        console.print()
    _say(console, coverage_shown(answer.coverage))


def _say(console: Console, line: str) -> None:
    console.print(Text(neutralise(line)), soft_wrap=True)


def headline(answer: Answer) -> str:
    """The measures in one sentence."""
    totals, question = answer.totals, answer.question
    target = answer.target
    what = url_shown(f"//{target.text}").removeprefix("//") if target.text else ""
    which = "" if question.follow is Follow.ALL else f" {question.follow}"
    line = f"{_count(totals.backlinks, f'{which} backlink'.strip())} to {what} ({target.mode})"
    if not totals.backlinks:
        return f"{line}{_beside(totals)}."
    return (
        f"{line} from {_count(totals.referring_domains, 'referring domain')}: {_count(totals.links, 'link')} on"
        f" {_count(totals.referring_pages, 'page')}; {totals.followed:,} followed, {totals.not_followed:,} not"
        f"{_beside(totals)}."
    )


def _beside(totals: Totals) -> str:
    return f"; {totals.via_redirect:,} pairs by way of redirects" if totals.via_redirect else ""


def coverage_shown(coverage: Coverage) -> str:
    """What the answer stands on, in one sentence."""
    named = ("blocked", "failed", "pending", "excluded")
    rest = ", ".join(f"{count:,} {name}" for name in named if (count := getattr(coverage, name)))
    when = f", as of {coverage.as_of:%Y-%m-%d %H:%M} UTC" if coverage.as_of else ""
    return (
        f"Looked at {coverage.fetched:,} of {_count(coverage.pages_known, 'page')} known on"
        f" {_count(coverage.domains, 'domain')}{f' ({rest})' if rest else ''}{when}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def url_shown(url: str) -> str:
    """A URL with its host as people write it."""
    host = urlsplit(url).netloc
    return url.replace(host, to_unicode(host), 1) if "xn--" in host else url


def _table(answer: Answer, width: int) -> Table:
    columns = list(COLUMNS[answer.question.by])
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
