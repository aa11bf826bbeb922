"""The hosts in memory, and what is remembered of all others.

At most :data:`MAX_HOSTS` hosts have records at once. The origins of the others wait in a queue of numbers; what they
are is read from crawl.db when there is room. Nothing leaves memory as long as there is room for who waits. Then leave,
looked for by :meth:`ActiveSet.leaving`: hosts with nothing left to do, those whose budget is used up, those that sleep,
which come back when they wake, and those that had many turns, which go to the end of the queue.

A host that leaves takes along only what crawl.db does not know (:class:`Left`): its sleep, failures in a row, a longer
delay, requests that are to be made again, and whether it shared its address. So its next record goes on as this one.

Pure: the clock is passed in, and crawl.db is read by ``frontier``.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from wholinks.storage.crawl_store import OriginFacts, WaitingRow

from .hosts import Host, Origin, Site
from .politeness import HostState
from .robots import NO_RULES
from .scope import Scope
from .settings import Settings
from .turns import NEVER

MAX_HOSTS: Final = 10_000
"""Hosts in memory: more than twice as many as requests can be under way, at some 10 KB each."""
PARK_S: Final = 10.0
"""Who has nothing to do for longer gives its place to others."""

MANY_TURNS: Final = 64
"""Requests to a host after which it gives its place to those who wait: a few large hosts don't keep all others out."""


class Nap(NamedTuple):
    """An origin of a host that sleeps outside of memory. ``retries`` are a heap by due time."""

    origin_id: int
    text: str
    asleep_until: float
    asleep_why: str
    robots_failures: int
    retries: list[tuple[float, int, WaitingRow]]


class Left(NamedTuple):
    """A host that left memory. ``naps`` are its origins with work if it is to come back at ``wakes_at``; ``has_facts``
    as in :class:`~.hosts.Host`."""

    state: HostState
    has_begun: bool
    has_facts: bool
    has_work: bool = False
    naps: tuple[Nap, ...] = ()
    wakes_at: float = NEVER

    @classmethod
    def of(cls, host: Host, wakes_at: float | None = None) -> Self:
        """What is to be remembered of ``host``, if it is to come back then (None: when it is due)."""
        wakes_at = host.due_at() if wakes_at is None else wakes_at
        busy = [origin for origin in host.origins if origin.has_work]
        naps = (
            Nap(it.origin_id, it.text, it.asleep_until, it.asleep_why, it.robots_failures, it.retries) for it in busy
        )
        return cls(
            host.state,
            host.has_begun,
            host.has_facts,
            bool(busy or host.errands),
            tuple(naps) if wakes_at < NEVER else (),
            wakes_at,
        )


