"""The columns of each way to ask, as a table shows them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wholinks.index.answers import AnchorRow, LinkedAnchorRow, LinkedTotals, LinkRow, Totals
from wholinks.index.questions import By, Direction, Question, Standing
from wholinks.storage.urls import to_unicode

from .reasons import in_words
from .targets import url_shown


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Those of most worth are declared first: where a terminal is too narrow, the last go first.
    ``total``: what stands in the last line, for measures that add up over the rows."""

    title: str
    value: Callable[[Any], object]
    total: Callable[[Totals | LinkedTotals], int] | None = None


def _number(title: str, name: str, *, adds: bool = True) -> Column:
    total = (lambda totals: int(getattr(totals, name))) if adds else None
    return Column(title, lambda row: int(getattr(row, name)), total)


def _rel(row: LinkRow) -> str:
    shown = [token for token in row.rel if token in {"nofollow", "ugc", "sponsored"}]
    return " ".join(shown) or ("" if row.followed else "nofollow page")


def _anchor(row: LinkRow | AnchorRow | LinkedAnchorRow) -> str:
    return row.anchor_text or "(empty)"


_LINK_COLUMNS: Final = (
    Column("Source page", lambda row: url_shown(row.source_url)),
    Column("Target", lambda row: url_shown(row.target_url)),
    Column("Anchor text", _anchor),
    Column("Rel", _rel),
)
_PLACE: Final = Column("Place", lambda row: row.placement)
_COUNTED: Final = {By.PAGE: _number("Links", "links"), By.LINK: Column("Nr", lambda row: row.evidence.ordinal)}

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
    _number("Nofollow", "nofollow"),
    _number("UGC", "ugc"),
    _number("Sponsored", "sponsored"),
)

_TO: Final[dict[By, tuple[Column, ...]]] = {
    By.DOMAIN: (
        Column("Referring domain", lambda row: to_unicode(row.referring_domain)),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages"),
        *_MARK_COLUMNS,
        Column("First seen", lambda row: row.first_seen),
        Column("Last seen", lambda row: row.last_seen),
    ),
    By.ANCHOR: (Column("Anchor text", _anchor), *_PART_COLUMNS, Column("Class", lambda row: row.anchor_class)),
    By.TARGET: (
        Column("Target", lambda row: url_shown(row.target_url)),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Domains", "referring_domains", adds=False),
        *_MARK_COLUMNS,
        _number("Pages", "referring_pages", adds=False),
    ),
    By.HOST: (
        Column("Referring host", lambda row: to_unicode(row.referring_host)),
        _number("Backlinks", "backlinks"),
        _number("Links", "links"),
        _number("Pages", "referring_pages"),
        *_MARK_COLUMNS,
    ),
    By.KIND: (Column("Kind", lambda row: row.kind), *_PART_COLUMNS),
    By.PLACEMENT: (Column("Place", lambda row: row.placement), *_PART_COLUMNS),
    By.TLD: (
        Column("Top level", lambda row: to_unicode(row.tld)),
        _number("Domains", "referring_domains", adds=False),
        *_PAGE_COLUMNS,
    ),
    By.LANGUAGE: (
        Column("Language", lambda row: row.language or "(none)"),
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
        Column("Linked domain", lambda row: to_unicode(row.linked_domain)),
        *_LINKED_COLUMNS,
        *_MARK_COLUMNS,
        Column("First seen", lambda row: row.first_seen),
        Column("Last seen", lambda row: row.last_seen),
    ),
    By.ANCHOR: _linked_part_columns(Column("Anchor text", _anchor)),
    By.TARGET: (
        Column("Linked URL", lambda row: url_shown(row.target_url)),
        *_LINKED_COLUMNS,
        *_MARK_COLUMNS,
    ),
    By.HOST: (
        Column("Linked host", lambda row: to_unicode(row.linked_host)),
        *_LINKED_COLUMNS,
        *_MARK_COLUMNS,
    ),
    By.KIND: _linked_part_columns(Column("Kind", lambda row: row.kind)),
    By.PLACEMENT: _linked_part_columns(Column("Place", lambda row: row.placement)),
    By.TLD: (
        Column("Top level", lambda row: to_unicode(row.tld)),
        _number("Domains", "linked_domains", adds=False),
        *_LINKED_COLUMNS,
        _number("Followed", "followed"),
    ),
    By.LANGUAGE: (
        Column("Language", lambda row: row.language or "(none)"),
        _number("Domains", "linked_domains", adds=False),
        *_PAGE_COLUMNS,
    ),
}

_STATE: Final = Column("State", lambda row: row.state)
_LOST: Final = (Column("Lost", lambda row: row.lost_at or ""), Column("Why", lambda row: in_words(row.reason)))
_FIRST_SEEN: Final = Column("First seen", lambda row: row.first_seen)
_OF_TIME: Final = {
    Standing.NEW: (_FIRST_SEEN, Column("Found", lambda row: in_words(row.opened_why))),
    Standing.LOST: (*_LOST, _FIRST_SEEN),
    Standing.ALL: (_STATE, *_LOST, _FIRST_SEEN),
}
"""What is shown of single links beside the rest, where the question is about time."""


def columns_of(question: Question) -> tuple[Column, ...]:
    """The columns of a question's answer."""
    if question.by in {By.PAGE, By.LINK}:
        return (*_LINK_COLUMNS, *_OF_TIME.get(question.standing, ()), _COUNTED[question.by], _PLACE)
    return (_TO if question.direction is Direction.TO else _FROM)[question.by]
