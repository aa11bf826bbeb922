"""What is in a data folder, counted: pages by state, hosts, links by kind, what was no link, and the crawls so far."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from .database import CRAWL_DB, reader
from .records import State
from .sites import read_prefix_sites


class HostStatus(NamedTuple):
    """One host's pages by state; ``asleep_until`` in UTC seconds, 0 = awake."""

    host: str
    pages_known: int
    fetched: int
    failed: int
    blocked: int
    pending: int
    excluded: int
    last_fetched_at: int
    asleep_until: int
    asleep_why: str


class UrlStatus(NamedTuple):
    """A known page, its state and the reason."""

    url: str
    state: str
    reason: str
    depth: int


def last_settings(folder: Path) -> dict[str, Any]:
    """What the last crawl of ``folder`` was told, as it recorded that; empty where none ran.

    Raises :class:`DataFolderError` when there is no crawl.
    """
    with reader(folder / CRAWL_DB) as db:
        row = db.execute("SELECT settings FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
    return dict(json.loads(row[0])) if row else {}


class RunStatus(NamedTuple):
    """A crawl: when it ran (UTC seconds) and how it ended (empty: it was killed, or is running)."""

    started_at: int
    ended_at: int
    ended_why: str


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """Counts of the whole folder. ``states`` has reasons under each state (empty: none); ``targets`` are
    link targets that were checked, by state; ``sitemaps`` are those known by state and reason, ``listed`` what they
    list; ``clashes`` counts ids that two texts share (expected: 0); ``prefix_sites`` are parts of hosts that count as
    sites of their own."""

    folder: str
    crawl_bytes: int
    suffix_list: str
    hosts: int
    domains: int
    urls: int
    requests: int
    states: dict[str, dict[str, int]]
    targets: dict[str, int]
    sitemaps: dict[str, int]
    listed: dict[str, int]
    links: dict[str, int]
    non_links: dict[str, int]
    incomplete_pages: int
    script_only_pages: int
    clashes: int
    first_fetched_at: int
    last_fetched_at: int
    last_fetch_id: int
    runs: list[RunStatus]
    prefix_sites: list[str]


_STATES: Final = "SELECT state, coalesce(reason, ''), count(*) FROM page GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
_TARGETS: Final = "SELECT state, count(*) FROM target GROUP BY 1 ORDER BY 1"
_SITEMAPS: Final = "SELECT state, coalesce(reason, ''), count(*) FROM sitemap GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
_LISTED: Final = "SELECT key, sum(value) FROM sitemap, json_each(listed) GROUP BY 1 ORDER BY 2 DESC, 1"
_ENTITIES: Final = """
SELECT (SELECT count(DISTINCT host) FROM origin JOIN page USING (origin_id)),
       (SELECT count(DISTINCT domain) FROM origin JOIN page USING (origin_id)),
       (SELECT count(*) FROM url),
       (SELECT count(*) FROM url WHERE clash > 0) + (SELECT count(*) FROM origin WHERE clash > 0)"""
_FETCHES: Final = """
SELECT count(*), coalesce(min(fetched_at), 0), coalesce(max(fetched_at), 0), coalesce(max(fetch_id), 0),
       count(*) FILTER (WHERE outcome = 0 AND NOT is_complete), count(*) FILTER (WHERE script_only = 1) FROM fetch"""
_COUNTS: Final = {
    "links": "SELECT key, sum(value) FROM fetch, json_each(link_counts) GROUP BY 1 ORDER BY 2 DESC, 1",
    "non_links": "SELECT key, sum(value) FROM fetch, json_each(non_link_counts) GROUP BY 1 ORDER BY 2 DESC, 1",
}
_RUNS: Final = "SELECT started_at, coalesce(ended_at, 0), coalesce(ended_why, '') FROM run ORDER BY run_id"
_HOSTS: Final = """
SELECT origin.host, count(*), count(*) FILTER (WHERE state IN (1, 2)), count(*) FILTER (WHERE state = 3),
       count(*) FILTER (WHERE state = 4), count(*) FILTER (WHERE state IN (0, 5)), count(*) FILTER (WHERE state = 6),
       coalesce(max(latest.fetched_at), 0), coalesce(max(host.asleep_until), 0), coalesce(max(host.asleep_why), '')
FROM page JOIN origin USING (origin_id) LEFT JOIN host USING (host)
LEFT JOIN (SELECT url_id, max(fetched_at) AS fetched_at FROM fetch GROUP BY 1) AS latest USING (url_id)
GROUP BY 1 ORDER BY 2 DESC, 1"""
_URLS: Final = """
SELECT origin.origin || url.path, coalesce(page.reason, ''), page.depth
FROM page JOIN url USING (url_id) JOIN origin ON origin.origin_id = url.origin_id
WHERE page.state = ? ORDER BY 1"""


def folder_status(folder: Path) -> FolderStatus:
    """Count what is in ``folder``. Raises :class:`DataFolderError` where there is no crawl that can be read."""
    path = folder / CRAWL_DB
    with reader(path) as db:
        hosts, domains, urls, clashes = db.execute(_ENTITIES).fetchone()
        requests, first, last, last_fetch_id, incomplete, script_only = db.execute(_FETCHES).fetchone()
        suffix_list = db.execute("SELECT value FROM meta WHERE key = 'suffix_list'").fetchone()
        return FolderStatus(
            folder=str(folder),
            crawl_bytes=sum(file.stat().st_size for file in folder.glob(f"{CRAWL_DB}*")),
            suffix_list=suffix_list[0] if suffix_list else "",
            hosts=hosts,
            domains=domains,
            urls=urls,
            requests=requests,
            states=_states(db),
            targets={State(state).name.lower(): count for state, count in db.execute(_TARGETS)},
            sitemaps=_sitemaps(db),
            listed=dict(db.execute(_LISTED).fetchall()),
            links=dict(db.execute(_COUNTS["links"]).fetchall()),
            non_links=dict(db.execute(_COUNTS["non_links"]).fetchall()),
            incomplete_pages=incomplete,
            script_only_pages=script_only,
            clashes=clashes,
            first_fetched_at=first,
            last_fetched_at=last,
            last_fetch_id=last_fetch_id,
            runs=[RunStatus(*row) for row in db.execute(_RUNS)],
            prefix_sites=[site.name for site in read_prefix_sites(db)],
        )


def _states(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    states: dict[str, dict[str, int]] = {state.name.lower(): {} for state in State}
    for state, reason, count in db.execute(_STATES):
        states[State(state).name.lower()][reason] = count
    return states


def _sitemaps(db: sqlite3.Connection) -> dict[str, int]:
    return {f"{State(state).name.lower()} {reason}".strip(): count for state, reason, count in db.execute(_SITEMAPS)}


def host_statuses(folder: Path) -> Iterator[HostStatus]:
    """Every host with a page known, those with the most pages first."""
    with reader(folder / CRAWL_DB) as db:
        yield from (HostStatus(*row) for row in db.execute(_HOSTS))


def url_statuses(folder: Path, state: State) -> Iterator[UrlStatus]:
    """Every page in ``state``, by URL."""
    with reader(folder / CRAWL_DB) as db:
        for url, reason, depth in db.execute(_URLS, (state,)):
            yield UrlStatus(url, state.name.lower(), reason, depth)


_WAITING: Final = """
SELECT coalesce(sum(pages), 0), coalesce(max(pages), 0)
FROM (SELECT count(*) AS pages FROM page WHERE state = 0 GROUP BY origin_id)"""


def pages_waiting(folder: Path) -> tuple[int, int]:
    """Pages that wait to be fetched, and how many of them at most wait for one origin."""
    with reader(folder / CRAWL_DB) as db:
        total, most = db.execute(_WAITING).fetchone()
    return int(total), int(most)
