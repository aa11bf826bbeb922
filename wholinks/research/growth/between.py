"""Two days of a target compared: the backlinks that only one of them has, and why (docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Final, Generic, TypeVar

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.moments import end_of
from wholinks.index.paging import MOST_ROWS
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.rows import moment
from wholinks.index.target import Target
from wholinks.research.growth.events import find_events
from wholinks.research.growth.history import last_day, refuse_the_future
from wholinks.research.scores.authority import scores
from wholinks.storage.errors import UsageError

Row = TypeVar("Row")

_STANDS: Final = """
CREATE TEMP TABLE stands AS
    SELECT source_domain_id, source_url_id, target_url_id,
           coalesce(sum(step) FILTER (happened_at <= $before), 0) AS was, sum(step) AS stands,
           arg_max(why, happened_at) AS why, max(happened_at) AS happened_at
    FROM event WHERE happened_at <= $after GROUP BY source_domain_id, source_url_id, target_url_id"""

_COUNTS: Final = """
SELECT coalesce(sum(was), 0)::BIGINT, count(*) FILTER (stands > was), count(*) FILTER (stands < was),
       coalesce(sum(stands), 0)::BIGINT
FROM stands"""

_WHY: Final = """
SELECT CASE WHEN stands > was THEN 'new' ELSE 'lost' END AS change, why, count(*) AS backlinks,
       count(DISTINCT source_domain_id)
FROM stands WHERE stands <> was GROUP BY ALL ORDER BY change DESC, backlinks DESC, why"""

_ROWS: Final = """
SELECT CASE WHEN stands > was THEN 'new' ELSE 'lost' END AS change, why, happened_at, site.domain,
       source_home.origin || source.path, target_home.origin || target.path
FROM stands JOIN index.domain AS site ON site.domain_id = source_domain_id
JOIN index.page AS page ON page.url_id = source_url_id
JOIN index.url AS source ON source.url_id = source_url_id
JOIN index.origin AS source_home ON source_home.origin_id = source.origin_id
JOIN index.url AS target ON target.url_id = target_url_id
JOIN index.origin AS target_home ON target_home.origin_id = target.origin_id
WHERE stands <> was
QUALIFY row_number() OVER (
    PARTITION BY stands > was ORDER BY source_domain_id, page.origin_rank, source_url_id, target_home.rank,
    target_url_id) <= $most
ORDER BY change DESC, source_domain_id, page.origin_rank, source_url_id, target_home.rank, target_url_id"""

# One row of each domain before the second of any, in each the latest first.
_SPREAD: Final = """
WITH changed AS (
    SELECT *, row_number() OVER (
        PARTITION BY stands > was, source_domain_id ORDER BY happened_at DESC, source_url_id, target_url_id) AS nth
    FROM stands WHERE stands <> was),
chosen AS (
    SELECT * FROM changed
    QUALIFY row_number() OVER (
        PARTITION BY stands > was ORDER BY nth, happened_at DESC, source_url_id, target_url_id) <= $most)
SELECT CASE WHEN stands > was THEN 'new' ELSE 'lost' END AS change, why, happened_at, site.domain,
       source_home.origin || source.path, target_home.origin || target.path
FROM chosen JOIN index.domain AS site ON site.domain_id = source_domain_id
JOIN index.url AS source ON source.url_id = source_url_id
JOIN index.origin AS source_home ON source_home.origin_id = source.origin_id
JOIN index.url AS target ON target.url_id = target_url_id
JOIN index.origin AS target_home ON target_home.origin_id = target.origin_id
ORDER BY change DESC, nth, happened_at DESC, source_url_id, target_url_id"""

# When a domain began to link, or ceased to, for the last time: its backlinks went from none to some, or to none.
_TURNS: Final = """
CREATE TEMP TABLE turn AS
    WITH moment AS (
        SELECT source_domain_id, happened_at, sum(step) AS step FROM event WHERE happened_at <= $after GROUP BY ALL),
    course AS (
        SELECT *, sum(step) OVER (PARTITION BY source_domain_id ORDER BY happened_at) AS stands FROM moment)
    SELECT source_domain_id, max(happened_at) AS happened_at FROM course
    WHERE (stands > 0) <> (stands - step > 0) GROUP BY source_domain_id"""

_DOMAINS: Final = """
WITH site AS (
    SELECT source_domain_id, sum(was)::BIGINT AS was, sum(stands)::BIGINT AS stands
    FROM stands GROUP BY source_domain_id)"""

_DOMAIN_COUNTS: Final = f"""{_DOMAINS}
SELECT count(*) FILTER (was > 0), count(*) FILTER (was = 0 AND stands > 0),
       count(*) FILTER (was > 0 AND stands = 0), count(*) FILTER (stands > 0)
