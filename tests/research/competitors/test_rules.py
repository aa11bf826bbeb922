"""Kinds, follow policy and modes of those that compare: the numbers are those of the same question asked alone."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.index.questions import Follow
from wholinks.index.states import DAY_S
from wholinks.research.card.overview import overview
from wholinks.research.competitors.compare import compare
from wholinks.research.competitors.gap import gap, intersect
from wholinks.research.competitors.referring import Rules
from wholinks.research.competitors.rivals import rivals
from wholinks.storage.records import COUNTED_KINDS, Kind

ME, ONE, TWO = "http://me.example/", "http://one.example/", "http://two.example/"
RULES = st.builds(Rules, st.sampled_from(Follow), st.sampled_from([COUNTED_KINDS, frozenset({Kind.IMAGE})]))


@st.composite
def webs(draw: st.DrawFn) -> Graph:
    link = st.builds(
        Link, st.sampled_from([ME, ONE, f"{ONE}x", TWO]), rel=st.sampled_from(["", "nofollow", "ugc"]),
        kind=st.sampled_from([Kind.TEXT, Kind.IMAGE]), is_closed=st.booleans(),
    )  # fmt: skip
    graph = Graph()
    for number, (site, path) in enumerate((site, path) for site in "abc" for path in ("", "b")):
        canonical = f"http://{site}.example/" if draw(st.integers(0, 3)) == 0 else None
        graph.page(f"http://{site}.example/{path}", draw(st.lists(link, max_size=4)), canonical=canonical)
        if number == 2:
            graph.wait(DAY_S * draw(st.sampled_from([0, 20, 50])))
    return graph.wait(DAY_S * draw(st.sampled_from([0, 5])))


def _referring(index: Index, target: str, rules: Rules) -> set[str]:
    rows = index.who_links_to(target, follow=rules.follow, kinds=rules.kinds).rows
    return {getattr(row, "referring_domain", "") for row in rows}


@settings(max_examples=examples(14), deadline=None)
@given(webs(), RULES)
def test_each_number_is_that_of_a_question(
    tmp_path_factory: pytest.TempPathFactory, graph: Graph, rules: Rules
) -> None:
    with index_of(graph, tmp_path_factory.mktemp("web")) as index:
        given = {"follow": rules.follow, "kinds": rules.kinds}
        for row in compare(index, ["one.example", "two.example"], rules=rules).rows:
            totals = index.who_links_to(row.target, **given).totals  # type: ignore[arg-type]
            for name in ("backlinks", "links", "referring_pages", "referring_domains", "followed"):
                assert getattr(row, name) == getattr(totals, name)
            card = overview(index, rules.question(index.target(row.target)))
            for window in card.windows:
                for name in ("gained", "discovered", "lost"):
                    assert getattr(row, f"{name}_{window.days}") == getattr(window, name), (name, window.days)
        me, one, two = (_referring(index, name, rules) for name in ("me.example", "one.example", "two.example"))
        answer = gap(index, "me.example", ["one.example", "two.example"], rules=rules, with_linking=True)
        assert {row.domain for row in answer.rows} == one | two
        for item in answer.rows:
            assert index.does_link(item.domain, "me.example", **given).answer == item.links_to_you  # type: ignore[arg-type]
        assert {row.domain for row in intersect(index, ["one.example", "two.example"], rules=rules).rows} == one & two
        alike = rivals(index, "one.example", rules=rules)
        assert alike.referring_domains == len(one)
        found = {row.domain: (row.shared, row.referring_domains) for row in alike.rows}
        others = {"me.example": me, "two.example": two}
        assert found == {name: (len(one & by), len(by)) for name, by in others.items() if one & by}


def test_the_options_and_what_is_said_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = (
        Graph()
        .page("http://a.example/", [f"{ONE}blog/x", TWO, Link(ONE, rel="nofollow")])
        .page("http://b.example/", [ONE, Link(TWO, rel="nofollow"), Link(ME, kind=Kind.IMAGE)])
    )
    folder = graph.write(tmp_path / "data")
    build_index(folder)
    data = "--data", folder
    for name in (
        ("gap", "me.example", "one.example"), ("compare", "one.example", "two.example"), ("rivals", "one.example"),
        ("intersect", "one.example", "two.example"),
    ):  # fmt: skip
        shown = said(capsys, *name, "--follow", "followed", *data)
        assert "kinds=text,image,redirect; follow=followed" in shown
        assert "kinds=" not in said(capsys, *name, *data)
        answer = answered(capsys, *name, "--kind", "image", *data)
        assert "kinds=image; follow=all" in answer["snapshot"]["policy"]
    rows = answered(capsys, "compare", "one.example/blog", "two.example", "--mode", "prefix", *data)["rows"]
    assert [row["backlinks"] for row in rows] == [1, 2]
    rows = answered(capsys, "compare", "one.example", "two.example", "--follow", "followed", *data)["rows"]
    assert [row["backlinks"] for row in rows] == [2, 1]
    listed = tmp_path / "targets.txt"
    listed.write_text("one.example/blog\ntwo.example\n", "utf-8")
    lines = said(capsys, "batch", listed, "--mode", "prefix", "--follow", "nofollow", *data).splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["one.example/blog", "0"],
        ["two.example/", "1"],
    ]
