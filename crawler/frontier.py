"""What to ask next: hosts in a heap by the time they may be asked, each with a few of its pages at hand.

The frontier proper is the table ``page`` of crawl.db: a page that was handed out and whose answer is not committed yet
is still ``discovered`` there, so a kill loses nothing. In memory are hosts with something to ask (``active_set``: not
all of them, where there are very many), and for each origin a window of pages, filled again from the table when it runs
empty.

A host's turn comes out of the heap as one *errand*: an origin's robots.txt, a sitemap, or a page. What comes out may be
asked; nobody else checks scope, robots.txt, rules, traps, budgets or delay. (What must not be asked goes to ``block``
or ``put_off`` on the way.) Of the hosts that may be asked now, those go first whose page is nearest to a seed, and of
these the ones whose site more domains refer to. The host goes back by :meth:`Frontier.release`; the page is forgotten
by :meth:`Frontier.settled`, once what became of it is committed.

Hosts on one IP address share a limit: once its name was looked up (:meth:`Frontier.meet`), a host stands in the heap of
its address, and the address in the frontier's. How many addresses are kept is bounded by how many hosts are.

Not for: deciding which URLs are pages (``engine``), or what an answer means (``politeness``).
"""

import asyncio
import heapq
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from wholinks.storage.crawl_store import CrawlStore, RobotsRow, SitemapRow, WaitingRow
from wholinks.storage.records import State
from wholinks.storage.urls import origin_of

from .active_set import ActiveSet, Left
from .gate import OPEN, Gate
from .hosts import Address, Errand, Host, Origin, PageErrand, RobotsErrand, SitemapErrand
from .politeness import NO_PACE, HostState, Pace
from .ports import REASON as PORT
from .ports import Ports
from .robots import Rules
from .rules_memory import RulesMemory
from .scope import Scope
from .settings import Settings
from .throttle import Throttle
from .turns import NEVER, Turns

WINDOW: Final = 64
"""Pages of an origin held in memory."""
_LEAST_WINDOW: Final = 16
_WINDOWS: Final = 200_000
"""Pages held in memory in all, each some 500 bytes: where there are many origins, windows are smaller."""
_ORIGINS_AT_ONCE: Final = 250
"""Origins that come into memory, or whose windows are filled, by one query: the loop never works long on its answer."""
_SWEEP_COST: Final = 20
"""Looking for hosts that may leave memory is followed by so many times its own duration without."""
_LEAST_SWEEP_S: Final = 0.001


class Sleeper(NamedTuple):
    """Who is left alone for longer than a crawl waits, for how many more seconds, and why."""

    name: str
    seconds: float
    why: str


def _unconnected(*_: object) -> None:
    raise RuntimeError("Frontier.connect was not called")


