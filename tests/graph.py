"""A web in a few lines, written to a real crawl.db with the rows a crawl of it would leave.

Graph().page("http://a.example/", links=["http://b.example/"]).redirect("http://a.example/old", "http://a.example/")
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from wholinks.storage.crawl_store import Batch, CandidateRow, CrawlStore, FetchRow, Revisit
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import (
    REL_BITS,
    AnchorSource,
    Kind,
    LinkFlag,
    Listed,
    Outcome,
    Placement,
    RobotsFlag,
    State,
    bits,
)
from wholinks.storage.shorthand import shorten
from wholinks.storage.sites import PrefixSite, change_prefix_sites
from wholinks.storage.urls import PublicSuffixes, dedup_key, identity, normalise, origin_of, origin_text, path_of

SUFFIXES: Final = PublicSuffixes()
START: Final = int(time.time()) // 86_400 * 86_400 - 60 * 86_400 + 32_000
"""The time of the first fetch, two months ago; each next one is a minute later."""


def site(url: str, prefix_sites: Iterable[str] = ()) -> str:
    """The site of a URL: of those by prefix that it lies under the longest, else its registrable domain."""
    host, path = origin_of(url).host, path_of(url)
    under = [
        name for name in prefix_sites if f"{host}{path}" == name or f"{host}{path}".startswith((f"{name}/", f"{name}?"))
    ]
    return max(under, key=len, default=SUFFIXES.domain(host))


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page. ``is_closed``: the page was asked for again, and did not have it any more."""

    url: str
    anchor: str = ""
    rel: str = ""
    kind: Kind = Kind.TEXT
    placement: Placement = Placement.BODY
    flags: LinkFlag = LinkFlag.NONE
    rel_raw: str | None = None
    before: str = ""
    after: str = ""
    tag: str = ""
    is_closed: bool = False
    path: int = 7

    @property
    def tokens(self) -> list[str]:
        return self.rel.split()

    @property
    def rel_bits(self) -> int:
        return sum(REL_BITS[token] for token in self.tokens if token in REL_BITS)

    @property
    def rel_other(self) -> str:
        return " ".join(token for token in self.tokens if token not in REL_BITS)


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request that ended; ``number`` is its fetch_id."""

    number: int
    url: str
    outcome: Outcome
    fetched_at: int
    links: tuple[Link, ...] = ()
    canonical: str | None = None
    redirect: str | None = None
    robots: RobotsFlag = RobotsFlag.NONE
    requested: str | None = None
    status: int = 200
    title: str = ""
    language: str = ""
    body: str = ""
    is_complete: bool = True
    script_only: bool = False
    reason: str | None = None
    ip: str | None = None
    words: int = 0
    simhash: int = 0
    is_echo: bool = False  # the page again, without the links that closed


@dataclass(slots=True)
class Graph:
    """A web and what was fetched of it, in order. ``prefix_sites`` (``medium.com/@user``) were named before the crawl
    if ``named_early``, else after it."""

    fetches: list[Fetch] = field(default_factory=list)
    known: dict[str, tuple[State, str | None]] = field(default_factory=dict)
    marks: dict[str, Listed] = field(default_factory=dict)
    waited_s: int = 0
    prefix_sites: tuple[str, ...] = ()
    named_early: bool = False

    def site(self, url: str) -> str:
        """The site of a URL."""
        return site(url, self.prefix_sites)

    def crawled_site(self, url: str) -> str:
        """Its site as the crawl had it."""
        return site(url, self.prefix_sites if self.named_early else ())

    def wait(self, seconds: int) -> Self:
        """Have everything that follows happen so much later."""
        self.waited_s += seconds
        return self

    def page(
        self,
        url: str,
        links: Iterable[Link | str] = (),
        *,
        canonical: str | None = None,
        nofollow: bool = False,
        noindex: bool = False,
        requested: str | None = None,
        title: str = "",
        language: str = "",
        body: str = "",
        is_complete: bool = True,
        script_only: bool = False,
        ip: str | None = None,
        words: int = 0,
        simhash: int = 0,
    ) -> Self:
        """An HTML answer with its links."""
        robots = RobotsFlag.NOFOLLOW * nofollow | RobotsFlag.NOINDEX * noindex
        made = tuple(Link(link) if isinstance(link, str) else link for link in links)
        made = _closed_last(tuple(_renamed(link) for link in made))
        fetch = Fetch(
            len(self.fetches) + 1, normalise(url), Outcome.PAGE, self._now, made,
            canonical and normalise(canonical), None, RobotsFlag(robots), requested and normalise(requested),
            200, title, language, body, is_complete, script_only, None, ip, words, simhash,
        )  # fmt: skip
        self._add(fetch)
        if any(link.is_closed for link in made):
            left = tuple(link for link in made if not link.is_closed)
            number = len(self.fetches) + 1
            self._add(replace(fetch, number=number, fetched_at=self._now, links=left, is_echo=True))
        return self

    def redirect(self, url: str, to: str, *, status: int = 301, nofollow: bool = False) -> Self:
        """A 3xx answer; a link of kind redirect comes with it where it leaves the site."""
        url, to = normalise(url), normalise(to)
        links = (Link(to, kind=Kind.REDIRECT),) if self.site(url) != self.site(to) else ()
        number = len(self.fetches) + 1
        robots = RobotsFlag(RobotsFlag.NOFOLLOW * nofollow)
        return self._add(
            Fetch(number, url, Outcome.REDIRECT, self._now, links, redirect=to, status=status, robots=robots)
        )

    def unchanged(self, url: str) -> Self:
        """A 304."""
        return self._add(
            Fetch(len(self.fetches) + 1, normalise(url), Outcome.NOT_MODIFIED, self._now, status=304, is_complete=False)
        )

    def failed(self, url: str, status: int = 404) -> Self:
        """An answer that is no page."""
        number = len(self.fetches) + 1
        reason = "rate_limited" if status == 429 else "server_error" if status >= 500 else f"http_{status}"
        return self._add(
            Fetch(
                number, normalise(url), Outcome.HTTP_ERROR, self._now, status=status, is_complete=False, reason=reason
            )
        )  # fmt: skip

    def no_html(self, url: str, *, is_complete: bool = True, reason: str = "not_html") -> Self:
        """A 2xx answer of another type; ``reason`` "empty" is HTML without content."""
        number = len(self.fetches) + 1
        return self._add(
            Fetch(number, normalise(url), Outcome.NOT_HTML, self._now, is_complete=is_complete, reason=reason)
        )

    def disallowed(self, url: str) -> Self:
        """Not asked: robots.txt forbids it now."""
        number = len(self.fetches) + 1
        return self._add(
            Fetch(
                number, normalise(url), Outcome.DISALLOWED, self._now, status=0, is_complete=False, reason="robots"
            )
        )  # fmt: skip

    def waiting(self, url: str, state: State = State.DISCOVERED, reason: str | None = None) -> Self:
        """A page that is known and was not fetched."""
        self.known[normalise(url)] = (state, reason)
        return self

    def listed(self, *urls: str, by: Listed = Listed.SITEMAP) -> Self:
        """What a sitemap or feed of the site names: pages wait unless something else is known of them."""
        for url in map(normalise, urls):
            self.marks[url] = self.marks.get(url, Listed.NONE) | by
        return self

    @property
    def _now(self) -> int:
        return START + 60 * len(self.fetches) + self.waited_s

    def _add(self, fetch: Fetch) -> Self:
        self.fetches.append(fetch)
        return self

    # -- what the crawl would have left

    def spelling(self, url: str) -> str:
        """The URL under which a page of this dedup key was fetched first; the URL itself where none was."""
        key = dedup_key(url)
        return next((fetch.url for fetch in self.fetches if dedup_key(fetch.url) == key), url)

    def write(self, folder: Path) -> Path:
        """Make the folder's crawl.db, anew; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / CRAWL_DB
        for old in folder.glob(CRAWL_DB + "*"):
            old.unlink()
        asyncio.run(_store(path, self))
        sites = [PrefixSite.parse(name) for name in self.prefix_sites]
        change_prefix_sites(folder, add=sites, drop=(), now=START)
        return folder

    def stored_links(self, fetch: Fetch) -> list[tuple[int, Link]]:
        """The links of an answer that are in crawl.db, with their ordinals: not a redirect within a site."""
        is_kept = fetch.outcome is Outcome.PAGE or any(
            self.crawled_site(link.url) != self.crawled_site(fetch.url) for link in fetch.links
        )
        return list(enumerate(fetch.links, 1)) if is_kept else []


