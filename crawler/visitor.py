"""One errand from its request to its rows: fetch, judge, parse, hand on.

A host is given back to the frontier when its answer has ended, before the page is parsed. Everything learned goes to
the writer in one batch an answer; the frontier hears of new pages when that is committed.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from wholinks.storage.crawl_store import (
    Batch,
    CandidateRow,
    FetchRow,
    PageRow,
    Revisit,
    RobotsRow,
    SitemapRow,
    WaitingRow,
)
from wholinks.storage.records import Kind, Listed, Outcome, State, bits
from wholinks.storage.shorthand import shorten
from wholinks.storage.sites import Sites
from wholinks.storage.urls import PublicSuffixes, origin_of

from . import intervals
from .answers import Sort, Verdict, judge, redirect_target
from .fetcher import Fetcher, FetchResult
from .frontier import Frontier
from .hosts import Errand, Origin, PageErrand, RobotsErrand, SitemapErrand
from .listings import FeedListing, Listings
from .manners import Manners, remember_sleep
from .parse_pool import Parsed, ParsePool
from .politeness import (
    FAILURES,
    NO_CONNECTION,
    REFUSED,
    ROBOTS_FRESH_S,
    ROBOTS_GIVEN_UP_S,
    ROBOTS_LONGEST_WAIT_S,
    ROBOTS_WAIT_S,
    retry_after_s,
)
from .ports import REASON as PORT
from .robots import MAX_BYTES, MAX_REDIRECTS, Known, Rules, parse, policy
from .rows import CandidateTuple, RowMaker
from .scope import Scope
from .settings import Settings
from .stats import Stats
from .traps import Traps
from .writer import Writer

_ROBOTS_TRIES = 2
_AT_ONCE: Final = 1000
"""Candidates of a page that are looked at before others get their turn: a millisecond's."""
_BODY_HASH: Final = FetchRow._fields.index("body_hash")
_FACTS: Final = FetchRow._fields.index("canonical_url_id")
"""Where the parser's part of a fetch's row begins."""


