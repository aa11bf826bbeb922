"""The graph of domains, and what is computed on it: PageRank and harmonic centrality, the same bits for the same data.

Nodes are all domains of the index in the order of their names, edges the ordered pairs of different domains of which
the first has a followed backlink to the second. Sums go through ``np.bincount``, which adds in the order of the edges,
one after another: no order of rows and no width of a processor's registers changes a bit.
"""

from dataclasses import dataclass
from functools import cached_property
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
_BATCH: Final = 64  # searches at once, one a bit


class DomainGraph:
    """Domains by name in order, and the distinct edges between them as numbers of ``names``, in order of target, then
    source. Edges may come in any order, and repeated; those from a domain to itself are left out."""

    def __init__(self, names: tuple[str, ...], sources: NDArray[Any], targets: NDArray[Any]) -> None:
        self.names = names
        size = max(len(names), 1)
        keys = np.sort(targets.astype(np.int64) * size + sources.astype(np.int64))  # np.unique hashes: 20 times slower
        keys = keys[np.diff(keys, prepend=-1) != 0]
        self.targets: Ints = keys // size
        self.sources: Ints = keys % size
        is_edge = self.targets != self.sources
        self.targets, self.sources = self.targets[is_edge], self.sources[is_edge]
        self.out_degree: Ints = np.bincount(self.sources, minlength=len(names))
        self.in_degree: Ints = np.bincount(self.targets, minlength=len(names))

    @property
    def size(self) -> int:
        """How many domains there are."""
        return len(self.names)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each name."""
        return {name: number for number, name in enumerate(self.names)}

    def sources_of(self, node: int) -> Ints:
        """The nodes with an edge to ``node``, in order."""
        first, last = np.searchsorted(self.targets, [node, node + 1])
        return self.sources[first:last]

    def without(self, is_gone: NDArray[np.bool_]) -> "DomainGraph":
        """The same domains without the edges that are marked."""
        return DomainGraph(self.names, self.sources[~is_gone], self.targets[~is_gone])


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """PageRank of every node; ``scores`` sum to 1. ``change`` is that of the last of ``rounds`` (L1)."""

    scores: Floats
    rounds: int
    change: float


def pagerank(graph: DomainGraph, damping: float, jump: Floats | None = None) -> Ranking:
    """PageRank with equal split over distinct linked domains. ``jump`` (sums to 1; None: uniform) is where the share
    1 − ``damping`` and the score of domains that link nowhere go."""
    if not graph.size:
        return Ranking(np.zeros(0), 0, 0.0)
    jump = np.full(graph.size, 1 / graph.size) if jump is None else jump
    is_dangling = graph.out_degree == 0
    split = np.maximum(graph.out_degree, 1).astype(np.float64)
    scores, rounds, change = jump.copy(), 0, float("inf")
    while change >= LEAST_CHANGE and rounds < MOST_ROUNDS:
        passed = np.bincount(graph.targets, weights=(scores / split)[graph.sources], minlength=graph.size)
        base = 1 - damping + damping * in_order(scores[is_dangling])
        following = damping * passed + base * jump
        change, scores, rounds = in_order(np.abs(following - scores)), following, rounds + 1
    return Ranking(scores, rounds, change)


def base_score(graph: DomainGraph, ranking: Ranking, damping: float) -> float:
    """What every domain has without a single link: the uniform jump, and its part of the dangling score."""
    return (1 - damping + damping * in_order(ranking.scores[graph.out_degree == 0])) / graph.size


def in_order(values: Floats) -> float:
    """The sum, added one after another."""
    return float(np.bincount(np.zeros(len(values), np.int64), weights=values, minlength=1)[0])


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