class Frontier:
    """See the module's text. All times are the event loop's clock, in seconds.

    ``rules`` are those of robots.txt files, ``throttle`` is the limit over all hosts, ``uplink_open_at`` says when our
    own network lets us ask. ``pages`` counts what was handed out or is in the folder, ``in_flight`` the requests under
    way.
    ``waiting`` is where windows are filled from, if not from the table ``page``; ``ports`` and ``gate`` are what keeps
    pages from being handed out.
    """

    def __init__(
        self,
        store: CrawlStore,
        settings: Settings,
        scope: Scope,
        clock: Callable[[], float],
        *,
        ports: Ports | None = None,
        waiting: Callable[[Sequence[int], int], Awaitable[list[WaitingRow]]] | None = None,
        gate: Gate = OPEN,
    ) -> None:
        self._store = store
        self._waiting = waiting or store.waiting
        self._settings = settings
        self._scope = scope
        self.ports = ports or Ports(settings.allow_port, settings.connect_to)
        self._gate = gate
        self._clock = clock
        self._learn_robots: Callable[[Origin, RobotsRow], None] = _unconnected
        self._block: Callable[[WaitingRow], None] = _unconnected
        self._put_off: Callable[[WaitingRow, State, str], None] = _unconnected
        self._put_off_sitemap: Callable[[SitemapRow, State, str], None] = _unconnected
        self._active = ActiveSet(settings, scope)
        self._addresses: dict[str, Address] = {}
        self._order = itertools.count(1)
        self._turns: Turns[Host | Address] = Turns(self._order)
        self._patience_s = max(settings.patience_s, settings.delay_s)
        self._to_fill: dict[Origin, None] = {}
        self._filling = 0
        self._is_admitting = False
        self._next_sweep = 0.0
        self._held = self._active.held
        self._held_sitemaps: set[int] = set()
        self._changed = asyncio.Event()
        self._fill_wanted = asyncio.Event()
        self._is_stopping = False
        self.rules = RulesMemory()
        self.uplink_open_at: Callable[[], float] = lambda: -NEVER
        self.throttle = Throttle(settings.max_rate, settings.max_bandwidth)
        self.pages = 0
        self.in_flight = 0

    def connect(
        self,
        *,
        learn_robots: Callable[[Origin, RobotsRow], None],
        block: Callable[[WaitingRow], None],
        put_off: Callable[[WaitingRow, State, str], None] = _unconnected,
        put_off_sitemap: Callable[[SitemapRow, State, str], None] = _unconnected,
    ) -> None:
        """Say who understands stored robots.txt answers, who takes the pages that robots.txt forbids, those that are
        kept out otherwise, and sitemaps that are kept out for whatever reason."""
        self._learn_robots = learn_robots
        self._block = block
        self._put_off = put_off
        self._put_off_sitemap = put_off_sitemap

    # -- the records

    @property
    def asked_before(self) -> float:
        """When any host may have been asked for the last time by an earlier crawl of the folder."""
        return self._active.asked_before

    @asked_before.setter
    def asked_before(self, now: float) -> None:
        self._active.asked_before = now

    def host(self, name: str, domain: str) -> Host:
        """The record of a host, made at first need."""
        is_new = name not in self._active.hosts
        host = self._active.host(name, domain)
        if is_new:
            self._share_address(host)
        return host

    def origin(self, origin_id: int, text: str, host_name: str, domain: str) -> Origin:
        """The record of an origin, made at first need."""
        self.host(host_name, domain)
        return self._active.origin(origin_id, text, host_name, domain)

    @property
    def hosts(self) -> Collection[Host]:
        """Every host in memory."""
        return self._active.hosts.values()

    @property
    def parked(self) -> int:
        """Hosts outside of memory that sleep."""
        return self._active.parked

    @property
    def queued(self) -> int:
        """Origins outside of memory that wait for their turn."""
        return self._active.queued

    def remember(self, name: str, domain: str, pages: int, asleep_until: float, why: str) -> None:
        """What an earlier crawl left of a host: pages that count in its site's budgets, and its sleep (0: none)."""
        self._active.remember(name, domain, pages, asleep_until, why)

    def asleep(self) -> Iterator[HostState]:
        """The hosts that are left alone for now, in memory or not."""
        now = self._clock()
        states = itertools.chain((host.state for host in self.hosts), (it.state for it in self._active.absent()))
        return (state for state in states if state.asleep_until > now)

    def found(self, origin_ids: Iterable[int]) -> None:
        """crawl.db holds pages of these origins that their windows may not have."""
        absent = []
        hosts: dict[Host, None] = {}
        for number in origin_ids:
            origin = self._active.origins.get(number)
            if origin is None:
                absent.append(number)
            else:
                origin.has_more = True
                hosts[origin.host] = None
        if absent:
            self._active.queue(absent)
            self._fill_wanted.set()
        for host in hosts:
            self.reschedule(host)

    def found_sitemaps(self, origin_ids: Collection[int]) -> None:
        """The same of sitemaps."""
        for number in origin_ids:
            origin = self._active.origins.get(number)
            if origin is not None:
                origin.has_sitemaps = True
        self.found(origin_ids)

    def reschedule(self, host: Host) -> None:
        """Put ``host`` in the heap where its due time belongs, after anything of it changed."""
        if host.state.in_flight:
            return
        self._patience_s = max(self._patience_s, host.state.pace_s)  # who only keeps its pace is no reason to end
        address = host.address
        if address is None:
            is_changed = self._turns.put(host, host.due_at(), host.rank)
        else:
            address.turns.put(host, host.due_at(), host.rank)
            is_changed = self._put_address(address)
        if is_changed:
            self._changed.set()

    def _put_address(self, address: Address) -> bool:
        return self._turns.put(address, address.due_at(), address.turns.first_rank())

    def referred(self, domain: str) -> None:
        """One more domain refers to ``domain``: its hosts that wait for their first turn may go before others now."""
        site = self._active.sites.get(domain)
        for host in site.hosts if site is not None else ():
            if not host.turns:
                self.reschedule(host)

    # -- errands out

    async def acquire(self, is_idle: Callable[[], bool]) -> Errand | None:
        """The next errand, as soon as there is one; None at the end: stopped, at the limit of pages, or with nothing
        ready, in flight or due within the crawl's patience.

        ``is_idle`` says that nothing outside (parsing, committing) can still bring pages.
        """
        while not self._is_stopping:
            self._changed.clear()
            held_s = max(self.throttle.free_at, self.uplink_open_at()) - self._clock()
            if not self._is_full():
                errand = self._next_ready() if held_s <= 0 else None
                if errand is not None:
                    self.in_flight += 1
                    self.throttle.asked(self._clock())
                    return errand
            elif self.in_flight == 0:
                return None
            if self._active.wake(self._clock()):
                self._fill_wanted.set()
            wait = min(self._next_due(), self._active.first_wake()) - self._clock()
            is_last = self.in_flight == 0 and not self._is_reading() and is_idle()
            if is_last and wait > self._patience_s:
                return None
            await self._sleep(NEVER if self._is_full() else max(wait, held_s))
        return None

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(None if seconds == NEVER else max(seconds, 0.0)):
                await self._changed.wait()
        except TimeoutError:
            return

    def _is_reading(self) -> bool:
        """Whether crawl.db is being asked for more, or has to be."""
        return bool(self._filling or self._to_fill or self._is_admitting or self._active.queued)

    def _is_full(self) -> bool:
        return self._settings.max_pages is not None and self.pages >= self._settings.max_pages

    def _next_due(self) -> float:
        return self._turns.first_due()

    def _next_ready(self) -> Errand | None:
        now = self._clock()
        while self._next_due() <= now:
            first = self._turns.take(now)
            host = first.turns.take(now) if isinstance(first, Address) else first
            errand = self._take(host, now)
            if errand is not None:
                host.state.in_flight = True
                if isinstance(first, Address):
                    first.asked(now)
                    self._put_address(first)
                return errand
            self.reschedule(host)
        return None

    def _take(self, host: Host, now: float) -> Errand | None:
        if host.errands and host.errands[0][0] <= now:
            return heapq.heappop(host.errands)[2]
        origin = host.next_origin(now)
        return None if origin is None else self._take_of(origin, now)

    def _take_of(self, origin: Origin, now: float) -> Errand | None:
        origin.take_retries(now)
        is_empty = not origin.waiting and (origin.has_more or not origin.sitemaps)
        if origin.has_sitemaps or origin.is_unloaded or is_empty:
            self._want_fill(origin)
            return None
        if not origin.is_port_allowed:
            if not self.ports.allow(origin_of(f"{origin.text}/")):
                self._put_all_off(origin, State.EXCLUDED, PORT)
                return None
            origin.is_port_allowed = True
        if origin.rules is None or origin.rules_until <= now:
            if not self._is_wanted(origin):
                return None
            origin.host.begin()
            origin.is_asking_robots = True
            return RobotsErrand(origin, f"{origin.text}/robots.txt", origin.host)
        self.rules.used(origin)
        return self._sitemap_of(origin, origin.rules) or self._page_of(origin, origin.rules)

    def _put_all_off(self, origin: Origin, state: State, reason: str) -> None:
        while origin.waiting:
            self._put_off(origin.waiting.popleft(), state, reason)
        while origin.sitemaps:
            self._put_off_sitemap(origin.sitemaps.popleft(), state, reason)

    def _is_wanted(self, origin: Origin) -> bool:
        """Whether anything is to be asked of an origin whose robots.txt has to be asked for first."""
        while origin.waiting and (refusal := self._gate.leave_out(origin, origin.waiting[0])) is not None:
            self._put_off(origin.waiting.popleft(), *refusal)
        return bool(origin.waiting or origin.sitemaps)

    def _sitemap_of(self, origin: Origin, rules: Rules) -> SitemapErrand | None:
        while (row := origin.next_sitemap()) is not None:
            if rules.allows(row.path):
                origin.host.begin()
                return SitemapErrand(origin, row)
            self._put_off_sitemap(row, State.BLOCKED, "robots")
        return None

    def _page_of(self, origin: Origin, rules: Rules) -> PageErrand | None:
        while origin.waiting:
            row = origin.waiting.popleft()
            refusal = self._gate.leave_out(origin, row)
            if refusal is None and not rules.allows(row.path):
                self._block(row)
                continue
            refusal = refusal or self._gate.put_off(origin, row)
            if refusal is None:
                origin.host.begin()
                origin.host.reserve(1)
                self.pages += 1
                return PageErrand(origin, row)
            self._put_off(row, *refusal)
        return None

    # -- errands back

    def release(self, errand: Errand, ended_s: float, *, counts: bool, pace: Pace = NO_PACE) -> None:
        """The answer (or its failure) ended. ``counts`` is whether it was a page in the sense of the budgets."""
        host = errand.host
        self.in_flight -= 1
        host.state.answered(ended_s, pace.response_s)
        self._leave_address(host, pace.address)
        self.throttle.received(pace.wire_bytes, ended_s)
        if isinstance(errand, PageErrand) and not counts:
            self._uncount(host)
        self.reschedule(host)
        self._changed.set()

    def _uncount(self, host: Host) -> None:
        """A page that was handed out counts in no budget."""
        self.pages -= 1
        host.reserve(-1)
        for neighbour in host.site.hosts:
            self.reschedule(neighbour)
        if host.site.aside and not host.site.is_over_budget:
            self._active.queue(host.site.aside, is_first=True)
            host.site.aside = {}
            self._fill_wanted.set()

    def meet(self, errand: Errand, ip: str) -> bool:
        """The host of ``errand`` is to be asked at ``ip``, and shares the limit of that address from now on. False when
        others are asked there first: the errand is taken back, and comes again."""
        host, now = errand.host, self._clock()
        self._join(host, ip)
        address = host.address
        if address is not None and address.is_free(now):
            address.asked(now)
            self._put_address(address)
            return True
        self.in_flight -= 1
        host.state.in_flight = False
        if isinstance(errand, PageErrand):
            errand.origin.waiting.appendleft(errand.row)
            self._uncount(host)
            self.reschedule(host)
        else:
            self.ask(errand, now)
        self._changed.set()
        return False

    def _leave_address(self, host: Host, ip: str | None) -> None:
        """One request less to the host's address; from now on the host shares the limit of ``ip``, if that is known."""
        old = host.address
        if old is not None:
            old.in_flight -= 1
        if ip is not None and (old is None or old.ip != ip):
            self._join(host, ip)
            if old is not None:
                old.hosts -= 1
                if not old.hosts:
                    del self._addresses[old.ip]
        if old is not None:
            self._put_address(old)

    def _join(self, host: Host, ip: str) -> None:
        host.address = self._addresses.get(ip)
        if host.address is None:
            limit = self._settings.max_per_address
            spacing_s = self._settings.delay_s / limit
            host.address = self._addresses[ip] = Address(ip, limit, spacing_s, Turns(self._order))
        host.address.hosts += 1

    def _share_address(self, host: Host) -> None:
        """Have a host that comes back share the limit that it shared."""
        ip = self._active.take_address(host.state.name)
        if ip is not None:
            self._join(host, ip)

    def retry(self, errand: PageErrand, at: float, *, tries: int | None = None) -> None:
        """Ask for the page once more, then; it stays held. ``tries`` is how many there were, if not one more."""
        row = errand.row._replace(tries=errand.row.tries + 1 if tries is None else tries)
        heapq.heappush(errand.origin.retries, (at, next(self._order), row))
        self.reschedule(errand.host)

    def ask(self, errand: RobotsErrand | SitemapErrand, at: float) -> None:
        """Run a robots.txt or sitemap errand on its host, then or later."""
        heapq.heappush(errand.host.errands, (at, next(self._order), errand))
        self.reschedule(errand.host)

    def drop(self, origin: Origin, key_ids: Collection[int]) -> None:
        """Don't hand out these pages of ``origin``; they stay held until they are settled."""
        origin.waiting = deque(row for row in origin.waiting if row.key_id not in key_ids)

    def settled(self, key_ids: Iterable[int]) -> None:
        """What became of these pages is committed."""
        for key_id in key_ids:
            origin = self._held.pop(key_id, None)
            if origin is not None:
                origin.held -= 1
        self._changed.set()

    def settled_sitemap(self, url_id: int) -> None:
        """What became of a sitemap is committed."""
        self._held_sitemaps.discard(url_id)
        self._changed.set()

    def stop(self) -> None:
        """Hand out nothing more."""
        self._is_stopping = True
        self._changed.set()

    def wake(self) -> None:
        """Look again: what :meth:`acquire` waits for may have changed outside."""
        self._changed.set()

    def sleepers(self) -> list[Sleeper]:
        """Who has something to ask, but later than the crawl waits."""
        now = self._clock()
        end = now + self._settings.patience_s
        found = []
        for it in itertools.chain(map(Left.of, self.hosts), self._active.absent()):
            asleep = [nap for nap in it.naps if nap.asleep_until > end]
            if it.state.asleep_until > end and it.has_work:
                found.append(Sleeper(it.state.name, it.state.asleep_until - now, it.state.asleep_why))
            elif asleep:
                found += [Sleeper(nap.text, nap.asleep_until - now, nap.asleep_why) for nap in asleep]
            elif end < it.wakes_at < NEVER:
                found.append(Sleeper(it.state.name, it.wakes_at - now, "a failed request waits to be tried again"))
        return sorted(found)

    async def postpone(self) -> None:
        """Mark what budgets leave waiting, once all is committed."""
        limit = self._settings.max_pages_per_host
        hosts = await self._store.hosts_of_pages(limit) if limit is not None else []
        over, full = self._active.sites_at_their_limits()
        waiting = await self._store.waiting_hosts(full) if full else []
        too_many = [name for name, pages in waiting if not self._active.has_begun(name, pages)]
        if hosts or over or too_many:
            await self._store.postpone(hosts, over, too_many)

    # -- coming and going

    async def _admit(self) -> None:
        """Make records for those who wait for room, if there is some."""
        if not self._active.queued:
            return
        if not self._active.has_room and time.perf_counter() >= self._next_sweep:
            self._sweep(self._clock())
        numbers = self._active.take(_ORIGINS_AT_ONCE)
        if not numbers:
            return
        self._is_admitting = True
        try:
            origins = [self._active.admit(facts) for facts in await self._store.origin_facts(numbers)]
            for host in {origin.host: None for origin in origins}:
                if host.address is None:
                    self._share_address(host)
            self.found([origin.origin_id for origin in origins])
        finally:
            self._is_admitting = False
            self._changed.set()

    def _sweep(self, now: float) -> None:
        started = time.perf_counter()
        addresses: dict[Address, None] = {}
        for host, wakes_at in self._active.leaving(now):
            if host.address is not None:
                addresses[host.address] = None
            self._let_go(host, now, wakes_at)
        for address in addresses:
            address.turns.tidy()
        self._turns.tidy()
        ended = time.perf_counter()
        self._next_sweep = ended + max((ended - started) * _SWEEP_COST, _LEAST_SWEEP_S)

    def _let_go(self, host: Host, now: float, wakes_at: float) -> None:
        """Take a host out of memory, with all that is there because of it."""
        for origin in host.origins:
            for row in (*origin.waiting, *(retry[2] for retry in origin.retries)):
                self._held.pop(row.key_id, None)
            self._held_sitemaps.difference_update(row.url_id for row in origin.sitemaps)
            self.rules.forget(origin)
        self._active.leave(host, now, wakes_at)
        address = host.address
        if address is None:
            self._turns.leave(host)
            return
        address.turns.leave(host)
        address.hosts -= 1
        if address.hosts:
            self._put_address(address)
        else:
            self._turns.leave(address)
            del self._addresses[address.ip]

    # -- the window

    def _want_fill(self, origin: Origin) -> None:
        origin.is_filling = True
        origin.has_more = False
        self._to_fill[origin] = None
        self._fill_wanted.set()

    async def fill_windows(self) -> None:
        """Bring origins into memory, and fill windows, for as long as the crawl runs: many origins a query."""
        while True:
            await self._until_wanted()
            self._fill_wanted.clear()
            await self._admit()
            origins = list(itertools.islice(self._to_fill, _ORIGINS_AT_ONCE))
            for origin in origins:
                del self._to_fill[origin]
            self._filling += len(origins)
            try:
                if origins:
                    await self._fill({origin.origin_id: origin for origin in origins})
            finally:
                self._filling -= len(origins)
                self._changed.set()
            if self._to_fill or (self._active.queued and self._active.has_room):
                self._fill_wanted.set()

    async def _until_wanted(self) -> None:
        """Wait until windows are to be filled, or somebody may have left memory for those who wait."""
        wait_s = max(self._next_sweep - time.perf_counter(), 0.0) if self._active.queued else None
        try:
            async with asyncio.timeout(wait_s):
                await self._fill_wanted.wait()
        except TimeoutError:
            return

    async def _fill(self, origins: dict[int, Origin]) -> None:
        unknown = [number for number, origin in origins.items() if origin.rules is None]
        for number in unknown:
            origins[number].is_unloaded = False
        for robots in await self._store.robots(unknown) if unknown else []:
            self._learn_robots(origins[robots.origin_id], robots)
        listed = [number for number, origin in origins.items() if origin.has_sitemaps]
        for number in listed:
            origins[number].has_sitemaps = False
        for sitemap in await self._store.waiting_sitemaps(listed) if listed else []:
            if sitemap.url_id not in self._held_sitemaps:
                self._held_sitemaps.add(sitemap.url_id)
                origins[sitemap.origin_id].sitemaps.append(sitemap)
        window = min(WINDOW, max(_LEAST_WINDOW, _WINDOWS // len(self._active.origins)))
        limit = window + max(origin.held for origin in origins.values())
        seen: dict[int, int] = {}
        for row in await self._waiting(list(origins), limit):
            seen[row.origin_id] = seen.get(row.origin_id, 0) + 1
            if row.key_id not in self._held:
                self._hold(origins[row.origin_id], row)
        for number, origin in origins.items():
            origin.is_filling = False
            origin.has_more = origin.has_more or seen.get(number, 0) >= limit
        for host in {origin.host for origin in origins.values()}:
            self.reschedule(host)

    def _hold(self, origin: Origin, row: WaitingRow) -> None:
        self._held[row.key_id] = origin
        origin.held += 1
        origin.waiting.append(row)
