"""The crawl's one writer. Everything a crawl learns becomes facts here, a batch in a transaction.

A batch holds whole answers: the fetch, its links, the URLs they name, the state of the page and the pages found. So a
kill between two commits loses only answers that were not committed, and their pages are still ``discovered``.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from . import bulk
from . import statements as sql
from .database import PRAGMAS, prepare, translated
from .forgetting import HONOUR, Forgotten
from .sites import INSERT_PREFIX_SITE, LIST_PREFIX_SITES, PrefixSite

if TYPE_CHECKING:
    import aiosqlite

OriginRow = tuple[int, str, str, str, str]
"""origin_id, origin, host, domain, icann_domain"""
UrlRow = tuple[int, int, str, int | None]
"""url_id, origin_id, path, key_id (None where it is the url_id)"""
LinkRow = tuple[int, int, int, int, int, str | None, str]
"""fetch_id, ordinal, target_url_id, bits, rel, rel_other, anchor_text"""
LinkIdentity = tuple[int, int, int, str | None, str]
"""What makes two links of a page the same: target_url_id, bits, rel, rel_other, anchor_text"""
EvidenceRow = tuple[int, int, str, str | None, str, str, str, int]
"""fetch_id, ordinal, raw_href, raw_rel, tag, context_before, context_after, path_fingerprint"""


class FetchRow(NamedTuple):
    """One ended request; the columns of ``fetch`` in order."""

    fetch_id: int
    url_id: int
    requested_url_id: int
    redirects: int
    fetched_at: int
    elapsed_ms: int
    outcome: int
    reason: str | None = None
    status: int | None = None
    remote_ip: str | None = None
    content_type: str | None = None
    body_bytes: int | None = None
    body_hash: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    is_complete: int = 0
    redirect_url_id: int | None = None
    canonical_url_id: int | None = None
    refresh_url_id: int | None = None
    refresh_delay_s: int | None = None
    robots: int | None = None
    robots_other: str | None = None
    charset: str | None = None
    title: str | None = None
    language: str | None = None
    words: int | None = None
    simhash: int | None = None
    script_only: int | None = None
    link_counts: str | None = None
    non_link_counts: str | None = None


RespelledRow = tuple[int, int, int, int, int]
"""key_id, url_id, origin_id, redirects, requested_url_id: a redirect's target, in case its key answered with it"""


TargetRow = tuple[int, int, int, int]
"""url_id, origin_id, redirects, requested_url_id: a URL that a checked target redirects to"""


class CandidateRow(NamedTuple):
    """A page the crawl may fetch, or why it may not, as columns of ``page``. ``sitemap_url_id`` is the sitemap that
    lists it, ``lastmod`` when it changed last by that (UTC seconds)."""

    key_id: int
    url_id: int
    origin_id: int
    state: int
    reason: str | None
    depth: int
    redirects: int
    requested_url_id: int | None
    found_at: int
    found_fetch_id: int | None
    sitemap_url_id: int | None = None
    lastmod: int | None = None


class PageRow(NamedTuple):
    """What became of a page that was handed out. ``asked_at`` and what follows stay as they are where they are None:
    the time it was asked for, how long it may stay unasked, the fetch that brought a page, and its external links."""

    state: int
    reason: str | None
    tries: int
    key_id: int
    asked_at: int | None = None
    interval_s: int | None = None
    body_fetch_id: int | None = None
    external_links: int | None = None


class TargetStateRow(NamedTuple):
    """What became of a link's target."""

    state: int
    reason: str | None
    tries: int
    url_id: int


class Revisit(NamedTuple):
    """A page whose links are in the batch was asked for before: links that it shows as they were are not stored again,
    and those it does not show are closed. ``interval_s`` is how long it may stay unasked if that changes nothing."""

    fetch_id: int
    url_id: int
    key_id: int
    interval_s: int


