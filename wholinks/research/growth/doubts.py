"""When the backlinks of a target came to be in doubt, and ceased to: suspect, unknown or stale (docs/counting.md).

A backlink is in doubt if all its links are that the question means: stale if one of them only was not seen for long,
else suspect if one of them is, else unknown. So at the end of any day it is what ``who_links_to(as_of=...)`` counts.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from wholinks.index.doubts import LIVE, STALE
from wholinks.index.ends import Ends
from wholinks.index.questions import Question
from wholinks.index.states import DAY_S, STALE_AFTER_S, STATES, LinkState

_SUSPECT: Final = STATES.index(LinkState.SUSPECT)
_UNKNOWN: Final = STATES.index(LinkState.UNKNOWN)
_EVER: Final = 2**62

# Links of pages that were ever in doubt, and those that are stale now. All others were always simply there.
_STOOD: Final = f"""
CREATE TEMP TABLE stood AS
    WITH doubtful AS (SELECT DISTINCT source_url_id FROM index.doubt),
    own AS (
        SELECT l.source_url_id, l.target_url_id, l.kind, page.first_seen_at + l.since_s AS from_at,
               {_EVER} AS until_at, page.duplicate_of <> 0 AS is_duplicate,
               CASE WHEN l.state = {LIVE} THEN page.last_seen_at - l.unseen_s + {STALE_AFTER_S} + 1 END AS stale_at
        FROM index.link AS l JOIN index.page AS page ON page.url_id = l.source_url_id
        WHERE {{counts}} AND (? = 0 OR l.follow & ? <> 0)
            AND (l.source_url_id IN (SELECT source_url_id FROM doubtful)
                 OR page.last_seen_at - l.unseen_s < ? - {STALE_AFTER_S})
        UNION ALL
        SELECT l.source_url_id, l.target_url_id, l.kind, l.from_at, l.until_at, false, NULL
        FROM index.past AS l
        WHERE {{counts}} AND (? = 0 OR l.follow & ? <> 0)
            AND l.source_url_id IN (SELECT source_url_id FROM doubtful))
    SELECT own.* REPLACE (CASE WHEN stale_at <= ? THEN stale_at END AS stale_at),
           is_duplicate OR source_url_id IN (SELECT source_url_id FROM doubtful) AS is_tangled
    FROM own"""

# Nothing happens to these any more once they are stale.
_SINCE: Final = f"""
SELECT stale_at // {DAY_S}, {STALE}, count(*) FROM (
    SELECT source_url_id, target_url_id, max(stale_at) AS stale_at FROM stood
    WHERE NOT is_tangled AND stale_at IS NOT NULL GROUP BY ALL) AS pair
SEMI JOIN event USING (source_url_id, target_url_id) GROUP BY ALL"""

_TANGLED: Final = f"""
WITH placed AS (
    SELECT stood.*, own.kind IS NOT NULL AS has_own FROM stood
    LEFT JOIN (SELECT DISTINCT source_url_id, target_url_id, kind FROM index.doubt WHERE target_url_id <> 0) AS own
        ON own.source_url_id = stood.source_url_id AND own.target_url_id = stood.target_url_id AND own.kind = stood.kind
    WHERE is_tangled),
doubted AS (
    SELECT placed.source_url_id, placed.target_url_id, spell.state, greatest(placed.from_at, spell.from_at) AS from_at,
           least(placed.until_at, coalesce(spell.until_at, {_EVER})) AS until_at
    FROM placed JOIN index.doubt AS spell ON spell.source_url_id = placed.source_url_id
        AND spell.target_url_id = if(has_own, placed.target_url_id, 0) AND spell.kind = if(has_own, placed.kind, 0)
    WHERE spell.state <> {STALE} OR spell.from_at <= $now
    UNION ALL
    SELECT source_url_id, target_url_id, {STALE}, greatest(from_at, stale_at), {_EVER} FROM placed
    WHERE stale_at IS NOT NULL),
