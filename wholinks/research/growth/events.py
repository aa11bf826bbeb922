"""When each backlink of a target began to count and ceased to, and why: what all measures over time are made of.

A backlink counts at a moment if one of its links is there that the question means, and its page is no duplicate whose
canonical page carries one then. Of this course only the changes are kept, so that at any moment the steps before it
add up to the backlinks of ``who_links_to(as_of=...)``.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from typing import Final

import duckdb

from wholinks.index.ends import Ends
from wholinks.index.questions import Question
from wholinks.index.selection import Condition
from wholinks.index.states import ENDS, OPENINGS, Opening, Reason

RESTATED: Final = "restated"
"""Why a backlink came or went of which no link was found or lost: its page moved within its site, it became a
duplicate or is none any more, or its links changed into such as the question means."""

GAINS: Final = (Opening.LINKFOUND, Opening.LINKRESTORED)
LOSSES: Final = tuple(reason for reason in Reason if reason is not Reason.DISALLOWED)
"""Why a link can be lost; what robots.txt forbids is in doubt, and never a loss."""

_NOWHERE: Final[Condition] = ("false", [])
_MOVED: Final = ENDS.index("moved")

# `until_at` is NULL while it is so; `came_at` is earlier than `from_at` where the link looked otherwise before,
# or took over from a page that moved.
_SPANS: Final = """
CREATE TEMP TABLE span AS
    SELECT l.source_domain_id, l.source_url_id, l.target_url_id, l.follow, l.opened_why,
           page.first_seen_at + l.since_s AS from_at, NULL::BIGINT AS until_at,
           page.first_seen_at + l.came_after_s AS came_at, 0 AS reason, page.duplicate_of
    FROM index.link AS l JOIN index.page AS page ON page.url_id = l.source_url_id WHERE {counts}
    UNION ALL
    SELECT l.source_domain_id, l.source_url_id, l.target_url_id, l.follow, l.opened_why, l.from_at, l.until_at,
           l.came_at, l.reason, 0
    FROM index.past AS l WHERE {counts}"""

# Backlinks that ever ceased, or may be left out as a duplicate's. All others begin once, and last.
_CHANGED: Final = """
CREATE TEMP TABLE changed AS
    SELECT DISTINCT source_url_id, target_url_id FROM span WHERE until_at IS NOT NULL OR duplicate_of <> 0"""

_NAMES: Final = ", ".join(f"'{name}'" for name in OPENINGS)
_NO_OPENING: Final = 255

# The first moment of a backlink, and the least of the openings that its links have then, are the least of both as one.
_LASTING: Final = f"""
CREATE TEMP TABLE event AS
    WITH own AS (
        SELECT source_domain_id, source_url_id, target_url_id,
               from_at * 256 + if(came_at = from_at, opened_why, {_NO_OPENING}) AS began
        FROM span ANTI JOIN changed USING (source_url_id, target_url_id) WHERE $marks = 0 OR follow & $marks <> 0),
    pair AS (
        SELECT min(source_domain_id) AS source_domain_id, source_url_id, target_url_id, min(began) AS began
        FROM own GROUP BY source_url_id, target_url_id)
    SELECT source_domain_id, source_url_id, target_url_id, began // 256 AS happened_at, 1 AS step,
           coalesce([{_NAMES}][began % 256 + 1], '{RESTATED}') AS why
    FROM pair"""

_EVENTS: Final = f"""
INSERT INTO event
    WITH own AS (
        SELECT * FROM span SEMI JOIN changed USING (source_url_id, target_url_id)
        WHERE $marks = 0 OR follow & $marks <> 0),
    hidden AS (
        SELECT pair.source_domain_id, pair.source_url_id, pair.target_url_id, span.from_at, span.until_at
        FROM (SELECT DISTINCT source_domain_id, source_url_id, target_url_id FROM own) AS pair
        JOIN index.page AS page ON page.url_id = pair.source_url_id AND page.duplicate_of <> 0
        JOIN span ON span.source_url_id = page.duplicate_of AND span.target_url_id = pair.target_url_id),
    change AS (
        SELECT source_domain_id, source_url_id, target_url_id, from_at AS happened_at, 1 AS own, 0 AS hidden,
               CASE WHEN came_at = from_at THEN opened_why END AS opening, 0 AS ending FROM own
        UNION ALL
        SELECT source_domain_id, source_url_id, target_url_id, until_at, -1, 0, NULL, reason FROM own
        WHERE until_at IS NOT NULL
        UNION ALL
        SELECT source_domain_id, source_url_id, target_url_id, from_at, 0, 1, NULL, 0 FROM hidden
        UNION ALL
        SELECT source_domain_id, source_url_id, target_url_id, until_at, 0, -1, NULL, 0 FROM hidden
        WHERE until_at IS NOT NULL),
    moment AS (
        SELECT source_domain_id, source_url_id, target_url_id, happened_at, sum(own) AS own, sum(hidden) AS hidden,
               min(opening) AS opening, min(ending) FILTER (ending <> 0) AS ending,
               bool_or(ending = {_MOVED}) AS is_moved
        FROM change GROUP BY ALL),
    course AS (
        SELECT *, sum(own) OVER so_far AS links, sum(hidden) OVER so_far AS carried
        FROM moment WINDOW so_far AS (PARTITION BY source_url_id, target_url_id ORDER BY happened_at)),
    standing AS (
        SELECT *, links > 0 AND carried = 0 AS counts, coalesce(lag(links) OVER before, 0) AS links_before,
               coalesce(lag(links > 0 AND carried = 0) OVER before, false) AS counted
        FROM course WINDOW before AS (PARTITION BY source_url_id, target_url_id ORDER BY happened_at))
    SELECT source_domain_id, source_url_id, target_url_id, happened_at,
           CASE WHEN counts THEN 1 ELSE -1 END AS step,
           CASE WHEN counts AND links_before = 0 AND opening IS NOT NULL
                THEN [{_NAMES}][opening + 1]
                WHEN NOT counts AND links = 0 AND NOT is_moved AND ending IS NOT NULL
                THEN [{", ".join(f"'{name}'" for name in ENDS)}][ending + 1]
                ELSE '{RESTATED}' END AS why
    FROM standing WHERE counts <> counted"""


def find_events(duck: duckdb.DuckDBPyConnection, question: Question, ends: Ends) -> None:
    """Make the temporary table ``event`` in a session of :meth:`Index.ask`: a row for each time that a backlink of the
    target began to count (``step`` 1) or ceased to (-1).

    ``happened_at`` is UTC seconds, ``why`` a value of ``Opening``, of :data:`LOSSES`, or :data:`RESTATED`. ``ends``
    are those of ``question``, which names a target and no source.
    """
    if ends.is_empty:
        where, values = _NOWHERE
    else:
        where, values = ends.where()
        where, values = f"{where} AND (? >> l.kind) & 1 = 1", [*values, question.kind_mask]
    duck.execute(_SPANS.format(counts=where), [*values, *values])
    duck.execute(_CHANGED)
    duck.execute(_LASTING, {"marks": question.follow.marks})
    if duck.execute("SELECT 1 FROM changed LIMIT 1").fetchall():
        duck.execute(_EVENTS, {"marks": question.follow.marks})
    duck.execute("DROP TABLE span; DROP TABLE changed")
