"""Scores of pages: what is a node and an edge, by hand; PageRank of networkx on webs of pages; bad input."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.research.scores import graph as graphs
from wholinks.research.scores import page_graph
from wholinks.research.scores.graph import LinkGraph, pagerank
from wholinks.research.scores.page_authority import explain_page_score, page_authority, page_scores
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind

HOME, TENTS, OLD = "http://shop.example/", "http://shop.example/tents", "http://shop.example/old"
PRINT = "http://shop.example/tents?print"
BLOG = "http://blog.example/"


def web() -> Graph:
    """The blog links to the tents, under their old and their new URL; a print version of them to nothing new."""
    return (
        Graph()
        .page(HOME, [TENTS, Link("http://shop.example/terms", rel="nofollow")])
        .page(TENTS, [HOME])
        .page(PRINT, [HOME, "http://far.example/"], canonical=TENTS)
        .redirect(OLD, TENTS)
        .page(BLOG, [OLD, TENTS, PRINT, Link(HOME, kind=Kind.FRAME)])
    )


def edges(index: Index) -> set[tuple[str, str]]:
    found = page_scores(index)
    names = found.names(index.session(), np.arange(found.size))
    pairs = zip(found.graph.sources.tolist(), found.graph.targets.tolist(), strict=True)
    return {(names[source], names[target]) for source, target in pairs}


def test_nodes_and_edges(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        assert edges(index) == {(HOME, TENTS), (TENTS, HOME), (TENTS, "http://far.example/"), (BLOG, TENTS)}
        found = page_scores(index)
        assert found is page_scores(index)
        assert (found.method.pages, found.method.edges, found.method.merged) == (4, 4, 2)


def test_by_hand(tmp_path: Path) -> None:
    """With base 1: blog 1; tents 1 + d × (blog + home); home and far 1 + d × tents / 2."""
    d = 0.85
    tents = (1 + 2 * d) / (1 - d * d / 2)
    with index_of(web(), tmp_path) as index:
        answer = page_authority(index)
        rows = {row.url: row for row in answer.rows}
        assert [row.url for row in answer.rows] == [TENTS, "http://far.example/", HOME, BLOG]
        base = rows[BLOG].score
        assert rows[TENTS].score / base == pytest.approx(tents, abs=1e-9)
        assert rows[HOME].score / base == pytest.approx(1 + d * tents / 2, abs=1e-9)
        assert [row.rank for row in answer.rows] == [1, 2, 2, 4]
        assert (rows[TENTS].page_authority, rows[BLOG].page_authority) == (100, 0)
        assert (rows[TENTS].referring_pages, rows[TENTS].internal_pages, rows[TENTS].linked_pages) == (1, 1, 2)
        assert not rows["http://far.example/"].is_fetched
        assert rows[TENTS].is_fetched
        assert [row.url for row in page_authority(index, "shop.example").rows] == [TENTS, HOME]
        assert [row.url for row in page_authority(index, OLD).rows] == [TENTS]
        assert page_authority(index, "http://shop.example/terms").rows == ()
        whole = explain_page_score(index, PRINT)
        assert whole.score == rows[TENTS]
        assert whole.base_share == pytest.approx(1 / tents, abs=1e-9)
        assert whole.external_share == pytest.approx(d / tents, abs=1e-9)
        assert whole.base_share + whole.internal_share + whole.external_share == pytest.approx(1, abs=1e-12)
        assert [(row.url, row.is_internal) for row in whole.rows] == [(HOME, True), (BLOG, False)]
        cut = explain_page_score(index, TENTS, limit=1)
        assert cut.base_share + cut.rows[0].share + cut.other_share == pytest.approx(1, abs=1e-12)
        with pytest.raises(UsageError, match="no page of this URL"):
            explain_page_score(index, "http://shop.example/terms")


URLS = [f"http://{site}.example/{path}" for site in "ab" for path in ("", "1", "2")]


@st.composite
def _webs(draw: st.DrawFn) -> tuple[Graph, set[tuple[str, str]], set[str]]:
    graph, pairs, nodes = Graph(), set(), set()
    for url in URLS:
        links = draw(st.lists(st.tuples(st.sampled_from(URLS), st.booleans()), max_size=4))
        if draw(st.integers(0, 4)):
            graph.page(url, [Link(target, rel="" if follows else "ugc") for target, follows in links])
            pairs |= {(url, target) for target, follows in links if follows and target != url}
            nodes.add(url)
            nodes |= {target for target, follows in links if follows}
    return graph.page("http://c.example/"), pairs, nodes | {"http://c.example/"}


@settings(max_examples=examples(15), deadline=None)
@given(_webs())
def test_as_networkx(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[Graph, set[tuple[str, str]], set[str]]
) -> None:
    graph, pairs, nodes = made
    reference = nx.DiGraph()
    reference.add_nodes_from(sorted(nodes))
    reference.add_edges_from(sorted(pairs))
    wanted = _pagerank_python(reference, 0.85, max_iter=2000, tol=1e-14)
    with index_of(graph, tmp_path_factory.mktemp("web")) as index:
        assert edges(index) == pairs
        rows = page_authority(index).rows
        assert {row.url for row in rows} == nodes
        assert sum(row.score for row in rows) == pytest.approx(1, abs=1e-9)
        for row in rows:
            assert row.score == pytest.approx(wanted[row.url], abs=1e-9)
            linking = {source for source, target in pairs if target == row.url}
            own = {source for source in linking if source[:9] == row.url[:9]}
            assert (row.internal_pages, row.referring_pages) == (len(own), len(linking - own))
            told = explain_page_score(index, row.url)
            assert told.base_share + sum(one.share for one in told.rows) == pytest.approx(1, abs=1e-9)
        first = [row.score.hex() for row in rows]
    with index_of(graph, tmp_path_factory.mktemp("again")) as index:
        assert [row.score.hex() for row in page_authority(index).rows] == first


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.data())
def test_runs_of_edges_change_no_bit(size: int, data: st.DataObject) -> None:
    node = st.integers(0, size - 1)
    pairs = data.draw(st.lists(st.tuples(node, node), max_size=120))
    sources, targets = (np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1))
    whole = pagerank(LinkGraph(size, sources, targets), 0.85).scores.tobytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "_RUN", 3)
        narrow = LinkGraph(size, sources.astype(np.int32), targets.astype(np.int32), np.int32)
        assert all(narrow.targets[end - 1] != narrow.targets[end] for _, end in narrow.slices[:-1])
        assert len(narrow.slices) > 1 or set(narrow.targets[3::3].tolist()) <= set(narrow.targets[:1].tolist())
        assert pagerank(narrow, 0.85).scores.tobytes() == whole


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = web().write(tmp_path / "data")
    build_index(folder)
    data = "--data", folder
    shown = said(capsys, "authority", "--pages", *data)
    rank, url, score = shown.splitlines()[2].split()[:3]
    assert (rank, url[:10], score) == ("1", TENTS[:10], "100.00")
    assert "4 pages (2 more URLs stand for one of them)" in shown
    assert answered(capsys, "authority", "--pages", "blog.example", *data)["rows"][0]["page_authority"] == 0
    assert said(capsys, "authority", "--pages", *data, "--format", "csv").startswith("rank,url,page_authority")
    assert "is it typed right?" in said(capsys, "authority", "--pages", "nobody.example", *data)
    assert "are of domains" in said(capsys, "authority", "--pages", "--harmonic", *data, code=2)
    rows = answered(capsys, "authority", "--pages", "shop.example/tents", "--mode", "prefix", *data)["rows"]
    assert [row["url"] for row in rows] == [TENTS]
    assert "they go with --pages" in said(capsys, "authority", "shop.example", "--mode", "exact", *data, code=2)
    assert "comes from pages of its site" in said(capsys, "explain-score", "--page", TENTS, *data)
    assert "no page of this URL" in said(capsys, "explain-score", "--page", "http://no.example/", *data, code=2)
    monkeypatch.setattr(page_graph, "MOST_LINKS", 3)
    assert "more than fit" in said(capsys, "authority", "--pages", *data, code=2)


def test_chains_and_cycles_end(tmp_path: Path) -> None:
    """old → older → tents, whose canonical is the home page; a and b redirect to each other."""
    a, b, older = (f"http://shop.example/{name}" for name in ("a", "b", "older"))
    graph = (
        Graph()
        .page(HOME)
        .page(TENTS, ["http://far.example/"], canonical=HOME)
        .redirect(OLD, older)
        .redirect(older, TENTS)
        .redirect(a, b)
        .redirect(b, a)
        .redirect("http://shop.example/out", BLOG)
        .page(BLOG, [OLD, a, b, "http://shop.example/out"])
    )
    with index_of(graph, tmp_path) as index:
        found = edges(index)
        cycle = {(source, target) for source, target in found if target in {a, b}}
        assert 1 <= len(cycle) <= 2
        out = "http://shop.example/out"
        assert found - cycle == {(HOME, "http://far.example/"), (BLOG, HOME), (BLOG, out), (out, BLOG)}
        assert sum(row.score for row in page_authority(index).rows) == pytest.approx(1, abs=1e-9)


def test_an_index_without_a_page(tmp_path: Path) -> None:
    with index_of(Graph().waiting("http://a.example/"), tmp_path) as index:
        assert page_authority(index).rows == ()
