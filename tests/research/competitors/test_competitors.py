"""Gap, intersection and rivals: by hand, and as sets."""

from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph
from tests.index.asking import examples, index_of
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.notes import groups
from wholinks.render.competitors import gap as sheet_of
from wholinks.research.competitors.gap import gap, intersect
from wholinks.research.competitors.rivals import rivals
from wholinks.storage.errors import UsageError

ME, ONE, TWO = "http://me.example/", "http://one.example/", "http://two.example/"
SOURCES = [f"s{n}.example" for n in range(5)]


def web() -> Graph:
    """s0 links to all, s1 to both rivals, s2 to one of them and was not read whole, s3 to me alone."""
    return (
        Graph()
        .page("http://s0.example/", [ME, ONE, TWO])
        .page("http://s1.example/", [ONE])
        .page("http://s1.example/both", [ONE, TWO])
        .page("http://s2.example/", [ONE])
        .waiting("http://s2.example/more")
        .page("http://s3.example/", [ME, "http://s1.example/"])
        .page(ME, [ONE])
    )


def test_a_rival_that_links_to_another_is_no_opportunity(tmp_path: Path) -> None:
    graph = web().page(ONE, [TWO]).page("http://www.one.example/", [TWO])
    with index_of(graph, tmp_path) as index:
        answer = gap(index, "me.example", ["one.example", "two.example"])
        assert answer.rivals_left_out == ("one.example",)
        assert [row.domain for row in answer.rows] == ["s1.example", "s2.example"]
        assert (answer.proved, answer.unknown, answer.linking) == (1, 1, 1)
        assert "left out, rivals themselves: one.example" in sheet_of(answer).notes
        part = gap(index, "me.example", ["http://one.example/about", "two.example"])
        assert "one.example" in {row.domain for row in part.rows}, "another page of that site may be asked"


