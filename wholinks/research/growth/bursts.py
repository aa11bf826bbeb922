"""Periods in which unusually many backlinks of a target came (docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final, Protocol

import duckdb

from wholinks.index.states import DAY_S
from wholinks.research.growth.events import RESTATED
from wholinks.research.growth.rates import day_of, number_of

BURST_LEAST: Final = 10
BURST_DEVIATIONS: Final = 5
"""A period is a burst if so many backlinks came, and more than the median of all periods plus so many times their
median absolute deviation."""
BURST_PERIODS: Final = 5
"""With fewer periods to compare, nothing is usual."""
BURST_SOURCES: Final = 5

# The index knows of a fetch if it was the first or last to show a page, or if a link or a doubt began or ended with it.
_LOOKS: Final = f"""
SELECT DISTINCT day FROM (
    SELECT first_seen_at // {DAY_S} AS day FROM index.page UNION ALL SELECT last_seen_at // {DAY_S} FROM index.page
    UNION ALL SELECT fetched_at // {DAY_S} FROM index.page UNION ALL SELECT fetched_at // {DAY_S} FROM index.opening
    UNION ALL SELECT until_at // {DAY_S} FROM index.past UNION ALL SELECT last_seen_at // {DAY_S} FROM index.past
    UNION ALL SELECT from_at // {DAY_S} FROM index.doubt) AS look
ORDER BY day"""

_BEHIND: Final = f"""
SELECT domain, count(*) AS backlinks FROM event JOIN index.domain ON domain_id = source_domain_id
WHERE step > 0 AND why <> '{RESTATED}' AND happened_at >= ? AND happened_at < ?
GROUP BY domain ORDER BY backlinks DESC, domain LIMIT {BURST_SOURCES}"""


class Counted(Protocol):
    """A period and how many backlinks came in it, with those discovered among them."""

    @property
    def first(self) -> date: ...

    @property
    def last(self) -> date: ...

    @property
    def came(self) -> int: ...

    @property
    def discovered(self) -> int: ...


@dataclass(frozen=True, slots=True)
class BurstSource:
    """A domain with the backlinks from it that came in a burst."""

    referring_domain: str
    backlinks: int


@dataclass(frozen=True, slots=True)
class Burst:
    """A period in which unusually many backlinks came: more than ``threshold``, by the periods in which anything was
    read at all. ``discovered`` of them are on pages that the crawl read for the first time. The period in which the
    crawl itself began is none: all was new to it."""

    first: date
    last: date
    came: int
    discovered: int
    threshold: float
    sources: tuple[BurstSource, ...]


def find_bursts(duck: duckdb.DuckDBPyConnection, periods: Sequence[Counted], began: int | None) -> Iterator[Burst]:
    """The bursts among ``periods``, of the table ``event`` that :func:`find_events` made; ``began`` is when the first
    page was read (UTC seconds)."""
    if began is None:
        return
    looks = [int(day) for (day,) in duck.execute(_LOOKS).fetchall()]
    judged = [period for period in periods if period.first > day_of(began // DAY_S) and _is_looked_at(period, looks)]
    if len(judged) < BURST_PERIODS:
        return
    threshold = unusual([period.came for period in judged])
    for period in judged:
        if is_burst(period.came, threshold):
            days = number_of(period.first) * DAY_S, (number_of(period.last) + 1) * DAY_S
            sources = tuple(BurstSource(*row) for row in duck.execute(_BEHIND, list(days)).fetchall())
            yield Burst(period.first, period.last, period.came, period.discovered, threshold, sources)


def _is_looked_at(period: Counted, looks: Sequence[int]) -> bool:
    nearest = bisect_left(looks, number_of(period.first))
    return nearest < len(looks) and looks[nearest] <= number_of(period.last)


def is_burst(count: int, threshold: float) -> bool:
    """Whether so many at once are unusual, and enough to speak of; ``threshold`` is that of :func:`unusual`."""
    return count > threshold and count >= BURST_LEAST


def unusual(counts: list[int]) -> float:
    """What a count must exceed to be unusual among ``counts``: their median plus five times the median of their
    distances from it; 0 where there are none."""
    if not counts:
        return 0.0
    middle = median(counts)
    return float(middle + BURST_DEVIATIONS * median(abs(count - middle) for count in counts))
