"""The rules of docs/counting.md once more, in plain Python over plain lists: what the index must answer."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from tests.graph import SUFFIXES, Fetch, Graph, Link
from wholinks.storage.records import COUNTED_KINDS, Kind, Outcome, RobotsFlag
from wholinks.storage.urls import dedup_key, normalise, origin_of, origin_text, path_of


@dataclass(frozen=True)
class Seen:
    """A live link on its page."""

    source: str
    target: str
    ordinal: int
    kind: Kind
    placement: str
    language: str
    anchor: str
    marks: frozenset[str]  # nofollow, ugc, sponsored; the page's own nofollow included
    first_seen: int

    @property
    def is_followed(self) -> bool:
        return not self.marks

    @property
    def pair(self) -> tuple[str, str]:
        return self.source, self.target

    def fits(self, follow: str) -> bool:
        return follow == "all" or (self.is_followed if follow == "followed" else follow in self.marks)


class Web:
    """A graph with everything that follows from it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.site = graph.site

    def answered(self, url: str) -> Fetch | None:
        """How a URL answered last, or the page that stands for it."""
        for spelling in (url, self.graph.spelling(url)):
            told = [
                fetch for fetch in self.graph.fetches if fetch.url == spelling and fetch.outcome != Outcome.HTTP_ERROR
            ]
            if told:
                return told[-1]
        return None

    def hop(self, url: str) -> str | None:
        fetch = self.answered(url)
        return fetch.redirect if fetch and fetch.redirect != url else None

    def end(self, url: str, *, within_site: bool) -> str | None:
        """The last URL of the chain that begins here; None where it goes round."""
        passed = {url}
        while (following := self.hop(url)) and not (within_site and self.site(following) != self.site(url)):
            if following in passed:
                return None
            passed.add(following)
            url = following
        return url

    @cached_property
    def pages(self) -> dict[str, Fetch]:
        """URL → the latest fetch that makes it a source."""
        return {
            fetch.url: fetch
            for fetch in self.graph.fetches
            if fetch.outcome == Outcome.PAGE or (fetch.redirect and self.site(fetch.redirect) != self.site(fetch.url))
        }

    @cached_property
    def links(self) -> list[Seen]:
        return [
            self._seen(fetch, ordinal, link)
            for fetch in self.graph.fetches
            for ordinal, link in enumerate(fetch.links, 1)
            if not link.is_closed and not fetch.is_echo
        ]

    @cached_property
    def past(self) -> list[Seen]:
        """Links that were there, and are no more."""
        return [
            self._seen(fetch, ordinal, link)
            for fetch in self.graph.fetches
            for ordinal, link in enumerate(fetch.links, 1)
            if link.is_closed and not fetch.is_echo
        ]

    def _seen(self, fetch: Fetch, ordinal: int, link: Link) -> Seen:
        page = self.pages[fetch.url]
        marks = {token for token in link.tokens if token in {"nofollow", "ugc", "sponsored"}}
        if page.outcome == Outcome.PAGE and page.robots & RobotsFlag.NOFOLLOW:
            marks.add("nofollow")
        return Seen(
            fetch.url,
            link.url,
            ordinal,
            link.kind,
            link.placement.name.lower(),
            page.language,
            link.anchor,
            frozenset(marks),
            fetch.fetched_at,
        )

    @cached_property
    def canonical(self) -> dict[str, str]:
        """Page → the page it is a duplicate of."""
        claims: dict[str, str] = {}
        for url, fetch in self.pages.items():
            named = fetch.canonical
            if fetch.outcome != Outcome.PAGE or not named or self.site(named) != self.site(url):
                continue
            end = self.end(named, within_site=True)
            told = self.answered(end) if end else None
            if told and told.outcome != Outcome.REDIRECT and told.url != url and self._is_page(told.url):
                claims[url] = told.url
        for url in sorted(claims):
            if url in _circle(claims, url):
                del claims[url]
        return claims

    def _is_page(self, url: str) -> bool:
        return url in self.pages and self.pages[url].outcome == Outcome.PAGE

    def counted(self, kinds: frozenset[Kind]) -> list[Seen]:
        """All links of these kinds, internal ones too, without those of canonical duplicates."""
        chosen = [link for link in self.links if link.kind in kinds]
        carried = {link.pair for link in chosen}
        return [
            link
            for link in chosen
            if link.source not in self.canonical or (self.canonical[link.source], link.target) not in carried
        ]


def _circle(claims: dict[str, str], start: str) -> set[str]:
    """The pages met again and again when one goes on from ``start``; empty where the way ends."""
    url: str | None = start
    for _ in range(len(claims) + 1):
        url = claims.get(url) if url else None
    circle: set[str] = set()
    while url and url not in circle:
        circle.add(url)
        url = claims.get(url)
    return circle


def meant(web: Web, typed: str, mode: str | None) -> tuple[str, str | None]:
    """The mode meant, and the site by prefix that what was typed lies under."""
    asked = normalise(typed if "://" in typed else f"http://{typed}")
    part = web.site(asked) if "/" in web.site(asked) else None
    if mode is None and part is not None and f"{origin_of(asked).host}{path_of(asked)}" in {part, f"{part}/"}:
        return "domain", part
    return mode or ("subdomains" if path_of(asked) == "/" else "exact"), part


