"""The tables of crawl.db, and the steps that bring an older file up to date.

Ids are 64-bit hashes of what they name (:func:`wholinks.storage.urls.identity`), so a writer needs no round trip to
know them; ``clash`` counts the times another text came with the same id (expected once in some 10^9 URLs).

=========  ============================================================================================================
``origin``    scheme, host and port, with the registrable domain the host belongs to
``url``       every URL ever seen: its origin and the rest; ``key_id`` only where its dedup key differs from itself
``page``      every URL the crawl may fetch, one row a dedup key, with the state it is in: the frontier on disk; when it
              was asked for last, and how long it may stay unasked; its last fetch that brought a page; ``listed``: what
              of its own site named it, ever (``records.Listed``; NULL: nothing did)
``fetch``     every request that ended, never changed afterwards
``link``      every link of every page: opened by one fetch, closed by the next one of the same page that did not show
              it as it was (then "not seen", which is not yet "lost")
``evidence``  what each external link looked like; raw href and tag as in ``shorthand``
``sitemap``   every sitemap known: what became of it, and what it listed
``target``    URLs outside of reach that links name, each asked once by ``--check-targets``, never read
``site``      registrable domains in reach: 0 hops = named by a seed; ``is_admitted``: links stored before it came into
              reach have become pages
``host``      what politeness must remember of a host; ``robots`` the same of an origin
``run``       each crawl over this folder
``forgotten`` hosts removed on request, which are never asked again
``prefix_site`` parts of hosts that count as sites of their own: a rule for counting, named by the user
=========  ============================================================================================================
"""

from typing import Final

APPLICATION_ID: Final = 0x774C6E6B  # "wLnk", SQLite's mark for "this file is ours"

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE run (
    run_id INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_why TEXT,
    settings TEXT NOT NULL
);

