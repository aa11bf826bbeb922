"""Two days of a target compared: the backlinks that only one of them has, and why (docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.rows import moment
from wholinks.index.target import Target
from wholinks.storage.errors import UsageError

from .events import find_events
from .history import last_day, refuse_the_future

_STANDS: Final = """
WITH stands AS (
    SELECT source_domain_id, source_url_id, target_url_id,
           coalesce(sum(step) FILTER (happened_at <= $before), 0) AS was, sum(step) AS stands,
           arg_max(why, happened_at) AS why, max(happened_at) AS happened_at
    FROM event WHERE happened_at <= $after GROUP BY source_domain_id, source_url_id, target_url_id)"""

_COUNTS: Final = f"""{_STANDS}
SELECT coalesce(sum(was), 0)::BIGINT, coalesce(sum(stands), 0)::BIGINT, count(*) FILTER (stands > was),
       count(*) FILTER (stands < was)
FROM stands"""

_WHY: Final = f"""{_STANDS}
SELECT CASE WHEN stands > was THEN 'new' ELSE 'lost' END AS change, why, count(*) AS backlinks,
       count(DISTINCT source_domain_id)
FROM stands WHERE stands <> was GROUP BY ALL ORDER BY change DESC, backlinks DESC, why"""

_ROWS: Final = f"""{_STANDS}
SELECT CASE WHEN stands > was THEN 'new' ELSE 'lost' END AS change, why, happened_at, site.domain,
       source_home.origin || source.path, target_home.origin || target.path
FROM stands JOIN index.domain AS site ON site.domain_id = source_domain_id
JOIN index.page AS page ON page.url_id = source_url_id
JOIN index.url AS source ON source.url_id = source_url_id
JOIN index.origin AS source_home ON source_home.origin_id = source.origin_id
JOIN index.url AS target ON target.url_id = target_url_id
JOIN index.origin AS target_home ON target_home.origin_id = target.origin_id
WHERE stands <> was
ORDER BY change DESC, source_domain_id, page.origin_rank, source_url_id, target_home.rank, target_url_id LIMIT $most"""


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
class Cause:
    """How many backlinks are new or lost for one reason, and from how many domains."""

    change: str
    why: str
    backlinks: int
    referring_domains: int


@dataclass(frozen=True, slots=True)
class Between:
    """The ends of two days compared: ``end`` = ``start`` + ``new`` - ``lost``. What came and went again in between is
    in neither number."""

    target: Target
    first: date
    last: date
    start: int
    new: int
    lost: int
    end: int
    why: tuple[Cause, ...]
    rows: tuple[ChangedBacklink, ...]
    coverage: Coverage
    snapshot: Snapshot


def between(index: Index, question: Question, first: date, last: date, *, limit: int | None = None) -> Between:
    """Compare the target of ``question`` at the end of two days; ``limit`` cuts the rows alone.

    Raises :class:`UsageError` where ``first`` is not before ``last``, or ``last`` in the future.
    """
    if first >= last:
        raise UsageError(f"between: {first} is not before {last}; name the earlier day first")
    return index.translated(lambda: _between(index, question, first, last, limit))


def _between(index: Index, question: Question, first: date, last: date, limit: int | None) -> Between:
    refuse_the_future(last, last_day(index))
    duck, ends = index.ask(question)
    find_events(duck, question, ends)
    days = {"before": _end_of(first), "after": _end_of(last)}
    start, end, new, lost = duck.execute(_COUNTS, days).fetchall()[0]
    causes = tuple(Cause(*row) for row in duck.execute(_WHY, days).fetchall())
    found = duck.execute(_ROWS, {**days, "most": 2**62 if limit is None else limit}).fetchall()
    rows = tuple(ChangedBacklink(change, why, moment(at), *names) for change, why, at, *names in found)
    return Between(
        question.asked, first, last, start, new, lost, end, causes, rows, index.coverage, index.snapshot(question)
    )


def _end_of(day: date) -> int:
    return int(datetime.combine(day, time.max, UTC).timestamp())
