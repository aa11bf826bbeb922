"""Relevance: by hand, as sets say it, and what a gap makes of it."""

import random
from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.build import build_index
from wholinks.research.competitors.gap import gap
from wholinks.research.competitors.relevance import relevance
from wholinks.research.scores.graph import DomainGraph
from wholinks.storage.errors import UsageError

ME, ONE, TWO = "http://me.example/", "http://one.example/", "http://two.example/"
T1, T2 = "http://t1.example/", "http://t2.example/"


def web(*, rel: str = "") -> Graph:
    """t1 is linked by s0, s1 and s2, t2 by s0 and s2; x makes s0 and s3 known."""
    return (
        Graph()
        .page("http://s0.example/", [ONE, T1, T2])
        .page("http://s1.example/", [ME, T1])
        .page("http://s2.example/", [T1, T2])
        .page("http://s3.example/", [Link(ONE, rel=rel)])
        .page("http://x.example/", ["http://s0.example/", "http://s3.example/"])
    )


def test_by_hand(tmp_path: Path) -> None:
    """s0, s1 and s3 of five that link have one of two sites each. Of the others of t1 one is s1, of t2 none is near."""
    with index_of(web(), tmp_path) as index:
        answer = gap(index, "me.example", ["one.example"])
        s3, s0 = answer.rows
        assert answer.usual_relevance == 0.3
        assert (s0.domain, s0.relevance, s0.relevance_sites) == ("s0.example", round((0.3 + 0.25 + 0) / 3, 4), 2)
        assert (s3.domain, s3.relevance, s3.relevance_sites) == ("s3.example", 0.3, 0)
        assert s0.authority == s3.authority > 0
        assert s0.opportunity == round(s0.authority * 0.1833, 4)
        whole = gap(index, "me.example", ["one.example"], with_linking=True, sort="relevance").rows
        assert [row.domain for row in whole] == ["s3.example", "s0.example"]


def test_only_followed_links_make_sites_near(tmp_path: Path) -> None:
    """s3 has no edge, so two of four that link are near."""
    with index_of(web(rel="nofollow"), tmp_path) as index:
        found = {row.domain: row.relevance for row in gap(index, "me.example", ["one.example"]).rows}
        assert found == {"s0.example": round((0.25 + 0.25) / 3, 4), "s3.example": 0.25}


def test_who_links_to_more_of_the_sites_is_nearer(tmp_path: Path) -> None:
    """s4, the other one that links to t3, has both rivals of three sites; of four that link, three have one or more."""
    graph = (
        Graph()
        .page("http://s4.example/", [ONE, TWO, "http://t3.example/"])
        .page("http://s5.example/", [ONE, "http://t3.example/"])
        .page("http://s6.example/", [TWO])
        .page("http://s7.example/", [T1])
    )
    with index_of(graph, tmp_path) as index:
        answer = gap(index, "me.example", ["one.example", "two.example"])
        found = {row.domain: row.relevance for row in answer.rows}
        usual = (2 + 1 + 1) / 3 / 4
        assert answer.usual_relevance == round(usual, 4)
        assert found["s5.example"] == round((usual + 2 / 3) / 2, 4)
        assert found["s4.example"] == round((usual + 1 / 3) / 2, 4)


def test_the_parts_sort(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = web().page("http://s4.example/", [ONE, f"{ONE}x", TWO, T2]).write(tmp_path / "data")
    build_index(folder)
    asked = "gap", "me.example", "one.example", "two.example", "--data", folder
    for part in ("opportunity", "authority", "rivals", "relevance", "backlinks"):
        rows = answered(capsys, *asked, "--sort", part)["rows"]
        values = [row[part] for row in rows]
        assert values == sorted(values, reverse=True)
        assert len(rows) == 3
    assert rows[0]["domain"] == "s4.example"
    assert "opportunity = authority × rivals × relevance" in said(capsys, *asked)
    with index_of(web(), tmp_path / "other") as index, pytest.raises(UsageError, match="sort"):
        gap(index, "me.example", ["one.example"], sort="luck")


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], dict[int, int], set[int]]:
    size = draw(st.integers(2, 12))
    node = st.integers(0, size - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=50))
    return size, edges, draw(st.dictionaries(node, st.integers(1, 3), min_size=1)), draw(st.sets(node, max_size=3))


@settings(max_examples=80, deadline=None)
@given(_graphs(), st.randoms())
def test_as_sets(
    made: tuple[int, list[tuple[int, int]], dict[int, int], set[int]], chance: random.Random
) -> None:  # fmt: skip
    size, edges, near, out = made
    names = tuple(f"d{n:02}" for n in range(size))
    shuffled = sorted(edges, key=lambda _: chance.random())
    graph, mixed = (
        DomainGraph(names, np.array([s for s, _ in some], np.int64), np.array([t for _, t in some], np.int64))
        for some in (edges, shuffled)
    )
    found = relevance(graph, near, 3, out)
    assert found.values.tobytes() == relevance(mixed, near, 3, out).values.tobytes()
    links = {node: {t for s, t in edges if s == node != t} for node in range(size)}
    linked_by = {node: {s for s in range(size) if node in links[s]} for node in range(size)}
    linking = [node for node in range(size) if links[node]]
    usual = sum(near.get(node, 0) / 3 for node in linking) / max(len(linking), 1)
    for source in near:
        sites = [t for t in links[source] - out if len(linked_by[t]) > 1]
        shares = [mean(near.get(other, 0) / 3 for other in linked_by[t] - {source}) for t in sites]
        assert found.sites[source] == len(sites)
        assert found.values[source] == pytest.approx((usual + sum(shares)) / (1 + len(sites)), abs=1e-12)
        assert 0 <= found.values[source] <= 1 + 1e-12
