"""The rows of an answer: one statement and one reader for each way to ask."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import duckdb

from wholinks.storage.records import REL_BITS, Kind, LinkFlag, Placement
from wholinks.storage.shorthand import restore

from .answers import DomainRow, Evidence, LinkedDomainRow, LinkRow, Row, row_type
from .counting import BY_DOMAIN_COLUMNS, PAIRS, STANDING
from .ends import Ends
from .evidence import WRITTEN
from .groupings import group_count, grouped, grouping_of
from .questions import By, Direction, Question
from .schema import Mark
from .sorting import order_of
from .states import ENDS, OPENINGS, STATES
from .totals import linked

_CHUNK: Final = 2048

_DOMAIN_COLUMNS: Final = (
    "backlinks, links, referring_pages, followed, nofollow, ugc, sponsored, first_seen_at, last_seen_at"
)

# Numbers of domains are in the order of their names. `pair` has the source's name itself: most questions want it.
_AHEAD: Final = {
    Direction.TO: f"""
SELECT source_domain, {_DOMAIN_COLUMNS} FROM pair WHERE target_domain_id = ?
ORDER BY {{order}}backlinks DESC, source_domain_id LIMIT ? OFFSET ?""",
    Direction.FROM: f"""
SELECT domain, {_DOMAIN_COLUMNS} FROM pair JOIN domain ON domain_id = target_domain_id WHERE source_domain_id = ?
ORDER BY {{order}}backlinks DESC, target_domain_id LIMIT ? OFFSET ?""",
}

_GROUPED: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="{far_domain}, ")}),
shown AS (
    SELECT {{far_domain}}, {BY_DOMAIN_COLUMNS} FROM pair JOIN page ON page.url_id = pair.source_url_id
    GROUP BY {{far_domain}} ORDER BY {{order}}backlinks DESC, {{far_domain}} LIMIT ? OFFSET ?)
SELECT domain, {_DOMAIN_COLUMNS} FROM shown JOIN domain ON domain_id = {{far_domain}}
ORDER BY {{order}}backlinks DESC, {{far_domain}}"""

# A link's row number follows its ordinal within a pair, so the smallest is the pair's first.
_PAIRED: Final = """
WITH found AS ({found}),
shown AS (
    SELECT found.*, page.origin_rank AS place, origin.rank AS place_2, target_url_id AS place_3
    FROM found JOIN page ON page.url_id = source_url_id
    JOIN url ON url.url_id = target_url_id JOIN origin USING (origin_id)
    ORDER BY place, source_url_id, place_2, place_3 LIMIT ? OFFSET ?)"""

_SINGLE: Final = """
WITH shown AS (
    SELECT l.rowid AS number, l.source_url_id, l.target_url_id, 1 AS links, l.follow AS marks,
           page.origin_rank AS place, l.ordinal AS place_2, l.rowid AS place_3
    FROM link AS l JOIN page ON page.url_id = l.source_url_id WHERE {where}
    ORDER BY place, source_url_id, place_2, place_3 LIMIT ? OFFSET ?)"""

_SORTED: Final = """
WITH found AS ({found}),
shown AS (
    SELECT found.*, row_number() OVER (ORDER BY {order}, page.origin_rank, found.source_url_id, origin.rank,
        found.target_url_id, l.ordinal, found.number) AS place, 0 AS place_2, 0 AS place_3
    FROM found JOIN link AS l ON l.rowid = found.number JOIN page ON page.url_id = found.source_url_id
    JOIN url ON url.url_id = found.target_url_id JOIN origin USING (origin_id)
    ORDER BY place LIMIT ? OFFSET ?)"""

_FOUND: Final = {
    By.PAGE: """
    SELECT min(l.rowid) AS number, l.source_url_id, l.target_url_id, count(*) AS links, bit_or(l.follow) AS marks
    FROM link AS l WHERE {where} GROUP BY l.source_url_id, l.target_url_id""",
    By.LINK: """
    SELECT l.rowid AS number, l.source_url_id, l.target_url_id, 1 AS links, l.follow AS marks
    FROM link AS l WHERE {where}""",
}

_LINK_FIELDS: Final = f""",
{WRITTEN.format(links="shown JOIN link AS l ON l.rowid = shown.number", where="")}
SELECT source_origin.origin || source.path, target_origin.origin || target.path, shown.links, l.anchor_text,
       l.rel, l.rel_other, written.raw_rel, l.kind, l.placement, shown.marks,
       coalesce(context_before, ''), coalesce(context_after, ''), l.flags,
       page.status, page.title, page.language, page.fetched_at, {STANDING}, l.reason, l.opened_why,
       page.first_seen_at + l.seen_after_s, page.last_seen_at - l.unseen_s, l.until_at,
       coalesce(opening.fetched_at, page.fetched_at), asked_origin.origin || asked.path,
       coalesce(opening.body_hash, page.body_hash), l.ordinal, coalesce(written.raw_href, ''), coalesce(tag, '')
FROM shown JOIN link AS l ON l.rowid = shown.number LEFT JOIN written USING (number)
JOIN page ON page.url_id = shown.source_url_id
JOIN url AS source ON source.url_id = shown.source_url_id
JOIN origin AS source_origin ON source_origin.origin_id = source.origin_id
JOIN url AS target ON target.url_id = shown.target_url_id
JOIN origin AS target_origin ON target_origin.origin_id = target.origin_id
LEFT JOIN opening ON opening.opening_id = l.opening_id
JOIN url AS asked ON asked.url_id = coalesce(opening.requested_url_id, page.requested_url_id)
JOIN origin AS asked_origin ON asked_origin.origin_id = asked.origin_id
ORDER BY shown.place, shown.source_url_id, shown.place_2, shown.place_3"""


