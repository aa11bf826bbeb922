"""Links as they were on a past day, those that were lost, and those that are new.

All other questions read the table ``link``, which has the links that count as live now. Here a temporary table of that
name is put before it, with the links that a question about time means; whatever asks then, asks of those. What is in
doubt is so at the moment asked about: a table ``meta`` is put before that of the index, whose ``built_at`` says so.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from typing import Final

import duckdb

from .doubts import DOUBTED, LIVE
from .ends import Ends
from .questions import Question, Standing
from .states import DAY_S, ENDS, STATES, LinkState

_MOVED: Final = ENDS.index("moved")

WAS: Final = """
SELECT l.* EXCLUDE (from_at, came_at, first_seen_at, last_seen_at), {state} AS state,
       (l.first_seen_at - page.first_seen_at)::INTEGER AS seen_after_s,
       (l.came_at - page.first_seen_at)::INTEGER AS came_after_s,
       (l.from_at - page.first_seen_at)::INTEGER AS since_s,
       (page.last_seen_at - l.last_seen_at)::INTEGER AS unseen_s
FROM past AS l JOIN page ON page.url_id = l.source_url_id"""
"""Past links as rows like those of ``link``, all in one ``state``."""

WAS_LOST: Final = WAS.format(state=STATES.index(LinkState.LOST))

_THERE: Final = f"""
SELECT l.* FROM index.link AS l JOIN page ON page.url_id = l.source_url_id
WHERE {{ends}} AND page.first_seen_at + l.since_s <= $as_of
UNION ALL BY NAME
SELECT * REPLACE (0 AS until_at) FROM ({WAS.format(state=LIVE)}
WHERE {{ends}} AND l.from_at <= $as_of AND l.until_at > $as_of)"""

_LIVE: Final = DOUBTED.format(links=f"({_THERE})", at="$as_of")

_GONE: Final = f"""
SELECT * FROM ({WAS_LOST}
WHERE {{ends}} AND l.until_at <= $as_of AND l.reason <> 0
QUALIFY l.until_at = max(l.until_at) OVER (PARTITION BY l.source_url_id, l.target_url_id, l.kind)) AS gone
WHERE gone.until_at >= $since AND gone.reason <> {_MOVED} AND NOT EXISTS (
    FROM live WHERE live.source_url_id = gone.source_url_id AND live.target_url_id = gone.target_url_id
        AND live.kind = gone.kind)"""

_NEW: Final = """
SELECT live.* FROM live JOIN page ON page.url_id = live.source_url_id
WHERE page.first_seen_at + live.came_after_s >= $since"""

_CHOSEN: Final = {
    Standing.LIVE: "SELECT * FROM live",
    Standing.NEW: _NEW,
    Standing.LOST: f"SELECT * FROM live WHERE false UNION ALL BY NAME {_GONE}",
    Standing.ALL: f"SELECT * FROM live UNION ALL BY NAME {_GONE}",
}

# What is left out as a duplicate's is so by all that the canonical page carries, chosen or not: a link that never
# counted beside its canonical page's is no loss, and nothing new. What is live is left out beside live links alone: a
# canonical page's lost link hides none. So all are the live and the lost together.
_LINK: Final = """
CREATE TEMP TABLE link AS
    WITH live AS MATERIALIZED ({live}), chosen AS ({chosen}),
    carried AS (
        SELECT source_url_id, target_url_id, bit_or(1 << kind)::UTINYINT AS kinds,
               bit_or(if(until_at = 0, 1 << kind, 0))::UTINYINT AS live_kinds FROM ({all})
        WHERE source_url_id IN (SELECT duplicate_of FROM page WHERE duplicate_of <> 0) GROUP BY ALL)
    SELECT chosen.* REPLACE (
        coalesce(if(chosen.until_at = 0, carried.live_kinds, carried.kinds), 0)::UTINYINT AS dup_kinds)
    FROM chosen JOIN page ON page.url_id = chosen.source_url_id
    LEFT JOIN carried ON page.duplicate_of <> 0 AND carried.source_url_id = page.duplicate_of
        AND carried.target_url_id = chosen.target_url_id
    ORDER BY chosen.target_domain_id, source_domain_id, target_url_id, source_url_id, ordinal, until_at, kind,
        seen_after_s, since_s, opening_id, follow, anchor_text"""


_MOMENT: Final = """
CREATE TEMP TABLE meta AS SELECT key, if(key = 'built_at', $moment, value) AS value FROM index.meta"""


def look_back(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, built_at: int) -> None:
    """Put before ``link`` the links of the domains of ``ends`` that ``question`` means, if it is about time.

    Times are UTC seconds; without ``as_of`` it is that of the last build, so that an answer depends on the index alone.
    """
    if not question.is_about_time:
        return
    as_of = question.as_of if question.as_of is not None else built_at
    since = since_when(question, built_at)
    where, domains = ends.of_domains()
    has_gone = question.standing in {Standing.LOST, Standing.ALL}
    statement = _LINK.format(
        live=_LIVE.format(ends=where),
        chosen=_CHOSEN[question.standing].format(ends=where),
        all=_CHOSEN[Standing.ALL if has_gone else Standing.LIVE].format(ends=where),
    )
    given = {"as_of": as_of, "since": since, **domains}
    duck.execute(statement, {name: value for name, value in given.items() if f"${name}" in statement})
    duck.execute(_MOMENT, {"moment": str(min(as_of, built_at))})


def since_when(question: Question, built_at: int) -> int:
    """What is new or lost is so from this moment on: without one asked for, new links are those of the last 30 days,
    that of ``as_of`` included, and losses of any time (0)."""
    if question.since is not None:
        return question.since
    as_of = question.as_of if question.as_of is not None else built_at
    return (as_of // DAY_S - 29) * DAY_S if question.standing is Standing.NEW else 0
