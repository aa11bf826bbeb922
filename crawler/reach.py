"""What is in reach at the start of a crawl, and what comes into reach while it runs.

Reach is kept in crawl.db (table ``site``), so that a later crawl with more hops, or more seeds, finds the pages that
the links stored so far name there.
"""

import json
import time
from collections.abc import Sequence

from wholinks.storage.crawl_store import Batch, CandidateRow, CrawlStore
from wholinks.storage.records import State
from wholinks.storage.sites import Sites
from wholinks.storage.urls import PublicSuffixes, origin_of

from .ports import Ports
from .prefix_reach import PrefixReach
from .rows import RowMaker
from .scope import Scope
from .seeds import Seed
from .settings import Settings
from .url_rules import Matcher, UrlRules, prefix_rules

BareSeeds = dict[int, tuple[int, str]]
"""key_id → origin_id and the http URL to try where https has no connection, of seeds given as bare domains."""


class Reach:
    """Keeps ``scope`` and the folder in step. ``rules`` are known once it began."""

    def __init__(  # noqa: PLR0917 - what it keeps in step
        self,
        store: CrawlStore,
        settings: Settings,
        scope: Scope,
        rows: RowMaker,
        suffixes: PublicSuffixes,
        sites: Sites,
    ) -> None:
        self._store = store
        self._settings = settings
        self._scope = scope
        self._rows = rows
        self._suffixes = suffixes
        self._sites = sites
        self.rules = UrlRules()
        self._prefixes: list[str] = []

    async def begin(self, seeds: Sequence[Seed], ports: Ports) -> BareSeeds:
        """Add the seeds, whose ports may be asked too, and let in or out what the limits given now say."""
        now = int(time.time())
        bare = await self._add(seeds, now)
        for origin in await self._store.seed_origins():
            ports.type(origin_of(f"{origin}/"))
        await self._store.readmit_ports(lambda origin: ports.allow(origin_of(f"{origin}/")))
        self.rules = await self._url_rules()
        await self.extend()
        await self._store.apply_limits(
            hops=self._settings.hops,
            nofollow_pages=self._settings.nofollow_pages,
            robots_before=now - self._settings.robots_age_s,
            traps=self._settings.traps,
            url_rules=self._rules_text(),
            ignore_robots=self._settings.ignore_robots,
        )
        return bare

    async def extend(self) -> None:
        """Let in what the links stored so far name on sites that came into reach since they were stored."""
        if self._settings.hops:
            await self._store.reach(self._settings.hops, nofollow_pages=self._settings.nofollow_pages)
        for domain, hop in await self._store.sites():
            self._scope.reach(domain, hop)
        if self._settings.hops:
            self._scope.referrers.learn(await self._store.count_referring())
        await self._store.admit(self._settings.hops, nofollow_pages=self._settings.nofollow_pages, now=int(time.time()))

    async def _url_rules(self) -> UrlRules:
        settings = self._settings
        seeds = await self._store.seeds() if settings.only_prefix or self._sites.prefixes else []
        prefixes = (
            {rule for host, path in seeds for rule in prefix_rules(host, path)} if settings.only_prefix else set()
        )
        reach = PrefixReach((f"http://{host}{path}" for host, path in seeds), self._sites, self._suffixes)
        self._prefixes = [*sorted(map(str, prefixes)), *reach.names]
        return UrlRules(Matcher(settings.include), Matcher(settings.exclude), Matcher(prefixes), reach)

    def _rules_text(self) -> str:
        """The rules as text, by which it is known that they changed."""
        settings = self._settings
        return json.dumps([sorted(map(str, settings.include)), sorted(map(str, settings.exclude)), self._prefixes])

    async def _add(self, seeds: Sequence[Seed], now: int) -> BareSeeds:
        batch = Batch()
        bare: BareSeeds = {}
        for seed in seeds:
            url_id, origin_id, key_id = self._rows.url(seed.url)
            batch.sites.append((self._suffixes.domain(origin_of(seed.url).host), 0, "seed"))
            batch.candidates.append(
                CandidateRow(key_id, url_id, origin_id, State.DISCOVERED, None, 0, 0, None, now, None)
            )
            batch.seeds.append((key_id,))
            if seed.is_bare:
                bare[key_id] = origin_id, "http" + seed.url.removeprefix("https")
        batch.origins, batch.urls = self._rows.take()
        await self._store.commit(batch)
        waiting = await self._store.still_waiting(bare)
        return {key_id: seed for key_id, seed in bare.items() if key_id in waiting}
