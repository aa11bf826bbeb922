"""What sites list of themselves: sitemaps, read as errands of their hosts, and feeds, met as pages.

When an origin's robots.txt is known, the sitemaps that it names become rows of crawl.db, or ``/sitemap.xml`` where it
names none. A row waits there until its answer is committed, so a kill costs nothing; a sitemap that was asked within
``robots_age_s`` is not asked again. An index's sitemaps become rows as it is read. What is listed in scope becomes a
page to fetch, one link away from a seed; what is not is counted by reason. Only sites that seeds name are asked: a site
that was just reached has a small budget, which its links fill. A page is marked as listed however it was found, where
the sitemap or feed is of its own site.

Bodies go into their readers slice by slice as they arrive, pages to the writer some thousand at a time: memory does not
depend on how much is listed.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from wholinks.storage.crawl_store import Batch, CandidateRow, SitemapRow
from wholinks.storage.records import Listed, RobotsFlag, State
from wholinks.storage.urls import NotAUrl, PublicSuffixes, join, origin_of, path_of

from .answers import REDIRECTS, Sort, judge
from .feeds import FeedReader, Item
from .fetcher import Fetcher, FetchResult, Sink
from .frontier import Frontier
from .guarded_xml import PROTOCOL_LIMITS, Limits
from .hosts import Origin, SitemapErrand
from .manners import Manners, remember_sleep
from .page.directives import RobotsDirectives
from .politeness import FAILURES
from .ports import REASON as PORT
from .recent import Recent
from .rows import CandidateTuple, RowMaker
from .scope import Scope
from .settings import Settings
from .sitemaps import MAX_DEPTH, MAX_SITEMAPS, Entry, SitemapReader
from .stats import Stats
from .url_rules import REASON, UrlRules
from .writer import Writer

MAX_PAGES_LISTED: Final = 1_000_000
"""Pages taken from a host's sitemaps in one crawl."""
MAX_REMEMBERED: Final = 100_000
"""Origins of which is remembered what their robots.txt named, and how much was taken from them: those met last, some
100 bytes each. Of one that comes back after so many others, sitemaps are offered again, which changes nothing, and its
limits count anew."""
MAX_FEED_ITEMS: Final = 10_000
FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"}
)
_MANY: Final = 2_000
_DEPTH: Final = 1
"""Of a listed page: as if the start page linked to it."""


@dataclass(slots=True)
class FeedListing:
    """One answer that may be a feed. ``listed`` counts what it lists: ``pages`` in scope, or why not."""

    url: str
    product_token: str
    max_bytes: int
    reader: FeedReader | None = None
    listed: Counter[str] = field(default_factory=Counter)
    items: list[Item] = field(default_factory=list)

    @property
    def sink(self) -> Sink:
        """Where its body goes."""
        return Sink(self._take, self.max_bytes, FEED_TYPES)

    async def _take(self, data: bytes) -> bool:
        reader = self._reader()
        self.items += reader.feed(data)
        return not reader.summary.is_over

    def _reader(self) -> FeedReader:
        if self.reader is None:
            self.reader = FeedReader(self.url, Limits(self.max_bytes, MAX_FEED_ITEMS))
        return self.reader

    def close(self) -> bool:
        """Note that the body has ended; whether it was a feed."""
        reader = self._reader()
        self.items += reader.close()
        reasons = reader.summary.reasons
        self.listed.update(reasons)
        return bool(self.items) or not reasons.keys() & {"unknown_root", "html", "empty_body", "malformed_xml"}

    def candidates(
        self, result: FetchResult, rows: RowMaker, scope: Scope, domain_of: Callable[[str], str]
    ) -> Iterator[CandidateTuple]:
        """Its items in scope as pages to fetch."""
        directives = RobotsDirectives(self.product_token)
        for value in result.robots_headers:
            directives.add_header(value)
        follow = not directives.flags & RobotsFlag.NOFOLLOW
        for item in self.items:
            domain = domain_of(item.url)
            if not scope.contains(domain):
                self.listed["scope"] += 1
                continue
            if scope.is_forgotten(origin_of(item.url).host):
                self.listed["forgotten"] += 1
                continue
            self.listed["pages"] += 1
            url_id, origin_id, key_id = rows.url(item.url)
            yield key_id, url_id, origin_id, origin_of(item.url).text, domain, follow


