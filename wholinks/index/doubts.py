"""When links were in doubt: the table ``doubt`` of the index, and how a question about a past day reads it.

A page's links share its doubts, as a rule: its rows stand for all of them. A link that fared otherwise (not seen on a
page that was cut off, or a redirect) has rows of its own, which stand in place of the page's.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import duckdb

from .states import ENDS, STALE_AFTER_S, STATES, Interval, LinkState, Spell

COLUMNS: Final = 8
LIVE: Final = STATES.index(LinkState.LIVE)
STALE: Final = STATES.index(LinkState.STALE)

# Of steady pages all that can be in doubt is what was not seen for long: between two answers that say it is there.
_BEGIN: Final = f"""
CREATE TABLE spell (
    source_no UINTEGER, target_no UINTEGER, kind UTINYINT, state UTINYINT, reason UTINYINT, from_at BIGINT,
    until_at BIGINT, last_seen_at BIGINT);
INSERT INTO spell
    WITH far AS (SELECT url_no FROM seen GROUP BY url_no HAVING max(fetched_at) - min(fetched_at) > {STALE_AFTER_S}),
    answer AS (
        SELECT seen.url_no, fetched_at,
               lead(fetched_at) OVER (PARTITION BY seen.url_no ORDER BY fetched_at, nr) AS next_at
        FROM seen JOIN far USING (url_no) JOIN story USING (url_no) WHERE nr >= first_own)
    SELECT url_no, 0, 0, {STALE}, 0, fetched_at + {STALE_AFTER_S} + 1, next_at, fetched_at FROM answer
    WHERE next_at - fetched_at > {STALE_AFTER_S} + 1 AND url_no NOT IN (SELECT url_no FROM restless)"""

_WRITE: Final = """
INSERT INTO index.doubt
    SELECT * FROM spell ORDER BY source_no, target_no, kind, from_at;
DROP TABLE spell"""

_SPELLS: Final = """
SELECT * FROM index.doubt AS spell WHERE spell.from_at <= {at} AND (spell.until_at IS NULL OR spell.until_at > {at})"""

DOUBTED: Final = f"""
SELECT l.* REPLACE (
    coalesce(if(spell.state = {STALE}, {LIVE}, spell.state), {LIVE}) AS state, coalesce(spell.reason, 0) AS reason,
    coalesce(page.last_seen_at - spell.last_seen_at, l.unseen_s)::INTEGER AS unseen_s)
FROM {{links}} AS l JOIN page ON page.url_id = l.source_url_id
LEFT JOIN (SELECT DISTINCT source_url_id, target_url_id, kind FROM index.doubt WHERE target_url_id <> 0) AS own
    ON own.source_url_id = l.source_url_id AND own.target_url_id = l.target_url_id AND own.kind = l.kind
LEFT JOIN ({_SPELLS}) AS spell
    ON spell.source_url_id = l.source_url_id AND spell.target_url_id = coalesce(own.target_url_id, 0)
        AND spell.kind = coalesce(own.kind, 0)"""
"""Links like those of ``link``, their ``state``, ``reason`` and ``unseen_s`` as they stood at the moment ``at``."""


def begin(duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``spell`` of the steady pages: needs ``seen`` of all pages, ``story`` and ``restless``."""
    duck.execute(_BEGIN)


def write(duck: duckdb.DuckDBPyConnection) -> None:
    """Fill ``doubt`` from ``spell``."""
    duck.execute(_WRITE)


def page_rows(page: int, spells: Iterable[Spell]) -> Iterator[tuple[Any, ...]]:
    """Rows of ``spell`` for all links of a page."""
    return (_row((page, 0, 0), spell) for spell in spells)


def pair_rows(
    key: tuple[int, int, int], spells: Sequence[Spell], intervals: Sequence[Interval], of_page: Sequence[Spell]
) -> Iterator[tuple[Any, ...]]:
    """Rows for one pair, if its doubts are not those that its page's say; ``key`` is page, target and kind."""
    if list(spells) == [part for interval in intervals for part in _within(interval, of_page)]:
        return
    if not spells:  # nothing is in doubt, whatever the page's rows say
        yield (*key, LIVE, 0, 0, 0, 0)
    yield from (_row(key, spell) for spell in spells)


def _row(key: tuple[int, int, int], spell: Spell) -> tuple[Any, ...]:
    state, reason, *times = spell
    return *key, STATES.index(state), ENDS.index(reason or ""), *times


def _within(interval: Interval, spells: Iterable[Spell]) -> Iterator[Spell]:
    """The parts of ``spells`` that lie within an interval."""
    for spell in spells:
        from_at = max(spell.from_at, interval.first_seen_at)
        ends = [at for at in (spell.until_at, interval.ended_at) if at is not None]
        until_at = min(ends) if ends else None
        if until_at is None or from_at < until_at:
            yield spell._replace(from_at=from_at, until_at=until_at)
