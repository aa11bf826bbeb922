"""Scores of pages, by links within sites and across, and what they are made of.

Definitions: docs/metrics-authority.md.
"""
# ruff: noqa: S608 - statements are made of this package's constants; whatever a user gives is a parameter

from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
from numpy.typing import NDArray

from wholinks.index.answers import Coverage, Snapshot
from wholinks.index.queries import Index, scheme_typed
from wholinks.index.questions import Question
from wholinks.index.target import Mode, Target
from wholinks.research.scores.authority import DAMPING
from wholinks.research.scores.graph import Ints, Ranked
from wholinks.research.scores.page_graph import PageGraph
from wholinks.storage.errors import UsageError

FORMULA: Final = "wholinks-page-authority-1"

_TEXTS: Final = """
SELECT url_id, origin || path FROM url JOIN origin USING (origin_id) WHERE url_id IN (SELECT unnest(?))"""


@dataclass(frozen=True, slots=True)
class PageMethod:
    """How scores came about. ``merged`` URLs stand for another page: they redirect to it, or name it as canonical."""

    formula: str
    damping: float
    rounds: int
    change: float
    pages: int
    edges: int
    merged: int


@dataclass(frozen=True, slots=True)
class PageAuthorityRow:
    """A page. ``page_authority`` and ``percentile`` are 0–100, ``score`` is its part of 1. ``referring_pages`` (of
    other sites), ``internal_pages`` (of its own) and ``linked_pages`` are those of followed links. ``is_fetched``: it
    was read, so its own links are known."""

    rank: int
    url: str
    page_authority: float
    percentile: float
    score: float
    referring_pages: int
    internal_pages: int
    linked_pages: int
    is_fetched: bool