def matches(web: Web, url: str, typed: str, mode: str | None, protocol: str) -> bool:
    """Whether a URL is one of the target's."""
    asked = normalise(typed if "://" in typed else f"http://{typed}")
    origin, wanted = origin_of(url), origin_of(asked)
    mode, part = meant(web, typed, mode)
    if protocol not in {"both", origin.scheme}:
        return False
    default = {"http": 80, "https": 443}
    has_port = wanted.port != default[wanted.scheme]
    port_fits = origin.port == (wanted.port if has_port else default[origin.scheme])
    path, prefix = path_of(url), path_of(asked)
    if mode in {"exact", "prefix"}:
        begins = path.startswith(prefix if prefix.endswith("/") else (f"{prefix}/", f"{prefix}?"))
        path_fits = path == prefix or (mode == "prefix" and begins)
        return port_fits and origin.host == wanted.host and path_fits
    is_of = web.site(url) == part if part else "/" not in web.site(url) and _is_of(origin.host, wanted.host, mode)
    return (port_fits or not has_port) and is_of


def _is_of(name: str, typed: str, mode: str) -> bool:
    """Whether a host is one that ``domain`` or ``subdomains`` covers."""
    host = typed[4:] if typed.startswith("www.") and SUFFIXES.domain(typed) != typed else typed
    is_suffix = SUFFIXES.domain(f"x.{host}") == f"x.{host}"
    if is_suffix or "[" in host or host[-1].isdigit():
        return name == host
    if mode == "domain":
        return name in {host, f"www.{host}"}
    return name == host or name.endswith(f".{host}")


@dataclass(frozen=True)
class Expected:
    """An answer."""

    totals: dict[str, int]
    by_domain: list[dict[str, int | str]]
    by_page: list[tuple[str, str, int, str, bool, int]]  # source, target, links, anchor, followed, ordinal
    by_link: list[tuple[str, str, str, bool, int]]
    by_anchor: list[tuple[str, int, int, int, int]]
    grouped: dict[str, list[dict[str, int | str]]]  # the other views: name and every measure


Asked = tuple[str, str | None, str]
"""An end as typed, with its mode and protocol."""


def expected(
    graph: Graph,
    typed: str,
    mode: str | None = None,
    protocol: str = "both",
    *,
    follow: str = "all",
    kinds: frozenset[Kind] = COUNTED_KINDS,
) -> Expected:
    """Answer who links to a target, the long way."""
    return _expected(graph, None, (typed, mode, protocol), follow, kinds)


def expected_from(
    graph: Graph,
    source: Asked,
    target: Asked | None = None,
    *,
    follow: str = "all",
    kinds: frozenset[Kind] = COUNTED_KINDS,
) -> Expected:
    """Answer what a source links to, or only to a target."""
    return _expected(graph, source, target, follow, kinds)


def _expected(
    graph: Graph, source: Asked | None, target: Asked | None, follow: str, kinds: frozenset[Kind]
) -> Expected:
    web = Web(graph)
    pages = covered(web, source) if source else None

    def fits(page: str, url: str) -> bool:
        return (pages is None or page in pages) and (target is None or matches(web, url, *target))

    counted = [link for link in web.counted(kinds) if link.fits(follow)]
    links = [
        link for link in counted if web.site(link.source) != web.site(link.target) and fits(link.source, link.target)
    ]
    past = [
        link
        for link in web.past
        if link.kind in kinds
        and link.fits(follow)
        and web.site(link.source) != web.site(link.target)
        and fits(link.source, link.target)
    ]
    pairs = {link.pair for link in links}
    via = set()
    for link in counted:
        end = web.end(link.target, within_site=False)
        if link.kind != Kind.REDIRECT and end and end != link.target and web.site(end) != web.site(link.source):
            via.add((link.source, end))
    via = {(page, end) for page, end in via - pairs if fits(page, end)}
    far = _FROM(web.site) if target is None else _TO(web.site)
    totals = _measures(links) | {far.count: far.domains(links)}
    totals |= {"via_redirect": len(via), "suspect": 0, "unknown": 0, "stale": 0}
    return Expected(
        totals, list(_by_domain(web, links, past, far)), list(_by_page(web, links)), _by_link(web, links),
        _by_anchor(links, far), {by: _grouped(links, name, far) for by, name in far.names.items()},
    )  # fmt: skip


def covered(web: Web, asked: Asked) -> set[str]:
    """The URLs whose links are those of a source: its own, the spelling one was fetched under, and, where it is less
    than a domain, the pages its URLs redirect to within the site."""
    named = {fetch.url for fetch in web.graph.fetches} | {
        link.url for fetch in web.graph.fetches for link in fetch.links
    }
    named |= {fetch.redirect for fetch in web.graph.fetches if fetch.redirect}
    found = {url for url in named if matches(web, url, *asked)}
    if meant(web, *asked[:2])[0] == "exact":
        found |= {fetch.url for fetch in web.graph.fetches if _is_spelling(web, fetch.url, asked)}
    for url in list(found):
        passed: str | None = url
        while (
            passed
            and (following := web.hop(passed))
            and web.site(following) == web.site(passed)
            and following not in found
        ):
            found.add(following)
            passed = following
    return found


