"""The columns of each way to ask, as a table shows them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wholinks.index.answers import AnchorRow, LinkedAnchorRow, LinkedTotals, LinkRow, Totals
from wholinks.index.questions import By, Direction, Question, Standing
from wholinks.storage.urls import to_unicode

from .targets import url_shown


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``share`` > 0: a text that takes that part of the width left; ``rank`` > 0: the highest goes first when
    the width is short. ``total``: what stands in the last line, for measures that add up over the rows."""

    title: str
    value: Callable[[Any], str]
    share: int = 0
    rank: int = 0
    total: Callable[[Totals | LinkedTotals], int] | None = None
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


def _anchor(row: LinkRow | AnchorRow | LinkedAnchorRow) -> str:
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

_MARK_COLUMNS: Final = (
    _number("Followed", "followed"),
    _number("Nofollow", "nofollow", rank=1),
    _number("UGC", "ugc", rank=3),
    _number("Sponsored", "sponsored", rank=2),
)

_TO: Final[dict[By, tuple[Column, ...]]] = {
    By.DOMAIN: (
        Column("Referring domain", lambda row: to_unicode(row.referring_domain), share=1),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages"),
        *_MARK_COLUMNS,
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
        *_MARK_COLUMNS,
    ),
    By.HOST: (
        Column("Referring host", lambda row: to_unicode(row.referring_host), share=1),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages"),
        *_MARK_COLUMNS,
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


def _linked_part_columns(first: Column) -> tuple[Column, ...]:
    return (first, _number("Domains", "linked_domains", adds=False), *_PART_COLUMNS[1:])


# Sets of target URLs: what is counted by link or backlink adds up.
_LINKED_COLUMNS: Final = (
    _number("Backlinks", "backlinks"),
    _number("Links", "links"),
    _number("Pages", "referring_pages", adds=False),
)

_FROM: Final[dict[By, tuple[Column, ...]]] = {
    By.DOMAIN: (
        Column("Linked domain", lambda row: to_unicode(row.linked_domain), share=1),
        *_LINKED_COLUMNS,
        *_MARK_COLUMNS,
        Column("First seen", lambda row: _day(row.first_seen), rank=4),
        Column("Last seen", lambda row: _day(row.last_seen), rank=5),
    ),
    By.ANCHOR: _linked_part_columns(Column("Anchor text", _anchor, share=1)),
    By.TARGET: (
        Column("Linked URL", lambda row: url_shown(row.target_url), share=1, is_url=True),
        *_LINKED_COLUMNS,
        *_MARK_COLUMNS,
    ),
    By.HOST: (
        Column("Linked host", lambda row: to_unicode(row.linked_host), share=1),
        *_LINKED_COLUMNS,
        *_MARK_COLUMNS,
    ),
    By.KIND: _linked_part_columns(Column("Kind", lambda row: row.kind, share=1)),
    By.PLACEMENT: _linked_part_columns(Column("Place", lambda row: row.placement, share=1)),
    By.TLD: (
        Column("Top level", lambda row: to_unicode(row.tld), share=1),
        _number("Domains", "linked_domains", adds=False),
        *_LINKED_COLUMNS,
        _number("Followed", "followed"),
    ),
    By.LANGUAGE: (
        Column("Language", lambda row: row.language or "(none)", share=1),
        _number("Domains", "linked_domains", adds=False),
        *_PAGE_COLUMNS,
    ),
}

_FIRST_SEEN: Final = Column("First seen", lambda row: _day(row.first_seen))
_LOST: Final = (
    Column("Lost", lambda row: _day(row.lost_at) if row.lost_at else ""),
    Column("Why", lambda row: row.reason),
)
_OF_TIME: Final = {
    Standing.NEW: (_FIRST_SEEN, Column("Found", lambda row: row.opened_why)),
    Standing.LOST: (_FIRST_SEEN, *_LOST),
    Standing.ALL: (_FIRST_SEEN, Column("State", lambda row: row.state), *_LOST),
}
"""What is shown of single links beside the rest, where the question is about time."""


def columns_of(question: Question) -> list[Column]:
    """The columns of a question's answer."""
    columns = COLUMNS[question.direction][question.by]
    if question.by in {By.PAGE, By.LINK} and question.standing in _OF_TIME:
        return [*(column for column in columns if not column.rank), *_OF_TIME[question.standing]]
    return list(columns)


COLUMNS: Final[dict[Direction, dict[By, tuple[Column, ...]]]] = {
    Direction.TO: _TO,
    Direction.FROM: {By.PAGE: _TO[By.PAGE], By.LINK: _TO[By.LINK]} | _FROM,
}
