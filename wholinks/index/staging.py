"""The first half of a build: crawl.db's origins, URLs, pages and fetches, numbered densely, in memory.

``origin`` in order of domain, host, origin. A site by prefix (``storage.sites``) has each origin of its host a second
           time, for the URLs that lie under it: so a URL's origin says which site it belongs to
``url``    hash, key_hash, origin_no, domain_no; in order of domain, host, origin, path. Its row number (from 1) is the
           URL's number from here on, 0 stands for none. Paths are many and long: they are written to the index at once
``request``  crawl.db's fetches with numbers in place of hashes
``visit``  for each URL that was asked for, how it answered last, errors and failures aside
``page``   the pages, as index.duckdb has them but for ``duplicate_of``
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from collections.abc import Sequence
from typing import Final

import duckdb

from wholinks.storage import views
from wholinks.storage.records import Outcome, RobotsFlag
from wholinks.storage.sites import PrefixSite

from .connection import as_written
from .source import CrawlSnapshot

_PREFIX_SITES: Final = """
CREATE TABLE prefix_site AS
    SELECT unnest($hosts::VARCHAR[]) AS host, unnest($prefixes::VARCHAR[]) AS prefix,
           unnest($segments::INTEGER[]) AS segments"""

_ORIGINS: Final = """
CREATE TABLE raw_origin AS
    SELECT origin_id::BIGINT AS hash, origin::VARCHAR AS origin, host::VARCHAR AS host, '' AS prefix,
           domain::VARCHAR AS domain, icann_domain::VARCHAR AS icann_domain,
           array_to_string(list_reverse(string_split(host::VARCHAR, '.')), '.') || '.' AS reversed
    FROM source;
INSERT INTO raw_origin
    SELECT raw.* REPLACE (site.prefix AS prefix, site.host || site.prefix AS domain)
    FROM raw_origin AS raw JOIN prefix_site AS site USING (host);
CREATE TABLE host AS
    SELECT host, prefix, min(reversed) AS reversed, min(domain) AS domain, min(icann_domain) AS icann_domain
    FROM raw_origin GROUP BY host, prefix ORDER BY domain, reversed;
CREATE TABLE domain AS SELECT DISTINCT domain FROM host ORDER BY domain;
CREATE TABLE origin AS
    SELECT raw.hash, raw.origin, (host.rowid + 1)::UINTEGER AS host_no, (domain.rowid + 1)::UINTEGER AS domain_no,
           host.prefix
    FROM raw_origin AS raw JOIN host USING (host, prefix) JOIN domain ON domain.domain = host.domain
    ORDER BY host_no, raw.origin;
CREATE VIEW origin_number AS
    SELECT hash, (rowid + 1)::UINTEGER AS origin_no, domain_no, prefix FROM origin;
"""

_URLS: Final = """
CREATE TABLE spelled_url AS
    SELECT source.url_id AS hash, source.key_id AS key_hash, {origin_no} AS origin_no, {domain_no} AS domain_no,
           source.path::VARCHAR AS path
    FROM source JOIN origin_number AS whole ON whole.hash = source.origin_id AND whole.prefix = '' {parts}
    ORDER BY origin_no, path;
"""
_WRITE_URLS: Final = """
INSERT INTO index.url SELECT (rowid + 1)::UINTEGER, origin_no, path FROM spelled_url;
CREATE TABLE url AS SELECT hash, key_hash, origin_no, domain_no FROM spelled_url;
DROP TABLE spelled_url;
CREATE VIEW numbered AS SELECT (rowid + 1)::UINTEGER AS url_no, * FROM url;
"""

# The first segments of a path as it is without its query: "/a/b" of "/a/b/c?x" where there are two.
_PART: Final = """
    LEFT JOIN origin_number AS part_{segments} ON part_{segments}.hash = source.origin_id
        AND part_{segments}.prefix <> '' AND part_{segments}.prefix = array_to_string(
            string_split(split_part(source.path::VARCHAR, '?', 1), '/')[:{segments} + 1], '/')"""

_PAGES: Final = """
CREATE TABLE frontier AS
    SELECT source.key_id::BIGINT AS key_hash, source.url_id::BIGINT AS url_hash, {domain_no} AS domain_no,
           source.state::UTINYINT AS state, source.reason::VARCHAR AS reason, source.listed::UTINYINT AS listed
    FROM source {joined};
"""

_RAW_FETCHES: Final = """
CREATE TABLE raw_fetch AS
    SELECT * REPLACE (title::VARCHAR AS title, language::VARCHAR AS language, reason::VARCHAR AS reason,
                      remote_ip::VARCHAR AS remote_ip) FROM source;
CREATE TABLE fetch_url AS
    SELECT hash, key_hash, url_no, origin_no, domain_no FROM numbered WHERE hash IN (
        SELECT url_id FROM raw_fetch UNION SELECT requested_url_id FROM raw_fetch
        UNION SELECT redirect_url_id FROM raw_fetch UNION SELECT canonical_url_id FROM raw_fetch);