@dataclass(slots=True)
class _Reading:
    """One sitemap being read: what it listed so far, and what of that is not with the writer yet."""

    errand: SitemapErrand
    reader: SitemapReader
    batch: Batch = field(default_factory=Batch)
    found: set[int] = field(default_factory=set)
    listed: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Listings:
    """Reads them; feeds only, unless ``has_sitemaps``. ``asked_before`` (UTC seconds): a sitemap asked later is not
    asked again."""

    settings: Settings
    fetcher: Fetcher
    frontier: Frontier
    writer: Writer
    scope: Scope
    suffixes: PublicSuffixes
    rows: RowMaker
    stats: Stats
    manners: Manners
    asked_before: int
    has_sitemaps: bool
    rules: UrlRules
    _named: Recent[int, int | None] = field(default_factory=lambda: Recent(MAX_REMEMBERED, None))
    _sitemaps: Recent[str, int] = field(default_factory=lambda: Recent(MAX_REMEMBERED, 0))
    _pages: Recent[str, int] = field(default_factory=lambda: Recent(MAX_REMEMBERED, 0))

    # -- feeds

    def feed(self, url: str) -> FeedListing:
        """The reader for the answer of ``url``, should it be a feed."""
        return FeedListing(url, self.settings.product_token, self.settings.max_body_bytes)

    # -- sitemaps

    def begin(self, origin: Origin, named: tuple[str, ...]) -> None:
        """The robots.txt of ``origin`` is known, or known again, and names these sitemaps."""
        if not self.has_sitemaps or self.scope.hop(origin.host.site.domain) > 0:
            return
        if self.rules.reach is not None and self.rules.reach.divides(origin.host.state.name):
            return  # they are of the platform as a whole, not of the sites by prefix that are crawled
        if self._named[origin.origin_id] == hash(named):
            return
        self._named[origin.origin_id] = hash(named)
        batch = Batch()
        found: list[int] = []
        base = f"{origin.text}/"
        urls = [url for name in named if (url := _joined(base, name)) is not None]
        for url in urls or [f"{origin.text}/sitemap.xml"]:
            found += self._offer(batch, url, 0)
        self._put(batch, found)

    def _offer(self, batch: Batch, url: str, level: int, redirects: int = 0) -> list[int]:
        """Add a sitemap that robots.txt or a redirect names, or why it is not to be asked; the origin_id it is on."""
        reason = self._refusal(url, level)
        self._add_row(batch, url, reason, level, redirects)
        if reason is None:
            return [self.rows.url(url)[1]]
        self.stats.sitemaps[reason] += 1
        return []

    def _refusal(self, url: str, level: int) -> str | None:
        """Why a sitemap is not to be asked; None counts it among those of its origin that are."""
        reason = self._left_out(url)
        if reason is not None:
            return reason
        origin = origin_of(url)
        if level > MAX_DEPTH:
            return "too_deep"
        if self._sitemaps[origin.text] >= MAX_SITEMAPS:
            return "too_many"
        self._sitemaps[origin.text] += 1
        return None

    def _left_out(self, url: str) -> str | None:
        """Why no sitemap may be asked there."""
        origin = origin_of(url)
        if self.scope.hop(self.suffixes.domain(origin.host)) > 0:
            return "scope"
        if self.scope.is_forgotten(origin.host):
            return "forgotten"
        if not self.frontier.ports.allow(origin):
            return PORT
        exclude = self.rules.exclude
        return REASON if exclude and exclude.matches(origin.host, path_of(url)) else None

    def _add_row(self, batch: Batch, url: str, reason: str | None, level: int, redirects: int) -> None:
        url_id, origin_id, _ = self.rows.url(url)
        state = State.DISCOVERED if reason is None else State.EXCLUDED
        now = int(time.time())
        batch.sitemaps.append((url_id, origin_id, state, reason, level, redirects, now, self.asked_before))

    def _put(self, batch: Batch, found: Iterable[int], *, settled: SitemapRow | None = None) -> None:
        origins = list(found)
        more_origins, more_urls = self.rows.take()
        batch.origins += more_origins
        batch.urls += more_urls

        def committed() -> None:
            if settled is not None:
                self.frontier.settled_sitemap(settled.url_id)
            self.frontier.found_sitemaps(origins)

        self.writer.put(batch, committed)

    def put_off(self, row: SitemapRow, state: State, reason: str) -> None:
        """Commit that a sitemap is not to be asked."""
        self.stats.sitemaps[reason] += 1
        batch = Batch(asked_sitemaps=[(state, reason, row.tries, None, None, row.url_id)])
        self.writer.put(batch, lambda: self.frontier.settled_sitemap(row.url_id))

    async def sitemap(self, errand: SitemapErrand) -> None:
        """Read a sitemap, and hand on what it lists."""
        reading = _Reading(errand, SitemapReader(errand.url))

        async def take(data: bytes) -> bool:
            await self._add(reading, reading.reader.feed(data))
            return not reading.reader.summary.is_over

        result = await self.fetcher.get(errand.url, sink=Sink(take, PROTOCOL_LIMITS.max_bytes))
        self.manners.ended(errand, result, errand.row.tries)
        now = int(time.time())
        verdict = judge(result, now)
        self.stats.ended("sitemap", errand, result, verdict)
        if verdict.sort is Sort.FAILURE:
            self._failed(reading, result, verdict.reason or "disconnected", verdict.retry_after_s, now)
            return
        errand.host.state.succeeded()
        self.frontier.release(errand, result.ended_s, counts=False, pace=result.pace)
        if result.is_poured:
            await self._add(reading, reading.reader.close())
            self._read(reading, result, now)
        elif result.status in REDIRECTS:
            self._redirected(reading, verdict.target, now)
        else:
            self._settle(reading, State.FAILED, verdict.reason or f"http_{result.status}", now)
        await self.writer.room()

    async def _add(self, reading: _Reading, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.is_sitemap:
                reading.listed[self._child(reading, entry)] += 1
            else:
                reading.listed[self._page(reading, entry)] += 1
        if len(reading.batch.candidates) + len(reading.batch.sitemaps) >= _MANY:
            self._put(reading.batch, reading.found)
            reading.batch, reading.found = Batch(), set()
            await self.writer.room()

    def _child(self, reading: _Reading, entry: Entry) -> str:
        """Add a sitemap of an index; ``sitemaps``, or why it is not to be asked, which is only counted."""
        level = reading.errand.row.level + 1
        reason = self._refusal(entry.url, level)
        if reason is not None:
            return f"sitemaps_{reason}"
        self._add_row(reading.batch, entry.url, None, level, 0)
        reading.found.add(self.rows.url(entry.url)[1])
        return "sitemaps"

    def _page(self, reading: _Reading, entry: Entry) -> str:
        """Make a page of an entry; ``pages``, or why it is none."""
        origin = origin_of(entry.url)
        domain = self.suffixes.domain(origin.host)
        if not self.scope.contains(domain):
            return "scope"
        if self.scope.is_forgotten(origin.host):
            return "forgotten"
        if self._pages[reading.errand.host.state.name] >= MAX_PAGES_LISTED:
            return "too_many_pages"
        self._pages[reading.errand.host.state.name] += 1
        reason = None if self.frontier.ports.allow(origin) else PORT
        state = State.DISCOVERED if reason is None else State.EXCLUDED
        url_id, origin_id, key_id = self.rows.url(entry.url)
        reading.batch.candidates.append(
            CandidateRow(
                key_id, url_id, origin_id, state, reason, _DEPTH, 0, None, int(time.time()), None,
                reading.errand.row.url_id, entry.lastmod,
            )
        )  # fmt: skip
        if domain == reading.errand.host.site.domain:
            reading.batch.listed.append((Listed.SITEMAP, key_id))
        if reason is None:
            reading.found.add(origin_id)
        return reason or "pages"

    def _read(self, reading: _Reading, result: FetchResult, now: int) -> None:
        summary = reading.reader.summary
        reading.listed.update(summary.reasons)
        reason = f"incomplete_{result.cut}" if result.cut else None
        if reason is None and not summary.is_complete:
            reason = next(reversed(summary.reasons), "incomplete")
        is_one = summary.entries or summary.is_complete
        self._settle(reading, State.FETCHED if is_one else State.FAILED, reason, now)

    def _redirected(self, reading: _Reading, target: str, now: int) -> None:
        row = reading.errand.row
        if row.redirects + 1 > self.settings.max_redirects:
            self._settle(reading, State.FAILED, "too_many_redirects", now)
            return
        reading.found.update(self._offer(reading.batch, target, row.level, row.redirects + 1))
        self._settle(reading, State.REDIRECTED, None, now)

    def _failed(self, reading: _Reading, result: FetchResult, kind: str, retry_after: float | None, now: int) -> None:
        errand, state = reading.errand, reading.errand.host.state
        self.stats.failures[f"sitemap_{kind}"] += 1
        tries = errand.row.tries + (not self.manners.failed(state, kind, result, retry_after))
        self.frontier.release(errand, result.ended_s, counts=False, pace=result.pace)
        if result.status is not None:
            remember_sleep(reading.batch, state, result.ended_s)
        if tries < FAILURES[kind].tries:
            self._put(reading.batch, reading.found)
            self.frontier.ask(
                errand._replace(row=errand.row._replace(tries=tries)), result.ended_s + self.manners.retry_wait_s(kind)
            )
            return
        self._settle(reading, State.FAILED, kind, now)

    def _settle(self, reading: _Reading, state: State, reason: str | None, now: int) -> None:
        row = reading.errand.row
        listed = json.dumps(reading.listed, sort_keys=True) if reading.listed else None
        reading.batch.asked_sitemaps.append((state, reason, row.tries + 1, now, listed, row.url_id))
        self.stats.sitemaps[reason or state.name.lower()] += 1
        self.stats.listed.update(reading.listed)
        self._put(reading.batch, reading.found, settled=row)


def _joined(base: str, name: str) -> str | None:
    try:
        return join(base, name)
    except NotAUrl:
        return None