@dataclass(slots=True)
class Visitor:
    """Runs errands. ``bare`` holds, by key_id, the http URLs of seeds given as bare domains; ``is_reach_stale`` tells
    that a domain came into reach, so links stored earlier may name pages of it; ``started_at`` is when the crawl began,
    in UTC seconds. ``traps`` learn of each page."""

    settings: Settings
    fetcher: Fetcher
    pool: ParsePool
    frontier: Frontier
    writer: Writer
    scope: Scope
    suffixes: PublicSuffixes
    sites: Sites
    rows: RowMaker
    stats: Stats
    notify: Callable[[str], None]
    next_fetch_id: int
    started_at: int
    manners: Manners
    bare: dict[int, tuple[int, str]] = field(default_factory=dict)
    is_recrawl: bool = False
    is_reach_stale: bool = False
    traps: Traps | None = None
    listings: Listings | None = None

    async def visit(self, errand: Errand) -> None:
        """Run an errand; that of a host whose address is not known yet, when its turn there has come."""
        if errand.host.address is None:
            ip = await self.fetcher.address_of(errand.url)
            if ip is not None and not self.frontier.meet(errand, ip):
                return
        if isinstance(errand, PageErrand):
            await self.page(errand)
        elif isinstance(errand, SitemapErrand):
            await self.sitemap(errand)
        else:
            await self.robots(errand)

    # -- pages

    async def page(self, errand: PageErrand) -> None:
        """Fetch a page and hand on what came of it."""
        feed = self.listings.feed(errand.url) if self.listings is not None else None
        sink = None if feed is None else feed.sink
        result = await self.fetcher.get(errand.url, conditions=_conditions(errand.row), sink=sink)
        self.manners.ended(errand, result, errand.row.tries)
        now = int(time.time())
        verdict = judge(result, now)
        self.stats.ended("page", errand, result, verdict)
        self.stats.bytes += len(result.body)
        if verdict.sort is Sort.FAILURE:
            self._failed(errand, result, verdict, now)
            return
        errand.host.state.succeeded()
        counts = verdict.counts and errand.row.asked_at is None
        self.frontier.release(errand, result.ended_s, counts=counts, pace=result.pace)
        if verdict.sort is Sort.PAGE:
            await self._read(errand, result, now)
        elif verdict.sort is Sort.REDIRECT:
            self._redirected(errand, result, verdict, now)
        elif feed is not None and result.is_poured and feed.close():
            self._read_feed(errand, result, feed, now)
        else:
            is_error = verdict.outcome is Outcome.HTTP_ERROR
            if is_error:
                self.stats.failures[verdict.reason or ""] += 1
            self.stats.unchanged += verdict.outcome is Outcome.NOT_MODIFIED
            batch = Batch(fetches=[self._fetch_row(errand, result, verdict.outcome, now, verdict.reason)])
            self._settle(errand, batch, State.FAILED if is_error else State.FETCHED, verdict.reason)
        await self.writer.room()

    async def _read(self, errand: PageErrand, result: FetchResult, now: int) -> None:
        """Parse the page and store its links."""
        row = errand.row
        fetch = self._fetch_row(errand, result, Outcome.PAGE, now, result.cut or None)
        job = (
            fetch.fetch_id, errand.url, row.depth, result.body, result.content_type, result.link_headers,
            result.headers.get("refresh", ""), result.robots_headers,
        )  # fmt: skip
        parsed = await self.pool.parse(errand.host.state.name, job)
        if parsed.rows is None:
            self.stats.failures[parsed.failure] += 1
            fetch = fetch._replace(outcome=Outcome.UNPARSED, reason=parsed.failure, is_complete=0)
            self._settle(errand, Batch(fetches=[fetch]), State.FAILED, parsed.failure)
            self.notify(f"{errand.url}: the page could not be parsed ({parsed.failure}: {parsed.detail})")
            return
        await self._store_page(errand, fetch, parsed)

    async def _store_page(self, errand: PageErrand, fetch: FetchRow, parsed: Parsed) -> None:
        rows = parsed.rows
        if rows is None:
            return
        self.stats.pages += 1
        self.stats.links += len(rows.links)
        self.stats.external_links += len(rows.evidence)
        asked, answered = fetch[:_BODY_HASH], fetch[_BODY_HASH + 1 : _FACTS]
        fetch = self._learned(errand, FetchRow._make((*asked, parsed.body_hash, *answered, *rows.facts)))
        batch = Batch(origins=rows.origins, urls=rows.urls, links=rows.links, evidence=rows.evidence, fetches=[fetch])
        found = self._offer(batch, rows.candidates[:_AT_ONCE], errand, fetch, depth=errand.row.depth + 1)
        for start in range(_AT_ONCE, len(rows.candidates), _AT_ONCE):
            await asyncio.sleep(0)  # a page may name a hundred thousand, and nobody else may wait for that
            more = rows.candidates[start : start + _AT_ONCE]
            found |= self._offer(batch, more, errand, fetch, depth=errand.row.depth + 1)
        self._refer(errand, rows.referred)
        batch.depths.append((errand.row.key_id, errand.row.depth))
        self._revisited(batch, errand, fetch)
        if rows.evidence and self.scope.hop(errand.host.site.domain) < self.settings.hops:
            self.is_reach_stale = True  # a worker names a page once: perhaps a site farther from the seeds had it first
        self._settle(errand, batch, State.FETCHED, fetch.reason if fetch.is_complete else "incomplete", found)

    def _learned(self, errand: PageErrand, fetch: FetchRow) -> FetchRow:
        """Tell the traps of a page; the fetch, marked where the host shows that page everywhere."""
        if self.traps is None:
            return fetch
        mark = self.traps.saw(
            errand.host.state.name,
            errand.row.path,
            status=fetch.status or 0,
            simhash=fetch.simhash or 0,
            words=fetch.words or 0,
            body_hash=fetch.body_hash or 0,
        )
        return fetch if mark is None or fetch.reason is not None else fetch._replace(reason=mark)

    def _read_feed(self, errand: PageErrand, result: FetchResult, feed: FeedListing, now: int) -> None:
        """A feed is no page and has no links, but what it lists in scope are pages to fetch."""
        fetch = self._fetch_row(errand, result, Outcome.NOT_HTML, now, "feed")
        batch = Batch(fetches=[fetch])
        candidates = list(feed.candidates(result, self.rows, self.scope, self._domain))
        own = errand.host.site.domain
        batch.listed = [(Listed.FEED, key_id) for key_id, *_, domain, _ in candidates if domain == own]
        found = self._offer(batch, candidates, errand, fetch, depth=errand.row.depth + 1)
        batch.origins, batch.urls = self.rows.take()
        self.stats.feeds += 1
        self.stats.listed.update(feed.listed)
        self._settle(errand, batch, State.FETCHED, "feed", found)

    def _redirected(self, errand: PageErrand, result: FetchResult, verdict: Verdict, now: int) -> None:
        """A redirect is a new URL with one redirect less left; out of its site it is a link as well."""
        row = errand.row
        self.stats.redirects += 1
        target_id, origin_id, key_id = self.rows.url(verdict.target)
        fetch = self._fetch_row(errand, result, Outcome.REDIRECT, now)._replace(redirect_url_id=target_id)
        batch = Batch()
        domain = self._domain(verdict.target)
        if self.sites.site(verdict.target) != self.sites.site(errand.url):
            fetch = self._redirect_link(batch, fetch, target_id, verdict)
            if row.depth == 0 and self.scope.hop(errand.host.site.domain) == 0 and self.scope.reach(domain, 0):
                batch.sites.append((domain, 0, f"seed {errand.url} redirects here"))
                self.is_reach_stale = True
                self.notify(f"seed {errand.url} redirects to {verdict.target}: {domain} is now in scope too")
        batch.fetches = [fetch]
        batch.depths = [(row.key_id, row.depth)]
        if batch.links:
            self._revisited(batch, errand, fetch)
        if self.is_recrawl and self._may_follow(errand, domain):
            batch.due = [(key_id, self.started_at)]
        candidate = (key_id, target_id, origin_id, origin_of(verdict.target).text, domain, True)
        if row.redirects + 1 > self.settings.max_redirects:
            batch.origins, batch.urls = self.rows.take()
            self.stats.failures["too_many_redirects"] += 1
            self._settle(errand, batch, State.FAILED, "too_many_redirects", counts=False)
            return
        found = self._offer(batch, [candidate], errand, fetch, depth=row.depth, redirects=row.redirects + 1)
        self._refer(errand, [domain])
        if batch.candidates:
            batch.respelled = [(key_id, target_id, origin_id, row.redirects + 1, fetch.requested_url_id)]
        batch.origins, batch.urls = self.rows.take()
        self._settle(errand, batch, State.REDIRECTED, None, found, counts=False)

    def _redirect_link(self, batch: Batch, fetch: FetchRow, target_id: int, verdict: Verdict) -> FetchRow:
        """A redirect out of its site is a link of the URL that answered; the fetch, counting it."""
        batch.links = [(fetch.fetch_id, 1, target_id, bits(Kind.REDIRECT), 0, None, "")]
        href, _ = shorten(verdict.target, verdict.location, "")
        batch.evidence = [(fetch.fetch_id, 1, href, None, "", "", "", 0)]
        self.stats.links += 1
        self.stats.external_links += 1
        return fetch._replace(link_counts='{"redirect":1}')

    def _failed(self, errand: PageErrand, result: FetchResult, verdict: Verdict, now: int) -> None:
        """Try again by the failure table, or give the page up; the host may have to sleep."""
        kind = verdict.reason or "disconnected"
        state = errand.host.state
        is_ours = self.manners.failed(state, kind, result, verdict.retry_after_s)
        tries = errand.row.tries + (not is_ours)
        self.stats.failures[kind] += 1
        fallback = errand.row.key_id in self.bare and kind in NO_CONNECTION and not is_ours
        again = tries < FAILURES[kind].tries and not fallback
        counts = not again and not fallback and errand.row.asked_at is None
        self.frontier.release(errand, result.ended_s, counts=counts, pace=result.pace)
        fetch = self._fetch_row(errand, result, verdict.outcome, now, kind)
        batch = Batch(fetches=[fetch])
        if result.status is not None:  # without an answer, our own network may be to blame: the next crawl may ask
            remember_sleep(batch, state, result.ended_s)
        if again:
            if errand.row.asked_at is None:
                self._became(batch, PageRow(State.DISCOVERED, None, tries, errand.row.key_id))
            self.writer.put(batch)
            self.frontier.retry(errand, result.ended_s + self.manners.retry_wait_s(kind), tries=tries)
            return
        found = self._try_http(batch, errand.row.key_id, kind, now) if fallback else []
        self._settle(errand, batch, State.FAILED, kind, found, counts=not fallback)

    # -- sitemaps

    async def sitemap(self, errand: SitemapErrand) -> None:
        """Read a sitemap."""
        if self.listings is not None:
            await self.listings.sitemap(errand)

    def put_off_sitemap(self, row: SitemapRow, state: State, reason: str) -> None:
        """Commit that a sitemap is not to be asked."""
        if self.listings is not None:
            self.listings.put_off(row, state, reason)

    # -- robots.txt

    async def robots(self, errand: RobotsErrand) -> None:
        """Fetch an origin's robots.txt, or the next hop of its redirects."""
        result = await self.fetcher.get(errand.url, max_bytes=MAX_BYTES + 1, any_type=True)
        self.manners.ended(errand, result, errand.tries)
        self.stats.ended("robots", errand, result)
        now = int(time.time())
        target = redirect_target(result) if errand.redirects < MAX_REDIRECTS else None
        failure = result.failure or ("disconnected" if result.cut in {"slow", "broken"} else None)
        is_ours = self.manners.is_ours(result)
        tries = errand.tries + (not is_ours)
        may_retry = failure is not None and failure not in {"tls", *REFUSED} and tries < _ROBOTS_TRIES
        if may_retry and not is_ours and failure in NO_CONNECTION and self._bare_of(errand.origin):
            may_retry = False
        if target is not None and self.scope.is_forgotten(origin_of(target).host):
            target, failure = None, "forgotten"  # its rules lie where we must not ask: unreachable
        if target is None and not may_retry:
            self._robots_known(errand, result, failure, now)
        self.frontier.release(errand, result.ended_s, counts=False, pace=result.pace)
        if target is not None:
            host = self.frontier.host(origin_of(target).host, self._domain(target))
            hop = RobotsErrand(errand.origin, target, host, errand.redirects + 1)
            self.frontier.ask(hop, result.ended_s)
        elif may_retry:
            wait_s = self.manners.retry_wait_s(failure or "disconnected")
            self.frontier.ask(errand._replace(tries=tries), result.ended_s + wait_s)

    def _robots_known(self, errand: RobotsErrand, result: FetchResult, failure: str | None, now: int) -> None:
        origin = errand.origin
        status = None if failure else result.status
        is_file = status is not None and 200 <= status < 300
        row = RobotsRow(origin.origin_id, now, status, result.body[: MAX_BYTES + 1] if is_file else b"")
        batch = Batch(robots=[row])
        old_rules = origin.old_rules
        self.learn_robots(origin, row, is_new=True)
        if origin.rules is None:
            kind = failure or f"http_{status}"
            self.stats.failures[f"robots_{kind}"] += 1
            if old_rules is not None:
                self._go_by(origin, old_rules, self.settings.robots_age_s)
                self.writer.put(batch)
                return
            wait_s = min(ROBOTS_WAIT_S * 2**origin.robots_failures, ROBOTS_LONGEST_WAIT_S)
            asked = retry_after_s(result.headers.get("retry-after"), now)
            if asked:
                errand.host.state.sleep(result.ended_s + asked, f"robots.txt, {kind}: asked for {asked:.0f} s")
                remember_sleep(batch, errand.host.state, result.ended_s)
            origin.robots_failures += 1
            origin.sleep(result.ended_s + wait_s, f"robots.txt unreachable ({kind})")
            self.stats.slept(origin.text, origin.asleep_until - result.ended_s, origin.asleep_why)
            found: list[int] = []
            if kind in NO_CONNECTION:
                bare = self._bare_of(origin)
                self.frontier.drop(origin, bare)
                for key_id in bare:
                    batch.pages.append(PageRow(State.FAILED, kind, 1, key_id))
                    found += self._try_http(batch, key_id, kind, now)
            key_ids = [page.key_id for page in batch.pages]
            self.writer.put(batch, lambda: self._committed(key_ids, found))
            return
        self.writer.put(batch)

    def learn_robots(self, origin: Origin, row: RobotsRow, *, is_new: bool = False) -> None:
        """Let ``origin`` be asked by the rules of this answer; unreachable leaves them unknown, and so does one that is
        too old. ``row`` is what crawl.db has, or ``is_new``."""
        origin.is_asking_robots = False
        self.frontier.rules.forget(origin)
        age_s = time.time() - row.fetched_at
        answer = policy(row.status, row.body)
        if isinstance(answer, Known):
            left_s = max(self.settings.robots_age_s - age_s, ROBOTS_FRESH_S if is_new else 0.0)
            if left_s > 0:
                self._go_by(origin, answer.robots.rules_for(self.settings.product_token), left_s)
                if self.listings is not None:
                    self.listings.begin(origin, answer.robots.sitemaps)
        elif age_s >= ROBOTS_GIVEN_UP_S:
            origin.old_rules = parse(row.body).rules_for(self.settings.product_token)
        self.frontier.reschedule(origin.host)

    def _go_by(self, origin: Origin, rules: Rules, for_s: float) -> None:
        """Let ``origin`` be asked by ``rules``, for so long."""
        self.frontier.rules.remember(origin, rules, asyncio.get_running_loop().time() + for_s)
        origin.old_rules = None
        origin.robots_failures = 0
        origin.host.state.slow_down(min(rules.delay_s, self.settings.max_crawl_delay_s))

    # -- what both share

    def _bare_of(self, origin: Origin) -> list[int]:
        return [key_id for key_id, (origin_id, _) in self.bare.items() if origin_id == origin.origin_id]

    def _try_http(self, batch: Batch, key_id: int, kind: str, now: int) -> list[int]:
        """A bare domain had no https: its http URL becomes the seed; the origin_id it is on."""
        url = self.bare.pop(key_id)[1]
        origin = origin_of(url)
        self.notify(f"{origin.host}: no https ({kind}), trying http")
        url_id, origin_id, key = self.rows.url(url)
        batch.candidates.append(CandidateRow(key, url_id, origin_id, State.DISCOVERED, None, 0, 0, None, now, None))
        batch.origins, batch.urls = self.rows.take()
        return [origin_id]

    def _offer(
        self,
        batch: Batch,
        candidates: Iterable[CandidateTuple],
        errand: PageErrand,
        fetch: FetchRow,
        *,
        depth: int,
        redirects: int = 0,
    ) -> dict[int, None]:
        """Make pages of the candidates in reach; the origin_id of the origins they are on."""
        found: dict[int, None] = {}
        own = errand.host.site.domain
        asked = errand.origin.text
        scope, allow = self.scope, self.frontier.ports.allow
        is_own_in = redirects > 0 or scope.contains(own)
        next_hop = scope.hop(own) + 1
        may_reach = next_hop <= scope.hops
        max_depth = self.settings.max_depth
        too_deep = "depth" if max_depth is not None and depth > max_depth else None
        requested = fetch.requested_url_id if redirects else None
        for key_id, url_id, origin_id, origin, domain, follow in candidates:
            if domain != own:
                if may_reach and follow and scope.reach(domain, next_hop):
                    batch.sites.append((domain, next_hop, "link"))
                    self.is_reach_stale = True
                if not scope.contains(domain):
                    continue
            elif not is_own_in:
                continue
            reason = too_deep if follow else "nofollow_page"
            if origin != asked and not allow(origin_of(f"{origin}/")):
                reason = PORT
            state = State.DISCOVERED if reason is None else State.EXCLUDED
            batch.candidates.append(
                CandidateRow(
                    key_id,
                    url_id,
                    origin_id,
                    state,
                    reason,
                    depth,
                    redirects,
                    requested,
                    found_at=fetch.fetched_at,
                    found_fetch_id=fetch.fetch_id,
                )
            )
            if reason is None:
                found[origin_id] = None
        return found

    def _refer(self, errand: PageErrand, domains: Iterable[str]) -> None:
        """The site of ``errand`` links to these: those in reach that more sites refer to go first."""
        for domain in domains if self.scope.hops else ():  # within the seeds' sites nobody goes before others
            if self.scope.refer(errand.host.site.domain, domain):
                self.frontier.referred(domain)

    def _may_follow(self, errand: PageErrand, domain: str) -> bool:
        """Whether a redirect to ``domain`` is followed: in reach, or within the site that was asked."""
        return self.scope.contains(domain) or domain == errand.host.site.domain

    def _revisited(self, batch: Batch, errand: PageErrand, fetch: FetchRow) -> None:
        """Have the links in ``batch`` compared with those that the page showed before, if it was asked for before."""
        row = errand.row
        if row.asked_at is not None:
            batch.revisits = [Revisit(fetch.fetch_id, row.url_id, row.key_id, intervals.unchanged(row.interval_s))]

    def _settle(
        self,
        errand: PageErrand,
        batch: Batch,
        state: State,
        reason: str | None,
        found: Collection[int] = (),
        *,
        counts: bool = True,
    ) -> None:
        """Commit what became of a page, and whether it counts in the budgets: as ``Frontier.release`` was told."""
        row = errand.row
        (fetch,) = batch.fetches
        is_page = fetch.outcome is Outcome.PAGE
        self._became(
            batch,
            PageRow(
                state, reason, row.tries + 1, row.key_id, fetch.fetched_at,
                _interval_s(fetch.outcome, row, is_compared=bool(batch.revisits)), fetch.fetch_id if is_page else None,
                len(batch.evidence) if is_page else None,
            ),
        )  # fmt: skip
        if counts and row.asked_at is None:
            batch.host_pages.append((errand.host.state.name, 1))
        self.writer.put(batch, lambda: self._committed([row.key_id], found))

    def _became(self, batch: Batch, row: PageRow) -> None:
        batch.pages.append(row)

    def put_off(self, row: WaitingRow, state: State, reason: str) -> None:
        """Commit that a page is not to be asked. One that was to be asked again stays what it is."""
        batch = Batch(put_off=[(state, reason, row.key_id)], undue=[(row.key_id,)])
        self.writer.put(batch, lambda: self.frontier.settled([row.key_id]))

    def block(self, row: WaitingRow) -> None:
        """Commit that robots.txt forbids a page."""
        batch = Batch()
        page = PageRow(State.BLOCKED, "robots", row.tries, row.key_id)
        if row.asked_at is not None:
            now = int(time.time())
            fetch = FetchRow(self._new_fetch_id(), row.url_id, row.url_id, 0, now, 0, Outcome.DISALLOWED, "robots")
            batch.fetches.append(fetch)
            page = page._replace(asked_at=now, interval_s=_interval_s(Outcome.DISALLOWED, row, is_compared=False))
        self._became(batch, page)
        self.writer.put(batch, lambda: self.frontier.settled([row.key_id]))

    def _committed(self, key_ids: Iterable[int], found: Collection[int]) -> None:
        self.frontier.settled(key_ids)
        self.frontier.found(found)

    def _fetch_row(
        self, errand: PageErrand, result: FetchResult, outcome: Outcome, now: int, reason: str | None = None
    ) -> FetchRow:
        is_whole = not result.cut and result.status != 206 and outcome is not Outcome.FAILURE
        return FetchRow(
            self._new_fetch_id(),
            errand.row.url_id,
            errand.row.requested_url_id or errand.row.url_id,
            errand.row.redirects,
            now,
            result.elapsed_ms,
            outcome,
            reason,
            result.status,
            result.remote_ip,
            result.content_type[:200] or None,
            len(result.body) or None,
            None,
            (result.headers.get("etag") or "")[:500] or None,
            (result.headers.get("last-modified") or "")[:100] or None,
            int(is_whole),
        )

    def _new_fetch_id(self) -> int:
        self.next_fetch_id += 1
        return self.next_fetch_id - 1

    def _domain(self, url: str) -> str:
        return self.suffixes.domain(origin_of(url).host)


def _conditions(row: WaitingRow) -> dict[str, str]:
    """The headers that let a server say that a page is as it was (RFC 9110, 13.1)."""
    asked = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
    return {name: value for name, value in asked.items() if value}


_ANSWERED: Final = frozenset({Outcome.PAGE, Outcome.REDIRECT, Outcome.NOT_MODIFIED, Outcome.NOT_HTML})


def _interval_s(outcome: int, row: WaitingRow, *, is_compared: bool) -> int:
    """How long the page may stay unasked; where its links are to be compared, if they are others than before."""
    if outcome not in _ANSWERED:
        return intervals.in_doubt(row.interval_s, was_read=bool(row.is_fetched))
    return intervals.after_change(row.interval_s) if is_compared else intervals.unchanged(row.interval_s)
