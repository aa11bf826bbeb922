"""A crawl: the one place that knows all the parts.

The frontier hands out an errand; a visitor runs it; what it learned goes to the writer, and from there, committed, back
to the frontier. The errands under way at once are the back-pressure: an errand ends when its rows are with the writer.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from wholinks.storage.crawl_store import Batch, CandidateRow, CrawlStore
from wholinks.storage.database import CRAWL_DB, FolderLock
from wholinks.storage.errors import WholinksError
from wholinks.storage.records import State
from wholinks.storage.sites import Sites, refuse_suffixes
from wholinks.storage.urls import PublicSuffixes, origin_of
from wholinks.storage.wording import counted

from .fetcher import Fetcher
from .frontier import Frontier, Sleeper
from .gate import Gate
from .listings import Listings
from .load import HostLoad, LoadMeter, UnderWay, watch, why_nothing_ends
from .manners import Manners
from .parse_pool import ParsePool
from .ports import Ports
from .reach import Reach
from .rows import RowMaker
from .scope import Scope
from .seeds import Seed
from .settings import Settings
from .stats import Stats
from .target_visitor import TargetVisitor
from .traps import Traps
from .uplink import GIVE_UP_S, Uplink
from .url_rules import Matcher, UrlRules
from .visitor import Visitor
from .writer import Writer


@dataclass(frozen=True, slots=True)
class Recrawl:
    """Which pages to ask for again: those due now or within ``ahead_s`` seconds, at most ``pages`` of them; or, where
    ``urls`` (normalised) are given, these alone, known or not, wherever they are."""

    pages: int | None = None
    ahead_s: int = 0
    urls: tuple[str, ...] = ()


_DRAIN_S: Final = 5.0
"""Seconds that requests under way get to end after a stop; the pages of those that don't are asked again next time."""


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """How a crawl ended. ``ended_why`` is ``done``, ``max_pages``, ``time_limit``, ``offline`` or ``interrupted``;
    ``states`` counts the pages of the whole folder by state and reason (``failed: {"http_404": 3}``), ``asleep`` are
    the hosts left for the next crawl. ``due`` counts the pages that were to be asked for again, chosen or not (None
    without a recrawl)."""

    ended_why: str
    elapsed_s: float
    stats: Stats
    states: dict[str, dict[str, int]]
    asleep: list[Sleeper]
    had_work: bool
    due: int | None = None


