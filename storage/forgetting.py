"""Hosts removed on request: what they served goes, that they were forgotten stays, so that they are never asked again.

A row of ``forgotten`` names a host, with or without the hosts under it. What goes: its pages, fetches, links, evidence,
sitemaps, robots.txt and politeness, and the URLs of others that only it named and nobody asked. What stays: links of
others to it, unless forgotten ``as_target`` too, with the URLs they name; their pages are excluded as ``forgotten``,
and so is the start page of the host, which stands for what was removed: nobody may conclude that it never linked.
:data:`HONOUR` makes that so for a connection that crawls.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from .database import BUSY_MS, CRAWL_DB, FolderLock, prepare, reader, translated
from .errors import DataFolderError
from .urls import identity

_COVERS: Final = (
    "({host} = forgotten.host"
    " OR with_subdomains AND substr({host}, -length(forgotten.host) - 1) = '.' || forgotten.host)"
)

HONOUR: Final = f"""
CREATE TEMP TABLE shunned (origin_id INTEGER PRIMARY KEY);
INSERT INTO shunned SELECT origin_id FROM main.origin
    WHERE EXISTS (SELECT 1 FROM main.forgotten WHERE {_COVERS.format(host="origin.host")});
CREATE TEMP TRIGGER origin_shunned AFTER INSERT ON main.origin
WHEN EXISTS (SELECT 1 FROM main.forgotten WHERE {_COVERS.format(host="NEW.host")})
BEGIN INSERT OR IGNORE INTO shunned VALUES (NEW.origin_id); END;
CREATE TEMP TRIGGER page_shunned_new AFTER INSERT ON main.page
WHEN NEW.state = 0 AND NEW.origin_id IN (SELECT origin_id FROM shunned)
BEGIN UPDATE page SET state = 6, reason = 'forgotten' WHERE key_id = NEW.key_id; END;
CREATE TEMP TRIGGER page_shunned AFTER UPDATE OF state ON main.page
WHEN NEW.state = 0 AND NEW.origin_id IN (SELECT origin_id FROM shunned)
BEGIN UPDATE page SET state = 6, reason = 'forgotten' WHERE key_id = NEW.key_id; END;
CREATE TEMP TRIGGER due_shunned AFTER INSERT ON temp.due
WHEN NEW.origin_id IN (SELECT origin_id FROM shunned)
BEGIN DELETE FROM due WHERE key_id = NEW.key_id; END;
CREATE TEMP TRIGGER target_shunned AFTER INSERT ON main.target
WHEN NEW.origin_id IN (SELECT origin_id FROM shunned)
BEGIN UPDATE target SET state = 6, reason = 'forgotten' WHERE url_id = NEW.url_id; END;
"""  # noqa: S608 - constants only
"""Run once on a connection of a crawl (``statements.SESSION``): from then on no page and no target of a forgotten host
waits to be asked."""


class Forgotten(NamedTuple):
    """A host that is never asked again, since when (UTC seconds)."""

    host: str
    with_subdomains: bool
    as_target: bool
    forgotten_at: int

    def covers(self, host: str) -> bool:
        """Whether ``host`` is meant."""
        return host == self.host or (self.with_subdomains and host.endswith(f".{self.host}"))


class Removed(NamedTuple):
    """What is (or would be) removed: ``links`` and ``evidence`` of its pages, ``links_to`` it from other hosts."""

    hosts: int
    pages: int
    fetches: int
    links: int
    evidence: int
    links_to: int


_LIST: Final = "SELECT host, with_subdomains, as_target, forgotten_at FROM forgotten ORDER BY host"
_ADD: Final = """
INSERT INTO forgotten VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET
    with_subdomains = max(with_subdomains, excluded.with_subdomains), as_target = max(as_target, excluded.as_target)"""

_MARK: Final = f"""
CREATE TEMP TABLE gone_origin AS
    SELECT origin_id, origin.host, max(as_target) AS as_target
    FROM origin JOIN forgotten ON {_COVERS.format(host="origin.host")} GROUP BY origin_id;
