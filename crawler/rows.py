"""From what was parsed to what is stored: ids, and one row for each thing a page names.

Runs in the parser processes, so that the event loop and the writer touch as little as possible of each link. Rows are
plain tuples: they travel by ``marshal``.
"""

import json
from functools import lru_cache
from typing import Final, NamedTuple

from wholinks.storage.crawl_store import EvidenceRow, LinkRow, OriginRow, UrlRow
from wholinks.storage.records import FETCHED_KINDS, KIND_BITS, Kind, ParsedPage, RobotsFlag, Target
from wholinks.storage.shorthand import shorten
from wholinks.storage.urls import PublicSuffixes, dedup_key, identity, origin_of, origin_text

CandidateTuple = tuple[int, int, int, str, str, bool]
"""key_id, url_id, origin_id, origin, domain, whether the page lets us follow"""
PageFacts = tuple[
    int | None, int | None, int | None, int, str | None, str, str, str, int, int, int, str, str
]  # fmt: skip
"""The columns of ``FetchRow`` from canonical_url_id to non_link_counts."""

_MOST_KNOWN: Final = 200_000
_NEVER: Final = 2**31
_KIND_NAMES: Final = {kind.value: kind.name.lower() for kind in Kind}
_IS_FETCHED: Final = tuple(kind in FETCHED_KINDS for kind in range(KIND_BITS + 1))


class _Offer:
    """How a page was offered for fetching: ``depth`` links from a seed at the least; ``followed`` is the same once
    anyone let us follow, and until then beyond all depths."""

    __slots__ = ("depth", "followed")

    def __init__(self) -> None:
        self.depth = self.followed = _NEVER


_Origin = tuple[int, str, str]
"""origin_id, origin, registrable domain"""
_Known = tuple[int, int, _Offer, _Origin]
"""url_id, key_id, the offer that all spellings of the key share, and the origin."""


class PageRows(NamedTuple):
    """All rows of one page; a plain tuple of these on the way between processes."""

    facts: PageFacts
    origins: list[OriginRow]
    urls: list[UrlRow]
    links: list[LinkRow]
    evidence: list[EvidenceRow]
    candidates: list[CandidateTuple]
    referred: list[str]  # the other registrable domains whose pages it names and lets us follow


