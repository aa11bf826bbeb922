"""What a crawl would do with its seeds: robots.txt is asked for, with the usual manners, and nothing else.

The verdict on each seed is that of :mod:`.frontier` and its gate: rules first (a host of which nothing is wanted is not
asked for anything), then robots.txt. A seed that looks like a trap is fetched all the same; it is said, because pages
like it would not be.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wholinks.storage.forgetting import Forgotten
from wholinks.storage.sites import PrefixSite, Sites, refuse_suffixes
from wholinks.storage.urls import PublicSuffixes, origin_of, path_of

from .answers import redirect_target
from .fetcher import Fetcher, FetchResult
from .politeness import NO_CONNECTION
from .ports import Ports
from .prefix_reach import PrefixReach
from .robots import MAX_BYTES, MAX_REDIRECTS, NO_RULES, Known, RobotsTxt, Rules, policy
from .seeds import Seed
from .settings import Settings
from .traps import suspicion
from .url_rules import REASON, Matcher, UrlRules


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would become of one seed. ``state`` is ``fetched`` (or what its answer makes of it), ``blocked``,
    ``excluded`` or ``waiting`` (robots.txt is unreachable), ``reason`` the rule or failure behind it. ``delay_s`` is
    the least time between requests; ``robots_status`` None where nothing answered or nobody asked; ``trap`` the trap
    that the URL looks like, if any."""

    url: str
    site: str
    state: str
    reason: str
    robots_url: str
    robots_status: int | None
    delay_s: float
    trap: str | None
    sitemaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int | None
    failure: str
    robots: RobotsTxt | None


class DryRun:
    """Asks each origin's robots.txt once, a host one request at a time. ``forgotten`` are hosts removed on request,
    ``sites`` the sites by prefix that the folder has."""

    def __init__(
        self, settings: Settings, forgotten: Sequence[Forgotten] = (), sites: Sequence[PrefixSite] = ()
    ) -> None:
        self._settings = settings
        self._forgotten = forgotten
        suffixes = PublicSuffixes(settings.suffix_list)
        refuse_suffixes(settings.site, suffixes)
        self._suffixes = suffixes
        self._sites = Sites(suffixes, (*settings.site, *sites))
        self._reach = PrefixReach((), self._sites, suffixes)
        self._rules = UrlRules(Matcher(settings.include), Matcher(settings.exclude))
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._answers: dict[str, asyncio.Task[_Answer]] = {}

    async def run(self, seeds: Sequence[Seed]) -> list[Forecast]:
        """The forecast for each seed, in order."""
        self._reach = PrefixReach((seed.url for seed in seeds), self._sites, self._suffixes)
        slots = asyncio.Semaphore(self._settings.concurrency)
        ports = Ports(self._settings.allow_port, self._settings.connect_to)
        for seed in seeds:
            ports.type(origin_of(seed.url))
        async with Fetcher(self._settings, ports) as fetcher:

            async def one(seed: Seed) -> Forecast:
                async with slots:
                    return await self._forecast(fetcher, seed)

            return await asyncio.gather(*map(one, seeds))

    async def _forecast(self, fetcher: Fetcher, seed: Seed) -> Forecast:
        url = seed.url
        host = origin_of(url).host
        if any(removed.covers(host) for removed in self._forgotten):
            return self._made(url, "excluded", "removed on request (see 'wholinks forget --list')", None, None)
        if self._rules.leave_out(host, path_of(url), depth=0, hop=0):
            return self._made(url, "excluded", f"{REASON} (--exclude)", None, None)
        if host in self._settings.ignore_robots:
            return self._made(url, "fetched", "robots.txt is ignored (--ignore-robots)", None, NO_RULES)
        answer = await self._robots(fetcher, url)
        if seed.is_bare and answer.failure in NO_CONNECTION:
            url = "http" + url.removeprefix("https")
            answer = await self._robots(fetcher, url)
        if answer.robots is None:
            return self._made(url, "waiting", f"robots.txt is unreachable ({answer.failure})", answer, None)
        rules = answer.robots.rules_for(self._settings.product_token)
        may, why = rules.explain(path_of(url))
        return self._made(url, "fetched" if may else "blocked", why, answer, rules)

    def _made(self, url: str, state: str, reason: str, answer: _Answer | None, rules: Rules | None) -> Forecast:
        settings = self._settings
        origin = origin_of(url)
        asked_for_s = 0.0 if rules is None else min(rules.delay_s, settings.max_crawl_delay_s)
        named = answer.robots.sitemaps if answer is not None and answer.robots is not None else ()
        may_list = settings.reads_listings and not self._reach.divides(origin.host)
        has_sitemaps = may_list and answer is not None and rules is not None
        return Forecast(
            url=url,
            site=self._sites.site(url),
            state=state,
            reason=reason,
            robots_url="" if answer is None else f"{origin.text}/robots.txt",
            robots_status=None if answer is None else answer.status,
            delay_s=max(settings.delay_s, asked_for_s),
            trap=suspicion(path_of(url), datetime.now(UTC).year) if settings.traps else None,
            sitemaps=(named or (f"{origin.text}/sitemap.xml",)) if has_sitemaps else (),
        )

    async def _robots(self, fetcher: Fetcher, url: str) -> _Answer:
        origin = origin_of(url).text
        if origin not in self._answers:
            self._answers[origin] = asyncio.create_task(self._ask(fetcher, f"{origin}/robots.txt"))
        return await self._answers[origin]

    async def _ask(self, fetcher: Fetcher, url: str) -> _Answer:
        result = await self._get(fetcher, url)
        for _ in range(MAX_REDIRECTS):
            target = redirect_target(result)
            if target is None:
                break
            result = await self._get(fetcher, target)
        failure = result.failure or ("disconnected" if result.cut in {"slow", "broken"} else "")
        status = None if failure else result.status
        known = policy(status, result.body)
        robots = known.robots if isinstance(known, Known) else None
        return _Answer(status, failure or f"http_{status}", robots)

    async def _get(self, fetcher: Fetcher, url: str) -> FetchResult:
        turn = self._turns[origin_of(url).host]
        await turn.acquire()
        try:
            return await fetcher.get(url, max_bytes=MAX_BYTES + 1, any_type=True)
        finally:  # the next request to the host waits for the delay, whoever makes it
            asyncio.get_running_loop().call_later(self._settings.delay_s, turn.release)
