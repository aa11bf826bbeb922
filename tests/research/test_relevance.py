"""Relevance: by hand, as sets say it, and what a gap makes of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.build import build_index
from wholinks.research.gap import gap
from wholinks.research.graph import DomainGraph
from wholinks.research.relevance import relevance
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
    """s0, s1 and s3 of five that link are near. Of the others that link to t1 half are, to t2 none."""
    with index_of(web(), tmp_path) as index:
        answer = gap(index, "me.example", ["one.example"])
        s3, s0 = answer.rows
        assert answer.usual_relevance == 0.6
        assert (s0.domain, s0.relevance, s0.relevance_sites) == ("s0.example", round((0.6 + 0.5 + 0) / 3, 4), 2)
        assert (s3.domain, s3.relevance, s3.relevance_sites) == ("s3.example", 0.6, 0)
        assert s0.authority == s3.authority > 0
        assert s0.opportunity == round(s0.authority * 0.3667, 4)
        whole = gap(index, "me.example", ["one.example"], with_linking=True, sort="relevance").rows
        assert [row.domain for row in whole] == ["s3.example", "s0.example"]


def test_only_followed_links_make_sites_near(tmp_path: Path) -> None:
    """s3 has no edge, so two of four that link are near."""
    with index_of(web(rel="nofollow"), tmp_path) as index:
        found = {row.domain: row.relevance for row in gap(index, "me.example", ["one.example"]).rows}
        assert found == {"s0.example": round((0.5 + 0.5) / 3, 4), "s3.example": 0.5}


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
def _graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], set[int], set[int]]:
    size = draw(st.integers(2, 12))
    node = st.integers(0, size - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=50))
    return size, edges, draw(st.sets(node, min_size=1)), draw(st.sets(node, max_size=3))


@settings(max_examples=80, deadline=None)
@given(_graphs(), st.randoms())
def test_as_sets(made: tuple[int, list[tuple[int, int]], set[int], set[int]], chance: object) -> None:
    size, edges, near, out = made
    names = tuple(f"d{n:02}" for n in range(size))
    shuffled = sorted(edges, key=lambda _: chance.random())  # type: ignore[attr-defined]
    graph, mixed = (
        DomainGraph(names, np.array([s for s, _ in some], np.int64), np.array([t for _, t in some], np.int64))
        for some in (edges, shuffled)
    )
    found = relevance(graph, near, out)
    assert found.values.tobytes() == relevance(mixed, near, out).values.tobytes()
    links = {node: {t for s, t in edges if s == node != t} for node in range(size)}
    linked_by = {node: {s for s in range(size) if node in links[s]} for node in range(size)}
    linking = {node for node in range(size) if links[node]}
    usual = len(near & linking) / max(len(linking), 1)
    for source in near:
        sites = [t for t in links[source] - out if len(linked_by[t]) > 1]
        shares = [len((linked_by[t] & near) - {source}) / len(linked_by[t] - {source}) for t in sites]
        assert found.sites[source] == len(sites)
        assert found.values[source] == pytest.approx((usual + sum(shares)) / (1 + len(sites)), abs=1e-12)
        assert 0 <= found.values[source] <= 1 + 1e-12