CREATE TEMP TABLE gone_url (url_id INTEGER PRIMARY KEY, as_target INTEGER NOT NULL);
INSERT INTO gone_url SELECT url_id, as_target FROM url JOIN gone_origin USING (origin_id);
CREATE TEMP TABLE gone_fetch (fetch_id INTEGER PRIMARY KEY);
INSERT INTO gone_fetch SELECT fetch_id FROM fetch WHERE url_id IN (SELECT url_id FROM gone_url);
CREATE TEMP TABLE link_to AS
    SELECT fetch_id, ordinal, target_url_id AS url_id, as_target FROM link JOIN gone_url ON url_id = target_url_id
    WHERE fetch_id NOT IN (SELECT fetch_id FROM gone_fetch);
"""  # noqa: S608 - constants only
_COUNT: Final = """
SELECT (SELECT count(DISTINCT host) FROM gone_origin),
       (SELECT count(*) FROM page WHERE origin_id IN (SELECT origin_id FROM gone_origin) AND reason IS NOT 'forgotten'),
       (SELECT count(*) FROM gone_fetch),
       (SELECT count(*) FROM link WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)),
       (SELECT count(*) FROM evidence WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)),
       (SELECT count(*) FROM link_to)"""
_UNMARK: Final = "DROP TABLE gone_origin; DROP TABLE gone_url; DROP TABLE gone_fetch; DROP TABLE link_to"

# Who of a site named a page is not kept: where a sitemap or feed goes, those that stay are read again.
_UNLIST: Final = """
CREATE TEMP TABLE unlisted AS
    SELECT origin_id FROM origin WHERE domain IN (
        SELECT origin.domain FROM gone_origin JOIN origin USING (origin_id)
        WHERE origin_id IN (SELECT origin_id FROM sitemap UNION SELECT url.origin_id FROM gone_fetch
            JOIN fetch USING (fetch_id) JOIN url USING (url_id) WHERE fetch.reason = 'feed'))"""

_PURGE: Final = (
    _UNLIST,
    "UPDATE page SET listed = NULL WHERE listed IS NOT NULL AND origin_id IN (SELECT origin_id FROM unlisted)",
    """UPDATE sitemap SET state = 0, reason = NULL, tries = 0, asked_at = 0
    WHERE state = 1 AND origin_id IN (SELECT origin_id FROM unlisted)""",
    "DROP TABLE unlisted",
    """CREATE TEMP TABLE said AS
    SELECT url_id FROM (
        SELECT target_url_id AS url_id FROM link WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)
        UNION SELECT redirect_url_id FROM fetch WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)
        UNION SELECT canonical_url_id FROM fetch WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)
        UNION SELECT refresh_url_id FROM fetch WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)
        UNION SELECT url_id FROM page WHERE found_fetch_id IN (SELECT fetch_id FROM gone_fetch)
        UNION SELECT url_id FROM page WHERE sitemap_url_id IN (SELECT url_id FROM gone_url))
    WHERE url_id NOT IN (SELECT url_id FROM gone_url)""",
    "DELETE FROM link WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)",
    "DELETE FROM evidence WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)",
    "DELETE FROM fetch WHERE fetch_id IN (SELECT fetch_id FROM gone_fetch)",
    "DELETE FROM link WHERE (fetch_id, ordinal) IN (SELECT fetch_id, ordinal FROM link_to WHERE as_target)",
    "DELETE FROM evidence WHERE (fetch_id, ordinal) IN (SELECT fetch_id, ordinal FROM link_to WHERE as_target)",
    "UPDATE fetch SET requested_url_id = url_id WHERE requested_url_id IN (SELECT url_id FROM gone_url)",
    *(
        f"UPDATE fetch SET {column} = NULL WHERE {column} IN (SELECT url_id FROM gone_url WHERE as_target)"  # noqa: S608
        for column in ("redirect_url_id", "canonical_url_id", "refresh_url_id")
    ),
    """DELETE FROM said WHERE url_id IN (
        SELECT target_url_id FROM link UNION SELECT url_id FROM fetch UNION SELECT requested_url_id FROM fetch
        UNION SELECT redirect_url_id FROM fetch UNION SELECT canonical_url_id FROM fetch
        UNION SELECT refresh_url_id FROM fetch)""",
    """DELETE FROM page WHERE state NOT IN (1, 2, 3) AND url_id IN (SELECT url_id FROM said)
        AND listed IS NULL AND (found_fetch_id IN (SELECT fetch_id FROM gone_fetch)
            OR sitemap_url_id IN (SELECT url_id FROM gone_url))""",
    "DELETE FROM target WHERE state NOT IN (1, 2, 3) AND url_id IN (SELECT url_id FROM said)",
    """DELETE FROM url WHERE url_id IN (SELECT url_id FROM said)
        AND url_id NOT IN (SELECT url_id FROM page) AND url_id NOT IN (SELECT url_id FROM target)
        AND url_id NOT IN (SELECT url_id FROM sitemap)""",
    "UPDATE page SET sitemap_url_id = NULL, lastmod = NULL WHERE sitemap_url_id IN (SELECT url_id FROM gone_url)",
    "UPDATE page SET found_fetch_id = NULL WHERE found_fetch_id IN (SELECT fetch_id FROM gone_fetch)",
    "UPDATE page SET requested_url_id = NULL WHERE requested_url_id IN (SELECT url_id FROM gone_url)",
    "UPDATE target SET requested_url_id = NULL WHERE requested_url_id IN (SELECT url_id FROM gone_url)",
    """CREATE TEMP TABLE named AS
    SELECT url_id, coalesce(url.key_id, url_id) AS key_id FROM url WHERE url_id IN (
        SELECT url_id FROM link_to WHERE NOT as_target
        UNION SELECT redirect_url_id FROM fetch JOIN gone_url ON gone_url.url_id = redirect_url_id
        UNION SELECT canonical_url_id FROM fetch JOIN gone_url ON gone_url.url_id = canonical_url_id
        UNION SELECT refresh_url_id FROM fetch JOIN gone_url ON gone_url.url_id = refresh_url_id)""",
    """DELETE FROM page WHERE origin_id IN (SELECT origin_id FROM gone_origin)
        AND key_id NOT IN (SELECT key_id FROM named)""",
    """UPDATE page SET state = 6, reason = 'forgotten', tries = 0, redirects = 0, asked_at = NULL, interval_s = NULL,
        body_fetch_id = NULL, external_links = NULL, sitemap_url_id = NULL, lastmod = NULL, listed = NULL,
        url_id = (SELECT min(url_id) FROM named WHERE named.key_id = page.key_id)
    WHERE origin_id IN (SELECT origin_id FROM gone_origin)""",
    "DELETE FROM target WHERE origin_id IN (SELECT origin_id FROM gone_origin)",
    "DELETE FROM sitemap WHERE origin_id IN (SELECT origin_id FROM gone_origin)",
    "DELETE FROM robots WHERE origin_id IN (SELECT origin_id FROM gone_origin)",
    "DELETE FROM host WHERE host IN (SELECT host FROM gone_origin)",
    f"DELETE FROM prefix_site WHERE EXISTS (SELECT 1 FROM forgotten WHERE {_COVERS.format(host='prefix_site.host')})",  # noqa: S608
    "UPDATE site SET why = 'seed' WHERE EXISTS (SELECT 1 FROM gone_origin WHERE instr(why, host))",
    """DELETE FROM url WHERE url_id IN (SELECT url_id FROM gone_url) AND url_id NOT IN (SELECT url_id FROM named)""",
    """DELETE FROM origin WHERE origin_id IN (SELECT origin_id FROM gone_origin)
        AND origin_id NOT IN (SELECT origin_id FROM named JOIN url USING (url_id))""",
    "DROP TABLE named",
    "DROP TABLE said",
)
"""In this order. ``said`` are the URLs of others that nobody else names, ``named`` what others name of it."""

# A site of which something was removed must not look as if all of it had been read: one page stands for what was, the
# start page of the host that the table names anyway.
_STANDS_FOR: Final = f"""
SELECT coalesce(min(origin.origin) FILTER (WHERE origin.host = forgotten.host), 'https://' || forgotten.host),
       forgotten.host, min(origin.domain), min(origin.icann_domain), forgotten_at