def _closed_last(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Of links that are alike, the last ones are those that close: nobody can tell which of them a page has left."""
    open_ = Counter(replace(link, is_closed=False) for link in links if not link.is_closed)
    found = []
    for link in links:
        alike = replace(link, is_closed=False)
        found.append(replace(link, is_closed=not open_[alike]))
        open_[alike] -= open_[alike] > 0
    return tuple(found)


def _renamed(link: Link) -> Link:
    url = normalise(link.url)
    return link if url == link.url else Link(**{name: getattr(link, name) for name in Link.__slots__} | {"url": url})


async def _store(path: Path, graph: Graph) -> None:
    async with await CrawlStore.open(path) as store:
        await store.start_run(START, {}, {"suffix_list": SUFFIXES.version})
        for batch in _batches(graph):
            await store.commit(batch)


def _batches(graph: Graph) -> Iterator[Batch]:
    """What the crawl would have committed; where a page was asked for again, in a batch of its own."""
    batch = Batch()
    seen: set[str] = set()
    asked: set[str] = set()

    def name(url: str | None) -> int | None:
        if url is None:
            return None
        if url not in seen:
            seen.add(url)
            text = origin_text(url)
            host = origin_of(url).host
            origin = (identity(text), text, host, SUFFIXES.domain(host), SUFFIXES.icann_domain(host))
            if origin not in batch.origins:
                batch.origins.append(origin)
            key = dedup_key(url)
            batch.urls.append((identity(url), identity(text), path_of(url), None if key == url else identity(key)))
        return identity(url)

    for fetch in graph.fetches:
        links = graph.stored_links(fetch)
        is_own = fetch.outcome is Outcome.PAGE or bool(links)
        if fetch.url in asked and is_own:
            yield batch
            batch = Batch()
            batch.revisits = [Revisit(fetch.number, identity(fetch.url), identity(dedup_key(fetch.url)), 1)]
        asked.add(fetch.url)
        name(fetch.url)
        ids = name(fetch.requested), name(fetch.redirect), name(fetch.canonical)
        batch.fetches.append(_fetch_row(fetch, *ids, kinds='{"redirect":1}' if fetch.redirect and links else None))
        for number, link in links:
            url_id = name(link.url) or 0
            batch.links.append(
                (fetch.number, number, url_id, bits(link.kind, link.placement, AnchorSource.CONTENT, link.flags),
                 link.rel_bits, link.rel_other or None, link.anchor)
            )  # fmt: skip
            if graph.crawled_site(link.url) != graph.crawled_site(fetch.url):
                raw = link.rel_raw if link.rel_raw is not None else link.rel or None
                href, tag = shorten(link.url, link.url, link.tag)
                batch.evidence.append((fetch.number, number, href, raw, tag, link.before, link.after, link.path))
        if batch.revisits:
            yield batch
            batch = Batch()
    batch.candidates.extend(_candidates(graph))
    for url in (*graph.known, *graph.marks):
        name(url)
    batch.listed = [(mark, identity(dedup_key(url))) for url, mark in graph.marks.items()]
    yield batch


def _fetch_row(
    fetch: Fetch, requested: int | None, redirect: int | None, canonical: int | None, *, kinds: str | None
) -> FetchRow:
    is_page = fetch.outcome is Outcome.PAGE
    url_id = identity(fetch.url)
    return FetchRow(
        fetch.number, url_id, requested or url_id, 0, fetch.fetched_at, 5, fetch.outcome,
        status=fetch.status, is_complete=int(fetch.is_complete), redirect_url_id=redirect, canonical_url_id=canonical,
        body_hash=identity(fetch.body) if is_page else None,
        robots=int(fetch.robots) if is_page or fetch.robots else None,
        title=fetch.title if is_page else None, language=fetch.language if is_page else None,
        script_only=int(fetch.script_only) if is_page else None, reason=fetch.reason, link_counts=kinds,
        remote_ip=fetch.ip, words=fetch.words if is_page else None, simhash=fetch.simhash if is_page else None,
    )  # fmt: skip


_STATES: Final = {
    Outcome.PAGE: State.FETCHED,
    Outcome.REDIRECT: State.REDIRECTED,
    Outcome.NOT_MODIFIED: State.FETCHED,
    Outcome.NOT_HTML: State.FETCHED,
    Outcome.HTTP_ERROR: State.FAILED,
    Outcome.DISALLOWED: State.BLOCKED,
}


def _candidates(graph: Graph) -> Sequence[CandidateRow]:
    states: dict[str, tuple[State, str | None]] = {}
    for fetch in graph.fetches:
        states[graph.spelling(fetch.url)] = (_STATES[fetch.outcome], fetch.reason)
    states.update(graph.known)
    known = {dedup_key(url) for url in states}
    states.update((url, (State.DISCOVERED, None)) for url in graph.marks if dedup_key(url) not in known)
    return [
        CandidateRow(
            identity(dedup_key(url)), identity(url), identity(origin_text(url)), state, reason, 0, 0, None, START, None
        )
        for url, (state, reason) in states.items()
    ]
