"""The rows of an answer: one statement and one reader for each way to ask."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import duckdb

from wholinks.storage.records import REL_BITS, Kind, LinkFlag, Placement
from wholinks.storage.shorthand import restore

from .anchor_class import anchor_classes_of
from .answers import AnchorRow, DomainRow, Evidence, LinkedDomainRow, LinkRow, Row, row_type
from .connection import parsed
from .counting import BY_DOMAIN_COLUMNS, PAIRS, STANDING
from .earlier import since_ever
from .ends import Ends
from .evidence import look_up
from .groupings import group_count, group_keys, grouped, grouping_of
from .paging import MOST_ROWS, Key, Page, Values, beyond, cursor, listed, ordered, place_of, taken_as_typed
from .questions import By, Direction, Question
from .schema import Mark
from .sorting import order_of
from .states import ENDS, OPENINGS, STATES, Opening
from .totals import linked

_CHUNK: Final = 2048

_DOMAIN_COLUMNS: Final = (
    "backlinks, links, referring_pages, followed, nofollow, ugc, sponsored, first_seen_at, last_seen_at"
)

# `pair` has the source's name itself: most questions want it.
_AHEAD: Final = {
    Direction.TO: f"""
SELECT source_domain, {_DOMAIN_COLUMNS}, {{listed}} FROM pair WHERE target_domain_id = ? AND {{page}}
ORDER BY {{ordered}} LIMIT ? OFFSET ?""",
    Direction.FROM: f"""
SELECT domain, {_DOMAIN_COLUMNS}, {{listed}} FROM pair JOIN domain ON domain_id = target_domain_id
WHERE source_domain_id = ? AND {{page}} ORDER BY {{ordered}} LIMIT ? OFFSET ?""",
}

_GROUPED: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="{far_domain}, ")}),
recent AS (
    SELECT {{far_domain}}, {BY_DOMAIN_COLUMNS} FROM pair JOIN page ON page.url_id = pair.source_url_id
    GROUP BY {{far_domain}}),
{{since_ever}},
shown AS (SELECT *, {{listed}} FROM grouped WHERE {{page}} ORDER BY {{ordered}} LIMIT ? OFFSET ?)
SELECT domain, {_DOMAIN_COLUMNS}, {{names}} FROM shown JOIN domain ON domain_id = {{far_domain}} ORDER BY {{ordered}}"""

_PAIRED: Final = """
WITH found AS ({found})
SELECT found.*, {listed} FROM found JOIN page ON page.url_id = source_url_id
JOIN url ON url.url_id = target_url_id JOIN origin USING (origin_id) WHERE {page}
ORDER BY {ordered} LIMIT ? OFFSET ?"""

_SINGLE: Final = """
SELECT l.rowid AS number, l.source_url_id, l.target_url_id, 1 AS links, l.follow AS marks, {listed}
FROM link AS l JOIN page ON page.url_id = l.source_url_id WHERE {where} AND {page}
ORDER BY {ordered} LIMIT ? OFFSET ?"""

_SORTED: Final = """
WITH found AS ({found})
SELECT found.*, {listed}
FROM found JOIN link AS l ON l.rowid = found.number JOIN page ON page.url_id = found.source_url_id
JOIN url ON url.url_id = found.target_url_id JOIN origin USING (origin_id) WHERE {page}
ORDER BY {ordered} LIMIT ? OFFSET ?"""

# A link's row number follows its ordinal within a pair, so the smallest is the pair's first.
_FOUND: Final = {
    By.PAGE: """
    SELECT min(l.rowid) AS number, l.source_url_id, l.target_url_id, count(*) AS links, bit_or(l.follow) AS marks
    FROM link AS l WHERE {where} GROUP BY l.source_url_id, l.target_url_id""",
    By.LINK: """
    SELECT l.rowid AS number, l.source_url_id, l.target_url_id, 1 AS links, l.follow AS marks
    FROM link AS l WHERE {where}""",
}

