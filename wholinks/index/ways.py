"""By which ways each page was found, for an estimate of those that were not: named in a sitemap or feed of its site,
named by a link of a page that was read (docs/metrics-coverage.md, "Sitemaps and links").

``stand``  URL → the page it stands for: where it redirects within its site, its canonical page, the spelling that is
           fetched of its dedup key; URLs that stand for themselves are not in it
``way``    page → :class:`schema.FoundBy`; only pages that count: read as HTML and no soft 404, or waiting to be read
           and not taken for a trap; none that stands for another
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from typing import Final

import duckdb

from wholinks.storage.records import Outcome, State

from .counting import DEFAULT_KIND_MASK
from .schema import FoundBy

_MAX_ROUNDS: Final = 6
"""Each round doubles the steps resolved: ways of up to 64 steps are, longer ones end at a URL that does not count."""

_STAND: Final = """
CREATE TABLE stand AS
    SELECT url_no, last_no AS page_no FROM alias
    UNION ALL SELECT url_no, canonical_no FROM duplicate WHERE url_no NOT IN (SELECT url_no FROM alias);
INSERT INTO stand
    SELECT other.url_no, own.url_no
    FROM (SELECT url_no, key_hash FROM numbered
          WHERE key_hash <> hash OR hash IN (SELECT key_hash FROM frontier WHERE url_hash <> key_hash)) AS other
    JOIN frontier ON frontier.key_hash = other.key_hash JOIN numbered AS own ON own.hash = frontier.url_hash
    WHERE own.url_no <> other.url_no AND other.url_no NOT IN (SELECT url_no FROM stand)
        AND own.url_no NOT IN (SELECT url_no FROM alias);
"""

_UNFINISHED: Final = "SELECT count(*) FROM stand WHERE page_no IN (SELECT url_no FROM stand)"
_JUMP: Final = """
CREATE TABLE jumped AS
    SELECT here.url_no, coalesce(there.page_no, here.page_no) AS page_no
    FROM stand AS here LEFT JOIN stand AS there ON there.url_no = here.page_no;
DROP TABLE stand;
ALTER TABLE jumped RENAME TO stand;
"""

_NO_PAGES: Final = "('not_html', 'empty', 'feed', 'soft_404')"

_WAYS: Final = f"""
CREATE TABLE way AS
    WITH found AS (
        SELECT coalesce(there.page_no, l.target_url_id) AS url_no, {FoundBy.LINK:d} AS found_by
        FROM index.internal AS l LEFT JOIN stand AS there ON there.url_no = l.target_url_id
        LEFT JOIN stand AS here ON here.url_no = l.source_url_id
        WHERE {DEFAULT_KIND_MASK} >> l.kind & 1 = 1
            AND coalesce(there.page_no, l.target_url_id) <> coalesce(here.page_no, l.source_url_id)
        UNION ALL
        SELECT coalesce(stand.page_no, target_url_id), {FoundBy.LINK:d}
        FROM index.link LEFT JOIN stand ON stand.url_no = target_url_id WHERE {DEFAULT_KIND_MASK} >> kind & 1 = 1
        UNION ALL
        SELECT coalesce(stand.page_no, numbered.url_no), frontier.listed
        FROM frontier JOIN numbered ON numbered.hash = frontier.url_hash LEFT JOIN stand USING (url_no)
        WHERE frontier.listed <> 0),
    counted AS (
        SELECT numbered.url_no FROM frontier JOIN numbered ON numbered.hash = frontier.url_hash
        WHERE CASE frontier.state
            WHEN {State.FETCHED:d} THEN frontier.reason NOT IN {_NO_PAGES}
                AND numbered.url_no IN (SELECT url_no FROM page WHERE outcome = {Outcome.PAGE:d})
            WHEN {State.DISCOVERED:d} THEN true
            WHEN {State.POSTPONED:d} THEN NOT starts_with(frontier.reason, 'trap_')
            ELSE false END)
    SELECT url_no, bit_or(found_by)::UTINYINT AS found_by
    FROM found SEMI JOIN counted USING (url_no) ANTI JOIN stand USING (url_no) GROUP BY url_no;
DROP TABLE stand;
"""


def find_ways(duck: duckdb.DuckDBPyConnection) -> None:
    """Make ``way``; the links are in the index by then."""
    duck.execute(_STAND)
    for _ in range(_MAX_ROUNDS):
        if not duck.execute(_UNFINISHED).fetchall()[0][0]:
            break
        duck.execute(_JUMP)
    duck.execute(_WAYS)