class ActiveSet:
    """``hosts`` by name, ``origins`` by id, ``sites`` by domain; ``held`` has the origin of each page that is in
    memory. ``asked_before`` is when a host of which nothing is known may have been asked last."""

    def __init__(self, settings: Settings, scope: Scope) -> None:
        self._settings = settings
        self._scope = scope
        self._limit = MAX_HOSTS
        self._stuck = 0
        self.asked_before = -NEVER
        self.hosts: dict[str, Host] = {}
        self.origins: dict[int, Origin] = {}
        self.sites: dict[str, Site] = {}
        self.held: dict[int, Origin] = {}
        self._queue: deque[int] = deque()
        self._queued: set[int] = set()
        self._left: dict[str, Left] = {}
        self._wakes: list[tuple[float, str]] = []
        self._parked = 0
        self._counts: dict[str, tuple[int, int]] = {}
        self._addresses: dict[str, str] = {}

    # -- records

    def host(self, name: str, domain: str) -> Host:
        """The record of a host, made at first need."""
        host = self.hosts.get(name)
        if host is None:
            settings = self._settings
            left = self._left.pop(name, None)
            if left is None:
                state = HostState(name, settings.delay_s, self.asked_before, delay_factor=settings.delay_factor)
                left = Left(state, has_begun=False, has_facts=False)
            site = self._site(domain)
            host = self.hosts[name] = Host(left.state, site, settings.max_pages_per_host)
            host.has_begun, host.has_facts = left.has_begun, left.has_facts
            site.hosts[host] = None
            self._parked -= bool(left.naps)
            for nap in left.naps:
                self._wake(nap, host)
        return host

    def origin(self, origin_id: int, text: str, host_name: str, domain: str) -> Origin:
        """The record of an origin, made at first need."""
        host = self.host(host_name, domain)
        origin = self.origins.get(origin_id)
        if origin is None:
            origin = self.origins[origin_id] = Origin(origin_id, text, host)
            origin.has_sitemaps = self._settings.reads_listings
            host.origins.append(origin)
            if host_name in self._settings.ignore_robots:
                origin.rules = NO_RULES
        return origin

    def admit(self, facts: OriginFacts) -> Origin:
        """The record of an origin whose turn in the queue has come, and of its host."""
        origin = self.origin(facts.origin_id, facts.origin, facts.host, facts.domain)
        host = origin.host
        if not host.has_facts:
            host.has_facts = True
            host.state.pages += facts.pages
            host.has_begun = host.has_begun or facts.pages > 0
        return origin

    def remember(self, name: str, domain: str, pages: int, asleep_until: float, why: str) -> None:
        """What an earlier crawl left of a host: pages that count in its site's budgets, and its sleep (0: none)."""
        site_pages, hosts = self._counts.get(domain, (0, 0))
        if pages:
            self._counts[domain] = (site_pages + pages, hosts + 1)
        if asleep_until:
            settings = self._settings
            state = HostState(name, settings.delay_s, self.asked_before, delay_factor=settings.delay_factor)
            state.pages = pages
            state.sleep(asleep_until, why)
            self._left[name] = Left(state, has_begun=pages > 0, has_facts=True)

    def take_address(self, name: str) -> str | None:
        """The IP address that a host shared with others when it left memory."""
        return self._addresses.pop(name, None)

    def _site(self, domain: str) -> Site:
        site = self.sites.get(domain)
        if site is None:
            site = self.sites[domain] = self._new_site(domain, *self._counts.pop(domain, (0, 0)))
        return site

    def _new_site(self, domain: str, pages: int, hosts_begun: int) -> Site:
        settings = self._settings
        return Site(
            domain, self._scope, settings.pages_per_reached_site, settings.max_pages_per_site,
            settings.max_hosts_per_site, pages, hosts_begun,
        )  # fmt: skip

    def _wake(self, nap: Nap, host: Host) -> None:
        origin = self.origin(nap.origin_id, nap.text, host.state.name, host.site.domain)
        origin.asleep_until, origin.asleep_why = nap.asleep_until, nap.asleep_why
        origin.robots_failures = nap.robots_failures
        origin.retries = nap.retries
        origin.held = len(nap.retries)
        origin.has_more = True
        for _, _, row in nap.retries:
            self.held[row.key_id] = origin

    # -- the queue

    @property
    def queued(self) -> int:
        """Origins that wait for room."""
        return len(self._queue)

    @property
    def has_room(self) -> bool:
        """Whether another host may come into memory. Who can't leave though it has nothing to do does not count."""
        return len(self.hosts) < self._limit + self._stuck

    def queue(self, origin_ids: Iterable[int], *, is_first: bool = False) -> None:
        """Have these origins come into memory when there is room; once, however often they are named."""
        new = [number for number in dict.fromkeys(origin_ids) if number not in self._queued]
        self._queued.update(new)
        if is_first:
            self._queue.extendleft(reversed(new))
        else:
            self._queue.extend(new)

    def take(self, limit: int) -> list[int]:
        """The next origins to come into memory: as many as there is room for, at most ``limit``."""
        room = min(self._limit + self._stuck - len(self.hosts), limit)
        taken: list[int] = []
        while self._queue and len(taken) < room:
            number = self._queue.popleft()
            self._queued.remove(number)
            if number not in self.origins:
                taken.append(number)
        return taken

    def wake(self, now: float) -> bool:
        """Have those who slept long enough come back, before others; whether there are any."""
        has_any = False
        while self.first_wake() <= now:
            naps = self._left[heapq.heappop(self._wakes)[1]].naps
            self.queue((nap.origin_id for nap in naps), is_first=True)
            has_any = True
        return has_any

    def first_wake(self) -> float:
        """When the first sleeper wakes; NEVER where nobody sleeps outside of memory."""
        while self._wakes:
            at, name = self._wakes[0]
            left = self._left.get(name)
            if left is not None and left.wakes_at == at:
                return at
            heapq.heappop(self._wakes)
        return NEVER

    # -- who leaves

    def leaving(self, now: float) -> list[tuple[Host, float]]:
        """Who may give its place to others, and when it must come back (NEVER: only if something is found there)."""
        found: list[tuple[Host, float]] = []
        self._stuck = 0
        for host in self.hosts.values():
            due = host.due_at()
            if host.state.in_flight or (due <= now + PARK_S and host.turns < MANY_TURNS):
                continue
            if host.errands or any(origin.is_asking_robots for origin in host.origins):
                self._stuck += due > now + PARK_S
            elif all(origin.is_at_rest for origin in host.origins):
                is_asleep = host.state.asleep_until > now
                if due < NEVER or is_asleep or host.state.allowed_at() <= now:
                    found.append((host, NEVER if host.is_over_budget else due))
        return found

    def leave(self, host: Host, now: float, wakes_at: float) -> None:
        """Take a host out of memory; its pages are let go by the frontier, and its address."""
        state, site = host.state, host.site
        left = Left.of(host, wakes_at)
        if left.naps:
            self._parked += 1
            if wakes_at > now + PARK_S:
                heapq.heappush(self._wakes, (wakes_at, state.name))
            else:
                self.queue(nap.origin_id for nap in left.naps)
        elif site.is_over_budget:
            site.aside |= {origin.origin_id: None for origin in host.origins if origin.has_work}
        is_unusual = state.failures_in_a_row or state.delay_s != self._settings.delay_s or state.asleep_until > now
        if left.naps or is_unusual or (host.has_begun and not state.pages):
            self._left[state.name] = left
        if host.address is not None and host.address.hosts > 1:
            self._addresses[state.name] = host.address.ip
        for origin in host.origins:
            del self.origins[origin.origin_id]
        del self.hosts[state.name]
        del site.hosts[host]
        if not site.hosts and not site.aside:
            del self.sites[site.domain]
            if site.pages or site.hosts_begun:
                self._counts[site.domain] = (site.pages, site.hosts_begun)

    # -- what there is in all

    @property
    def parked(self) -> int:
        """Hosts outside of memory that have work and wait for a time, or had many turns."""
        return self._parked

    def absent(self) -> Iterable[Left]:
        """Hosts outside of memory of which something is remembered."""
        return self._left.values()

    def sites_at_their_limits(self) -> tuple[list[str], list[str]]:
        """Domains that used up their budget of pages, and those that had as many hosts as they may."""
        over, full = [], []
        counted = (self._new_site(domain, *counts) for domain, counts in self._counts.items())
        for site in itertools.chain(self.sites.values(), counted):
            if site.is_over_budget:
                over.append(site.domain)
            if site.has_all_hosts:
                full.append(site.domain)
        return over, full

    def has_begun(self, name: str, pages: int) -> bool:
        """Whether a host of which crawl.db knows so many pages was ever asked."""
        host = self.hosts.get(name) or self._left.get(name)
        return pages > 0 or (host is not None and host.has_begun)
