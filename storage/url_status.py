"""What the folder knows of one URL: where it was found, its page's state, its fetches, and what decides when it is due.

Read-only and of one moment, while a crawl runs too. What a robots.txt says about it is not decided here: the stored
answer is handed out for the crawler's own matcher.
"""

import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from .database import CRAWL_DB, reader
from .records import Kind, Listed, Outcome, RobotsFlag, State
from .statements import DUE_AT
from .urls import dedup_key, identity, origin_of, origin_text, path_of

SPELLINGS: Final = 10
"""Other spellings of a page that are listed."""


class PageStatus(NamedTuple):
    """The page that a URL's dedup key names. ``url`` is the spelling that is fetched; ``found_on`` the URL whose fetch
    first named it, or the sitemap (empty: a seed, or not recorded); from ``due_at`` on a recrawl asks for it again (0:
    never asked). ``listed`` has ``sitemap`` and ``feed``, as far as one of its site names it, however it was found."""

    url: str
    state: str
    reason: str
    depth: int
    tries: int
    found_at: int
    found_on: str
    due_at: int
    listed: tuple[str, ...] = ()


class FetchStatus(NamedTuple):
    """A request that ended; ``redirect_url`` is where it led, or empty."""

    fetched_at: int
    url: str
    outcome: str
    status: int
    reason: str
    is_complete: bool
    redirect_url: str


class NamingLink(NamedTuple):
    """A link that names the URL. ``is_nofollow_page``: its page asks not to follow any of its links."""

    source_url: str
    kind: str
    anchor_text: str
    is_nofollow_page: bool
    is_open: bool


class RobotsAnswer(NamedTuple):
    """The stored answer of the origin's robots.txt; ``status`` None where nothing answered."""

    fetched_at: int
    status: int | None
    body: bytes


class HostFacts(NamedTuple):
    """What is remembered of the URL's host: ``pages`` count in budgets, ``waiting`` are pages to be fetched."""

    host: str
    known: int
    waiting: int
    pages: int
    asleep_until: int
    asleep_why: str


class LastRun(NamedTuple):
    """The last crawl; ``ended_why`` is empty while it runs or when it was killed."""

    started_at: int
    ended_why: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UrlRecord:
    """Everything known of ``url`` (normalised). ``hop`` is the site's distance from the seeds, None out of reach;
    ``target`` the state of a link target checked outside of reach, ``sitemap`` that of a sitemap; ``near`` are known
    URLs that differ little."""

    url: str
    domain: str
    is_seen: bool
    page: PageStatus | None
    target: tuple[str, str] | None
    sitemap: tuple[str, str] | None
    spellings: list[str]
    fetches: list[FetchStatus]
    links: list[NamingLink]
    hop: int | None
    host: HostFacts
    robots: RobotsAnswer | None
    run: LastRun | None
    forgotten: str = ""
    near: list[tuple[str, str]] = field(default_factory=list)


# Not by an outer join, for which SQLite makes a table of the whole view first.
_NAMED: Final = "(SELECT url FROM urls WHERE url_id = {id})"
_PAGE: Final = f"""
SELECT own.url, page.state, coalesce(page.reason, ''), page.depth, page.tries, page.found_at,
       coalesce({_NAMED.format(id="fetch.url_id")}, {_NAMED.format(id="page.sitemap_url_id")}, ''),
       coalesce({DUE_AT}, 0), {{listed}}
FROM page JOIN urls AS own USING (url_id) LEFT JOIN fetch ON fetch.fetch_id = page.found_fetch_id
WHERE page.key_id = ?"""  # noqa: S608 - constants only
_SPELLINGS: Final = """
SELECT origin.origin || url.path FROM url JOIN origin USING (origin_id)
WHERE url.origin_id = ?1 AND (url.key_id = ?2 OR url.url_id = ?2) AND url.url_id <> ?3 ORDER BY 1 LIMIT ?4"""
_FETCHES: Final = f"""
SELECT fetch.fetched_at, own.url, fetch.outcome, coalesce(fetch.status, 0), coalesce(fetch.reason, ''),
       fetch.is_complete, coalesce({_NAMED.format(id="fetch.redirect_url_id")}, '')
FROM fetch JOIN urls AS own USING (url_id)
WHERE fetch.url_id IN (?, ?, ?) ORDER BY fetch.fetch_id DESC LIMIT ?"""  # noqa: S608 - constants only
# No index leads from a target to its links: the table is read until enough are found. What a link names has a row in
# `url`, so a URL without one is not looked for.
_LINKS: Final = """
SELECT source.url, link.bits & 7, link.anchor_text, coalesce(fetch.robots, 0), link.closed_fetch_id IS NULL
FROM link JOIN fetch USING (fetch_id) JOIN urls AS source ON source.url_id = fetch.url_id
WHERE link.target_url_id IN (?, ?) LIMIT ?"""
_HOST: Final = """
SELECT (SELECT count(*) FROM page WHERE origin_id = :origin),
       (SELECT count(*) FROM page WHERE origin_id = :origin AND state = 0),
       (SELECT pages FROM host WHERE host = :host), (SELECT asleep_until FROM host WHERE host = :host),
       (SELECT asleep_why FROM host WHERE host = :host)"""
_NEAR: Final = """
SELECT urls.url, coalesce(page.state, -1) FROM urls JOIN url USING (url_id)
LEFT JOIN page ON page.key_id = coalesce(url.key_id, url.url_id)
WHERE urls.url_id IN (SELECT value FROM json_each(?)) ORDER BY 1"""
_FORGOTTEN: Final = """
SELECT host FROM forgotten
WHERE host = ?1 OR with_subdomains AND substr(?1, -length(host) - 1) = '.' || host LIMIT 1"""