class WaitingRow(NamedTuple):
    """A page that may be handed out. ``asked_at`` is None if it never was; ``is_fetched``, ``interval_s``, ``etag`` and
    ``last_modified`` are what the last time brought (the latter two only of a page that was read to its end).
    ``is_from_soft_404``: it was first found on a page of that mark."""

    origin_id: int
    key_id: int
    url_id: int
    path: str
    depth: int
    redirects: int
    requested_url_id: int | None
    tries: int
    asked_at: int | None = None
    is_fetched: int = 0
    interval_s: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    is_seed: int = 0
    is_from_soft_404: int = 0


OfferedSitemap = tuple[int, int, int, str | None, int, int, int, int]
"""url_id, origin_id, state, reason, level, redirects, found_at, and the time: asked before it, it is asked again"""
AskedSitemap = tuple[int, str | None, int, int | None, str | None, int]
"""state, reason, tries, asked_at (None: it was not), what it listed (JSON), url_id"""


class SitemapRow(NamedTuple):
    """A sitemap that may be asked; ``level`` counts the indexes on the way to it."""

    origin_id: int
    url_id: int
    path: str
    level: int
    redirects: int
    tries: int


class OriginFacts(NamedTuple):
    """An origin, its host and registrable domain, and the pages of the host that count in its budget."""

    origin_id: int
    origin: str
    host: str
    domain: str
    pages: int


class RobotsRow(NamedTuple):
    """What an origin answered to ``/robots.txt``; ``status`` is None where nothing answered. ``body`` is the file, and
    while it is unreachable the last one that came; ``fetched_at`` then is since when."""

    origin_id: int
    fetched_at: int
    status: int | None
    body: bytes


