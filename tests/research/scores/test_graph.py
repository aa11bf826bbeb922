"""PageRank and harmonic centrality: as networkx has them, and the same bits whatever the order of edges."""

import random
from typing import Final

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python

from wholinks.research.scores.authority import SENSITIVITY, Scores
from wholinks.research.scores.graph import DomainGraph, harmonic, pagerank

Edges = list[tuple[int, int]]

CLOSE: Final = 1e-9


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[int, Edges]:
    size = draw(st.integers(1, 80))
    node = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(node, node), max_size=200))


def _graph(size: int, edges: Edges) -> DomainGraph:
    names = tuple(f"d{n:04}.example" for n in range(size))
    return DomainGraph(names, np.array([s for s, _ in edges], np.int64), np.array([t for _, t in edges], np.int64))


def _reference(size: int, edges: Edges) -> "nx.DiGraph":
    graph = nx.DiGraph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from((s, t) for s, t in edges if s != t)
    return graph


@settings(max_examples=60, deadline=None)
@given(_graphs(), st.sampled_from(SENSITIVITY), st.data())
def test_pagerank_is_that_of_networkx(made: tuple[int, Edges], damping: float, data: st.DataObject) -> None:
    size, edges = made
    found = pagerank(_graph(size, edges), damping).scores
    wanted = _pagerank_python(_reference(size, edges), damping, max_iter=2000, tol=1e-14)
    assert found == pytest.approx([wanted[n] for n in range(size)], abs=CLOSE)
    assert found.sum() == pytest.approx(1, abs=CLOSE)

    seeds = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    jump = np.array([1 / len(seeds) if n in seeds else 0 for n in range(size)])
    found = pagerank(_graph(size, edges), damping, jump).scores
    personal = dict.fromkeys(seeds, 1)
    wanted = _pagerank_python(_reference(size, edges), damping, personalization=personal, max_iter=2000, tol=1e-14)
    assert found == pytest.approx([wanted[n] for n in range(size)], abs=CLOSE)


@settings(max_examples=60, deadline=None)
@given(_graphs())
def test_harmonic_centrality_is_that_of_networkx(made: tuple[int, Edges]) -> None:
    size, edges = made
    found = harmonic(_graph(size, edges))
    wanted = nx.harmonic_centrality(_reference(size, edges))
    assert found.values == pytest.approx([wanted[n] for n in range(size)], abs=CLOSE)
    assert found.searched == found.linking


def test_a_long_chain_and_more_than_a_batch() -> None:
    edges = [(n, n + 1) for n in range(299)]
    found = harmonic(_graph(300, edges))
    assert found.values[299] == pytest.approx(sum(1 / n for n in range(1, 300)), abs=CLOSE)


def test_a_sample_is_the_same_each_time_and_scaled_up() -> None:
    """Every node links to node 0, so any sample says what all would."""
    graph = _graph(500, [(n, 0) for n in range(1, 500)])
    found = harmonic(graph, work=0)
    assert (found.searched, found.linking) == (64, 499)
    assert found.values[0] == pytest.approx(499, abs=CLOSE)
    assert found.values.tobytes() == harmonic(graph, work=0).values.tobytes()


@settings(max_examples=30, deadline=None)
@given(_graphs(), st.randoms())
def test_order_and_repeats_change_no_bit(made: tuple[int, Edges], chance: random.Random) -> None:
    size, edges = made
    mixed = edges + edges[: len(edges) // 2]
    chance.shuffle(mixed)
    first, second = Scores(_graph(size, edges)), Scores(_graph(size, mixed))
    assert first.ranking.scores.tobytes() == second.ranking.scores.tobytes()
    assert first.authority.tobytes() == second.authority.tobytes()
    assert first.harmonic.values.tobytes() == second.harmonic.values.tobytes()


@settings(max_examples=30, deadline=None)
@given(_graphs())
def test_authority_is_0_to_100_and_goes_with_the_rank(made: tuple[int, Edges]) -> None:
    found = Scores(_graph(*made))
    order = np.argsort(found.rank)
    assert (np.diff(found.authority[order]) <= 0).all()
    assert found.authority.min() >= 0
    assert found.authority.max() == (100 if len(found.graph.targets) else 0)
    assert found.rank.min() == 1
    assert (found.authority[found.graph.in_degree == 0] == 0).all()


def test_no_domain_at_all() -> None:
    found = Scores(_graph(0, []))
    assert found.authority.size == 0
    assert found.harmonic.values.size == 0


def test_a_graph_small_enough_to_check_by_hand() -> None:
    """a → b: b has 1.85 times what a has; they sum to 1."""
    found = Scores(_graph(3, [(0, 1)]))
    low, high, alone = found.ranking.scores
    assert high == pytest.approx(1.85 * low, abs=CLOSE)
    assert alone == pytest.approx(low, abs=CLOSE)
    assert found.authority.tolist() == [0, 100, 0]
    assert found.rank.tolist() == [2, 1, 2]
    assert found.percentile.tolist() == [0, 100, 0]