CREATE TABLE origin (
    origin_id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    host TEXT NOT NULL,
    domain TEXT NOT NULL,
    icann_domain TEXT NOT NULL,
    clash INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE url (
    url_id INTEGER PRIMARY KEY,
    origin_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    key_id INTEGER,
    clash INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE page (
    key_id INTEGER PRIMARY KEY,
    url_id INTEGER NOT NULL,
    origin_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT,
    depth INTEGER NOT NULL,
    redirects INTEGER NOT NULL DEFAULT 0,
    requested_url_id INTEGER,
    tries INTEGER NOT NULL DEFAULT 0,
    found_at INTEGER NOT NULL,
    found_fetch_id INTEGER,
    sitemap_url_id INTEGER,
    lastmod INTEGER,
    asked_at INTEGER,
    interval_s INTEGER,
    body_fetch_id INTEGER,
    external_links INTEGER
);
CREATE INDEX page_waiting ON page (origin_id, depth, found_at) WHERE state = 0;

CREATE TABLE sitemap (
    url_id INTEGER PRIMARY KEY,
    origin_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT,
    level INTEGER NOT NULL DEFAULT 0,
    redirects INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    found_at INTEGER NOT NULL,
    asked_at INTEGER NOT NULL DEFAULT 0,
    listed TEXT
);
CREATE INDEX sitemap_waiting ON sitemap (origin_id) WHERE state = 0;

CREATE TABLE target (
    url_id INTEGER PRIMARY KEY,
    origin_id INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    redirects INTEGER NOT NULL DEFAULT 0,
    requested_url_id INTEGER,
    tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX target_waiting ON target (origin_id) WHERE state = 0;

CREATE TABLE fetch (
    fetch_id INTEGER PRIMARY KEY,
    url_id INTEGER NOT NULL,
    requested_url_id INTEGER NOT NULL,
    redirects INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    reason TEXT,
    status INTEGER,
    remote_ip TEXT,
    content_type TEXT,
    body_bytes INTEGER,
    body_hash INTEGER,
    etag TEXT,
    last_modified TEXT,
    is_complete INTEGER NOT NULL,
    redirect_url_id INTEGER,
    canonical_url_id INTEGER,
    refresh_url_id INTEGER,
    refresh_delay_s INTEGER,
    robots INTEGER,
    robots_other TEXT,
    charset TEXT,
    title TEXT,
    language TEXT,
    words INTEGER,
    simhash INTEGER,
    script_only INTEGER,
    link_counts TEXT,
    non_link_counts TEXT
);
CREATE INDEX fetch_url ON fetch (url_id);

CREATE TABLE link (
    fetch_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target_url_id INTEGER NOT NULL,
    bits INTEGER NOT NULL,
    rel INTEGER NOT NULL,
    rel_other TEXT,
    anchor_text TEXT NOT NULL,
    closed_fetch_id INTEGER,
    PRIMARY KEY (fetch_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE evidence (
    fetch_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    raw_href TEXT NOT NULL,
    raw_rel TEXT,
    tag TEXT NOT NULL,
    context_before TEXT NOT NULL,
    context_after TEXT NOT NULL,
    path_fingerprint INTEGER NOT NULL,
    PRIMARY KEY (fetch_id, ordinal)
) WITHOUT ROWID;

CREATE TABLE site (
    domain TEXT PRIMARY KEY,
    hop INTEGER NOT NULL,
    why TEXT NOT NULL,
    is_admitted INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE host (
    host TEXT PRIMARY KEY,
    pages INTEGER NOT NULL DEFAULT 0,
    asleep_until INTEGER NOT NULL DEFAULT 0,
    asleep_why TEXT
) WITHOUT ROWID;

CREATE TABLE robots (
    origin_id INTEGER PRIMARY KEY,
    fetched_at INTEGER NOT NULL,
    status INTEGER,
    body BLOB
);

CREATE VIEW urls AS
    SELECT url.url_id, origin.origin || url.path AS url, origin.host, origin.domain
    FROM url JOIN origin USING (origin_id);

CREATE VIEW pages AS
    SELECT urls.url, urls.host, urls.domain,
           CASE page.state WHEN 0 THEN 'discovered' WHEN 1 THEN 'fetched' WHEN 2 THEN 'redirected' WHEN 3 THEN 'failed'
               WHEN 4 THEN 'blocked' WHEN 5 THEN 'postponed' ELSE 'excluded' END AS state,
           page.reason, page.depth, page.tries, page.found_at
    FROM page JOIN urls USING (url_id);

CREATE VIEW links AS
    SELECT source.url AS source_url, target.url AS target_url, link.ordinal,
           CASE link.bits & 7 WHEN 0 THEN 'text' WHEN 1 THEN 'image' WHEN 2 THEN 'redirect' WHEN 3 THEN 'canonical'
               WHEN 4 THEN 'alternate' WHEN 5 THEN 'frame' ELSE 'form' END AS kind,
           link.anchor_text, link.rel & 1 AS nofollow, link.rel >> 1 & 1 AS ugc, link.rel >> 2 & 1 AS sponsored,
           fetch.fetched_at AS first_seen
    FROM link JOIN fetch USING (fetch_id)
    JOIN urls AS source ON source.url_id = fetch.url_id
    JOIN urls AS target ON target.url_id = link.target_url_id
    WHERE link.closed_fetch_id IS NULL;
"""

_FORGOTTEN: Final = """
CREATE TABLE forgotten (
    host TEXT PRIMARY KEY,
    with_subdomains INTEGER NOT NULL,
    as_target INTEGER NOT NULL,
    forgotten_at INTEGER NOT NULL
) WITHOUT ROWID;
"""

_PREFIX_SITE: Final = """
CREATE TABLE prefix_site (
    host TEXT NOT NULL,
    path TEXT NOT NULL,
    named_at INTEGER NOT NULL,
    PRIMARY KEY (host, path)
) WITHOUT ROWID;
"""

# What older crawls listed was not marked: their sitemaps are read again, feeds when they are asked for again.
_LISTED: Final = """
ALTER TABLE page ADD COLUMN listed INTEGER;
UPDATE sitemap SET state = 0, reason = NULL, tries = 0, asked_at = 0 WHERE state = 1;
"""

MIGRATIONS: Final = (_FIRST, _FORGOTTEN, _PREFIX_SITE, _LISTED)
"""Step i brings a file from version i to i + 1."""

VERSION: Final = len(MIGRATIONS)
