"""What happened to the backlinks of a target in the last so many days that an index knows (docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import duckdb

from wholinks.index.states import DAY_S
from wholinks.research.growth.rates import (
    Afterwards,
    Steps,
    discovered_lost,
    find_afterwards,
    flow,
    growth_rate,
    number_of,
)

WINDOWS_DAYS: Final = (30, 90, 365)

# `windows`: how many of the windows, which end now, the moment lies in; it lies in the longest of them.
_STEPS: Final = f"""
SELECT {" + ".join(f"(happened_at // {DAY_S} > $today - {days})::INTEGER" for days in WINDOWS_DAYS)} AS windows, step,
       why, count(*)
FROM event GROUP BY ALL"""


@dataclass(frozen=True, slots=True)
class Window:
    """What happened to backlinks in the last ``days`` days, from the beginning of ``first`` on (UTC): as in a period of
    ``history``, they are today ``end`` = ``start`` + ``gained`` + ``discovered`` - ``lost`` + ``restated``, and
    ``growth_rate`` leaves out the ``discovered_lost``."""

    days: int
    first: date
    start: int
    gained: int
    discovered: int
    lost: int
    restated: int
    end: int
    discovered_lost: int
    growth_rate: float | None


def windows(duck: duckdb.DuckDBPyConnection, today: date) -> tuple[Window, ...]:
    """A window for each of :data:`WINDOWS_DAYS`, ``today`` being the last day of each, of the table ``event`` that
    :func:`find_events` made."""
    steps = duck.execute(_STEPS, {"today": number_of(today)}).fetchall()
    afterwards = find_afterwards(duck)
    return tuple(_window(days, today, steps, afterwards) for days in WINDOWS_DAYS)


def _window(days: int, today: date, steps: list[tuple[int, int, str, int]], afterwards: Iterable[Afterwards]) -> Window:
    least = sum(longer >= days for longer in WINDOWS_DAYS)
    inside: Steps = Counter()
    start = 0
    for inside_of, step, why, count in steps:
        if inside_of < least:
            start += step * count
        else:
            inside[why, step] += count
    moved = flow(inside)
    first = today - timedelta(days - 1)
    again = discovered_lost(afterwards, number_of(first), number_of(today))
    return Window(
        days, first, start, moved.gained, moved.discovered, moved.lost, moved.restated, moved.end(start), again,
        growth_rate(start, moved.gained, moved.lost, again),
    )  # fmt: skip
