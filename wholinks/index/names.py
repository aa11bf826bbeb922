"""The fourth part of a build: what the numbers stand for, of those that are used; redirects, pages and coverage."""

from typing import Final

import duckdb

_NAMES: Final = """
INSERT INTO index.origin
    WITH span AS (SELECT origin_id, min(url_id) AS low, max(url_id) AS high FROM index.url GROUP BY origin_id)
    SELECT number, domain_no, count(*) OVER (PARTITION BY domain_no), origin, starts_with(origin, 'https:'),
           coalesce(nullif(regexp_extract(origin, ':([0-9]+)$', 1), '')::INTEGER,
                    CASE WHEN starts_with(origin, 'https:') THEN 443 ELSE 80 END),
           host.host, host.prefix, host.reversed, host.domain, host.icann_domain, place, low, high
    FROM ranked JOIN span ON span.origin_id = ranked.number JOIN host ON host.rowid + 1 = ranked.host_no
    ORDER BY host.reversed, origin, host.prefix;
INSERT INTO index.domain
    SELECT (rowid + 1)::UINTEGER AS number, domain FROM domain
    WHERE number IN (SELECT domain_id FROM index.origin UNION SELECT domain_no FROM frontier) ORDER BY number;
"""

_FACTS: Final = """
INSERT INTO index.redirect
    SELECT hop.url_no, hop.next_no, coalesce(chain.last_no, 0), coalesce(chain.hops, 0),
           coalesce(chain.last_no IN (SELECT url_no FROM visit)
                    OR ending.key_hash IN (SELECT key_hash FROM spelled), false)
    FROM hop LEFT JOIN chain USING (url_no) LEFT JOIN fetch_url AS ending ON ending.url_no = chain.last_no
    ORDER BY hop.url_no;
INSERT INTO index.coverage
    SELECT domain_no, state, reason, count(*) FROM frontier GROUP BY ALL ORDER BY ALL;
"""

_PAGES: Final = """
CREATE TABLE ranked AS
    SELECT (rowid + 1)::UINTEGER AS number, *, rank() OVER (ORDER BY origin || '/') AS place FROM origin;
INSERT INTO index.page
    SELECT page.url_no, page.domain_no, ranked.place, outcome, status, title, language, fetched_at, first_seen_at,
           last_seen_at, requested_no, body_hash, is_noindex, is_nofollow, is_complete, page.canonical_no,
           coalesce(duplicate.canonical_no, 0), remote_ip, words, simhash, fetch_id
    FROM page JOIN fetch_url USING (url_no) JOIN ranked ON ranked.number = fetch_url.origin_no
    LEFT JOIN duplicate ON duplicate.url_no = page.url_no ORDER BY page.url_no;
"""


def write_pages(duck: duckdb.DuckDBPyConnection) -> None:
    """Fill ``page``."""
    duck.execute(_PAGES)


def write_names(duck: duckdb.DuckDBPyConnection) -> None:
    """Fill ``origin``, ``domain``, ``redirect`` and ``coverage``."""
    duck.execute(_NAMES)
    duck.execute(_FACTS)
