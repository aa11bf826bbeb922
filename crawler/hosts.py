"""The frontier's records: a host name, its origins, the address it answers from, and the errands they give out."""

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from wholinks.storage.crawl_store import SitemapRow, WaitingRow

from .politeness import HostState
from .robots import Rules
from .scope import Scope
from .turns import FIRST, NEVER, Rank, Turns


class PageErrand:
    """A page to fetch: scope, robots.txt, budgets and delay are settled. ``url`` is what to ask for, ``host`` whose
    turn this is."""

    __slots__ = ("host", "origin", "row", "url")

    def __init__(self, origin: "Origin", row: WaitingRow) -> None:
        self.origin = origin
        self.row = row
        self.host: Host = origin.host
        self.url: str = origin.text + row.path


class RobotsErrand(NamedTuple):
    """The robots.txt of ``origin``, or after some redirects what it led to, on ``host``."""

    origin: "Origin"
    url: str
    host: "Host"
    redirects: int = 0
    tries: int = 0


class SitemapErrand(NamedTuple):
    """A sitemap to read: robots.txt and delay are settled."""

    origin: "Origin"
    row: SitemapRow

    @property
    def url(self) -> str:
        """What to ask for."""
        return self.origin.text + self.row.path

    @property
    def host(self) -> "Host":
        """Whose turn this is."""
        return self.origin.host


Errand = PageErrand | RobotsErrand | SitemapErrand


@dataclass(slots=True, eq=False)
class Site:
    """A registrable domain; ``pages`` counts those handed out and fetched, ``hosts_begun`` its hosts that were asked.
    Their limits: ``budget`` and ``max_hosts``, and ``reached_budget`` of pages unless a seed is here. ``hosts`` are
    those in memory; ``aside`` are origins that left it with pages, for want of budget."""

    domain: str
    scope: Scope
    reached_budget: int
    budget: int | None = None
    max_hosts: int | None = None
    pages: int = 0
    hosts_begun: int = 0
    hosts: dict["Host", None] = field(default_factory=dict)
    aside: dict[int, None] = field(default_factory=dict)

    @property
    def is_over_budget(self) -> bool:
        """Whether no more pages may be fetched here."""
        if self.budget is not None and self.pages >= self.budget:
            return True
        return self.pages >= self.reached_budget and self.scope.hop(self.domain) > 0

    @property
    def has_all_hosts(self) -> bool:
        """Whether no other host may be asked."""
        return self.max_hosts is not None and self.hosts_begun >= self.max_hosts


@dataclass(slots=True, eq=False)
class Host:
    """A host name: one request at a time, whatever the origin. ``has_facts``: what crawl.db knows of it is known;
    ``turns`` counts what was asked since it came into memory."""

    state: HostState
    site: Site
    budget: int | None
    origins: list["Origin"] = field(default_factory=list)
    errands: list[tuple[float, int, RobotsErrand | SitemapErrand]] = field(default_factory=list)  # a heap by due time
    address: "Address | None" = None
    heap_at: float = NEVER
    heap_rank: Rank = FIRST
    ticket: int = 0
    has_begun: bool = False
    has_facts: bool = False
    turns: int = 0

    @property
    def is_over_budget(self) -> bool:
        """Whether no more pages may be fetched here."""
        return self.is_over_own_budget or self.site.is_over_budget or self.is_one_too_many

    @property
    def is_over_own_budget(self) -> bool:
        """The same, whatever its site may do."""
        return self.budget is not None and self.state.pages >= self.budget

    @property
    def is_one_too_many(self) -> bool:
        """Whether its site had as many hosts as it may before this one's first turn."""
        return not self.has_begun and self.site.has_all_hosts

    def begin(self) -> None:
        """Count a turn, and the host among those that were asked."""
        self.turns += 1
        if not self.has_begun:
            self.has_begun = True
            self.site.hosts_begun += 1

    def reserve(self, pages: int) -> None:
        """Count a page handed out (1), or take that back (-1)."""
        self.state.pages += pages
        self.site.pages += pages

    def due_at(self) -> float:
        """When something may be asked here: never, where there is nothing or others must act first."""
        first = self.errands[0][0] if self.errands else NEVER
        if not self.is_over_budget:
            for origin in self.origins:
                first = min(first, origin.due_at())
                if not first:  # a page may name thousands of ports of a host
                    break
        return max(first, self.state.allowed_at())

    @property
    def rank(self) -> Rank:
        """Who of several goes first: seeds, then what is near to them, then sites that more domains refer to. What is
        under way already of robots.txt and sitemaps, and pages yet to be read from crawl.db, are not kept waiting."""
        if self.errands:
            return FIRST
        first = next((origin.waiting[0] for origin in self.origins if origin.waiting), None)
        return FIRST if first is None else (first.depth, -self.site.scope.referrers.count(self.site.domain))

    def next_origin(self, now: float) -> "Origin | None":
        """An origin with something to do now; they take turns."""
        if not self.is_over_budget:
            for place, origin in enumerate(self.origins):
                if origin.due_at() <= now:
                    self.origins.append(self.origins.pop(place))
                    return origin
        return None