"""

_FETCHES: Final = f"""
CREATE TABLE request AS
    SELECT raw.fetch_id, it.url_no, it.domain_no, coalesce(requested.url_no, it.url_no) AS requested_no,
           coalesce(redirect.url_no, 0) AS redirect_no, coalesce(canonical.url_no, 0) AS canonical_no,
           coalesce(canonical.domain_no, 0) AS canonical_domain_no,
           raw.fetched_at, raw.outcome, raw.status, raw.body_hash, raw.is_complete, raw.robots, raw.title, raw.language,
           raw.script_only, raw.reason, raw.remote_ip, raw.words, raw.simhash,
           raw.outcome = {Outcome.PAGE:d}
               OR raw.outcome = {Outcome.REDIRECT:d} AND redirect.domain_no <> it.domain_no AS has_links
    FROM raw_fetch AS raw JOIN fetch_url AS it ON it.hash = raw.url_id
    LEFT JOIN fetch_url AS requested ON requested.hash = raw.requested_url_id
    LEFT JOIN fetch_url AS redirect ON redirect.hash = raw.redirect_url_id
    LEFT JOIN fetch_url AS canonical ON canonical.hash = raw.canonical_url_id;
DROP TABLE raw_fetch;
CREATE TABLE visit AS
    SELECT url_no, any_value(domain_no) AS domain_no, arg_max(outcome, fetch_id) = {Outcome.REDIRECT:d} AS is_redirect,
           arg_max(redirect_no, fetch_id) AS redirect_no,
           arg_max(status, fetch_id) IN (301, 308) AS is_permanent
    FROM request WHERE outcome IN ({Outcome.PAGE:d}, {Outcome.REDIRECT:d}, {Outcome.NOT_MODIFIED:d}) GROUP BY url_no;
"""

_SOURCES: Final = f"""
CREATE TABLE page AS
    WITH life AS (
        SELECT url_no, max(fetch_id) FILTER (has_links) AS fetch_id,
               min(fetched_at) FILTER (has_links) AS first_seen_at, max(fetched_at) AS last_seen_at
        FROM request WHERE has_links OR outcome = {Outcome.NOT_MODIFIED:d} GROUP BY url_no)
    SELECT request.url_no, request.domain_no, outcome, status, title, language, fetched_at, first_seen_at, last_seen_at,
           requested_no, body_hash, robots & {RobotsFlag.NOINDEX:d} <> 0 AS is_noindex,
           robots & {RobotsFlag.NOFOLLOW:d} <> 0 AND outcome = {Outcome.PAGE:d} AS is_nofollow,
           is_complete = 1 AS is_complete, remote_ip, words, simhash,
           canonical_no, canonical_domain_no, fetch_id
    FROM life JOIN request USING (fetch_id) ORDER BY request.url_no;
"""


_BY_ORIGIN: Final = {
    "domain_no": "whole.domain_no",
    "joined": "JOIN origin_number AS whole ON whole.hash = source.origin_id",
}
_BY_URL: Final = {"domain_no": "url.domain_no", "joined": "JOIN url ON url.hash = source.url_id"}
"""How a page's site is found: with sites by prefix its host alone does not tell."""


def _urls(sites: Sequence[PrefixSite]) -> str:
    """The statement that numbers the URLs: the longest prefix that fits says which site each belongs to."""
    segments = sorted({site.path.count("/") for site in sites}, reverse=True)
    names = [*(f"part_{number}" for number in segments), "whole"]
    return _URLS.format(
        origin_no=f"coalesce({', '.join(f'{name}.origin_no' for name in names)})",
        domain_no=f"coalesce({', '.join(f'{name}.domain_no' for name in names)})",
        parts="".join(_PART.format(segments=number) for number in segments),
    )


def stage(duck: duckdb.DuckDBPyConnection, crawl: CrawlSnapshot, sites: Sequence[PrefixSite] = ()) -> None:
    """Make the tables above; ``sites`` are those by prefix."""
    duck.execute(
        _PREFIX_SITES,
        {
            "hosts": [site.host for site in sites],
            "prefixes": [site.path for site in sites],
            "segments": [site.path.count("/") for site in sites],
        },
    )

    def read(select: str, statements: str) -> None:
        with crawl.rows(duck, select), as_written(duck):
            duck.execute(statements)

    read(views.ORIGINS, _ORIGINS)
    read(views.URLS, _urls(sites))
    duck.execute(_WRITE_URLS)
    read(views.PAGES, _PAGES.format(**_BY_URL if sites else _BY_ORIGIN))
    read(views.FETCHES, _RAW_FETCHES)
    duck.execute(_FETCHES)
    duck.execute(_SOURCES)