@dataclass(frozen=True, slots=True)
class PageAuthority:
    """Pages by score; of ``target`` where it is not None."""

    target: Target | None
    method: PageMethod
    rows: tuple[PageAuthorityRow, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class PageContributorRow:
    """A page that links, and what it gives: its own score × damping / its linked pages, as ``share`` (0–1) of the score
    explained. ``is_internal``: it is of the same site."""

    url: str
    share: float
    page_authority: float
    rank: int
    linked_pages: int
    is_internal: bool


@dataclass(frozen=True, slots=True)
class PageScoreExplained:
    """What a page's score is made of: ``base_share``, ``internal_share`` (of pages of its site) and ``external_share``
    sum to 1; so do ``base_share``, the shares of ``rows``, and ``other_share``, that of contributors beyond these."""

    method: PageMethod
    score: PageAuthorityRow
    base_share: float
    internal_share: float
    external_share: float
    other_share: float
    rows: tuple[PageContributorRow, ...]
    rows_known: int
    coverage: Coverage
    snapshot: Snapshot


class PageScores(Ranked):
    """The scores of all pages of an index, by number."""

    def __init__(self, graph: PageGraph) -> None:
        super().__init__(graph, DAMPING)
        self.graph = graph

    @property
    def method(self) -> PageMethod:
        """How they were computed."""
        return PageMethod(
            FORMULA, self.damping, self.ranking.rounds, self.ranking.change, self.size, len(self.graph.targets),
            self.graph.merged,
        )  # fmt: skip

    def rows(self, duck: duckdb.DuckDBPyConnection, nodes: Ints) -> tuple[PageAuthorityRow, ...]:
        """All there is about some pages."""
        graph, names = self.graph, self.names(duck, nodes)
        return tuple(
            PageAuthorityRow(
                int(self.rank[node]), name, float(self.authority[node]), float(self.percentile[node]),
                float(self.ranking.scores[node]), int(graph.in_degree[node]) - within, within,
                int(graph.out_degree[node]), bool(graph.is_fetched[node]),
            )
            for node, name, within in zip(nodes.tolist(), names, graph.within(nodes).tolist(), strict=True)
        )  # fmt: skip

    def names(self, duck: duckdb.DuckDBPyConnection, nodes: Ints) -> list[str]:
        """The URLs of pages."""
        urls = self.graph.urls[nodes].tolist()
        texts: dict[int, str] = dict(duck.execute(_TEXTS, [urls]).fetchall())
        return [texts[url] for url in urls]


_KNOWN: Final[WeakKeyDictionary[Index, PageScores]] = WeakKeyDictionary()
_LOCK: Final = Lock()


def page_scores(index: Index) -> PageScores:
    """The scores of an index's pages: computed once, then remembered as long as the index is.

    Raises :class:`UsageError` where it has too many links.
    """
    with _LOCK:
        found = _KNOWN.get(index)
        if found is None:
            found = _KNOWN[index] = PageScores(index.translated(lambda: PageGraph(index.session())))
        return found


def page_authority(index: Index, target: str | Target | None = None, *, limit: int | None = None) -> PageAuthority:
    """The pages of the index by score, the highest first (equal ones by URL), or those of ``target``."""
    named = index.target(target) if isinstance(target, str) else target
    found = page_scores(index)
    return index.translated(partial(_page_authority, index, found, named, limit))


def _page_authority(index: Index, found: PageScores, target: Target | None, limit: int | None) -> PageAuthority:
    nodes: Ints = np.arange(found.size) if target is None else found.graph.nodes(_urls(index, target))
    order = nodes[np.argsort(-found.times_base[nodes], kind="stable")]
    rows = found.rows(index.session(), order[: limit if limit is not None else None])
    hint = None
    if target is not None and not len(nodes):
        hint = f"{target.text}: no page was read and no followed link leads there; is it typed right?"
    return PageAuthority(target, found.method, rows, len(order), index.coverage, index.built, hint)


def _urls(index: Index, target: Target) -> NDArray[Any]:
    """The numbers of the URLs that a target covers."""
    duck, ends = index.ask(Question(target))
    if ends.target is None or ends.is_empty:
        return np.zeros(0, np.int64)
    where, values = ends.target.where("origin.domain_id", "url.url_id")
    found = duck.execute(f"SELECT url.url_id FROM url JOIN origin USING (origin_id) WHERE {where}", values)
    urls: NDArray[Any] = found.fetchnumpy()["url_id"]
    return urls


def explain_page_score(index: Index, url: str, *, limit: int | None = None) -> PageScoreExplained:
    """Which pages the score of a page comes from. Raises :class:`UsageError` for a URL that the index does not know."""
    named = index.target(url, mode=Mode.EXACT, protocol=scheme_typed(url))
    found = page_scores(index)
    return index.translated(partial(_explain, index, found, named, limit))


def _explain(index: Index, found: PageScores, named: Target, limit: int | None) -> PageScoreExplained:
    graph, duck = found.graph, index.session()
    nodes = graph.nodes(_urls(index, named))
    if not len(nodes):
        raise UsageError(f"{named.input}: no page of this URL was read and no followed link leads there")
    node = int(nodes[np.argmax(found.times_base[nodes])])
    sources = graph.sources_of(node)
    given = found.damping * found.ranking.scores[sources] / graph.out_degree[sources]
    total = found.base + float(given.sum())
    is_internal = graph.domains[sources] == graph.domains[node]
    order = np.argsort(-given, kind="stable")
    shown = order[: limit if limit is not None else None]
    rows = tuple(
        PageContributorRow(
            name, float(given[place]) / total, float(found.authority[source]), int(found.rank[source]),
            int(graph.out_degree[source]), bool(is_internal[place]),
        )
        for place, source, name in zip(
            shown.tolist(), sources[shown].tolist(), found.names(duck, sources[shown]), strict=True
        )
    )  # fmt: skip
    return PageScoreExplained(
        found.method, found.rows(duck, np.array([node]))[0], found.base / total,
        float(given[is_internal].sum()) / total, float(given[~is_internal].sum()) / total,
        float(given[order[len(shown) :]].sum()) / total, rows, len(sources), index.coverage, index.built,
    )  # fmt: skip
