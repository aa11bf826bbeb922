"""What a span of time did to a number of backlinks, its growth rate, and what of the losses stays out of that
(docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from wholinks.index.states import DAY_S, Opening
from wholinks.research.growth.events import GAINS, LOSSES, RESTATED

_MOVED: Final = ", ".join(f"'{why}'" for why in (*GAINS, *LOSSES))
_EPOCH: Final = date(1970, 1, 1)

_AFTERWARDS: Final = f"""
WITH moved AS (
    SELECT found.happened_at // {DAY_S} AS discovered, event.happened_at // {DAY_S} AS day, event.step
    FROM event JOIN event AS found USING (source_url_id, target_url_id)
    WHERE event.why IN ({_MOVED}) AND found.why = '{Opening.PAGEFOUND}' AND found.happened_at < event.happened_at)
SELECT discovered, day, -sum(step)::BIGINT AS lost FROM moved GROUP BY ALL ORDER BY ALL"""


Steps = Counter[tuple[str, int]]
"""How many of the ``event`` that :func:`find_events` made came or went (step 1 or -1), by why and step."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a span did to a number of backlinks."""

    gained: int
    discovered: int
    lost: int
    restated: int

    def end(self, start: int) -> int:
        """How many there are after it, if there were ``start`` before."""
        return start + self.gained + self.discovered - self.lost + self.restated


def flow(steps: Steps) -> Flow:
    """The flow of a span with these steps."""
    return Flow(
        sum(steps[why, 1] for why in GAINS), steps[Opening.PAGEFOUND, 1], sum(steps[why, -1] for why in LOSSES),
        steps[RESTATED, 1] - steps[RESTATED, -1],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Backlinks that were discovered on the day ``discovered`` and lost on ``day``, less those found again then; days
    are counted from 1970-01-01."""

    discovered: int
    day: int
    lost: int


def find_afterwards(duck: duckdb.DuckDBPyConnection) -> tuple[Afterwards, ...]:
    """What became of discovered backlinks, of the table ``event`` that :func:`find_events` made."""
    return tuple(Afterwards(*row) for row in duck.execute(_AFTERWARDS).fetchall())


def discovered_lost(afterwards: Iterable[Afterwards], first: int, last: int) -> int:
    """Of the backlinks discovered from the day ``first`` on, those lost by the end of the day ``last``."""
    return sum(one.lost for one in afterwards if one.discovered >= first and one.day <= last)


def growth_rate(start: int, gained: int, lost: int, discovered_lost: int) -> float | None:
    """(gained - lost) / start, without the losses of what was discovered in the same time: its arrival is in no rate,
    so neither is its end. None where ``start`` is 0."""
    return (gained - lost + discovered_lost) / start if start else None


def number_of(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day so many days after 1970-01-01."""
    return date.fromordinal(_EPOCH.toordinal() + number)
