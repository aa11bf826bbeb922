"""The measures over all of a question's links."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import replace
from typing import Final, NamedTuple

import duckdb

from .answers import LinkedTotals, Totals
from .connection import parsed
from .counting import DOUBTS, MARKED, NOW, PAIRS
from .ends import Ends
from .filters import NO_FILTERS
from .questions import Direction, Question
from .selection import Condition

_AHEAD: Final = """
SELECT backlinks, links, referring_pages, referring_domains, followed, nofollow, ugc, sponsored, suspect, unknown, stale
FROM inward WHERE target_domain_id = ?"""

_COUNTED: Final = f"""
WITH counted AS ({{counted}}), pair AS ({PAIRS.format(keys="{far_domain}, ")})
SELECT count(*), coalesce(sum(links), 0)::BIGINT, count(DISTINCT source_url_id), count(DISTINCT {{far_domain}}),
       {MARKED}, {DOUBTS.format(now=NOW)}
FROM pair JOIN page ON page.url_id = source_url_id"""

_VIA: Final = """
WITH ended AS (
    SELECT DISTINCT source_url_id, final_url_id FROM via AS l WHERE {ended})
SELECT count(*) FROM ended
ANTI JOIN (SELECT source_url_id, target_url_id FROM link AS l WHERE {linked}) AS own
    ON own.source_url_id = ended.source_url_id AND own.target_url_id = ended.final_url_id"""


_VIA_LINKS: Final = """
(l.source_url_id, l.linked_url_id, l.ordinal) IN (
    SELECT l.source_url_id, l.target_url_id, l.ordinal FROM link AS l WHERE {asked})"""


class Measures(NamedTuple):
    """What is counted of a question's links; ``far_domains`` are those at the end that was not asked about."""

    backlinks: int
    links: int
    referring_pages: int
    far_domains: int
    followed: int
    nofollow: int
    ugc: int
    sponsored: int
    suspect: int
    unknown: int
    stale: int


NONE: Final = Measures(*[0] * 11)


def fits(question: Question) -> Condition:
    """The condition that a link of ``link AS l`` is as ``follow`` and the filters ask."""
    where, values = question.filters.where()
    parts = [where] if where else []
    if question.follow.marks:
        parts, values = [*parts, "l.follow & ? <> 0"], [*values, question.follow.marks]
    return " AND ".join(parts) or "true", values


def filters(question: Question) -> Condition:
    """The condition that a link of ``link AS l`` counts."""
    where, values = fits(question)
    return f"(? >> l.kind) & 1 = 1 AND l.dup_kinds & ? = 0 AND {where}", [
        question.kind_mask,
        question.kind_mask,
        *values,
    ]


def linked(question: Question, ends: Ends) -> Condition:
    """The condition that a link of table ``link AS l`` counts and lies between the ends."""
    where, values = ends.where()
    counts, more = filters(question)
    return f"{where} AND {counts}", [*values, *more]


def totals(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> Totals:
    """Count everything but the rows of links to a target."""
    return Totals(*_counts(duck, question, ends))


def linked_totals(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> LinkedTotals:
    """The same of the links of a source."""
    return LinkedTotals(*_counts(duck, question, ends))


def _counts(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> list[int]:
    """The measures in the order that totals have."""
    found = measure(duck, question, ends)
    return [
        found.backlinks, found.links, found.referring_pages, found.far_domains, found.followed,
        found.backlinks - found.followed, found.nofollow, found.ugc, found.sponsored, _via(duck, question, ends),
        found.suspect, found.unknown, found.stale,
    ]  # fmt: skip


def measure(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> Measures:
    """Count the links between the ends."""
    if ends.is_empty:
        return NONE
    ahead = ends.whole_domain if question.is_default and question.direction is Direction.TO else None
    if ahead is not None:
        found = duck.execute(parsed(duck, _AHEAD), [ahead]).fetchall()
        return Measures(*found[0]) if found else NONE
    where, values = linked(question, ends)
    counted = f"SELECT * FROM link AS l WHERE {where}"
    statement = _COUNTED.format(counted=counted, far_domain=ends.far_domain)
    return Measures(*duck.execute(parsed(duck, statement), values).fetchall()[0])


def _via(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> int:
    """Pairs of source page and the URL at the end of a chain, between the ends, that are no backlinks themselves."""
    if ends.is_empty or question.is_about_time:  # `via` is of the links that are live now
        return 0
    where, values = ends.where("l.final_domain_id", "l.final_url_id")
    # What filters ask for, only the link itself has.
    counts, more = filters(replace(question, filters=NO_FILTERS))
    ended, ended_values = f"{where} AND {counts}", [*values, *more]
    any_ = parsed(duck, f"SELECT count(*) FROM via AS l WHERE {ended}")
    if not duck.execute(any_, ended_values).fetchall()[0][0]:
        return 0
    if question.filters:
        asked, asked_values = question.filters.where()
        ended, ended_values = f"{ended} AND {_VIA_LINKS.format(asked=asked)}", [*ended_values, *asked_values]
    direct, direct_values = linked(question, ends)
    statement = _VIA.format(ended=ended, linked=direct)
    return int(duck.execute(statement, [*ended_values, *direct_values]).fetchall()[0][0])