def test_the_gap(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        answer = gap(index, "me.example", ["one.example", "two.example"])
        first, second = answer.rows
        assert (first.domain, first.rivals, first.links_to_you) == ("s1.example", 2, "no")
        assert (first.backlinks, first.ask_on) == (3, "http://s1.example/both")
        assert first.relevance == round(8 / 15, 4), "five domains link, to 3 + 2 + 1 + 1 + 1 of the three sites"
        assert first.opportunity == round(2 * first.authority * first.relevance, 4) > 0
        assert first.rivals_linked == ("one.example", "two.example")
        assert (second.domain, second.links_to_you, second.pages_unread) == ("s2.example", "unknown", 1)
        assert (answer.proved, answer.unknown, answer.linking) == (1, 1, 1)
        assert [row.domain for row in gap(index, "me.example", ["one.example", "two.example"], min_rivals=2).rows] == [
            "s1.example"
        ]
        assert "rivals_linked" in (sheet_of(answer).tables[0].columns or ())
        whole = gap(index, "me.example", ["one.example"], with_linking=True)
        assert "rivals_linked" not in (sheet_of(whole).tables[0].columns or ())
        assert {row.domain: row.links_to_you for row in whole.rows} == {
            "s0.example": "yes", "s1.example": "no", "s2.example": "unknown",
        }  # fmt: skip
        assert gap(index, "me.example", ["one.example/nowhere"]).rows == ()
        assert [row.domain for row in gap(index, "me.example", ["http://two.example/"], limit=1).rows] == ["s1.example"]


def test_intersection_and_rivals(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        answer = intersect(index, ["one.example", "two.example"])
        assert [(row.domain, tuple(each.backlinks for each in row.backlinks_each)) for row in answer.rows] == [
            ("s1.example", (2, 1)),
            ("s0.example", (1, 1)),
        ]
        assert [each.target for each in answer.rows[0].backlinks_each] == ["one.example", "two.example"]
        found = {row.domain: row for row in rivals(index, "one.example").rows}
        assert set(found) == {"two.example", "me.example"}
        two = found["two.example"]
        assert (two.shared, two.referring_domains, two.jaccard) == (2, 2, 2 / 4)
        assert two.cosine == pytest.approx(2 / sqrt(8))
        back = next(row for row in rivals(index, "two.example").rows if row.domain == "one.example")
        assert (back.shared, back.jaccard, back.cosine) == (two.shared, two.jaccard, two.cosine)


def test_sites_of_a_group_are_no_sources_for_each_other(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        groups.add(tmp_path, "ours", ["me.example", "s1.example"])
        answer = gap(index, "me.example", ["one.example", "two.example"])
        assert [row.domain for row in answer.rows] == ["s2.example"]
        assert answer.left_out == ("s1.example",)
        groups.add(tmp_path, "theirs", ["one.example", "s0.example"])
        assert [row.domain for row in intersect(index, ["one.example", "two.example"]).rows] == ["s1.example"]
        two = next(row for row in rivals(index, "two.example").rows if row.domain == "one.example")
        assert (two.shared, two.referring_domains) == (1, 3)
        back = next(row for row in rivals(index, "one.example").rows if row.domain == "two.example")
        assert (back.shared, back.jaccard, back.cosine) == (two.shared, two.jaccard, two.cosine)
        with pytest.raises(UsageError, match="in a group"):
            gap(index, "me.example", ["s1.example"])
        groups.drop(tmp_path, "ours", ["s1.example"])
        assert len(gap(index, "me.example", ["two.example"]).rows) == 1


def test_what_cannot_be_meant(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        for rival in ("me.example", "www.me.example", "http://blog.me.example/x"):
            with pytest.raises(UsageError, match="are one site"):
                gap(index, "me.example", [rival])
        with pytest.raises(UsageError, match="min rivals"):
            gap(index, "me.example", ["one.example"], min_rivals=2)
        with pytest.raises(UsageError, match="needs a rival"):
            gap(index, "me.example", [])
        with pytest.raises(UsageError, match="two sites"):
            intersect(index, ["me.example"])
        assert rivals(index, "nobody.example").rows == ()


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = web().write(tmp_path / "data")
    build_index(folder)
    data = "--data", folder
    shown = said(capsys, "gap", "me.example", "one.example", "two.example", *data)
    assert "1 domain proved not to link to me.example, 1 unknown, 1 that links to it" in shown
    assert "unread" in shown
    common = said(capsys, "intersect", "one.example", "two.example", *data, "--format", "csv")
    assert common.startswith("domain,authority,backlinks,followed,backlinks_each\ns1.example,")
    assert common.splitlines()[1].endswith(",one.example 2; two.example 1")
    each = answered(capsys, "intersect", "one.example", "two.example", *data)["rows"][0]["backlinks_each"]
    assert each == [{"target": "one.example", "backlinks": 2}, {"target": "two.example", "backlinks": 1}]
    assert answered(capsys, "rivals", "one.example", *data, "--sort", "cosine")["rows"][0]["domain"] == "two.example"
    said(capsys, "group", "add", "ours", "www.me.example", "http://s1.example/x", *data)
    assert said(capsys, "group", "list", *data) == "ours: me.example s1.example\n"
    assert "left out, in a group with it: s1.example" in said(capsys, "gap", "me.example", "one.example", *data)
    said(capsys, "group", "drop", "ours", *data)
    assert "no group 'ours'" in said(capsys, "group", "drop", "ours", *data, code=2)
    assert "one site" in said(capsys, "gap", "me.example", "me.example", *data, code=2)


@st.composite
def _webs(draw: st.DrawFn) -> Graph:
    graph = Graph()
    for source in SOURCES:
        for path in draw(st.sets(st.sampled_from(["", "a", "b"]))):
            links = draw(st.sets(st.sampled_from([ME, ONE, TWO, f"{ME}x"])))
            url = f"http://{source}/{path}"
            whole = draw(st.integers(0, 3)) > 0
            graph.page(url, sorted(links), is_complete=whole) if whole or links else graph.waiting(url)
    return graph


def _referring(index: Index, target: str) -> set[str]:
    rows = index.who_links_to(target).rows
    return {getattr(row, "referring_domain", "") for row in rows}


@settings(max_examples=examples(12), deadline=None)
@given(_webs())
def test_as_sets(tmp_path_factory: pytest.TempPathFactory, graph: Graph) -> None:
    with index_of(graph, tmp_path_factory.mktemp("web")) as index:
        mine, one, two = (_referring(index, name) for name in ("me.example", "one.example", "two.example"))
        answer = gap(index, "me.example", ["one.example", "two.example"])
        found = {row.domain for row in answer.rows}
        both = {"one.example", "two.example"}
        assert found == (one | two) - mine - both
        assert set(answer.rivals_left_out) == (one | two) & both
        assert len(found) == answer.proved + answer.unknown
        for row in answer.rows:
            assert index.does_link(row.domain, "me.example").answer == row.links_to_you
            assert row.ask_on.startswith(f"http://{row.domain}/")
        assert {row.domain for row in intersect(index, ["one.example", "two.example"]).rows} == one & two
        for other in rivals(index, "one.example").rows:
            theirs = _referring(index, other.domain)
            assert other.jaccard == len(one & theirs) / len(one | theirs)
            assert 0 < other.jaccard <= other.cosine <= 1 + 1e-12
            assert (other.jaccard == 1) == (one == theirs)
