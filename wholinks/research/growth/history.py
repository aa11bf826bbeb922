"""How the backlinks of a target came and went, period by period, and the bursts among them (docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

import duckdb

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.ends import Ends
from wholinks.index.queries import Index
from wholinks.index.questions import Question, meant
from wholinks.index.states import DAY_S
from wholinks.index.target import Target
from wholinks.research.growth.bursts import Burst, find_bursts
from wholinks.research.growth.doubts import Doubts, doubts_at, find_doubts
from wholinks.research.growth.events import GAINS, LOSSES, find_events
from wholinks.research.growth.rates import (
    Afterwards,
    Steps,
    day_of,
    discovered_lost,
    find_afterwards,
    flow,
    growth_rate,
    number_of,
)
from wholinks.storage.errors import UsageError

MOST_PERIODS: Final = 40_000

_BY_DAY: Final = f"SELECT happened_at // {DAY_S} AS day, why, step, count(*) FROM event GROUP BY ALL"

_DOMAINS: Final = f"""
WITH moved AS (SELECT source_domain_id, happened_at, sum(step) AS step FROM event GROUP BY ALL),
course AS (
    SELECT *, sum(step) OVER (PARTITION BY source_domain_id ORDER BY happened_at) AS backlinks FROM moved),
bound AS (SELECT unnest($starts::BIGINT[]) AS start, unnest($numbers::BIGINT[]) AS number),
told AS (
    SELECT number, arg_min(backlinks - step, happened_at) > 0 AS was, arg_max(backlinks, happened_at) > 0 AS stands
    FROM course ASOF JOIN bound ON course.happened_at // {DAY_S} >= bound.start GROUP BY source_domain_id, number)
SELECT number, count(*) FILTER (stands AND NOT was), count(*) FILTER (was AND NOT stands) FROM told GROUP BY number"""

_DOMAINS_BY: Final = """
SELECT count(*) FROM (SELECT 1 FROM event WHERE happened_at < ? GROUP BY source_domain_id HAVING sum(step) > 0)"""


class Every(StrEnum):
    """How long a period is; weeks begin on Monday, days are UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of the day ``first`` to the end of the day ``last``; the numbers are backlinks.

    ``end`` = ``start`` + ``gained`` + ``discovered`` - ``lost`` + ``restated``. ``gained`` is ``linkfound`` +
    ``linkrestored``, ``lost`` the sum of the five reasons after it. ``discovered_lost`` are those of the ``lost``, less
    those found again, that were discovered in this period themselves; ``growth_rate`` leaves them out: it is
    (gained - lost + discovered_lost) / start, None where start is 0. ``cumulative_…`` from the first period on,
    ``domains_…`` are domains. Of the backlinks at the ``end``, ``suspect``, ``unknown`` and ``stale`` were in doubt
    then.
    """

    first: date
    last: date
    start: int
    gained: int
    discovered: int
    lost: int
    restated: int
    end: int
    discovered_lost: int
    growth_rate: float | None
    linkfound: int
    linkrestored: int
    removedfromhtml: int
    pageredirected: int
    lostredirect: int
    notfound: int
    pageerror: int
    cumulative_gained: int
    cumulative_discovered: int
    cumulative_lost: int
    domains_start: int
    domains_gained: int
    domains_lost: int
    domains_end: int
    suspect: int
    unknown: int
    stale: int

    @property
    def came(self) -> int:
        """Backlinks that were seen for the first time, or again."""
        return self.gained + self.discovered


@dataclass(frozen=True, slots=True)
class History:
    """The periods of a target in order of time. ``growth_rate`` is that of all of them as one period. Doubts are those
    at the end of the last. ``hint`` says, where no backlink was ever seen, what near the target has some."""

    target: Target
    every: Every
    rows: tuple[Period, ...]
    growth_rate: float | None
    bursts: tuple[Burst, ...]
    stale: int
    suspect: int
    unknown: int
    coverage: Coverage
    snapshot: Snapshot
    hint: str | None


def history(
    index: Index,
    question: Question,
    *,
    every: Every | str = Every.MONTH,
    since: date | None = None,
    until: date | None = None,
) -> History:
    """The history of ``question``'s target (with its kinds and follow policy), from ``since`` (by default the day of
    the first backlink) to ``until`` (by default the day of the build), both included.

    Raises :class:`UsageError` for days that can't be meant.
    """
    length = meant(Every, every, "every")
    return index.translated(lambda: _history(index, question, length, since, until))


@dataclass(frozen=True, slots=True)
class Course:
    """All that happened to the backlinks of a question's target: the table ``event`` of a session, and its rows by day,
    why and step."""

    question: Question
    duck: duckdb.DuckDBPyConnection
    ends: Ends
    by_day: Mapping[int, Steps]

    @property
    def first_day(self) -> date | None:
        """The day of the first backlink; None where there never was one."""
        return day_of(min(self.by_day)) if self.by_day else None


def find_course(index: Index, question: Question, left_out: Sequence[int] = ()) -> Course:
    """What happened to the backlinks of a target, but for those from the domains ``left_out``; inside of
    :meth:`Index.translated`."""
    duck, ends = index.ask(question)
    find_events(duck, question, ends)
    if left_out:
        duck.execute("DELETE FROM event WHERE source_domain_id IN (SELECT unnest(?))", [list(left_out)])
    return Course(question, duck, ends, _by_day(duck))


def _history(index: Index, question: Question, every: Every, since: date | None, until: date | None) -> History:
    course = find_course(index, question)
    today = last_day(index)
    return tell(index, course, every, since or course.first_day or today, until or today)


def tell(index: Index, course: Course, every: Every, begin: date, end: date) -> History:
    """The history from ``begin`` to ``end``, both included. Raises :class:`UsageError` for days that can't be meant."""
    duck, question, by_day = course.duck, course.question, course.by_day
    today = last_day(index)
    refuse_the_future(end, today)
    if begin > end:
        raise UsageError(f"since: {begin} is after {end}, where the history ends; name an earlier day")
    bounds = _bounds(begin, end, every)
    domains_at, domains = _domains(duck, bounds)
    doubts = find_doubts(duck, question, course.ends, index.built_at)
    in_doubt = tuple(doubts_at(doubts, [number_of(last) for _, last in bounds]))
    afterwards = find_afterwards(duck)
    periods = tuple(_periods(bounds, by_day, domains_at, domains, in_doubt, _within(bounds, afterwards)))
    whole = discovered_lost(afterwards, number_of(begin), number_of(end))
    gained, lost = periods[-1].cumulative_gained, periods[-1].cumulative_lost
    return History(
        question.asked, every, periods, growth_rate(periods[0].start, gained, lost, whole),
        tuple(find_bursts(duck, periods, index.first_read_at)),
        periods[-1].stale, periods[-1].suspect, periods[-1].unknown,
        index.coverage, index.snapshot(question), None if by_day else index.answer(replace(question, limit=0)).hint,
    )  # fmt: skip


