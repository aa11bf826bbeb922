"""In which order rows come, where another is asked for than each way to ask has."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from wholinks.storage.errors import UsageError

from . import meant
from .answers import LinkRow, row_type
from .paging import Key
from .questions import By, Question
from .states import OPENINGS, Opening

_RESTORED: Final = OPENINGS.index(Opening.LINKRESTORED)

_LINK_KEYS: Final = {
    "source_url": "(page.origin_rank::UBIGINT << 32) | found.source_url_id",
    "target_url": "(origin.rank::UBIGINT << 32) | found.target_url_id",
    "links": "found.links",
    "anchor_text": "l.anchor_text",
    "http_status": "page.status",
    "title": "page.title",
    "language": "page.language",
    "fetched_at": "page.fetched_at",
    "first_seen": "page.first_seen_at + l.seen_after_s",
    "last_seen": "page.last_seen_at - l.unseen_s",
    "lost_at": "nullif(l.until_at, 0)",
    "restored_at": f"if(l.opened_why = {_RESTORED}, page.first_seen_at + l.came_after_s, NULL)",
}
"""What single links and backlinks can be sorted by."""

_DIRECTIONS: Final = {"asc": False, "desc": True}


def sortable(question: Question) -> list[str]:
    """The columns that the question's rows can be sorted by."""
    of = row_type(question)
    return list(_LINK_KEYS) if of is LinkRow else [field.name for field in fields(of) if field.name != "anchor_class"]


def order_of(question: Question) -> Key | None:
    """The question's ``sort`` (``links``, ``links:asc``) as a key; None where there is none. Numbers and times go down
    by default, texts up.

    For single links an expression on ``found``, ``link AS l``, ``page`` and ``origin`` (the target's); for other rows a
    column, the name of the row as ``name``. Raises :class:`UsageError`.
    """
    if question.sort is None:
        return None
    of, names = row_type(question), sortable(question)
    column, is_descending = way_of(question.sort, of, names)
    if of is LinkRow:
        return Key(_LINK_KEYS[column], is_descending)
    if column == names[0]:
        return Key("name", is_descending)
    return Key(_DOMAIN_KEYS.get(column, column) if question.by is By.DOMAIN else column, is_descending)


def way_of(sort: str, of: type[Any], names: Sequence[str]) -> tuple[str, bool]:
    """The column of rows of type ``of`` that a ``sort`` names, one of ``names``, and whether it goes down.

    Raises :class:`UsageError`.
    """
    column, _, way = sort.partition(":")
    named = meant.column(column, names)
    if named is None:
        raise UsageError(f"sort: {column!r} is none of {', '.join(names)}{meant.hint(column, names)}")
    column = named
    if way and way not in _DIRECTIONS:
        raise UsageError(f"sort: {sort!r}: write {column}:asc or {column}:desc")
    is_text = next(field.type in {str, str | None} for field in fields(of) if field.name == column)
    return column, _DIRECTIONS.get(way, not is_text)


_DOMAIN_KEYS: Final = {
    "not_followed": "backlinks - followed",
    "first_seen": "first_seen_at",
    "last_seen": "last_seen_at",
}