FROM site"""

_DOMAIN_ROWS: Final = f"""{_DOMAINS}
SELECT CASE WHEN stands > 0 THEN 'new' ELSE 'lost' END, domain, happened_at, greatest(was, stands)
FROM site JOIN turn USING (source_domain_id) JOIN index.domain ON domain_id = source_domain_id
WHERE (was > 0) <> (stands > 0)"""


@dataclass(frozen=True, slots=True)
class ChangedBacklink:
    """A backlink that was there on one of the two days only: ``new`` or ``lost``; ``why`` and ``at`` are those of its
    last change by the second day."""

    change: str
    why: str
    at: datetime
    referring_domain: str
    source_url: str
    target_url: str


@dataclass(frozen=True, slots=True)
class ChangedDomain:
    """A domain that linked on one of the two days only: ``new`` or ``lost``; ``backlinks`` are those it had then,
    ``at`` is when a new one's first backlink came, or a lost one's last one went. ``authority`` is that of today, None
    where the index has none."""

    change: str
    referring_domain: str
    authority: float | None
    backlinks: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Cause:
    """How many backlinks are new or lost for one reason, and from how many domains."""

    change: str
    why: str
    backlinks: int
    referring_domains: int


@dataclass(frozen=True, slots=True)
class Between(Generic[Row]):
    """The ends of two days compared: ``end`` = ``start`` + ``new`` - ``lost``. What came and went again in between is
    in neither number. The same holds of referring domains."""

    target: Target
    first: date
    last: date
    start: int
    new: int
    lost: int
    end: int
    domains_start: int
    domains_new: int
    domains_lost: int
    domains_end: int
    why: tuple[Cause, ...]
    rows: tuple[Row, ...]
    coverage: Coverage
    snapshot: Snapshot


def between(
    index: Index, question: Question, first: date, last: date, *, limit: int | None = None
) -> Between[ChangedBacklink]:
    """Compare the target of ``question`` at the end of two days, with a row for each backlink that only one of them
    has; ``limit`` cuts the new rows and the lost ones.

    Raises :class:`UsageError` where ``first`` is not before ``last``, or ``last`` in the future.
    """

    def rows(duck: duckdb.DuckDBPyConnection) -> Iterator[ChangedBacklink]:
        return _backlinks(duck, _ROWS, limit)

    return index.translated(lambda: _between(index, question, (first, last), rows))


def domains_between(
    index: Index, question: Question, first: date, last: date, *, limit: int | None = None
) -> Between[ChangedDomain]:
    """The same with a row for each domain that links on one of the two days only, the highest authority first."""

    def rows(duck: duckdb.DuckDBPyConnection) -> Iterator[ChangedDomain]:
        return _domains(index, duck, limit)

    return index.translated(lambda: _between(index, question, (first, last), rows))


def changes(
    index: Index, question: Question, first: date, last: date, *, limit: int | None = None
) -> tuple[Between[ChangedDomain], tuple[ChangedBacklink, ...]]:
    """:func:`domains_between`, and besides the backlinks that only one of the days has, the new ones first: a row of
    each domain before the second of any, the latest change first. ``limit`` cuts the new and the lost ones of both."""
    backlinks: list[ChangedBacklink] = []

    def rows(duck: duckdb.DuckDBPyConnection) -> Iterator[ChangedDomain]:
        backlinks.extend(_backlinks(duck, _SPREAD, limit))
        return _domains(index, duck, limit)

    found = index.translated(lambda: _between(index, question, (first, last), rows))
    return found, tuple(backlinks)


def _backlinks(duck: duckdb.DuckDBPyConnection, statement: str, limit: int | None) -> Iterator[ChangedBacklink]:
    for change, why, at, *names in duck.execute(statement, {"most": _most(limit)}).fetchall():
        yield ChangedBacklink(change, why, moment(at), *names)


def _domains(index: Index, duck: duckdb.DuckDBPyConnection, limit: int | None) -> Iterator[ChangedDomain]:
    known = scores(index)
    domains = (
        ChangedDomain(change, name, known.of(name), backlinks, moment(at))
        for change, name, at, backlinks in duck.execute(_DOMAIN_ROWS).fetchall()
    )
    for _, group in groupby(sorted(domains, key=_by_change), key=lambda row: row.change):
        yield from islice(group, _most(limit))


def _between(
    index: Index,
    question: Question,
    between: tuple[date, date],
    rows: Callable[[duckdb.DuckDBPyConnection], Iterator[Row]],
) -> Between[Row]:
    first, last = between
    if first >= last:
        raise UsageError(f"between: {first} is not before {last}; name the earlier day first")
    refuse_the_future(last, last_day(index))
    duck, ends = index.ask(question)
    find_events(duck, question, ends)
    duck.execute(_STANDS, {"before": end_of(first), "after": end_of(last)})
    duck.execute(_TURNS, {"after": end_of(last)})
    causes = tuple(Cause(*row) for row in duck.execute(_WHY).fetchall())
    start, new, lost, end = duck.execute(_COUNTS).fetchall()[0]
    domains_start, domains_new, domains_lost, domains_end = duck.execute(_DOMAIN_COUNTS).fetchall()[0]
    return Between(
        question.asked, first, last, start, new, lost, end, domains_start, domains_new, domains_lost, domains_end,
        causes, tuple(rows(duck)), index.coverage, index.snapshot(question),
    )  # fmt: skip


def _most(limit: int | None) -> int:
    return MOST_ROWS if limit is None else limit


def _by_change(row: ChangedDomain) -> tuple[bool, float, int, str]:
    return row.change != "new", -(row.authority or 0.0), -row.backlinks, row.referring_domain
