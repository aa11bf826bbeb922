"""How links were written: their tags and surroundings, copied as the crawl left them and looked up for a few rows.

They are most of what there is to read and write, and no count needs them, so they are not sorted with the links: they
stay in the crawl's order, where what lies side by side is alike.
"""

from typing import TYPE_CHECKING, Final

import duckdb

from wholinks.storage import views

from .connection import parsed

if TYPE_CHECKING:  # asking needs no crawl.db
    from .source import CrawlSnapshot

_WRITE: Final = """
INSERT INTO index.evidence
    SELECT fetch_id, ordinal, written, context, path_fingerprint FROM source WHERE fetch_id <= ?"""

_UNPROVED: Final = """
SELECT count(*) FROM index.link AS l
    JOIN index.page AS shown_page ON shown_page.url_id = l.source_url_id
    LEFT JOIN index.opening AS shown_by ON shown_by.opening_id = l.opening_id
    ANTI JOIN index.evidence AS e
        ON e.fetch_id = coalesce(shown_by.fetch_id, shown_page.fetch_id) AND e.ordinal = l.ordinal"""

# Tables of their own, of which DuckDB knows that they are small: it guesses otherwise, and hashes all that was ever
# written to look up a few rows.
_PROVED: Final = """
CREATE OR REPLACE TEMP TABLE proved AS
    SELECT number, e.rowid AS proof FROM {shown} JOIN evidence AS e USING (fetch_id, ordinal)"""
_WRITTEN: Final = """
CREATE OR REPLACE TEMP TABLE written AS
    SELECT number, parts[1] AS raw_href, CASE WHEN len(parts) > 2 THEN parts[2] END AS raw_rel, parts[-1] AS tag,
           around[1] AS context_before, around[2] AS context_after
    FROM (SELECT number, string_split(e.written, chr(0)) AS parts, string_split(e.context, chr(0)) AS around
          FROM proved JOIN evidence AS e ON e.rowid = proved.proof)"""


def look_up(duck: duckdb.DuckDBPyConnection, shown: str) -> None:
    """Make the temporary table ``written``: the evidence of the links of a temporary table ``shown``, by their
    ``number`` there, which also has the ``fetch_id`` that showed the link so and its ``ordinal``.

    First the keys alone are looked through, then the texts of these rows are read: never those of others. Links that
    were internal when they were crawled have none.
    """
    duck.execute(parsed(duck, _PROVED.format(shown=shown)))
    duck.execute(parsed(duck, _WRITTEN))


def copy_evidence(duck: duckdb.DuckDBPyConnection, crawl: "CrawlSnapshot", last_fetch_id: int) -> None:
    """Fill ``evidence`` with that of the fetches up to ``last_fetch_id``."""
    with crawl.rows(duck, views.EVIDENCE):
        duck.execute(_WRITE, [last_fetch_id])


def count_unproved(duck: duckdb.DuckDBPyConnection) -> int:
    """How many links of a new index have no evidence."""
    return int(duck.execute(_UNPROVED).fetchall()[0][0])
