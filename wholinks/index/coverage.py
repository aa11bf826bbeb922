"""How far a source is known, and what of it does not prove that a link is absent."""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import Counter
from typing import Final

import duckdb

from wholinks.storage.records import State

from .answers import Coverage
from .known import LOOKED_AT, OBSTACLE
from .rows import moment
from .sources import Sources

_COVERAGE: Final = f"""
SELECT k.state, {OBSTACLE} AS obstacle, count(*), max({LOOKED_AT}) FROM known AS k
LEFT JOIN page ON page.url_id = k.url_id LEFT JOIN asked AS it ON it.url_id = k.url_id WHERE {{where}} GROUP BY ALL"""

_DOMAINS: Final = "SELECT count(DISTINCT k.domain_id) FROM known AS k WHERE {where}"


def looked_at(duck: duckdb.DuckDBPyConnection, sources: Sources) -> tuple[Coverage, Counter[str]]:
    """How much of the pages of ``sources`` the crawl looked at, and how many pages stand in the way of a "no", by what
    is in the way (``known.OBSTACLE``)."""
    where, values = sources.where("k.domain_id", "k.url_id")
    pages: Counter[State] = Counter()
    obstacles: Counter[str] = Counter()
    as_of = 0
    for state, obstacle, count, looked in duck.execute(_COVERAGE.format(where=where), values).fetchall():
        pages[State(state)] += count
        if obstacle:
            obstacles[obstacle] += count
        as_of = max(as_of, looked)
    domains = int(duck.execute(_DOMAINS.format(where=where), values).fetchall()[0][0])
    return coverage(pages, domains, as_of), obstacles


def coverage(pages: Counter[State], domains: int, as_of: int) -> Coverage:
    """Coverage from pages by state and the time of the latest look that told something (0 = none)."""
    return Coverage(
        domains=domains,
        pages_known=pages.total(),
        fetched=pages[State.FETCHED] + pages[State.REDIRECTED],
        blocked=pages[State.BLOCKED],
        failed=pages[State.FAILED],
        pending=pages[State.DISCOVERED] + pages[State.POSTPONED],
        excluded=pages[State.EXCLUDED],
        as_of=moment(as_of) if as_of else None,
    )
