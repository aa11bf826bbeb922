"""The measures over all of a target's links."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import replace
from typing import Final

import duckdb

from .answers import Totals
from .counting import MARKED, PAIRS
from .questions import Question
from .selection import Selection

_AHEAD: Final = """
SELECT coalesce(sum(backlinks), 0)::BIGINT, coalesce(sum(links), 0)::BIGINT,
       coalesce(sum(referring_pages), 0)::BIGINT, count(*), coalesce(sum(followed), 0)::BIGINT,
       coalesce(sum(nofollow), 0)::BIGINT, coalesce(sum(ugc), 0)::BIGINT, coalesce(sum(sponsored), 0)::BIGINT
FROM pair WHERE {where}"""

_COUNTED: Final = f"""
WITH counted AS ({{counted}}), pair AS ({PAIRS.format(keys="source_domain_id, ")})
SELECT count(*), coalesce(sum(links), 0)::BIGINT, count(DISTINCT source_url_id), count(DISTINCT source_domain_id),
       {MARKED}
FROM pair"""

_VIA: Final = """
WITH ended AS (
    SELECT DISTINCT source_url_id, final_url_id FROM via AS l WHERE {ended})
SELECT count(*) FROM ended
ANTI JOIN (SELECT source_url_id, target_url_id FROM link AS l WHERE {linked}) AS own
    ON own.source_url_id = ended.source_url_id AND own.target_url_id = ended.final_url_id"""

NONE: Final = Totals(*[0] * 10)


def is_counted_ahead(question: Question, selection: Selection) -> bool:
    """Whether table ``pair`` has the answer: the default policy, and one whole domain (pages of two don't add up)."""
    return question.is_default and selection.ranges is None and len(selection.domain_ids) == 1


def filters(question: Question) -> tuple[str, list[object]]:
    """The condition that a link counts, on columns of ``l``."""
    where, values = "(? >> l.kind) & 1 = 1 AND l.dup_kinds & ? = 0", [question.kind_mask, question.kind_mask]
    if question.follow.marks:
        where, values = f"{where} AND l.follow & ? <> 0", [*values, question.follow.marks]
    return where, list(values)


def linked(question: Question, selection: Selection) -> tuple[str, list[object]]:
    """The condition that a link of table ``link AS l`` counts and names the target."""
    where, values = selection.where("l.target_domain_id", "l.target_url_id")
    counts, more = filters(question)
    return f"{where} AND {counts}", [*values, *more]


def totals(duck: duckdb.DuckDBPyConnection, question: Question, selection: Selection) -> Totals:
    """Count everything but the rows."""
    if selection.is_empty:
        return NONE
    found = count_links(duck, question, selection)
    return replace(found, via_redirect=_via(duck, question, selection))


def count_links(duck: duckdb.DuckDBPyConnection, question: Question, selection: Selection) -> Totals:
    """The same without ``via_redirect``, which is left 0."""
    if selection.is_empty:
        return NONE
    if is_counted_ahead(question, selection):
        where, values = selection.where_domain("target_domain_id")
        row = duck.execute(_AHEAD.format(where=where), values).fetchall()[0]
    else:
        where, values = linked(question, selection)
        row = duck.execute(_COUNTED.format(counted=f"SELECT * FROM link AS l WHERE {where}"), values).fetchall()[0]
    backlinks, links, pages, domains, followed, nofollow, ugc, sponsored = row
    return Totals(
        backlinks, links, pages, domains, followed, backlinks - followed, nofollow, ugc, sponsored, via_redirect=0
    )


def _via(duck: duckdb.DuckDBPyConnection, question: Question, selection: Selection) -> int:
    """Pairs of source page and URL of the target at the end of a chain, that are no backlinks themselves."""
    where, values = selection.where("l.final_domain_id", "l.final_url_id")
    counts, more = filters(question)
    ended, ended_values = f"{where} AND {counts}", [*values, *more]
    if not duck.execute(f"SELECT count(*) FROM via AS l WHERE {ended}", ended_values).fetchall()[0][0]:
        return 0
    direct, direct_values = linked(question, selection)
    statement = _VIA.format(ended=ended, linked=direct)
    return int(duck.execute(statement, [*ended_values, *direct_values]).fetchall()[0][0])