def url_record(folder: Path, url: str, domain: str, *, links: int = 5, fetches: int = 10) -> UrlRecord:
    """What ``folder`` knows of ``url`` (normalised, of the registrable domain ``domain``), with at most so many links
    that name it and fetches, the last ones. With 0 links neither they nor other spellings are looked for: both mean
    reading a whole table. For a URL never seen only the smaller one is read, that of URLs.

    Raises :class:`DataFolderError` where there is no crawl that can be read.
    """
    origin = origin_of(url)
    url_id, key_id, origin_id = identity(url), identity(dedup_key(url)), identity(origin.text)
    with reader(folder / CRAWL_DB) as db:
        text = db.execute("SELECT url FROM urls WHERE url_id = ?", (url_id,)).fetchone()
        is_seen = text is not None and text[0] == url
        page = _page(db, key_id)
        page_url_id = identity(page.url) if page else url_id
        return UrlRecord(
            url=url,
            domain=domain,
            is_seen=is_seen,
            page=page,
            target=_target(db, "target", url_id),
            sitemap=_target(db, "sitemap", url_id),
            spellings=_spellings(db, origin_id, key_id, url_id) if links else [],
            fetches=[
                FetchStatus(at, own, Outcome(outcome).name.lower(), status, reason, bool(complete), there)
                for at, own, outcome, status, reason, complete, there in db.execute(
                    _FETCHES, (url_id, page_url_id, key_id, fetches)
                )
            ],
            links=_links(db, url_id, page_url_id, links) if is_seen or page else [],
            hop=next(iter(db.execute("SELECT hop FROM site WHERE domain = ?", (domain,)).fetchone() or ()), None),
            host=_host(db, origin_id, origin.host),
            robots=_robots(db, origin_id),
            run=_run(db),
            forgotten=_forgotten(db, origin.host),
            near=[] if is_seen or page else _near(db, url),
        )


def _page(db: sqlite3.Connection, key_id: int) -> PageStatus | None:
    has_marks = db.execute("SELECT 1 FROM pragma_table_info('page') WHERE name = 'listed'").fetchone()
    listed = "coalesce(page.listed, 0)" if has_marks else "0"  # a file of an older version
    row = db.execute(_PAGE.format(listed=listed), (key_id,)).fetchone()
    if row is None:
        return None
    url, state, reason, depth, tries, found_at, found_on, due_at, marks = row
    by = tuple(flag.name.lower() for flag in Listed(marks) if flag.name)
    return PageStatus(url, State(state).name.lower(), reason, depth, tries, found_at, found_on, due_at, by)


def _spellings(db: sqlite3.Connection, origin_id: int, key_id: int, url_id: int) -> list[str]:
    return [row[0] for row in db.execute(_SPELLINGS, (origin_id, key_id, url_id, SPELLINGS))]


def _target(db: sqlite3.Connection, table: str, url_id: int) -> tuple[str, str] | None:
    row = db.execute(f"SELECT state, coalesce(reason, '') FROM {table} WHERE url_id = ?", (url_id,)).fetchone()  # noqa: S608
    return (State(row[0]).name.lower(), row[1]) if row else None


def _links(db: sqlite3.Connection, url_id: int, page_url_id: int, limit: int) -> list[NamingLink]:
    if not limit:
        return []
    return [
        NamingLink(source, Kind(kind).name.lower(), anchor, bool(robots & RobotsFlag.NOFOLLOW), bool(is_open))
        for source, kind, anchor, robots, is_open in db.execute(_LINKS, (url_id, page_url_id, limit))
    ]


def _host(db: sqlite3.Connection, origin_id: int, host: str) -> HostFacts:
    known, waiting, pages, until, why = db.execute(_HOST, {"origin": origin_id, "host": host}).fetchone()
    return HostFacts(host, known, waiting, pages or 0, until or 0, why or "")


def _robots(db: sqlite3.Connection, origin_id: int) -> RobotsAnswer | None:
    row = db.execute("SELECT fetched_at, status, body FROM robots WHERE origin_id = ?", (origin_id,)).fetchone()
    return RobotsAnswer(row[0], row[1], bytes(row[2] or b"")) if row else None


def _run(db: sqlite3.Connection) -> LastRun | None:
    row = db.execute(
        "SELECT started_at, coalesce(ended_why, ''), settings FROM run ORDER BY run_id DESC LIMIT 1"
    ).fetchone()
    return LastRun(row[0], row[1], json.loads(row[2])) if row else None


def _forgotten(db: sqlite3.Connection, host: str) -> str:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'forgotten'").fetchone():
        return ""  # a file of an older version, which only a crawl brings up to date
    row = db.execute(_FORGOTTEN, (host,)).fetchone()
    return str(row[0]) if row else ""


def _near(db: sqlite3.Connection, url: str) -> list[tuple[str, str]]:
    """Known URLs that differ from ``url`` by scheme, ``www.``, an outer slash or the query."""
    origin, path = origin_text(url), path_of(url)
    scheme, _, authority = origin.partition("://")
    authorities = [authority, authority.removeprefix("www.") if authority.startswith("www.") else f"www.{authority}"]
    bare = path.partition("?")[0]
    paths = [path, path.rstrip("/") or "/", f"{path}/", bare, bare.rstrip("/") or "/", f"{bare}/", "/"]
    others = {
        f"{either}://{name}{end}" for either in (scheme, "http", "https") for name in authorities for end in paths
    }
    ids = json.dumps([identity(other) for other in others - {url}])
    rows = db.execute(_NEAR, (ids,))
    return [(near, State(state).name.lower() if state >= 0 else "no page") for near, state in rows]