class Crawl:
    """One crawl into one data folder. ``notify`` gets a line for each thing a person should know while it runs."""

    def __init__(self, folder: Path, settings: Settings, notify: Callable[[str], None] = lambda _: None) -> None:
        self.settings = settings
        self.stats = Stats()
        self._folder = folder
        self._notify = notify
        self._suffixes = PublicSuffixes(settings.suffix_list)
        refuse_suffixes(settings.site, self._suffixes)
        self.meter = LoadMeter(folder)
        self._tasks: dict[asyncio.Task[None], UnderWay] = {}
        self._frontier: Frontier | None = None
        self._ended_why = ""
        self._error: Exception | None = None

    async def run(self, seeds: Sequence[Seed], recrawl: Recrawl | None = None) -> CrawlReport:
        """Crawl until nothing is left, a limit is reached, or :meth:`stop` is called; then say how it went.

        With ``recrawl`` the pages that are due are asked for again, and nothing else: what they name newly waits for
        the next crawl. Raises :class:`DataFolderError` when the folder can't be used.
        """
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            stack.enter_context(FolderLock(self._folder))
            store = await stack.enter_async_context(
                await CrawlStore.open(self._folder / CRAWL_DB, max_depth=self.settings.max_depth)
            )
            run_id = await store.start_run(
                int(time.time()), self.settings.as_record(), {"suffix_list": self._suffixes.version}
            )
            rows = RowMaker(self._suffixes)
            scope = Scope(self.settings.hops)
            ports = Ports(self.settings.allow_port, self.settings.connect_to)
            scope.forgotten = await store.honour_forgotten()
            for seed in seeds:
                if scope.is_forgotten(origin_of(seed.url).host):
                    self._notify(f"seed {seed.url}: removed on request, not asked (see 'wholinks forget --list')")
            sites = Sites(self._suffixes, await store.name_sites(self.settings.site, int(time.time())))
            reach = Reach(store, self.settings, scope, rows, self._suffixes, sites)
            bare = await reach.begin(seeds, ports)
            traps = Traps(datetime.now(UTC).year) if self.settings.traps else None
            fetcher = await stack.enter_async_context(Fetcher(self.settings, ports))
            visitor = Visitor(
                settings=self.settings,
                fetcher=fetcher,
                manners=Manners(self._uplink(fetcher), self.stats),
                pool=await stack.enter_async_context(ParsePool(self.settings, sites.prefixes)),
                frontier=self._new_frontier(
                    store, scope, ports, Gate(reach.rules, None if recrawl else traps), is_recrawl=recrawl is not None
                ),
                writer=Writer(store, is_starving=self._is_starving, committed=self._wake),
                scope=scope,
                suffixes=self._suffixes,
                sites=sites,
                rows=rows,
                stats=self.stats,
                notify=self._notify,
                next_fetch_id=await store.last_fetch_id() + 1,
                started_at=int(time.time()),
                bare=bare,
                is_recrawl=recrawl is not None,
                traps=traps,
            )
            for host in self.settings.ignore_robots:
                self._notify(f"{host}: robots.txt is ignored (--ignore-robots); do that on hosts of your own only")
            if self.settings.reads_listings:
                visitor.listings = self._listings(visitor, reach.rules, has_sitemaps=recrawl is None)
            due = await self._plan(store, recrawl, rows, visitor.started_at) if recrawl is not None else None
            await self._load_hosts(store, visitor.frontier, is_continued=run_id > 1)
            waiting = self._waiting_origins(store) if recrawl is None else store.due_origins()
            had_work = await _offer(visitor.frontier, waiting)
            limit_s = self.settings.time_limit_s
            if limit_s is not None:
                timer = asyncio.get_running_loop().call_later(limit_s, self.stop, "time_limit")
                stack.callback(timer.cancel)
            if recrawl is None:
                await self._crawl(visitor, partial(self._crawl_pages, visitor, reach, store))
            else:
                await self._crawl(visitor, partial(self._dispatch, visitor))
            await self._close(visitor)
            if self.settings.check_targets and self._ended_why in {"done", "max_pages"}:
                await self._check_targets(visitor, store)
            self.stats.links_opened, self.stats.links_closed = store.links_opened, store.links_closed
            await store.end_run(run_id, int(time.time()), self._ended_why)
            return CrawlReport(
                self._ended_why,
                time.monotonic() - started,
                self.stats,
                _by_state(await store.counts()),
                visitor.frontier.sleepers(),
                had_work,
                due,
            )

    def stop(self, why: str) -> bool:
        """Hand out nothing more; what is under way gets a few seconds to end. ``why`` goes into the report. False when
        the crawl was ending already."""
        if self._ended_why:
            return False
        self._ended_why = why
        if self._frontier is not None:
            self._frontier.stop()
            asyncio.get_running_loop().call_later(_DRAIN_S, self._cancel_errands)
        return True

    @property
    def hosts(self) -> HostLoad:
        """Hosts known to this crawl by what they wait for, as they were not long ago."""
        if self._frontier is None:
            return HostLoad()
        return self.meter.look(self._frontier, asyncio.get_running_loop().time())

    @property
    def pages_left(self) -> int | None:
        """Pages until ``max_pages``; None without that limit."""
        if self.settings.max_pages is None or self._frontier is None:
            return None
        return max(self.settings.max_pages - self._frontier.pages, 0)

    # -- start

    def _new_frontier(self, store: CrawlStore, scope: Scope, ports: Ports, gate: Gate, *, is_recrawl: bool) -> Frontier:
        settings = _without_budgets(self.settings) if is_recrawl else self.settings
        waiting = store.waiting_due if is_recrawl else store.waiting
        clock = asyncio.get_running_loop().time
        self._frontier = Frontier(store, settings, scope, clock, ports=ports, waiting=waiting, gate=gate)
        if self._ended_why:
            self._frontier.stop()
        return self._frontier

    def _uplink(self, fetcher: Fetcher) -> Uplink:
        give_up_s = max(GIVE_UP_S, self.settings.patience_s)
        gave_up = partial(self.stop, "offline")
        return Uplink(fetcher.reaches, notify=self._notify, opened=self._wake, gave_up=gave_up, give_up_s=give_up_s)

    def _listings(self, visitor: Visitor, rules: UrlRules, *, has_sitemaps: bool) -> Listings:
        return Listings(
            self.settings, visitor.fetcher, visitor.frontier, visitor.writer, visitor.scope, self._suffixes,
            visitor.rows, self.stats, visitor.manners, visitor.started_at - self.settings.robots_age_s, has_sitemaps,
            rules,
        )  # fmt: skip

    def _waiting_origins(self, store: CrawlStore) -> AsyncIterator[list[int]]:
        return store.waiting_origins(sitemaps=self.settings.reads_listings)

    async def _plan(self, store: CrawlStore, recrawl: Recrawl, rows: RowMaker, now: int) -> int:
        """Choose the pages to ask for again; how many are due."""
        if recrawl.urls:
            return await self._plan_listed(store, recrawl.urls, rows, now)
        chosen, due = await store.plan_recrawl(now=now + recrawl.ahead_s, pages=recrawl.pages, hops=self.settings.hops)
        if due > chosen:
            self._notify(
                f"{counted(due, 'page is', 'pages are')} due; {counted(chosen, 'is', 'are')} asked for now, the next"
                " recrawl goes on"
            )
        return due

    async def _plan_listed(self, store: CrawlStore, urls: Sequence[str], rows: RowMaker, now: int) -> int:
        """Have these pages asked for. Their sites come into no reach by that: what they link to stays links. Those that
        are new stand one link away from a seed, as what a sitemap lists: they are none."""
        batch = Batch()
        for url in urls:
            url_id, origin_id, key_id = rows.url(url)
            batch.candidates.append(
                CandidateRow(key_id, url_id, origin_id, State.DISCOVERED, None, 1, 0, None, now, None)
            )
        batch.origins, batch.urls = rows.take()
        await store.plan_listed(batch)
        return len(urls)

    async def _load_hosts(self, store: CrawlStore, frontier: Frontier, *, is_continued: bool) -> None:
        """Tell the frontier what the folder knows of hosts."""
        now = asyncio.get_running_loop().time()
        wall = time.time()
        if is_continued:  # any host may have been asked just before the last crawl was killed
            frontier.asked_before = now
        frontier.pages = await store.page_count()
        async for hosts in store.host_facts():
            for name, pages, asleep_until, why in hosts:
                until = now + asleep_until - wall if asleep_until > wall else 0.0
                frontier.remember(name, self._suffixes.domain(name), pages, until, why or "")

    # -- run

    async def _crawl(self, visitor: Visitor, work: Callable[[], Awaitable[None]]) -> None:
        """Do ``work`` while the parts of the crawl that run beside it are running; raise what any of them raised."""
        loop = asyncio.get_running_loop()
        frontier, writer = visitor.frontier, visitor.writer
        frontier.connect(
            learn_robots=visitor.learn_robots,
            block=visitor.block,
            put_off=visitor.put_off,
            put_off_sitemap=visitor.put_off_sitemap,
        )
        frontier.uplink_open_at = lambda: visitor.manners.uplink.open_at
        writing = loop.create_task(self._guarded(writer.run))
        why = partial(self._why_nothing_ends, visitor)
        watching = partial(watch, lambda: self.stats.requests, why, self._notify, loop.time)
        parts = (frontier.fill_windows, visitor.manners.uplink.watch, watching)
        beside = [loop.create_task(self._guarded(part)) for part in parts]
        try:
            await work()
        finally:
            for task in (*beside, *self._tasks):
                task.cancel()
            await asyncio.gather(*beside, *self._tasks, return_exceptions=True)
            writer.close()
            await writing
        if isinstance(self._error, WholinksError):
            raise self._error
        if self._error is not None:
            raise RuntimeError("the crawl stopped on an error of its own; what it committed is safe") from self._error

    async def _crawl_pages(self, visitor: Visitor, reach: Reach, store: CrawlStore) -> None:
        """Fetch what is in reach, and what comes into reach by that, until nothing is left."""
        while True:
            await self._dispatch(visitor)
            if self._ended_why or self._error is not None:
                return
            await visitor.writer.drain()
            if not visitor.is_reach_stale and not visitor.writer.has_readmitted:
                return
            visitor.is_reach_stale = visitor.writer.has_readmitted = False
            await reach.extend()
            await _offer(visitor.frontier, self._waiting_origins(store))

    async def _check_targets(self, visitor: Visitor, store: CrawlStore) -> None:
        """Ask each target outside of reach once. Hosts keep their delays and sleeps; budgets are for pages."""
        await store.admit_targets()
        settings = _without_budgets(self.settings)
        loop = asyncio.get_running_loop()
        gate = Gate(UrlRules(exclude=Matcher(settings.exclude)))
        ports = visitor.frontier.ports
        self._frontier = frontier = Frontier(
            store, settings, visitor.scope, loop.time, ports=ports, waiting=store.waiting_targets, gate=gate
        )
        frontier.asked_before = loop.time()
        frontier.throttle = visitor.frontier.throttle
        for state in visitor.frontier.asleep():
            domain = self._suffixes.domain(state.name)
            frontier.remember(state.name, domain, 0, state.asleep_until, state.asleep_why)
        await _offer(frontier, store.waiting_target_origins())
        checker = TargetVisitor(
            settings=settings, fetcher=visitor.fetcher, pool=visitor.pool, frontier=frontier,
            writer=Writer(store, is_starving=self._is_starving, committed=self._wake), scope=visitor.scope,
            suffixes=visitor.suffixes, sites=visitor.sites, rows=visitor.rows, stats=self.stats, notify=self._notify,
            next_fetch_id=visitor.next_fetch_id, started_at=visitor.started_at, manners=visitor.manners,
        )  # fmt: skip
        ended_why, self._ended_why = self._ended_why, ""
        await self._crawl(checker, partial(self._dispatch, checker))
        self._ended_why = self._ended_why or ended_why

    async def _dispatch(self, visitor: Visitor) -> None:
        """Start errands as they come, at most ``concurrency`` at once, until the frontier has no more."""
        loop = asyncio.get_running_loop()
        slots = asyncio.Semaphore(self.settings.concurrency)

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.pop(task, None)
            if not self._tasks:
                visitor.writer.hurry()
            slots.release()
            visitor.frontier.wake()

        while True:
            await slots.acquire()
            errand = await visitor.frontier.acquire(lambda: not self._tasks and visitor.writer.is_idle)
            if errand is None:
                break
            task = loop.create_task(self._guarded(partial(visitor.visit, errand)))
            self._tasks[task] = UnderWay(errand, loop.time())
            task.add_done_callback(done)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run a part of the crawl; its error ends the crawl, and is raised once all parts have stopped."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - kept, and raised by _crawl
            self._error = self._error or error
            if self._frontier is not None:
                self._frontier.stop()
            self._cancel_errands()

    def _why_nothing_ends(self, visitor: Visitor) -> str:
        now, is_writing = asyncio.get_running_loop().time(), not visitor.writer.is_idle
        tasks = list(self._tasks.values())
        return why_nothing_ends(visitor.frontier, tasks, is_writing=is_writing, now=now, wall=time.time())

    def _cancel_errands(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _wake(self) -> None:
        if self._frontier is not None:
            self._frontier.wake()

    def _is_starving(self) -> bool:
        return self._frontier is None or self._frontier.in_flight < self.settings.concurrency // 2

    # -- end

    async def _close(self, visitor: Visitor) -> None:
        """Say why it ended, and mark what budgets leave waiting."""
        if not self._ended_why:
            is_full = self.settings.max_pages is not None and visitor.frontier.pages >= self.settings.max_pages
            self._ended_why = "max_pages" if is_full else "done"
        await visitor.frontier.postpone()


async def _offer(frontier: Frontier, origins: AsyncIterator[list[int]]) -> bool:
    """Tell the frontier of origins with something to ask; whether there are any."""
    has_any = False
    async for origin_ids in origins:
        frontier.found(origin_ids)
        has_any = True
    return has_any


def _without_budgets(settings: Settings) -> Settings:
    """Budgets, and sitemaps, are for pages that are new."""
    return replace(
        settings, max_pages=None, max_pages_per_host=None, max_pages_per_site=None, max_hosts_per_site=sys.maxsize,
        pages_per_reached_site=sys.maxsize, sitemaps=False,
    )  # fmt: skip


def _by_state(counts: dict[tuple[int, str | None], int]) -> dict[str, dict[str, int]]:
    states: dict[str, dict[str, int]] = {state.name.lower(): {} for state in State}
    for (state, reason), count in sorted(counts.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        states[State(state).name.lower()][reason or ""] = count
    return states