@dataclass(slots=True)
class Batch:
    """Rows that belong in one transaction, in the order they are written. ``depths`` are the key_id of pages whose
    links are in the batch, and the depth that those were counted from; ``seeds`` are candidates by key_id; ``due`` (in
    a recrawl) the key_id of pages to ask for too, unless they were asked for since the time beside it. ``listed``: a
    ``records.Listed``, and the key_id of a page of the same site that it names."""

    origins: list[OriginRow] = field(default_factory=list)
    urls: list[UrlRow] = field(default_factory=list)
    fetches: list[FetchRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    pages: list[PageRow] = field(default_factory=list)
    candidates: list[CandidateRow] = field(default_factory=list)
    listed: list[tuple[int, int]] = field(default_factory=list)
    seeds: list[tuple[int]] = field(default_factory=list)
    respelled: list[RespelledRow] = field(default_factory=list)
    sitemaps: list[OfferedSitemap] = field(default_factory=list)
    asked_sitemaps: list[AskedSitemap] = field(default_factory=list)
    depths: list[tuple[int, int]] = field(default_factory=list)
    revisits: list[Revisit] = field(default_factory=list)
    put_off: list[tuple[int, str, int]] = field(default_factory=list)
    undue: list[tuple[int]] = field(default_factory=list)
    due: list[tuple[int, int]] = field(default_factory=list)
    intervals: list[tuple[int, int]] = field(default_factory=list)
    targets: list[TargetRow] = field(default_factory=list)
    checked: list[TargetStateRow] = field(default_factory=list)
    sites: list[tuple[str, int, str]] = field(default_factory=list)
    robots: list[RobotsRow] = field(default_factory=list)
    host_pages: list[tuple[str, int]] = field(default_factory=list)
    host_sleeps: list[tuple[str, int, str | None]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(_parts_of(self))

    def extend(self, other: "Batch") -> None:
        """Add the rows of ``other`` behind these."""
        for name, rows in zip(_PARTS, _parts_of(other), strict=True):
            if rows:
                getattr(self, name).extend(rows)


_PARTS: Final = tuple(part.name for part in fields(Batch))
_parts_of: Final[Callable[[Batch], tuple[list[Any], ...]]] = attrgetter(*_PARTS)


_SLICE: Final = 5_000
"""Rows of a long answer that are handed on at once."""

_WRITES: Final = {
    "origins": sql.INSERT_ORIGIN,
    "urls": sql.INSERT_URL,
    "fetches": sql.INSERT_FETCH,
    "links": sql.INSERT_LINK,
    "evidence": sql.INSERT_EVIDENCE,
    "pages": sql.UPDATE_PAGE,
    "candidates": sql.UPSERT_CANDIDATE,
    "listed": sql.MARK_LISTED,
    "seeds": sql.SEED_AGAIN,
    "respelled": sql.RESPELL,
    "sitemaps": sql.OFFER_SITEMAP,
    "asked_sitemaps": sql.UPDATE_SITEMAP,
    "depths": sql.LOWER_SINCE,
    "put_off": sql.PUT_OFF,
    "undue": sql.DELETE_DUE,
    "due": sql.INSERT_DUE_NOW,
    "intervals": sql.SET_INTERVAL,
    "targets": sql.INSERT_TARGET,
    "checked": sql.UPDATE_TARGET,
    "sites": sql.UPSERT_SITE,
    "robots": sql.UPSERT_ROBOTS,
    "host_pages": sql.ADD_HOST_PAGES,
    "host_sleeps": sql.UPSERT_HOST_SLEEP,
}
_IN_BULK: Final = frozenset({"origins", "urls", "fetches", "links", "evidence", "candidates"})


def _settle_depths(db: sqlite3.Connection) -> None:
    """Carry a page's lower depth on to the pages it names: depth is the shortest way, in any order of arrival."""
    while db.execute(sql.COUNT_LOWERED).fetchone()[0]:
        db.execute(sql.TAKE_LOWERED)
        db.execute(sql.CLEAR_LOWERED)
        db.execute(sql.LOWER_TARGETS)
        db.execute(sql.DROP_TAKEN)


class CrawlStore:
    """crawl.db as the crawl writes it. Open with :meth:`open`; use as an async context manager.

    ``links_opened`` and ``links_closed`` count links of pages asked for again: shown anew, and shown no more.
    """

    def __init__(self, connection: "aiosqlite.Connection", path: Path, max_depth: int) -> None:
        import asyncio  # noqa: PLC0415 - as in open

        self._db = connection
        self._path = path
        self._max_depth = max_depth
        self._writing = asyncio.Lock()
        self.links_opened = 0
        self.links_closed = 0
        self._has_prefix_sites = False

    @classmethod
    async def open(cls, path: Path, *, max_depth: int | None = None) -> Self:
        """Open ``path``, creating or upgrading it. Raises :class:`DataFolderError`."""
        import aiosqlite  # noqa: PLC0415 - a parser process, which needs the rows alone, starts without

        prepare(path)
        limit = sql.NO_LIMIT if max_depth is None else max_depth
        try:
            db = await aiosqlite.connect(path, isolation_level=None)
            try:
                for pragma in PRAGMAS:
                    await db.execute(pragma)
                await db.executescript(sql.SESSION)
                await db.execute(sql.GIVE_MAX_DEPTH, (limit,))
            except BaseException:
                await db.close()
                raise
        except sqlite3.Error as error:
            raise translated(error, path) from error
        return cls(db, path, limit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._db.close()

    @asynccontextmanager
    async def atomic(self) -> AsyncIterator["aiosqlite.Connection"]:
        """One transaction: all of it or nothing, one at a time. SQLite's errors leave as :class:`DataFolderError`."""
        async with self._writing:
            try:
                await self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    if self._db.in_transaction:
                        await self._db.execute("ROLLBACK")
                    raise
                await self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise translated(error, self._path) from error

    async def commit(self, batch: Batch) -> bool:
        """Write ``batch`` in one transaction. True when that let pages in which were excluded: perhaps others than the
        batch names."""
        async with self._writing:
            try:
                return bool(await self._in_thread(self._write, batch))
            except sqlite3.Error as error:
                raise translated(error, self._path) from error

    async def _in_thread(self, work: Callable[..., object], *values: object) -> object:
        """Do ``work`` in SQLite's thread, in one go: each way there and back costs as much as some 50 rows."""
        execute: Callable[..., Awaitable[object]] = self._db._execute  # noqa: SLF001 - there is no public way
        return await execute(work, self._db._conn, *values)  # noqa: SLF001

    def _write(self, db: sqlite3.Connection, batch: Batch) -> bool:
        db.execute("BEGIN IMMEDIATE")
        try:
            if batch.revisits:
                self._compare(db, batch)
            for name, statement in _WRITES.items():
                rows = getattr(batch, name)
                if rows and name in _IN_BULK:
                    bulk.insert(db, statement, rows)
                elif rows:
                    db.executemany(statement, rows)
            _settle_depths(db)
            has_readmitted = db.execute(sql.CLEAR_READMITTED).rowcount > 0
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return has_readmitted

    def _compare(self, db: sqlite3.Connection, batch: Batch) -> None:
        """Leave out of ``batch`` the links that are open already, and close those that their pages show no more.

        Two links are the same if all is but their place on the page; but one that has evidence now, and had none while
        it led to its own site, is stored again with it.
        """
        statement = sql.OPEN_LINKS_PROVED if self._has_prefix_sites else sql.OPEN_LINKS
        proved = {(row[0], row[1]) for row in batch.evidence}
        shown: dict[int, list[LinkRow]] = {revisit.fetch_id: [] for revisit in batch.revisits}
        for link in batch.links:
            if link[0] in shown:
                shown[link[0]].append(link)
        known: set[tuple[int, int]] = set()
        for fetch_id, url_id, key_id, interval_s in batch.revisits:
            left: dict[LinkIdentity, list[tuple[int, int]]] = {}
            unproved: set[tuple[int, int]] = set()
            for row in db.execute(statement, (url_id, fetch_id)):
                left.setdefault(tuple(row[2:7]), []).append((row[0], row[1]))
                if not row[7]:
                    unproved.add((row[0], row[1]))
            before = len(known)
            for link in shown[fetch_id]:
                same = left.get(link[2:], [])
                place = next((it for it in same if it not in unproved or (fetch_id, link[1]) not in proved), None)
                if place is not None:
                    same.remove(place)
                    known.add((fetch_id, link[1]))
            gone = [(fetch_id, *place) for places in left.values() for place in places]
            db.executemany(sql.CLOSE_LINK, gone)
            self.links_closed += len(gone)
            self.links_opened += len(shown[fetch_id]) - (len(known) - before)
            if not gone and len(known) - before == len(shown[fetch_id]):
                batch.intervals.append((interval_s, key_id))
        batch.links = [row for row in batch.links if (row[0], row[1]) not in known]
        batch.evidence = [row for row in batch.evidence if (row[0], row[1]) not in known]

    # -- runs and limits

    async def start_run(self, now: int, settings: dict[str, object], facts: dict[str, str]) -> int:
        """Record that a crawl starts; ``facts`` (suffix-list version and the like) are kept under their names."""
        async with self.atomic() as db:
            await db.executemany(sql.SET_META, facts.items())
            cursor = await db.execute(sql.INSERT_RUN, (now, json.dumps(settings, sort_keys=True)))
            return cursor.lastrowid or 0

    async def end_run(self, run_id: int, now: int, why: str) -> None:
        """Record how the crawl ended, and tidy up after the writes."""
        async with self.atomic() as db:
            await db.execute(sql.END_RUN, (now, why, run_id))
        await self._db.execute("PRAGMA optimize")
        await self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def apply_limits(
        self,
        *,
        hops: int,
        nofollow_pages: bool,
        robots_before: int,
        traps: bool = True,
        url_rules: str = "",
        ignore_robots: Sequence[str] = (),
    ) -> None:
        """Make the states what the limits given now say: pages kept out by older limits come back, and the reverse.

        Pages blocked by a robots.txt fetched before ``robots_before`` wait for the new one; those of the hosts in
        ``ignore_robots`` are let in. What looked like a trap is let in unless ``traps``, what ``url_rules`` other than
        these left out waits for their verdict.
        """
        async with self.atomic() as db:
            await db.execute(sql.FORGET_ADMITTED, (hops,))
            await db.execute(sql.WAKE_POSTPONED, {"traps": traps})
            await db.execute(sql.WAKE_LEFT_OUT, {"rules": url_rules})
            await db.execute(sql.SET_META, ("url_rules", url_rules))
            await db.execute(sql.WAKE_BLOCKED, {"before": robots_before})
            if ignore_robots:
                hosts = json.dumps(list(ignore_robots))
                await db.execute(sql.WAKE_BLOCKED_OF, (hosts,))
                await db.execute(sql.WAKE_BLOCKED_SITEMAPS_OF, (hosts,))
            await db.execute(sql.EXCLUDE_BY_LIMITS, {"max_depth": self._max_depth, "hops": hops})
            await db.execute(
                sql.READMIT_BY_LIMITS,
                {"max_depth": self._max_depth, "hops": hops, "nofollow_pages": nofollow_pages},
            )

    async def seed_origins(self) -> list[str]:
        """The origins of all seeds ever given."""
        return [row[0] for row in await self._all(sql.SEED_ORIGINS)]

    async def readmit_ports(self, is_allowed: Callable[[str], bool]) -> None:
        """Let in the pages and sitemaps that were excluded for their port, on origins that are allowed now."""
        rows = await self._all(sql.EXCLUDED_BY_PORT)
        allowed = [row[0] for row in rows if is_allowed(row[1])]
        if allowed:
            async with self.atomic() as db:
                await db.execute(sql.READMIT_PORTS, (json.dumps(allowed),))
                await db.execute(sql.READMIT_SITEMAP_PORTS, (json.dumps(allowed),))

    async def honour_forgotten(self) -> tuple[Forgotten, ...]:
        """Have no page of a forgotten host wait from here on; the hosts. Costs nothing where none was forgotten."""
        hosts = tuple(
            Forgotten(row[0], bool(row[1]), bool(row[2]), row[3]) for row in await self._all("SELECT * FROM forgotten")
        )
        if hosts:
            try:
                await self._db.executescript(HONOUR)
            except sqlite3.Error as error:
                raise translated(error, self._path) from error
        return hosts

    async def name_sites(self, sites: Sequence[PrefixSite], now: int) -> tuple[PrefixSite, ...]:
        """Name these parts of hosts as sites of their own; all that the folder has."""
        async with self.atomic() as db:
            await db.executemany(INSERT_PREFIX_SITE, [(site.host, site.path, now) for site in sites])
        found = tuple(PrefixSite(*row) for row in await self._all(LIST_PREFIX_SITES))
        self._has_prefix_sites = bool(found)
        return found

    async def reach(self, hops: int, *, nofollow_pages: bool) -> None:
        """Bring the domains up to ``hops`` away from the seeds into reach, by the links already known."""
        for hop in range(hops):
            async with self.atomic() as db:
                await db.execute(sql.REACH_NEXT_HOP, {"hop": hop, "nofollow_pages": nofollow_pages})

    async def count_referring(self) -> list[tuple[str, int]]:
        """Count anew how many other domains link to each domain in reach, by the links already known: domain, number.
        :meth:`waiting_origins` goes by it."""
        async with self.atomic() as db:
            await db.execute("DELETE FROM referred")
            await db.execute(sql.COUNT_REFERRING)
        return [(row[0], row[1]) for row in await self._all("SELECT domain, domains FROM referred")]

    async def admit(self, hops: int, *, nofollow_pages: bool, now: int) -> None:
        """Make pages of the known URLs that links name on domains which came into reach after the links did."""
        async with self.atomic() as db:
            domains = json.dumps([row[0] for row in await self._all(sql.NOT_ADMITTED, (hops,))])
            if domains == "[]":
                return
            await db.execute(sql.ADMIT, {"domains": domains, "nofollow_pages": nofollow_pages, "now": now})
            await self._in_thread(_settle_depths)
            await db.execute(sql.SET_ADMITTED, (domains,))

    async def postpone(self, hosts: Iterable[str], domains: Iterable[str], too_many: Iterable[str] = ()) -> None:
        """Mark what the budgets of these hosts and domains leave waiting, and all of hosts that are ``too_many``."""
        async with self.atomic() as db:
            await db.execute(sql.POSTPONE_HOSTS, (json.dumps(list(too_many)),))
            await db.execute(sql.POSTPONE, {"hosts": json.dumps(list(hosts)), "domains": json.dumps(list(domains))})

    async def admit_targets(self) -> None:
        """Have each URL outside of reach that an open link names asked once."""
        async with self.atomic() as db:
            await db.execute(sql.FORGET_TARGETS_IN_REACH)
            await db.execute(sql.WAKE_BLOCKED_TARGETS)
            await db.execute(sql.ADMIT_TARGETS)

    # -- a recrawl

    async def plan_recrawl(self, *, now: int, pages: int | None, hops: int) -> tuple[int, int]:
        """Choose the pages that are due by ``now``, at most ``pages`` of them, the most pressing first. How many are
        chosen, and how many are due."""
        limit = sql.NO_LIMIT if pages is None else pages
        given: dict[str, object] = {"now": now, "hops": hops}
        due = int((await self._one(sql.COUNT_DUE, given))[0])
        async with self.atomic() as db:
            await db.execute(sql.ASKED_IS_NOT_DUE)
            chosen = (await db.execute(sql.INSERT_DUE, {**given, "pages": limit})).rowcount
        return chosen, due

    async def plan_listed(self, batch: Batch) -> None:
        """Have the candidates of ``batch`` asked for, known or not, and nothing else. What is known of them, their
        depth and their state, stays as it is until they answer."""
        listed, batch.candidates = batch.candidates, []
        await self.commit(batch)
        async with self.atomic() as db:
            await db.execute(sql.ASKED_IS_NOT_DUE)
            await db.executemany(sql.INSERT_LISTED_PAGE, listed)
            await db.executemany(sql.INSERT_LISTED, [(row.key_id,) for row in listed])

    def due_origins(self) -> AsyncIterator[list[int]]:
        """Origins (origin_id) with a page to ask for again, some at a time."""
        return self._numbers(sql.DUE_ORIGINS)

    async def waiting_due(self, origin_ids: Sequence[int], limit: int) -> list[WaitingRow]:
        """Up to ``limit`` pages to ask for again of each origin."""
        rows = await self._all(sql.WAITING_DUE, (json.dumps(origin_ids), limit))
        return [WaitingRow(*row) for row in rows]

    # -- what the crawl and its frontier ask

    async def still_waiting(self, key_ids: Iterable[int]) -> set[int]:
        """Which of these pages are still to be fetched."""
        return {row[0] for row in await self._all(sql.STILL_WAITING, (json.dumps(list(key_ids)),))}

    async def seeds(self) -> list[tuple[str, str]]:
        """Host and path of every seed."""
        return [(row[0], row[1]) for row in await self._all(sql.SEEDS)]

    async def last_fetch_id(self) -> int:
        """The highest fetch id in use; 0 in an empty folder."""
        return int((await self._one("SELECT coalesce(max(fetch_id), 0) FROM fetch"))[0])

    async def page_count(self) -> int:
        """Pages that count against ``--max-pages``: those with an answer that was no redirect, or given up."""
        return int((await self._one(sql.COUNT_PAGES))[0])

    async def sites(self) -> list[tuple[str, int]]:
        """Domains in reach with their hops from a seed."""
        return [(row[0], row[1]) for row in await self._all("SELECT domain, hop FROM site")]

    def waiting_origins(self, *, sitemaps: bool = False) -> AsyncIterator[list[int]]:
        """Origins (origin_id) with a page to fetch, or of ``sitemaps`` one, some at a time; those with the shallowest
        page first, and of these the ones whose domain more others link to."""
        return self._numbers(sql.WAITING_ORIGINS, {"sitemaps": sitemaps})

    async def origin_facts(self, origin_ids: Sequence[int]) -> list[OriginFacts]:
        """What these origins are, in the same order."""
        return [OriginFacts(*row) for row in await self._all(sql.ORIGIN_FACTS, (json.dumps(origin_ids),))]

    async def waiting_sitemaps(self, origin_ids: Sequence[int]) -> list[SitemapRow]:
        """The sitemaps of these origins that are still to be asked."""
        return [SitemapRow(*row) for row in await self._all(sql.WAITING_SITEMAPS, (json.dumps(origin_ids),))]

    async def waiting(self, origin_ids: Sequence[int], limit: int) -> list[WaitingRow]:
        """Up to ``limit`` pages to fetch of each origin, shallow and old ones first."""
        rows = await self._all(sql.WAITING, (json.dumps(origin_ids), limit))
        return [WaitingRow(*row) for row in rows]

    def waiting_target_origins(self) -> AsyncIterator[list[int]]:
        """Origins (origin_id) with a link target to check, some at a time."""
        return self._numbers(sql.WAITING_TARGET_ORIGINS)

    async def waiting_targets(self, origin_ids: Sequence[int], limit: int) -> list[WaitingRow]:
        """Up to ``limit`` link targets to check of each origin; ``key_id`` is the url_id."""
        rows = await self._all(sql.WAITING_TARGETS, (json.dumps(origin_ids), limit))
        return [WaitingRow(*row) for row in rows]

    async def host_facts(self) -> AsyncIterator[list[tuple[str, int, int, str | None]]]:
        """What is remembered of hosts, some at a time: host, pages fetched, asleep until, why."""
        async for rows in self._slices(sql.HOST_FACTS):
            yield [(row[0], row[1], row[2], row[3]) for row in rows]

    async def hosts_of_pages(self, pages: int) -> list[str]:
        """Hosts of which at least so many pages were fetched."""
        return [row[0] for row in await self._all(sql.HOSTS_OF_PAGES, (pages,))]

    async def waiting_hosts(self, domains: Sequence[str]) -> list[tuple[str, int]]:
        """Hosts of these domains with a page to fetch: host, pages fetched."""
        return [(row[0], row[1]) for row in await self._all(sql.WAITING_HOSTS, (json.dumps(domains),))]

    async def robots(self, origin_ids: Sequence[int]) -> list[RobotsRow]:
        """The stored robots.txt answers of these origins."""
        rows = await self._all(sql.ROBOTS, (json.dumps(origin_ids),))
        return [RobotsRow(*row) for row in rows]

    async def counts(self) -> dict[tuple[int, str | None], int]:
        """Pages by state and reason."""
        rows = await self._all("SELECT state, reason, count(*) FROM page GROUP BY state, reason")
        return {(row[0], row[1]): row[2] for row in rows}

    async def _all(self, statement: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        try:
            return list(await self._db.execute_fetchall(statement, values))
        except sqlite3.Error as error:
            raise translated(error, self._path) from error

    async def _numbers(
        self, statement: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> AsyncIterator[list[int]]:
        async for rows in self._slices(statement, values):
            yield [row[0] for row in rows]

    async def _slices(
        self, statement: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> AsyncIterator[list[sqlite3.Row]]:
        try:
            async with self._db.execute(statement, values) as cursor:
                while rows := list(await cursor.fetchmany(_SLICE)):
                    yield rows
        except sqlite3.Error as error:
            raise translated(error, self._path) from error

    async def _one(self, statement: str, values: Mapping[str, object] | None = None) -> sqlite3.Row:
        return (await self._all(statement, values or ()))[0]