change AS (
    SELECT source_url_id, target_url_id, from_at AS happened_at, 1 AS links, {LIVE} AS state, 0 AS counted FROM placed
    UNION ALL SELECT source_url_id, target_url_id, until_at, -1, {LIVE}, 0 FROM placed
    UNION ALL SELECT source_url_id, target_url_id, from_at, 1, state, 0 FROM doubted WHERE from_at < until_at
    UNION ALL SELECT source_url_id, target_url_id, until_at, -1, state, 0 FROM doubted WHERE from_at < until_at
    UNION ALL SELECT source_url_id, target_url_id, happened_at, 0, {LIVE}, step FROM event
        SEMI JOIN placed USING (source_url_id, target_url_id)),
moment AS (
    SELECT source_url_id, target_url_id, happened_at, sum(counted) AS counted,
           sum(links) FILTER (state = {LIVE}) AS links, sum(links) FILTER (state = {STALE}) AS stale,
           sum(links) FILTER (state = {_SUSPECT}) AS suspect, sum(links) FILTER (state = {_UNKNOWN}) AS unknown
    FROM change GROUP BY source_url_id, target_url_id, happened_at),
course AS (
    SELECT source_url_id, target_url_id, happened_at, sum(counted) OVER so_far AS counted,
           coalesce(sum(links) OVER so_far, 0) AS links, coalesce(sum(stale) OVER so_far, 0) AS stale,
           coalesce(sum(suspect) OVER so_far, 0) AS suspect, coalesce(sum(unknown) OVER so_far, 0) AS unknown
    FROM moment WINDOW so_far AS (PARTITION BY source_url_id, target_url_id ORDER BY happened_at)),
standing AS (
    SELECT source_url_id, target_url_id, happened_at,
           CASE WHEN counted <= 0 OR links > stale + suspect + unknown THEN {LIVE} WHEN stale > 0 THEN {STALE}
                WHEN suspect > 0 THEN {_SUSPECT} WHEN unknown > 0 THEN {_UNKNOWN} ELSE {LIVE} END AS state
    FROM course WHERE happened_at < {_EVER}),
told AS (
    SELECT happened_at // {DAY_S} AS day, state,
           lag(state, 1, {LIVE}) OVER (PARTITION BY source_url_id, target_url_id ORDER BY happened_at) AS before
    FROM standing)
SELECT day, state, count(*) FROM told WHERE state <> before AND state <> {LIVE} GROUP BY ALL
UNION ALL SELECT day, before, -count(*) FROM told WHERE state <> before AND before <> {LIVE} GROUP BY ALL"""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Backlinks in doubt."""

    suspect: int = 0
    unknown: int = 0
    stale: int = 0


DoubtSteps = Mapping[int, Counter[LinkState]]
"""How many more backlinks (negative: fewer) were in a doubt at the end of a day, by its number, than before it."""


def find_doubts(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends, built_at: int) -> DoubtSteps:
    """The course of doubts in a session that has the table ``event`` of :func:`events.find_events`, of whose backlinks
    it is. Nothing grows stale after ``built_at`` (UTC seconds)."""
    found: dict[int, Counter[LinkState]] = {}
    if ends.is_empty:
        return found
    where, values = ends.where()
    where = f"{where} AND (? >> l.kind) & 1 = 1"
    given = [*values, question.kind_mask, question.follow.marks, question.follow.marks]
    duck.execute(_STOOD.format(counts=where), [*given, built_at, *given, built_at])
    rows = duck.execute(_SINCE).fetchall()
    if duck.execute("SELECT 1 FROM stood WHERE is_tangled LIMIT 1").fetchall():
        rows += duck.execute(_TANGLED, {"now": built_at}).fetchall()
    duck.execute("DROP TABLE stood")
    for day, state, step in rows:
        found.setdefault(day, Counter())[STATES[state]] += step
    return found


def doubts_at(steps: DoubtSteps, days: Sequence[int]) -> Iterator[Doubts]:
    """The backlinks in doubt at the end of each of ``days``, which are in order of time."""
    standing: Counter[LinkState] = Counter()
    waiting = sorted(steps)
    met = 0
    for last in days:
        while met < len(waiting) and waiting[met] <= last:
            standing.update(steps[waiting[met]])
            met += 1
        yield Doubts(standing[LinkState.SUSPECT], standing[LinkState.UNKNOWN], standing[LinkState.STALE])