def statement(question: Question, ends: Ends) -> tuple[str, list[object], Callable[[Any], Row]]:
    """The SQL that finds the rows, its parameters, and what makes a row of what it returns."""
    cut: list[object] = [question.limit if question.limit is not None else 2**62, question.offset]
    of_domains = _domain_row if question.direction is Direction.TO else _linked_domain_row
    ahead = ends.whole_domain if question.is_default else None
    order = order_of(question)
    if question.by is By.DOMAIN:
        # Numbers of domains are in the order of their names.
        order = f"{order}, ".replace("name ", f"{ends.far_domain} ") if order else ""
    if question.by is By.DOMAIN and ahead is not None:
        return _AHEAD[question.direction].format(order=order), [ahead, *cut], of_domains
    where, values = linked(question, ends)
    grouping = grouping_of(question)
    if grouping is not None:
        made = row_type(question)
        return grouped(question, grouping, where, ends.far_domain, order), [*values, *cut], lambda row: made(*row)
    shapes: dict[By, tuple[str, Callable[[Any], Row]]] = {
        By.DOMAIN: (_GROUPED, of_domains),
        By.PAGE: ((_SORTED if order else _PAIRED) + _LINK_FIELDS, _link_row),
        By.LINK: ((_SORTED if order else _SINGLE) + _LINK_FIELDS, _link_row),
    }
    sql, reader = shapes[question.by]
    found = _FOUND.get(question.by, "").format(where=where)
    return sql.format(where=where, far_domain=ends.far_domain, found=found, order=order), [*values, *cut], reader


def rows(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> Iterator[Row]:
    """The rows, in the order each way to ask has (docs/counting.md)."""
    if ends.is_empty or question.limit == 0:
        return
    sql, values, reader = statement(question, ends)
    duck.execute(sql, values)
    while chunk := duck.fetchmany(_CHUNK):
        yield from map(reader, chunk)


def count_groups(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> int:
    """How many rows a view of :data:`GROUPINGS` has without a limit."""
    grouping = grouping_of(question)
    if ends.is_empty or grouping is None:
        return 0
    where, values = linked(question, ends)
    return int(duck.execute(group_count(grouping, where), values).fetchall()[0][0])


def moment(seconds: int) -> datetime:
    """A time of the index as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def rel_tokens(rel: int, other: str) -> tuple[str, ...]:
    """The tokens of a rel attribute: those with a bit in the vocabulary's order, then the others as stored."""
    return (*(name for name, bit in REL_BITS.items() if rel & bit), *other.split())


def _domain_row(row: tuple[Any, ...]) -> DomainRow:
    return DomainRow(*_by_domain(row))


def _linked_domain_row(row: tuple[Any, ...]) -> LinkedDomainRow:
    return LinkedDomainRow(*_by_domain(row))


def _by_domain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    domain, backlinks, links, pages, followed, nofollow, ugc, sponsored, first, last = row
    return (
        domain, backlinks, links, pages, followed, backlinks - followed, nofollow, ugc, sponsored,
        moment(first), moment(last),
    )  # fmt: skip


def _link_row(row: tuple[Any, ...]) -> LinkRow:
    (
        source, target, links, anchor, rel, other, raw_rel, kind, placement, marks, before, after, flags,
        status, title, language, fetched_at, state, reason, opened_why, first_seen, last_seen, until, shown_at,
        requested, body_hash, ordinal, href, tag,
    ) = row  # fmt: skip
    _, tag = restore(target, href, tag)
    return LinkRow(
        source_url=source,
        target_url=target,
        links=links,
        anchor_text=anchor,
        rel=rel_tokens(rel, other),
        rel_raw=raw_rel,
        kind=Kind(kind).name.lower(),
        placement=Placement(placement).name.lower(),
        followed=bool(marks & Mark.FOLLOWED),
        context_before=before,
        context_after=after,
        hidden=bool(flags & LinkFlag.HIDDEN),
        noscript=bool(flags & LinkFlag.NOSCRIPT),
        http_status=status,
        title=title,
        language=language,
        fetched_at=moment(fetched_at),
        state=STATES[state].value,
        reason=ENDS[reason],
        opened_why=OPENINGS[opened_why].value,
        first_seen=moment(first_seen),
        last_seen=moment(last_seen),
        lost_at=moment(until) if until else None,
        evidence=Evidence(moment(shown_at), requested, source, f"{body_hash & 2**64 - 1:016x}", ordinal, tag),
    )


def link_rows(
    duck: duckdb.DuckDBPyConnection, where: str, values: list[object], limit: int | None = None
) -> Iterator[LinkRow]:
    """The links for which a condition on ``link AS l`` holds, whether they count or not: a row each."""
    duck.execute((_SINGLE + _LINK_FIELDS).format(where=where), [*values, 2**62 if limit is None else limit, 0])
    while chunk := duck.fetchmany(_CHUNK):
        yield from map(_link_row, chunk)