# A table for each step: DuckDB knows then how few rows there are, and looks up what they need where that may be.
_SHOWN: Final = "CREATE OR REPLACE TEMP TABLE shown AS"
_PLACED: Final = f"""
CREATE OR REPLACE TEMP TABLE placed AS
    SELECT shown.*, l.anchor_text, l.rel, l.rel_other, l.kind, l.placement, l.flags, l.reason, l.opened_why, l.until_at,
           l.ordinal, {STANDING} AS standing, page.status, page.title, page.language, page.fetched_at,
           page.first_seen_at + l.seen_after_s AS first_seen_at, page.last_seen_at - l.unseen_s AS last_seen_at,
           page.first_seen_at + l.came_after_s AS came_at, coalesce(opening.fetch_id, page.fetch_id) AS fetch_id,
           coalesce(opening.fetched_at, page.fetched_at) AS shown_at,
           coalesce(opening.requested_url_id, page.requested_url_id) AS requested_url_id,
           coalesce(opening.body_hash, page.body_hash) AS body_hash
    FROM shown JOIN link AS l ON l.rowid = shown.number JOIN page ON page.url_id = shown.source_url_id
    LEFT JOIN opening ON opening.opening_id = l.opening_id"""
_NAMED: Final = """
CREATE OR REPLACE TEMP TABLE named AS
    WITH wanted AS (
        SELECT source_url_id AS url_id FROM placed UNION SELECT target_url_id FROM placed
        UNION SELECT requested_url_id FROM placed)
    SELECT url_id, origin.origin || url.path AS name
    FROM url JOIN origin USING (origin_id) WHERE url_id IN (SELECT url_id FROM wanted)"""

_LINK_FIELDS: Final = """
SELECT source.name, target.name, links, anchor_text, rel, rel_other, raw_rel, kind, placement, marks,
       coalesce(context_before, ''), coalesce(context_after, ''), flags, status, title, language, fetched_at, standing,
       reason, opened_why, first_seen_at, last_seen_at, until_at, came_at, shown_at, asked.name, body_hash, ordinal,
       coalesce(raw_href, ''), coalesce(tag, ''), {names}
FROM placed AS shown LEFT JOIN written USING (number)
JOIN named AS source ON source.url_id = source_url_id
JOIN named AS target ON target.url_id = target_url_id
JOIN named AS asked ON asked.url_id = requested_url_id
ORDER BY {names_ordered}"""

_BY_URL: Final = (Key("page.origin_rank"), Key("found.source_url_id"), Key("origin.rank"), Key("found.target_url_id"))
_BY_PAGE: Final = (Key("page.origin_rank"), Key("l.source_url_id"), Key("l.ordinal"), Key("l.rowid"))


def keys_of(question: Question, far_domain: str) -> tuple[Key, ...]:
    """What the question's rows are sorted by."""
    order = order_of(question)
    first = (order,) if order is not None else ()
    match question.by:
        case By.DOMAIN:
            # Numbers of domains are in the order of their names.
            keys = (*first, Key("backlinks", is_descending=True), Key("name"))
            return tuple(Key(far_domain, down) if name == "name" else Key(name, down) for name, down in keys)
        case By.PAGE:
            return (*first, *_BY_URL)
        case By.LINK:
            return (*first, *_BY_URL, Key("l.ordinal"), Key("found.number")) if first else _BY_PAGE
    return group_keys(order)


def statement(
    question: Question, ends: Ends, after: Values = ()
) -> tuple[str, list[object], Callable[[Any], Row], tuple[Key, ...]]:
    """The SQL that finds the rows beyond those with the keys ``after`` (of links: what :func:`_find_links` takes), its
    parameters, what makes a row of what is found, and the keys, whose values come last in each row."""
    wanted = MOST_ROWS if question.limit is None else question.limit + 1
    of_domains = _domain_row if question.direction is Direction.TO else _linked_domain_row
    ahead = ends.whole_domain if question.is_default else None
    keys = keys_of(question, ends.far_domain)
    page, beyond_values = beyond(keys, after) if after else ("true", [])
    cut: list[object] = [*beyond_values, wanted, question.offset]
    parts = {"page": page, **_by(keys)}
    if question.by is By.DOMAIN and ahead is not None:
        return _AHEAD[question.direction].format(**parts), [ahead, *cut], of_domains, keys
    where, values = linked(question, ends)
    grouping = grouping_of(question)
    if grouping is not None:
        sql = grouped(question, grouping, where, ends.far_domain, order_of(question), page)
        return sql, [*values, *cut], _group_reader(question), keys
    shapes: dict[By, tuple[str, Callable[[Any], Row]]] = {
        By.DOMAIN: (_GROUPED, of_domains),
        By.PAGE: (_SORTED if question.sort else _PAIRED, _link_row),
        By.LINK: (_SORTED if question.sort else _SINGLE, _link_row),
    }
    sql, reader = shapes[question.by]
    found = _FOUND.get(question.by, "").format(where=where)
    earlier, more = ("", []) if question.by is not By.DOMAIN else since_ever(question, (where, values), ends.far_domain)
    made_of = {"where": where, "far_domain": ends.far_domain, "found": found, "since_ever": earlier}
    return sql.format(**made_of, **parts), [*values, *more, *cut], reader, keys


