"""The pages the crawl knows, one by one: what became of each, and whether it stands in the way of a "no".

A site is proved not to link somewhere only if every page known of it was read to its end (docs/counting.md, "Yes, no,
unknown"). :data:`OBSTACLE` says what is in the way at a page; the empty text where nothing is.
"""

from typing import Final

import duckdb

from wholinks.storage.records import Outcome, State

_WRITE: Final = f"""
INSERT INTO index.known
    WITH asked AS (
        SELECT url_no, max(fetched_at) AS asked_at,
               arg_max(is_complete = 1, fetch_id) FILTER (WHERE outcome IN ({Outcome.PAGE:d}, {Outcome.NOT_HTML:d}))
                   AS is_complete,
               arg_max(script_only = 1, fetch_id) FILTER (WHERE outcome IN ({Outcome.PAGE:d}, {Outcome.NOT_HTML:d}))
                   AS is_script_only
        FROM request GROUP BY url_no)
    SELECT numbered.url_no, frontier.domain_no, frontier.state, frontier.reason, coalesce(is_complete, true),
           coalesce(is_script_only, false), coalesce(asked_at, 0), coalesce(way.found_by, 0)
    FROM frontier JOIN numbered ON numbered.hash = frontier.url_hash LEFT JOIN asked ON asked.url_no = numbered.url_no
    LEFT JOIN way ON way.url_no = numbered.url_no
    ORDER BY numbered.url_no
"""  # noqa: S608 - made of constants

_ASKED: Final = """
INSERT INTO index.asked
    SELECT url_no, any_value(domain_no), arg_max(outcome, fetch_id), arg_max(status, fetch_id),
           arg_max(reason, fetch_id), max(fetched_at)
    FROM request GROUP BY url_no ORDER BY url_no
"""

_TELLING: Final = ", ".join(
    f"{outcome:d}"
    for outcome in (Outcome.PAGE, Outcome.REDIRECT, Outcome.NOT_MODIFIED, Outcome.NOT_HTML, Outcome.CHECKED)
)

TOLD: Final = f"(it.outcome IN ({_TELLING}) OR it.status IN (404, 410))"
"""Of a request ``it``: whether it told what is at its URL. A time-out, a 403 or a 503 tell nothing."""

LOOKED_AT: Final = f"greatest(coalesce(page.last_seen_at, 0), if({TOLD}, it.asked_at, 0))"
"""When a page of ``known AS k LEFT JOIN page LEFT JOIN asked AS it`` was last looked at with success; 0: never."""

OBSTACLE: Final = f"""
CASE k.state
    WHEN {State.FETCHED:d} THEN CASE
        WHEN k.reason IN ('not_html', 'feed') THEN ''
        WHEN NOT k.is_complete THEN 'incomplete'
        WHEN k.is_script_only THEN 'script_only'
        ELSE '' END
    WHEN {State.REDIRECTED:d} THEN ''
    WHEN {State.FAILED:d} THEN CASE WHEN k.reason IN ('http_404', 'http_410') THEN '' ELSE 'failed' END
    WHEN {State.BLOCKED:d} THEN 'blocked'
    WHEN {State.DISCOVERED:d} THEN 'pending'
    WHEN {State.POSTPONED:d} THEN CASE WHEN starts_with(k.reason, 'trap_') THEN k.reason ELSE 'postponed' END
    ELSE CASE WHEN k.reason IN ('nofollow_page', 'depth', 'scope') THEN k.reason ELSE 'excluded' END END"""
"""Of a row of ``known AS k``: why the page does not prove that a link is absent."""


def write_known(duck: duckdb.DuckDBPyConnection) -> None:
    """Fill ``known`` and ``asked``."""
    duck.execute(_WRITE)
    duck.execute(_ASKED)
