"""How much the links of a crawl make of a domain: authority, rank, trust and harmonic centrality, and what they are
made of. Definitions: docs/metrics-authority.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import duckdb
import numpy as np

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index
from wholinks.research.scores.graph import DomainGraph, Floats, Harmonic, Ranked, harmonic, pagerank
from wholinks.storage.errors import UsageError

FORMULA: Final = "wholinks-authority-1"
DAMPING: Final = 0.85
SENSITIVITY: Final = (0.75, 0.80, 0.85, 0.90, 0.95)


@dataclass(frozen=True, slots=True)
class Method:
    """How scores came about. ``change`` is that of all scores together in the last of ``rounds``."""

    formula: str
    damping: float
    rounds: int
    change: float
    domains: int
    edges: int


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """A domain. ``authority``, ``trust`` and ``percentile`` are 0–100, ``score`` is its part of 1. ``followed_domains``
    have a live followed link to it from another site, ``linked_domains`` one from it: edges of the graph, fewer than
    the referring domains where links are not followed. ``trust`` is None without a list to start
    from, ``harmonic`` where it was not asked for."""

    rank: int
    domain: str
    authority: float
    percentile: float
    score: float
    followed_domains: int
    linked_domains: int
    trust: float | None
    harmonic: float | None


@dataclass(frozen=True, slots=True)
class AuthorityAnswer:
    """Domains by authority. ``trust_seeds`` are those of the list that the index knows, ``seeds_unknown`` the others.
    Harmonic centrality is exact where ``harmonic_searched`` equals ``harmonic_linking``, else an estimate from so many
    of the domains that link; both are 0 where it was not asked for."""

    method: Method
    trust_seeds: tuple[str, ...]
    seeds_unknown: tuple[str, ...]
    harmonic_searched: int
    harmonic_linking: int
    rows: tuple[AuthorityRow, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class ContributorRow:
    """A domain that links, and what it gives: its own score × damping / its linked domains, as ``share`` (0–1) of the
    score explained."""

    domain: str
    share: float
    authority: float
    rank: int
    linked_domains: int


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """The same domain with another damping."""

    damping: float
    authority: float
    rank: int
    percentile: float


@dataclass(frozen=True, slots=True)
class ScoreExplained:
    """What a score is made of: ``base_share``, the shares of ``rows`` and ``other_share``, that of contributors beyond
    the rows, sum to 1."""

    domain: str
    method: Method
    score: AuthorityRow
    base_share: float
    other_share: float
    rows: tuple[ContributorRow, ...]
    rows_known: int
    sensitivity: tuple[SensitivityRow, ...]
    coverage: Coverage
    snapshot: Snapshot


class Scores(Ranked):
    """The scores of all domains of a graph, by number."""

    def __init__(self, graph: DomainGraph, damping: float = DAMPING) -> None:
        super().__init__(graph, damping)
        self.graph = graph

    @cached_property
    def harmonic(self) -> Harmonic:
        """Harmonic centrality."""
        return harmonic(self.graph)

    @property
    def method(self) -> Method:
        """How they were computed."""
        return Method(
            FORMULA, self.damping, self.ranking.rounds, self.ranking.change, self.graph.size, len(self.graph.targets)
        )  # fmt: skip

    def of(self, domain: str) -> float | None:
        """The authority of a domain; None where the index does not know it."""
        number = self.graph.numbers.get(domain)
        return None if number is None else float(self.authority[number])

    def row(self, number: int, *, trust: Floats | None = None, with_harmonic: bool = False) -> AuthorityRow:
        """All there is about one domain."""
        return AuthorityRow(
            int(self.rank[number]), self.graph.names[number], float(self.authority[number]),
            float(self.percentile[number]), float(self.ranking.scores[number]), int(self.graph.in_degree[number]),
            int(self.graph.out_degree[number]), None if trust is None else float(trust[number]),
            round(float(self.harmonic.values[number]), 6) if with_harmonic else None,
        )  # fmt: skip


_KNOWN: Final[WeakKeyDictionary[Index, Scores]] = WeakKeyDictionary()
_LOCK: Final = Lock()


def scores(index: Index) -> Scores:
    """The scores of an index: computed once, then remembered as long as the index is."""
    with _LOCK:
        found = _KNOWN.get(index)
        if found is None:
            found = _KNOWN[index] = Scores(index.translated(lambda: _graph(index.session())))
        return found


def _graph(duck: duckdb.DuckDBPyConnection) -> DomainGraph:
    domains = duck.execute("SELECT domain_id, domain FROM domain ORDER BY domain").fetchall()
    ids = np.array([number for number, _ in domains], np.int64)
    places = np.zeros(int(ids.max(initial=0)) + 1, np.int64)
    places[ids] = np.arange(len(ids))
    edges = duck.execute("SELECT source_domain_id, target_domain_id FROM pair WHERE followed > 0").fetchnumpy()
    sources, targets = edges["source_domain_id"], edges["target_domain_id"]
    return DomainGraph(tuple(name for _, name in domains), places[sources], places[targets])


def authority(
    index: Index,
    target: str | None = None,
    *,
    trust: Sequence[str] | None = None,
    with_harmonic: bool = False,
    limit: int | None = None,
) -> AuthorityAnswer:
    """The domains of the index by authority, the highest first (equal ones by name); with ``target`` that one alone.

    ``trust`` are domains to start trust from. Raises :class:`UsageError` where the index knows none of them.
    """
    found = scores(index)
    seeds = tuple(dict.fromkeys(index.target(text).domain for text in trust or ()))
    known = tuple(seed for seed in seeds if seed in found.graph.numbers)
    if trust is not None and not known:
        raise UsageError("trust: the index knows none of the domains of the list; name sites that were crawled")
    trusted = _trust(found.graph, known) if known else None
    hint = None
    if target is None:
        order = np.argsort(-found.times_base, kind="stable")
    else:
        domain = index.target(target).domain
        number = found.graph.numbers.get(domain)
        order = np.array([] if number is None else [number], np.int64)
        hint = None if number is not None else unknown(domain)
    rows = tuple(
        found.row(int(number), trust=trusted, with_harmonic=with_harmonic)
        for number in order[: limit if limit is not None else None]
    )
    return AuthorityAnswer(
        found.method, known, tuple(seed for seed in seeds if seed not in known),
        found.harmonic.searched if with_harmonic else 0, found.harmonic.linking if with_harmonic else 0,
        rows, len(order), index.coverage, index.built, hint,
    )  # fmt: skip


def unknown(domain: str) -> str:
    """What is said of a domain that has no place in the graph."""
    return f"{domain}: no page of it and no link to it was ever seen; is it typed right?"


def _trust(graph: DomainGraph, seeds: tuple[str, ...]) -> Floats:
    """0–100: 100 × ln(1 + N × score) / ln(1 + N × highest score), of PageRank that starts from ``seeds`` alone."""
    jump = np.zeros(graph.size)
    jump[[graph.numbers[seed] for seed in seeds]] = 1 / len(seeds)
    found = pagerank(graph, DAMPING, jump).scores * graph.size
    trusted: Floats = np.round(100 * np.log1p(found) / np.log1p(found.max()), 2)
    return trusted


def explain_score(index: Index, target: str, *, limit: int | None = None) -> ScoreExplained:
    """Which domains a score comes from, and how it would be with another damping.

    Raises :class:`UsageError` for a domain that the index does not know.
    """
    found = scores(index)
    graph, domain = found.graph, index.target(target).domain
    number = graph.numbers.get(domain)
    if number is None:
        raise UsageError(unknown(domain))
    sources = graph.sources_of(number)
    given = found.damping * found.ranking.scores[sources] / graph.out_degree[sources]
    total = found.base + float(given.sum())
    order = np.argsort(-given, kind="stable")
    shown = order[: limit if limit is not None else None]
    rows = tuple(
        ContributorRow(
            graph.names[source], float(given[place]) / total, float(found.authority[source]), int(found.rank[source]),
            int(graph.out_degree[source]),
        )
        for place, source in zip(shown.tolist(), sources[shown].tolist(), strict=True)
    )  # fmt: skip
    others = (found if damping == found.damping else Scores(graph, damping) for damping in SENSITIVITY)
    return ScoreExplained(
        domain, found.method, found.row(number), found.base / total, float(given[order[len(shown) :]].sum()) / total,
        rows, len(sources),
        tuple(
            SensitivityRow(
                other.damping, float(other.authority[number]), int(other.rank[number]), float(other.percentile[number])
            )
            for other in others
        ),
        index.coverage, index.built,
    )  # fmt: skip