def _by(keys: tuple[Key, ...]) -> dict[str, str]:
    """The keys as the statements above have them: expressions, and the columns made of them."""
    names = tuple(Key(f"shown.key_{number}", key.is_descending) for number, key in enumerate(keys))
    return {
        "listed": listed(keys),
        "ordered": ordered(keys),
        "names": ", ".join(name.expression for name in names),
        "names_ordered": ordered(names),
    }


def rows(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, snapshot: str) -> Page[Row]:
    """The rows, in the order each way to ask has (docs/counting.md); ``snapshot`` is the id of the index's. Raises
    :class:`UsageError` for a cursor that is none of this question."""
    place = place_of(question, "", snapshot)
    return Page(
        _found(duck, question, ends, place.values), question.limit, place.rows + question.offset,
        lambda end: cursor(question, "", snapshot, end),
    )  # fmt: skip


def _found(
    duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, after: Values
) -> Iterator[tuple[Row, Values]]:
    if ends.is_empty or question.limit == 0:
        return
    sql, values, reader, keys = statement(question, ends, after)
    with taken_as_typed(question):
        if reader is _link_row:
            _find_links(duck, sql, values, keys)
        else:
            duck.execute(parsed(duck, sql), values)
        chunk = duck.fetchmany(_CHUNK)
    while chunk:
        yield from ((reader(row[: -len(keys)]), row[-len(keys) :]) for row in chunk)
        chunk = duck.fetchmany(_CHUNK)


def _find_links(duck: duckdb.DuckDBPyConnection, sql: str, values: list[object], keys: tuple[Key, ...]) -> None:
    """Find the links of ``sql``, with all that is known of each."""
    duck.execute(parsed(duck, f"{_SHOWN} {sql}"), values)
    duck.execute(parsed(duck, _PLACED))
    look_up(duck, "placed")
    duck.execute(parsed(duck, _NAMED))
    duck.execute(parsed(duck, _LINK_FIELDS.format(**_by(keys))))


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


def _group_reader(question: Question) -> Callable[[Any], Row]:
    made = row_type(question)
    if made is not AnchorRow or question.target is None:
        return lambda row: made(*row)
    classes = anchor_classes_of(question.target.domain)
    return lambda row: AnchorRow(*(*row, classes.of(row[0]).value))


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
        status, title, language, fetched_at, state, reason, opened_why, first_seen, last_seen, until, came_at, shown_at,
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
        restored_at=moment(came_at) if OPENINGS[opened_why] is Opening.LINKRESTORED else None,
        evidence=Evidence(moment(shown_at), requested, source, f"{body_hash & 2**64 - 1:016x}", ordinal, tag),
    )


def link_rows(
    duck: duckdb.DuckDBPyConnection, where: str, values: list[object], limit: int | None = None
) -> Iterator[LinkRow]:
    """The links for which a condition on ``link AS l`` holds, whether they count or not: a row each."""
    sql = _SINGLE.format(where=where, page="true", **_by(_BY_PAGE))
    _find_links(duck, sql, [*values, MOST_ROWS if limit is None else limit, 0], _BY_PAGE)
    while chunk := duck.fetchmany(_CHUNK):
        yield from (_link_row(row[: -len(_BY_PAGE)]) for row in chunk)