class RowMaker:
    """Makes rows, and leaves out what it has handed on before: an origin or URL is sent once, a candidate again only
    when it is nearer to a seed or newly allowed. What is remembered is bounded; the store tells duplicates anyway.

    What it knows of a target it leaves with the target, so pages for one of these must not go to another."""

    def __init__(self, suffixes: PublicSuffixes) -> None:
        self._suffixes = suffixes
        self._ids: dict[str, _Known] = {}
        self._origins: dict[str, _Origin] = {}
        self._offers: dict[int, _Offer] = {}
        """Those of keys that came in other spellings before their own, by key_id."""
        self._new_origins: list[OriginRow] = []
        self._new_urls: list[UrlRow] = []

    def url(self, url: str) -> tuple[int, int, int]:
        """The url_id, origin_id and key_id of a normalised URL; its rows are in the next :meth:`take`."""
        url_id, key_id, _, origin = self._ids.get(url) or self._know(url)
        return url_id, origin[0], key_id

    def _know(self, url: str) -> _Known:
        if len(self._ids) >= _MOST_KNOWN:
            self._ids.clear()
        url_id = identity(url)
        text = origin_text(url)
        origin = self._origins.get(text) or self._origin(text)
        key = dedup_key(url)
        if key == url:
            key_id, other_key_id = url_id, None
            offer = self._offers.get(key_id) or _Offer()
        else:
            key_id = other_key_id = identity(key)
            offer = self._offer_of(key, key_id)
        known = self._ids[url] = (url_id, key_id, offer, origin)
        self._new_urls.append((url_id, origin[0], url[len(text) :], other_key_id))
        return known

    def _offer_of(self, key: str, key_id: int) -> _Offer:
        if key in self._ids:
            return self._ids[key][2]
        if len(self._offers) >= _MOST_KNOWN:
            self._offers.clear()
        return self._offers.setdefault(key_id, _Offer())

    def _know_target(self, target: Target) -> _Known:
        known: _Known = self._ids.get(target.url) or self._know(target.url)
        target.known = known
        return known

    def _origin(self, text: str) -> _Origin:
        if len(self._origins) >= _MOST_KNOWN:
            self._origins.clear()
        host = origin_of(text + "/").host
        origin = self._origins[text] = identity(text), text, self._suffixes.domain(host)
        self._new_origins.append((origin[0], text, host, origin[2], self._suffixes.icann_domain(host)))
        return origin

    def take(self) -> tuple[list[OriginRow], list[UrlRow]]:
        """The rows of origins and URLs not handed on yet."""
        taken = self._new_origins, self._new_urls
        self._new_origins, self._new_urls = [], []
        return taken

    def candidate(self, url: str, depth: int, *, follow: bool) -> CandidateTuple | None:
        """``url`` as a page to fetch, ``depth`` links from a seed; None when the same was offered before."""
        known = self._ids.get(url) or self._know(url)
        offer = known[2]
        return self._offer(known, depth, follow) if depth < (offer.followed if follow else offer.depth) else None

    def _offer(self, known: _Known, depth: int, follow: bool) -> CandidateTuple:
        url_id, key_id, offer, (origin_id, origin, domain) = known
        is_followed = follow or offer.followed < _NEVER
        offer.depth = min(depth, offer.depth)
        offer.followed = offer.depth if is_followed else _NEVER
        return key_id, url_id, origin_id, origin, domain, follow

    def page(self, fetch_id: int, page: ParsedPage, depth: int, *, follow_all: bool) -> PageRows:
        """All rows of a parsed page whose own depth is ``depth``."""
        follow = follow_all or not page.robots & RobotsFlag.NOFOLLOW
        links: list[LinkRow] = []
        evidence: list[EvidenceRow] = []
        candidates: list[CandidateTuple] = []
        referred: dict[str, None] = {}
        next_depth = depth + 1
        add_link = links.append
        counts = [0] * (KIND_BITS + 1)
        for ordinal, (target, bits, rel, rel_other, anchor, proof) in enumerate(page.found, 1):
            known: _Known = target.known or self._know_target(target)
            url_id, _, offer, origin = known
            add_link((fetch_id, ordinal, url_id, bits, rel, rel_other, anchor))
            kind = bits & KIND_BITS
            if kind:
                counts[kind] += 1
            if proof is not None:
                href, raw_rel, tag, before, after, way = proof
                href, tag = shorten(target.url, href, tag)
                evidence.append((fetch_id, ordinal, href, raw_rel, tag, before, after, way))
                if _IS_FETCHED[kind]:
                    referred[origin[2]] = None
            if next_depth < offer.followed and (follow or next_depth < offer.depth) and _IS_FETCHED[kind]:
                candidates.append(self._offer(known, next_depth, follow))
        counts[Kind.TEXT] = len(links) - sum(counts)
        if page.refresh is not None:
            candidate = self.candidate(page.refresh.url, depth, follow=follow)
            if candidate is not None:
                candidates.append(candidate)
        facts = self._facts(page, counts)
        return PageRows(facts, *self.take(), links, evidence, candidates, list(referred) if follow else [])

    def _facts(self, page: ParsedPage, counts: list[int]) -> PageFacts:
        return (
            self.url(page.canonical)[0] if page.canonical else None,
            self.url(page.refresh.url)[0] if page.refresh else None,
            page.refresh.delay_s if page.refresh else None,
            int(page.robots),
            _json(page.robots_other) if page.robots_other else None,
            page.charset,
            page.title,
            page.language,
            page.words,
            page.simhash,
            int(page.script_only),
            _counted(tuple(counts)),
            _json(page.non_links) if page.non_links else "{}",
        )


@lru_cache(maxsize=4096)
def _counted(counts: tuple[int, ...]) -> str:
    """How many links there are of each kind, as JSON."""
    return _json({_KIND_NAMES[kind]: count for kind, count in enumerate(counts) if count})


_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