def last_day(index: Index) -> date:
    """The last day that the index knows of: that of its build, or of the latest fetch if that is later."""
    fetched = index.coverage.as_of
    return max(datetime.fromtimestamp(index.built_at, UTC), fetched or datetime.min.replace(tzinfo=UTC)).date()


def is_of_one_day(index: Index) -> bool:
    """Whether all that the index knows was read on one day, so that nothing can be said of change."""
    began, ended = index.first_read_at, index.coverage.as_of
    return began is not None and ended is not None and day_of(began // DAY_S) == ended.date()


def refuse_the_future(day: date, today: date) -> None:
    """Raise :class:`UsageError` for a day after ``today``."""
    if day > today:
        raise UsageError(f"{day}: the index knows nothing after {today}; name an earlier day")


def _by_day(duck: duckdb.DuckDBPyConnection) -> dict[int, Steps]:
    """Events by day, and by why and step."""
    found: dict[int, Steps] = {}
    for day, why, step, count in duck.execute(_BY_DAY).fetchall():
        found.setdefault(day, Counter())[why, step] += count
    return found


def _bounds(begin: date, end: date, every: Every) -> list[tuple[date, date]]:
    """The first and last day of each period: whole ones of the calendar, but where the span cuts them."""
    bounds = []
    while begin <= end:
        if every is Every.DAY:
            next_ = begin + timedelta(1)
        elif every is Every.WEEK:
            next_ = begin + timedelta(7 - begin.weekday())
        else:
            next_ = (begin.replace(day=1) + timedelta(32)).replace(day=1)
        bounds.append((begin, min(end, next_ - timedelta(1))))
        if len(bounds) > MOST_PERIODS:
            raise UsageError(f"since: more than {MOST_PERIODS:,} periods; name a later day, or longer periods")
        begin = next_
    return bounds


def _domains(
    duck: duckdb.DuckDBPyConnection, bounds: list[tuple[date, date]]
) -> tuple[int, Mapping[int, tuple[int, int]]]:
    """Referring domains before the first period, and those gained and lost in each, by its number."""
    starts = [number_of(first) for first, _ in bounds]
    after = number_of(bounds[-1][1]) + 1
    given = {"starts": [*starts, after], "numbers": list(range(len(starts) + 1))}
    moved = {number: (gained, lost) for number, gained, lost in duck.execute(_DOMAINS, given).fetchall()}
    before = duck.execute(_DOMAINS_BY, [starts[0] * DAY_S]).fetchall()[0][0]
    return int(before), moved


def _within(bounds: list[tuple[date, date]], afterwards: Iterable[Afterwards]) -> Counter[int]:
    """Backlinks that were discovered and lost in one period, by its number."""
    firsts, after = [number_of(first) for first, _ in bounds], number_of(bounds[-1][1])
    found: Counter[int] = Counter()
    for one in afterwards:
        number = bisect_right(firsts, one.discovered) - 1
        if number >= 0 and one.day <= after and number == bisect_right(firsts, one.day) - 1:
            found[number] += one.lost
    return found


def _periods(  # noqa: PLR0917 - what a period is made of
    bounds: list[tuple[date, date]],
    by_day: Mapping[int, Steps],
    domains: int,
    domains_moved: Mapping[int, tuple[int, int]],
    in_doubt: Sequence[Doubts],
    lost_again: Mapping[int, int],
) -> Iterator[Period]:
    firsts = [number_of(first) for first, _ in bounds]
    after = number_of(bounds[-1][1])
    told: list[Steps] = [Counter() for _ in bounds]
    standing = 0
    for day, counted in by_day.items():
        if day < firsts[0]:
            standing += sum(step * count for (_, step), count in counted.items())
        elif day <= after:
            told[bisect_right(firsts, day) - 1].update(counted)
    so_far = [0, 0, 0]
    for number, ((first, last), counted) in enumerate(zip(bounds, told, strict=True)):
        moved = flow(counted)
        end = moved.end(standing)
        again = lost_again.get(number, 0)
        so_far = [one + more for one, more in zip(so_far, (moved.gained, moved.discovered, moved.lost), strict=True)]
        came, went = domains_moved.get(number, (0, 0))
        yield Period(
            first=first,
            last=last,
            start=standing,
            gained=moved.gained,
            discovered=moved.discovered,
            lost=moved.lost,
            restated=moved.restated,
            end=end,
            discovered_lost=again,
            growth_rate=growth_rate(standing, moved.gained, moved.lost, again),
            **{why: counted[why, 1] for why in GAINS},
            **{why: counted[why, -1] for why in LOSSES},
            cumulative_gained=so_far[0],
            cumulative_discovered=so_far[1],
            cumulative_lost=so_far[2],
            domains_start=domains,
            domains_gained=came,
            domains_lost=went,
            domains_end=domains + came - went,
            suspect=in_doubt[number].suspect,
            unknown=in_doubt[number].unknown,
            stale=in_doubt[number].stale,
        )
        standing, domains = end, domains + came - went
