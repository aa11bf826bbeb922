"""Graphs of links, and what is computed on them: PageRank and harmonic centrality, the same bits for the same data.

Nodes of a :class:`DomainGraph` are all domains of the index in the order of their names, edges the ordered pairs of
different domains of which the first has a followed backlink to the second. Sums go through ``np.bincount``, which adds
in the order of the edges, one after another: no order of rows and no width of a processor's registers changes a bit.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_CHANGE: Final = 1e-12
MOST_ROUNDS: Final = 1000
"""PageRank stops when a round changes all scores together by less than the one, or after the other."""

EXACT_WORK: Final = 4_000_000_000
"""Harmonic centrality is exact where (domains that link) × (domains + edges) is no more; else it is from a sample."""
_RUN: Final = 1 << 22
_BATCH: Final = 64  # searches at once, one a bit


class LinkGraph:
    """Nodes 0 to ``size`` - 1 and the distinct edges between them, in order of target, then source. Edges may come in
    any order, and repeated; those from a node to itself are left out. ``width`` is the type edges are kept in."""

    def __init__(
        self, size: int, sources: NDArray[Any], targets: NDArray[Any], width: type[np.integer[Any]] = np.int64
    ) -> None:
        self.size = size
        keys = targets.astype(np.int64)
        keys *= max(size, 1)
        keys += sources
        keys.sort()  # np.unique hashes: 20 times slower
        is_edge = np.ones(len(keys), np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=is_edge[1:])
        is_edge &= keys % (max(size, 1) + 1) != 0  # of a node to itself: node × size + node
        keys = keys[is_edge]
        self.targets: NDArray[Any] = (keys // max(size, 1)).astype(width)
        keys %= max(size, 1)
        self.sources: NDArray[Any] = keys.astype(width)
        self.out_degree: Ints = np.bincount(self.sources, minlength=size)
        self.in_degree: Ints = np.bincount(self.targets, minlength=size)

    def sources_of(self, node: int) -> Ints:
        """The nodes with an edge to ``node``, in order."""
        first, last = np.searchsorted(self.targets, [node, node + 1])
        found: Ints = self.sources[first:last].astype(np.int64)
        return found

    @cached_property
    def slices(self) -> tuple[tuple[int, int], ...]:
        """Runs of edges, short enough to work on in little memory, none of which parts the edges to one target."""
        starts = self.targets[_RUN::_RUN]
        bounds = sorted({0, *np.searchsorted(self.targets, starts).tolist(), len(self.targets)})
        return tuple(pairwise(bounds))

    def pass_on(self, given: Floats) -> Floats:
        """For each node the sum of what its sources give, added in their order."""
        passed = np.zeros(self.size)
        for first, last in self.slices:
            low, high = int(self.targets[first]), int(self.targets[last - 1]) + 1
            passed[low:high] = np.bincount(
                self.targets[first:last] - low, weights=given[self.sources[first:last]], minlength=high - low
            )
        return passed


class DomainGraph(LinkGraph):
    """Domains by name in order, and the distinct edges between them as numbers of ``names``."""

    def __init__(self, names: tuple[str, ...], sources: NDArray[Any], targets: NDArray[Any]) -> None:
        super().__init__(len(names), sources, targets)
        self.names = names

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each name."""
        return {name: number for number, name in enumerate(self.names)}

    def without(self, is_gone: NDArray[np.bool_]) -> "DomainGraph":
        """The same domains without the edges that are marked."""
        return DomainGraph(self.names, self.sources[~is_gone], self.targets[~is_gone])


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """PageRank of every node; ``scores`` sum to 1. ``change`` is that of the last of ``rounds`` (L1)."""

    scores: Floats
    rounds: int
    change: float


def pagerank(graph: LinkGraph, damping: float, jump: Floats | None = None) -> Ranking:
    """PageRank with equal split over distinct linked nodes. ``jump`` (sums to 1; None: uniform) is where the share
    1 − ``damping`` and the score of nodes that link nowhere go."""
    if not graph.size:
        return Ranking(np.zeros(0), 0, 0.0)
    jump = np.full(graph.size, 1 / graph.size) if jump is None else jump
    is_dangling = graph.out_degree == 0
    split = np.maximum(graph.out_degree, 1).astype(np.float64)
    scores, rounds, change = jump.copy(), 0, float("inf")
    while change >= LEAST_CHANGE and rounds < MOST_ROUNDS:
        passed = graph.pass_on(scores / split)
        base = 1 - damping + damping * in_order(scores[is_dangling])
        following = damping * passed + base * jump
        change, scores, rounds = in_order(np.abs(following - scores)), following, rounds + 1
    return Ranking(scores, rounds, change)


