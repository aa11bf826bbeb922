"""What happened to the backlinks of a target in so many days before the index was built (docs/metrics-time.md)."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import Counter
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.index.states import DAY_S, Opening
from wholinks.research.growth.events import GAINS, LOSSES, RESTATED

WINDOWS_DAYS: Final = (30, 90, 365)

# `windows`: how many of the windows, which end now, the moment lies in; it lies in the longest of them.
_STEPS: Final = f"""
SELECT {" + ".join(f"(happened_at > $now - {days * DAY_S})::INTEGER" for days in WINDOWS_DAYS)} AS windows, step, why,
       count(*)
FROM event GROUP BY ALL"""


@dataclass(frozen=True, slots=True)
class Window:
    """What happened to backlinks in the ``days`` before the index was built: as in a period of ``history``, they are
    today ``start`` + ``gained`` + ``discovered`` - ``lost`` + ``restated``."""

    days: int
    start: int
    gained: int
    discovered: int
    lost: int
    restated: int
    growth_rate: float | None


def windows(duck: duckdb.DuckDBPyConnection, now: int) -> tuple[Window, ...]:
    """A window for each of :data:`WINDOWS_DAYS`, of the table ``event`` that :func:`find_events` made; ``now`` is UTC
    seconds."""
    steps = duck.execute(_STEPS, {"now": now}).fetchall()
    return tuple(_window(days, steps) for days in WINDOWS_DAYS)


def _window(days: int, steps: list[tuple[int, int, str, int]]) -> Window:
    least = sum(longer >= days for longer in WINDOWS_DAYS)
    inside: Counter[tuple[int, str]] = Counter()
    start = 0
    for inside_of, step, why, count in steps:
        if inside_of < least:
            start += step * count
        else:
            inside[step, why] += count
    gained = sum(inside[1, why] for why in GAINS)
    lost = sum(inside[-1, why] for why in LOSSES)
    restated = inside[1, RESTATED] - inside[-1, RESTATED]
    rate = (gained - lost) / start if start else None
    return Window(days, start, gained, inside[1, Opening.PAGEFOUND], lost, restated, rate)