FROM origin JOIN forgotten ON {_COVERS.format(host="origin.host")} GROUP BY forgotten.host"""  # noqa: S608
_STAND: Final = """
INSERT OR IGNORE INTO page (key_id, url_id, origin_id, state, reason, depth, found_at)
VALUES (?, ?, ?, 6, 'forgotten', 1, ?)"""

_RELEASE: Final = f"""
UPDATE page SET state = 0, reason = NULL WHERE reason = 'forgotten' AND state = 6 AND origin_id NOT IN (
    SELECT origin_id FROM origin JOIN forgotten ON {_COVERS.format(host="origin.host")})"""  # noqa: S608


def purge_forgotten(db: sqlite3.Connection) -> Removed:
    """Remove what ``db`` holds of every host in its table ``forgotten``; the caller's transaction."""
    if not db.execute("SELECT 1 FROM forgotten").fetchone():
        return Removed(0, 0, 0, 0, 0, 0)
    _mark(db)
    removed = Removed(*db.execute(_COUNT).fetchone())
    stands_for = db.execute(_STANDS_FOR).fetchall()
    for statement in _PURGE:
        db.execute(statement)
    for origin, host, domain, icann_domain, forgotten_at in stands_for:
        ids = identity(origin), identity(f"{origin}/")
        db.execute(
            "INSERT OR IGNORE INTO origin VALUES (?, ?, ?, ?, ?, 0)", (ids[0], origin, host, domain, icann_domain)
        )
        db.execute("INSERT OR IGNORE INTO url VALUES (?, ?, '/', NULL, 0)", (ids[1], ids[0]))
        db.execute(_STAND, (ids[1], ids[1], ids[0], forgotten_at))
    for statement in _UNMARK.split(";"):
        db.execute(statement)
    return removed


