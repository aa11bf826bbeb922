"""Authority as an index says it: what counts as an edge, shares that sum to 1, and bad input."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.build import build_index
from wholinks.render.authority import score
from wholinks.research.scores.authority import authority, explain_score, scores
from wholinks.storage.errors import UsageError


def web() -> Graph:
    """a, b and c link to shop; a also to b; d links to a with nofollow, and to its own blog."""
    return (
        Graph()
        .page("http://a.example/", ["http://shop.example/", "http://shop.example/x", "http://b.example/"])
        .page("http://b.example/", ["http://www.shop.example/"])
        .page("http://c.example/", ["http://shop.example/"])
        .page("http://d.example/", [Link("http://a.example/", rel="nofollow"), "http://blog.d.example/"])
    )


def test_edges_are_followed_links_between_domains_once(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        found = scores(index)
        graph = found.graph
        names = [(graph.names[s], graph.names[t]) for s, t in zip(graph.sources, graph.targets, strict=True)]
        assert names == [
            ("a.example", "b.example"), ("a.example", "shop.example"), ("b.example", "shop.example"),
            ("c.example", "shop.example"),
        ]  # fmt: skip
        assert scores(index) is found


def test_the_ranking(tmp_path: Path) -> None:
    """b has 1 + 0.85 / 2 times what a has, shop 1 + 0.85 × (1/2 + 1.425 + 1) times."""
    with index_of(web(), tmp_path) as index:
        answer = authority(index, with_harmonic=True)
        assert [(row.rank, row.domain) for row in answer.rows] == [
            (1, "shop.example"), (2, "b.example"), (3, "a.example"), (3, "c.example"), (3, "d.example"),
        ]  # fmt: skip
        shop, b, a = answer.rows[:3]
        assert b.score / a.score == pytest.approx(1.425, abs=1e-9)
        assert shop.score / a.score == pytest.approx(1 + 0.85 * 2.925, abs=1e-9)
        assert (shop.authority, a.authority, shop.percentile, a.percentile) == (100, 0, 100, 0)
        assert [row.harmonic for row in answer.rows] == [3, 1, 0, 0, 0]
        assert (shop.followed_domains, a.followed_domains, a.linked_domains, a.trust) == (3, 0, 2, None)
        assert authority(index, "blog.d.example").rows == (replace(answer.rows[4], harmonic=None),)
        assert [row.domain for row in authority(index, limit=2).rows] == ["shop.example", "b.example"]


def test_followed_domains_are_fewer_than_referring_ones(tmp_path: Path) -> None:
    shop = "http://shop.example/"
    graph = Graph().page("http://a.example/", [shop]).page("http://b.example/", [Link(shop, rel="nofollow")])
    with index_of(graph, tmp_path) as index:
        assert index.who_links_to("shop.example").totals.referring_domains == 2
        assert authority(index, "shop.example").rows[0].followed_domains == 1
        told = score(explain_score(index, "shop.example")).lines[1]
    assert told.endswith("the rest comes from 1 domain with followed links to it")


def test_trust_starts_from_a_list(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        answer = authority(index, trust=["b.example", "http://www.b.example/", "nobody.example"])
        trust = {row.domain: row.trust for row in answer.rows}
        assert trust["a.example"] == trust["c.example"] == 0
        assert trust["b.example"] == 100
        assert 0 < (trust["shop.example"] or 0) < 100
        assert (answer.trust_seeds, answer.seeds_unknown) == (("b.example",), ("nobody.example",))
        with pytest.raises(UsageError, match="knows none"):
            authority(index, trust=["nobody.example"])


def test_shares_sum_to_one_and_say_who_gives_most(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        answer = explain_score(index, "shop.example")
        assert [row.domain for row in answer.rows] == ["b.example", "c.example", "a.example"]
        assert answer.base_share + sum(row.share for row in answer.rows) == pytest.approx(1, abs=1e-12)
        assert answer.rows[0].share / answer.rows[1].share == pytest.approx(1.425, abs=1e-9)
        cut = explain_score(index, "shop.example", limit=1)
        assert cut.base_share + cut.rows[0].share + cut.other_share == pytest.approx(1, abs=1e-12)
        assert cut.rows_known == 3
        assert [row.damping for row in cut.sensitivity] == [0.75, 0.8, 0.85, 0.9, 0.95]
        assert {row.rank for row in cut.sensitivity} == {1}
        with pytest.raises(UsageError, match=r"nobody\.example: no page"):
            explain_score(index, "nobody.example")


def test_without_any_link(tmp_path: Path) -> None:
    with index_of(Graph().page("http://a.example/").page("http://b.example/"), tmp_path) as index:
        assert [(row.rank, row.authority) for row in authority(index).rows] == [(1, 0), (1, 0)]
        assert explain_score(index, "a.example").base_share == 1


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = web().write(tmp_path / "data")
    build_index(folder)
    trusted = tmp_path / "trusted.txt"
    trusted.write_text("# ours\n\nb.example # the blog\n", "utf-8")
    shown = said(capsys, "authority", "--data", folder, "--trust", trusted, "--harmonic", "--limit", "1")
    assert shown.splitlines()[2].split()[:3] == ["1", "shop.example", "100.00"]
    assert "… and 4 more" in shown
    found = answered(capsys, "authority", "shop.example", "--data", folder)
    assert found["rows"][0]["authority"] == 100
    assert found["method"]["formula"] == "wholinks-authority-1"
    assert "no page of it" in said(capsys, "authority", "nobody.example", "--data", folder)
    assert said(capsys, "explain-score", "shop.example", "--data", folder, "--format", "csv").startswith("domain,share")
    assert "what every domain has" in said(capsys, "explain-score", "shop.example", "--data", folder)
    trusted.write_text("b.example\nftp://x/\n", "utf-8")
    refused = said(capsys, "authority", "--data", folder, "--trust", trusted, code=2)
    assert "trusted.txt:2: ftp://x/" in refused
    trusted.write_bytes(b"\xff\xfeb\x00")
    assert "not UTF-8" in said(capsys, "authority", "--data", folder, "--trust", trusted, code=2)