@dataclass(slots=True, eq=False)
class Address:
    """An IP address and the hosts that answered from it last. It stands in the frontier's heap for all of them; they
    stand in ``turns``. ``limit`` requests at most are in flight, and ``spacing_s`` lies between the starts of two."""

    ip: str
    limit: int
    spacing_s: float
    turns: Turns[Host]
    hosts: int = 0
    in_flight: int = 0
    asked_at: float = -NEVER
    heap_at: float = NEVER
    heap_rank: Rank = FIRST
    ticket: int = 0

    def due_at(self) -> float:
        """When one of its hosts may be asked: never, where an answer must come first."""
        return NEVER if self.in_flight >= self.limit else max(self.turns.first_due(), self.asked_at + self.spacing_s)

    def is_free(self, now: float) -> bool:
        """Whether one more may be asked now."""
        return self.in_flight < self.limit and self.asked_at + self.spacing_s <= now

    def asked(self, now: float) -> None:
        """A request to it starts."""
        self.in_flight += 1
        self.asked_at = now


@dataclass(slots=True, eq=False)
class Origin:
    """Scheme, host and port, and a window of the pages waiting there. ``rules`` is None until robots.txt is known, and
    where ``is_unloaded``, when crawl.db has it; it is asked for again at ``rules_until``. ``old_rules`` are what holds
    if it can't be had for even longer. ``has_more`` when crawl.db may hold pages that the window does not,
    ``has_sitemaps`` the same of sitemaps, which take turns with the pages. ``is_port_allowed`` once that was found."""

    origin_id: int
    text: str
    host: Host
    rules: Rules | None = None
    rules_until: float = NEVER
    is_unloaded: bool = False
    old_rules: Rules | None = None
    is_asking_robots: bool = False
    asleep_until: float = 0.0
    asleep_why: str = ""
    robots_failures: int = 0
    waiting: deque[WaitingRow] = field(default_factory=deque)
    retries: list[tuple[float, int, WaitingRow]] = field(default_factory=list)  # a heap by due time
    held: int = 0
    has_more: bool = False
    is_filling: bool = False
    sitemaps: deque[SitemapRow] = field(default_factory=deque)
    has_sitemaps: bool = False
    is_sitemaps_turn: bool = False
    is_port_allowed: bool = False

    def due_at(self) -> float:
        """When there is something to do here, the host allowing."""
        if self.is_asking_robots or self.is_filling:
            return NEVER
        first = (
            0.0 if self.waiting or self.sitemaps or self.has_more else (self.retries[0][0] if self.retries else NEVER)
        )
        return max(first, self.asleep_until)

    @property
    def has_work(self) -> bool:
        """Whether anything is to be asked here, now or later."""
        return bool(self.waiting or self.sitemaps or self.retries or self.has_more)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing of it is under way: being asked, read from crawl.db, or on its way there."""
        is_busy = self.is_asking_robots or self.is_filling
        return not is_busy and self.held == len(self.waiting) + len(self.retries)

    def take_retries(self, now: float) -> None:
        """Put the pages whose time has come again in front of the others."""
        while self.retries and self.retries[0][0] <= now:
            self.waiting.appendleft(heapq.heappop(self.retries)[2])

    def next_sitemap(self) -> SitemapRow | None:
        """The next sitemap, if it is the sitemaps' turn."""
        self.is_sitemaps_turn = bool(self.sitemaps) and not (self.is_sitemaps_turn and self.waiting)
        return self.sitemaps.popleft() if self.is_sitemaps_turn else None

    def sleep(self, until: float, why: str) -> None:
        """Ask nothing here until then."""
        self.asleep_until, self.asleep_why = until, why