def _is_spelling(web: Web, url: str, asked: Asked) -> bool:
    """Whether a fetched URL shares the dedup key of the one typed."""
    typed, _, protocol = asked
    whole = normalise(typed if "://" in typed else f"{origin_of(url).scheme}://{typed}")
    same_path = dedup_key(path_of(url)) == dedup_key(path_of(whole))
    return same_path and matches(web, origin_text(url) + path_of(whole), typed, "exact", protocol)


@dataclass(frozen=True)
class Far:
    """What differs between the two directions: the other end."""

    domain: str
    count: str
    url: Callable[[Seen], str]
    site: Callable[[str], str]

    def domains(self, links: list[Seen]) -> int:
        return len({self.site(self.url(link)) for link in links})

    @property
    def names(self) -> dict[str, Callable[[Seen], str]]:
        return {
            "target": lambda link: link.target,
            "host": lambda link: origin_of(self.url(link)).host,
            "kind": lambda link: link.kind.name.lower(),
            "placement": lambda link: link.placement,
            "tld": lambda link: _top_level(self.url(link)),
            "language": lambda link: link.language.lower().split("-")[0],
        }


_TO: Final = partial(Far, "referring_domain", "referring_domains", lambda link: link.source)
_FROM: Final = partial(Far, "linked_domain", "linked_domains", lambda link: link.target)


def _measures(links: list[Seen]) -> dict[str, int]:
    pairs = {link.pair for link in links}
    followed = {link.pair for link in links if link.is_followed}
    found = {
        "backlinks": len(pairs),
        "links": len(links),
        "referring_pages": len({link.source for link in links}),
        "followed": len(followed),
        "not_followed": len(pairs - followed),
    }
    for mark in ("nofollow", "ugc", "sponsored"):
        found[mark] = len({link.pair for link in links if mark in link.marks})
    return found


def _by_domain(web: Web, links: list[Seen], past: list[Seen], far: Far) -> Iterator[dict[str, int | str]]:
    """``past`` links make a domain older, and nothing else."""
    groups = defaultdict(list)
    for link in links:
        groups[far.site(far.url(link))].append(link)
    for name, group in sorted(groups.items(), key=lambda item: (-len({link.pair for link in item[1]}), item[0])):
        proved = [
            fetch.fetched_at
            for fetch in web.graph.fetches
            if fetch.url in {link.source for link in group}
            and (fetch.outcome in {Outcome.PAGE, Outcome.NOT_MODIFIED} or fetch.links)
        ]
        before = [link for link in past if far.site(far.url(link)) == name]
        first = min(link.first_seen for link in [*group, *before])
        yield {far.domain: name, **_measures(group), "first_seen": first, "last_seen": max(proved)}


def _order(web: Web, url: str) -> tuple[str, str, str]:
    """By origin; the URLs of a site by prefix lie together."""
    return f"{origin_text(url)}/", web.site(url), path_of(url)


def _by_page(web: Web, links: list[Seen]) -> Iterator[tuple[str, str, int, str, bool, int]]:
    for source, target in sorted(
        {link.pair for link in links}, key=lambda pair: (_order(web, pair[0]), _order(web, pair[1]))
    ):
        of_pair = sorted((link for link in links if link.pair == (source, target)), key=lambda link: link.ordinal)
        is_followed = any(link.is_followed for link in of_pair)
        yield source, target, len(of_pair), of_pair[0].anchor, is_followed, of_pair[0].ordinal


def _by_link(web: Web, links: list[Seen]) -> list[tuple[str, str, str, bool, int]]:
    ordered = sorted(links, key=lambda link: (_order(web, link.source), link.ordinal))
    return [(link.source, link.target, link.anchor, link.is_followed, link.ordinal) for link in ordered]


def _top_level(url: str) -> str:
    labels = origin_of(url).host.split(".")
    if labels[0].startswith("[") or labels[-1].isdigit():
        return "(address)"
    return labels[-1] if len(labels) > 1 else "(none)"


def _grouped(links: list[Seen], name: Callable[[Seen], str], far: Far) -> list[dict[str, int | str]]:
    groups = defaultdict(list)
    for link in links:
        groups[name(link)].append(link)
    ordered = sorted(groups.items(), key=lambda item: (-len({link.pair for link in item[1]}), item[0]))
    return [{"name": key, far.count: far.domains(group), **_measures(group)} for key, group in ordered]


def _by_anchor(links: list[Seen], far: Far) -> list[tuple[str, int, int, int, int]]:
    rows = []
    for anchor, count in Counter(link.anchor for link in links).items():
        group = [link for link in links if link.anchor == anchor]
        measures = _measures(group)
        domains = far.domains(group)
        rows.append((anchor, domains, measures["backlinks"], count, measures["followed"]))
    return sorted(rows, key=lambda row: (-row[2], row[0]))
