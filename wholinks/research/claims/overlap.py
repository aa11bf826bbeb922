"""What several sources of backlinks have in common: other tools' claims and the crawl (docs/metrics-coverage.md)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.index.questions import Question
from wholinks.index.target import Target
from wholinks.index.totals import linked
from wholinks.notes.claims import Claim
from wholinks.research.claims.checking import ended, is_of
from wholinks.storage.urls import PublicSuffixes, origin_of, path_of

CRAWL: Final = "crawl"

_CRAWLED: Final = """
CREATE TEMP TABLE linking AS SELECT DISTINCT l.source_url_id, l.source_domain_id FROM link AS l WHERE {where}"""

_DOMAINS: Final = "SELECT DISTINCT domain FROM linking JOIN domain ON domain_id = source_domain_id"

# A page that is claimed under both schemes may be two URLs here: that which links stands for it, else the first.
_PAGES: Final = """
SELECT number, coalesce(min(linking.source_url_id), min(url_id))
FROM ended LEFT JOIN linking ON linking.source_url_id = ended.url_id
WHERE is_source GROUP BY number"""


@dataclass(frozen=True, slots=True)
class Lister:
    """One of those that list backlinks: a tool, or the crawl. ``claims`` are the rows it listed (of the crawl:
    backlinks). ``referring_pages`` is None where it names domains only. ``domains_alone``: named by none of the
    others."""

    name: str
    claims: int
    referring_domains: int
    referring_pages: int | None
    domains_alone: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two of them. Jaccard: in both, by in any of the two; None where neither has any, or one names no pages."""

    first: str
    second: str
    domains_in_both: int
    domains_jaccard: float | None
    pages_in_both: int | None
    pages_jaccard: float | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """All listers of a target's backlinks, the crawl last, and every two of them."""

    target: str
    listers: tuple[Lister, ...]
    rows: tuple[Pair, ...]
    coverage: Coverage
    snapshot: Snapshot


@dataclass(slots=True)
class _Listed:
    claims: int
    domains: set[str]
    pages: set[str | int]
    names_pages: bool


def overlap(index: Index, target: Target, claims: Iterable[Claim]) -> Overlap:
    """Compare the claims about a target with each other and with the crawl's backlinks, as these count by default."""
    own = [claim for claim in claims if is_of(target, claim.target)]
    listed = index.translated(lambda: _listed(index, target, own))
    names = [*sorted(listed.keys() - {CRAWL}), CRAWL]
    named_by = Counter(domain for one in listed.values() for domain in one.domains)
    listers = tuple(
        Lister(
            name, one.claims, len(one.domains), len(one.pages) if one.names_pages else None,
            sum(named_by[domain] == 1 for domain in one.domains),
        )
        for name, one in ((name, listed[name]) for name in names)
    )  # fmt: skip
    pairs = tuple(_pair(first, second, listed) for first, second in combinations(names, 2))
    return Overlap(target.text, listers, pairs, index.coverage, index.snapshot(Question(target)))


def _pair(first: str, second: str, listed: dict[str, _Listed]) -> Pair:
    one, other = listed[first], listed[second]
    have_pages = one.names_pages and other.names_pages
    both = len(one.pages & other.pages) if have_pages else None
    return Pair(
        first, second, len(one.domains & other.domains), _jaccard(one.domains, other.domains), both,
        _jaccard(one.pages, other.pages) if have_pages else None,
    )  # fmt: skip


def _jaccard(one: set[str] | set[str | int], other: set[str] | set[str | int]) -> float | None:
    either = len(one | other)
    return len(one & other) / either if either else None


def _listed(index: Index, target: Target, claims: Sequence[Claim]) -> dict[str, _Listed]:
    """What each of them lists, by name."""
    duck, ends = index.ask(Question(target))
    where, values = ("false", []) if ends.is_empty else linked(Question(target), ends)
    duck.execute(_CRAWLED.format(where=where), values)
    backlinks = index.who_links_to(target, limit=0).totals.backlinks
    domains = {domain for (domain,) in duck.execute(_DOMAINS).fetchall()}
    pages: set[str | int] = {page for (page,) in duck.execute("SELECT DISTINCT source_url_id FROM linking").fetchall()}
    found = {CRAWL: _Listed(backlinks, domains, pages, names_pages=True)}
    with ended(duck, claims):
        known: dict[int, int] = dict(duck.execute(_PAGES).fetchall())
    suffixes = PublicSuffixes()
    for number, claim in enumerate(claims):
        one = found.setdefault(claim.tool, _Listed(0, set(), set(), names_pages=False))
        one.claims += 1
        if "://" in claim.source_url:
            one.domains.add(_site(index, suffixes, claim.source_url))
            one.pages.add(known.get(number) or claim.source_url.partition("://")[2])
            one.names_pages = True
        else:
            one.domains.add(claim.source_url)
    return found


def _site(index: Index, suffixes: PublicSuffixes, url: str) -> str:
    """The site of a URL, as the index counts: the longest site by prefix that has it, else its registrable domain."""
    place = f"{origin_of(url).host}{path_of(url)}"
    parts = [f"{site.host}{site.path}" for site in index.prefix_sites]
    under = [name for name in parts if place == name or place.startswith((f"{name}/", f"{name}?"))]
    return max(under, key=len, default=suffixes.site(url))