def _mark(db: sqlite3.Connection) -> None:
    for statement in _MARK.split(";")[:-1]:
        db.execute(statement)


@contextmanager
def _writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """The folder's file, locked and in a transaction, with what is deleted overwritten. Compacted at the end."""
    path = folder / CRAWL_DB
    with reader(path):
        pass
    with FolderLock(folder):
        prepare(path)
        try:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)) as db:
                db.execute("PRAGMA secure_delete = ON")
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    if db.in_transaction:  # SQLite has rolled back by itself where the disk is full
                        db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise translated(error, path) from error


def forget(folder: Path, hosts: Sequence[Forgotten]) -> Removed:
    """Remove what ``folder`` holds of ``hosts``, and never ask them again. What was deleted is overwritten in the file;
    :func:`compact` makes the file smaller.

    Raises :class:`DataFolderError` when the folder can't be used; nothing is removed then.
    """
    with _writing(folder) as db:
        db.executemany(_ADD, hosts)
        return purge_forgotten(db)


def compact(folder: Path) -> None:
    """Give the space of what was deleted back. Raises :class:`DataFolderError`, the disk being full for example."""
    path = folder / CRAWL_DB
    with FolderLock(folder):
        try:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)) as db:
                db.execute("VACUUM")
                is_busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error as error:
            raise translated(error, path) from error
    if is_busy:
        raise DataFolderError(
            f"{path}: another program is reading it, so what was deleted is still in the file; end it and run the same"
            " command again"
        )


def preview(folder: Path, hosts: Sequence[Forgotten]) -> Removed:
    """What :func:`forget` would remove. The file is only read: the work is done on names of its own."""
    with reader(folder / CRAWL_DB) as db:
        db.execute("CREATE TEMP TABLE forgotten (host TEXT PRIMARY KEY, with_subdomains, as_target, forgotten_at)")
        db.executemany("INSERT INTO temp.forgotten VALUES (?, ?, ?, ?)", hosts)
        _mark(db)
        return Removed(*db.execute(_COUNT).fetchone())


def forgotten_hosts(folder: Path) -> list[Forgotten]:
    """Every host that is never asked again."""
    with reader(folder / CRAWL_DB) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'forgotten'").fetchone():
            return []  # a file of an older version, which only a crawl brings up to date
        return [Forgotten(host, bool(under), bool(target), at) for host, under, target, at in db.execute(_LIST)]


def allow_again(folder: Path, hosts: Sequence[str]) -> int:
    """Let ``hosts`` (as they were forgotten) be crawled again; the known pages that wait now."""
    with _writing(folder) as db:
        db.executemany("DELETE FROM forgotten WHERE host = ?", [(host,) for host in hosts])
        return db.execute(_RELEASE).rowcount
