"""The referring domains of a target with their authority: rows of ``who_links_to``, and what the domain is worth."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import duckdb

from wholinks.index.counting import BY_DOMAIN_COLUMNS, PAIRS
from wholinks.index.earlier import since_ever
from wholinks.index.ends import Ends
from wholinks.index.paging import Key
from wholinks.index.past import since_when
from wholinks.index.queries import Index
from wholinks.index.questions import Question, Standing
from wholinks.index.rows import moment
from wholinks.index.totals import linked
from wholinks.research.growth.history import last_day
from wholinks.research.scores.authority import scores
from wholinks.research.views.paged import Asked, Shape, View, down, view

_COUNTED: Final = f"""
WITH counted AS (SELECT * FROM link AS l WHERE {{where}}),
pair AS ({PAIRS.format(keys="source_domain_id, ")}),
recent AS (
    SELECT source_domain_id, {BY_DOMAIN_COLUMNS} FROM pair JOIN page ON page.url_id = pair.source_url_id
    GROUP BY source_domain_id),
{{since_ever}}"""

_AHEAD: Final = "WITH grouped AS (SELECT * FROM pair WHERE target_domain_id = ?)"

_ROWS: Final = """,
score AS (SELECT unnest(?::VARCHAR[]) AS domain, unnest(?::DOUBLE[]) AS authority, unnest(?::BIGINT[]) AS rank)
SELECT domain AS referring_domain, authority, rank, backlinks, links, referring_pages, followed,
       backlinks - followed AS not_followed, nofollow, ugc, sponsored, first_seen_at AS first_seen,
       last_seen_at AS last_seen
FROM grouped JOIN domain ON domain_id = source_domain_id LEFT JOIN score USING (domain)"""


@dataclass(frozen=True, slots=True)
class ReferringDomain:
    """A referring domain. ``authority`` (0–100) and ``rank`` (1 is the highest) are those among all domains of the
    index. ``first_seen`` is when the first of its backlinks was seen, whatever became
    of it. ``nofollow``, ``ugc`` and ``sponsored`` count backlinks, as ``followed`` does, and overlap."""

    referring_domain: str
    authority: float | None
    rank: int | None
    backlinks: int
    links: int
    referring_pages: int
    followed: int
    not_followed: int
    nofollow: int
    ugc: int
    sponsored: int
    first_seen: datetime
    last_seen: datetime


def referring_domains(index: Index, question: Question) -> View[ReferringDomain]:
    """The domains that the question's backlinks come from, the highest authority first."""
    known = scores(index)

    def ask(duck: duckdb.DuckDBPyConnection, ends: Ends) -> Asked:
        where, values = linked(question, ends)
        earlier, more = since_ever(question, (where, values), "source_domain_id")
        counted, values = _COUNTED.format(where=where, since_ever=earlier), [*values, *more]
        if question.is_default and ends.whole_domain is not None:
            counted, values = _AHEAD, [ends.whole_domain]
        found = duck.execute(
            f"{counted} SELECT domain FROM grouped JOIN domain ON domain_id = source_domain_id", values
        ).fetchall()
        rows = [(name, known.graph.numbers[name]) for (name,) in found if name in known.graph.numbers]
        names, numbers = [name for name, _ in rows], [number for _, number in rows]
        given = [names, known.authority[numbers].tolist(), known.rank[numbers].tolist()]
        return counted + _ROWS, [*values, *given]

    shape = Shape("domains", ReferringDomain, (down("authority"), down("backlinks"), Key("referring_domain")))
    return view(index, question, shape, ask, lambda duck, ends: _themselves(index, question))


def changed_since(index: Index, question: Question) -> str:
    """What the question's domains have where it asks for new or lost links: `` with a new backlink since 2026-09-22``;
    else empty."""
    if question.standing not in {Standing.NEW, Standing.LOST}:
        return ""
    since = since_when(question, index.built_at)
    return f" with a {question.standing} backlink{f' since {moment(since).date()}' if since else ''}"


def _themselves(index: Index, question: Question) -> str:
    """Where to find the domains that are new, or lost, themselves."""
    if question.standing not in {Standing.NEW, Standing.LOST}:
        return ""
    since = since_when(question, index.built_at)
    last = min(moment(question.as_of).date(), last_day(index)) if question.as_of is not None else last_day(index)
    first = str(min(moment(since).date(), last) - timedelta(days=1)) if since else "DAY"
    command = f"wholinks history {question.asked.text} --between {first} {last} --domains"
    return f"domains that are {question.standing} themselves: {command}"