def base_score(graph: LinkGraph, ranking: Ranking, damping: float) -> float:
    """What every node has without a single link: the uniform jump, and its part of the dangling score."""
    return (1 - damping + damping * in_order(ranking.scores[graph.out_degree == 0])) / graph.size


def in_order(values: Floats) -> float:
    """The sum, added one after another."""
    return float(np.bincount(np.zeros(len(values), np.int64), weights=values, minlength=1)[0])


class Ranked:
    """The scores of all nodes of a graph, by number. ``authority`` is on a log scale from what a node without links has
    (0) to the highest score (100). Ranks go by ``times_base``, scores in units of the former to nine decimals: what
    differs less is noise of the arithmetic."""

    def __init__(self, graph: LinkGraph, damping: float) -> None:
        self.damping = damping
        self.size = graph.size
        self.ranking: Ranking = pagerank(graph, damping)
        self.base = base_score(graph, self.ranking, damping) if graph.size else 0.0
        self.times_base: Floats = np.round(self.ranking.scores / (self.base or 1.0), 9)
        self.authority: Floats = np.zeros(graph.size)
        highest = float(self.times_base.max(initial=1.0))
        if highest > 1:
            self.authority = np.round(100 * np.log(np.maximum(self.times_base, 1.0)) / np.log(highest), 2)

    @cached_property
    def rank(self) -> Ints:
        """1 for the highest score; equal scores have equal ranks."""
        return self.size - np.searchsorted(np.sort(self.times_base), self.times_base, side="right") + 1

    @cached_property
    def percentile(self) -> Floats:
        """The percentage of the other nodes that have a lower score."""
        lower = np.searchsorted(np.sort(self.times_base), self.times_base, side="left")
        return np.round(100 * lower / max(self.size - 1, 1), 2)


@dataclass(frozen=True, slots=True, eq=False)
class Harmonic:
    """For each node the sum over all others of 1 / (their distance to it), 0 where there is no way. ``searched`` of
    ``linking`` domains were the starts of a search: where these differ, ``values`` are estimates."""

    values: Floats
    searched: int
    linking: int


def harmonic(graph: DomainGraph, work: int = EXACT_WORK) -> Harmonic:
    """Harmonic centrality by breadth-first search from every domain that links; where that is too much ``work``, from
    every n-th of them in order of name, scaled up."""
    starts = np.flatnonzero(graph.out_degree)
    values = np.zeros(graph.size)
    if not len(starts):
        return Harmonic(values, 0, 0)
    most = max(_BATCH, work // (graph.size + len(graph.targets)))
    searched = starts if len(starts) <= most else starts[np.arange(most) * len(starts) // most]
    by_source = np.argsort(graph.sources, kind="stable")
    targets = graph.targets[by_source]
    begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(graph.out_degree)])
    for first in range(0, len(searched), _BATCH):
        _search(searched[first : first + _BATCH], targets, begins, values)
    if len(searched) < len(starts):
        values *= len(starts) / len(searched)
    return Harmonic(values, len(searched), len(starts))


def _search(starts: Ints, targets: Ints, begins: Ints, values: Floats) -> None:
    """Add 1 / distance from each of up to 64 ``starts`` to ``values``: a bit of a node's word for each search."""
    bits = np.left_shift(np.uint64(1), np.arange(len(starts), dtype=np.uint64))
    seen = np.zeros(len(values), np.uint64)
    seen[starts] = bits
    nodes, words, distance = starts, bits, 0
    while len(nodes):
        distance += 1
        counts = begins[nodes + 1] - begins[nodes]
        places = np.repeat(begins[nodes] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        reached = np.zeros(len(values), np.uint64)
        np.bitwise_or.at(reached, targets[places], np.repeat(words, counts))
        reached &= ~seen
        seen |= reached
        nodes = np.flatnonzero(reached)
        words = reached[nodes]
        values[nodes] += np.bitwise_count(words) / distance
