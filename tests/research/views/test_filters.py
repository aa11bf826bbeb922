"""Filters by what sources are: their authority, whether they link from all over the site; and by time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.filters import Filters
from wholinks.index.queries import Index
from wholinks.research.scores.authority import scores
from wholinks.research.scores.ranges import of_authority
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Placement

SHOP = "http://shop.example/"
DAY_S = 86_400


def web() -> Graph:
    graph = Graph()
    for number in range(4):
        footer = [Link(SHOP, "shop", placement=Placement.FOOTER)] if number < 3 else []
        review = [Link(f"{SHOP}{number}", "review")]
        graph.page(f"http://wide.example/{number}", footer + review)
    graph.page("http://half.example/1", [SHOP, SHOP])
    graph.page("http://half.example/2", [SHOP])
    graph.page("http://strong.example/", [SHOP])
    for name in "abc":
        graph.page(f"http://{name}.example/", ["http://strong.example/"])
    return graph


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with index_of(web(), tmp_path_factory.mktemp("filters")) as opened:
        yield opened


def test_sitewide_is_half_of_a_site_and_three_pages(index: Index) -> None:
    only = index.who_links_to("shop.example", by="page", filters=Filters(sitewide=True))
    assert {row.source_url[:-1] for row in only.rows} == {"http://wide.example/"}  # type: ignore[union-attr]
    assert {row.target_url for row in only.rows} == {SHOP}  # type: ignore[union-attr]
    assert (only.totals.backlinks, only.totals.referring_domains) == (3, 1)
    rest = index.who_links_to("shop.example", filters=Filters(sitewide=False)).totals
    assert (rest.backlinks, rest.links, rest.referring_domains) == (7, 8, 3)
    assert (
        "filters: not sitewide" in index.who_links_to("shop.example", filters=Filters(sitewide=False)).snapshot.policy
    )


def test_what_is_sitewide_is_so_from_every_end(index: Index) -> None:
    only = Filters(sitewide=True)
    assert index.links_from("http://wide.example/0", filters=only).totals.links == 1
    assert index.links_between("wide.example", "shop.example", filters=only).totals.links == 3
    assert index.does_link("http://wide.example/0", "shop.example", filters=only).links == 1
    assert index.does_link("http://wide.example/3", "shop.example", filters=only).links == 0
    assert index.who_links_to(f"{SHOP}1", filters=only).totals.links == 0


def test_a_range_of_authority_by_hand(index: Index) -> None:
    of = {name: scores(index).of(f"{name}.example") for name in ("strong", "wide", "half")}
    assert of["wide"] == of["half"] == 0.0 < (of["strong"] or 0)
    for wanted, domains in (("..0", 2), ("0.5..", 1), ("0..100", 3), ("99.5..", 0), ("..100", 3)):
        found = index.who_links_to("shop.example", filters=Filters(sources=of_authority(index, wanted)))
        assert found.totals.referring_domains == len(found.rows) == domains, wanted
        assert f"filters: authority {wanted}" in found.snapshot.policy
    both = Filters(sources=of_authority(index, "..0"), sitewide=False, anchor_contains="review")
    assert index.who_links_to("shop.example", filters=both).totals.links == 4


@pytest.mark.parametrize("wanted", ["20", "..", "", "60..20", "-1..5", "0..101", "a..b", "nan..", "101.."])
def test_what_is_no_range_is_refused(index: Index, wanted: str) -> None:
    with pytest.raises(UsageError, match=r"^authority: "):
        of_authority(index, wanted)


def test_domains_of_another_index_are_refused(index: Index, tmp_path: Path) -> None:
    sources = replace(of_authority(index, "20.."), snapshot="another")
    with pytest.raises(UsageError, match="another index"):
        index.who_links_to("shop.example", filters=Filters(sources=sources))


def test_the_options_are_the_filters(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", index.folder)
    for view, rows in (
        (("to", "shop.example"), 1), (("backlinks", "shop.example"), 3), (("pages", "shop.example"), 1),
        (("backlinks", "shop.example", "--group", "similar"), 1), (("networks", "shop.example"), 1),
        (("pages", "shop.example", "--by-path", "1"), 1), (("outgoing", "wide.example"), 1),
    ):  # fmt: skip
        options = ("--sitewide", "only", "--authority", "..50")
        found = answered(capsys, *view, *options, *data)
        assert len(found["rows"]) == rows, view
        assert "authority ..50" in found["snapshot"]["policy"]
        assert answered(capsys, *view, "--authority", "99.5..", *data)["rows"] == []
    assert "not sitewide" in said(capsys, "to", "shop.example", "--sitewide", "no", *data)
    assert answered(capsys, "audit", "shop.example", "--authority", "1..", *data)["referring_domains"] == 1
    assert answered(capsys, "decisions", "shop.example", "--sitewide", "no", *data)["links"] == 8
    assert said(capsys, "to", "shop.example", "--authority", "7", *data, code=2).count("\n") == 1
    assert "No such option" in said(capsys, "overview", "shop.example", "--authority", "7..", *data, code=2)


def test_new_links_of_the_last_days(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = Graph().page("http://a.example/", [SHOP]).wait(30 * DAY_S).page("http://b.example/", [SHOP])
    graph.write(tmp_path)
    with index_of(graph, tmp_path / "data") as opened:
        new = ("to", "shop.example", "--state", "new", "--data", opened.folder)
        assert answered(capsys, *new, "--since", "45d")["totals"]["backlinks"] == 1
        assert answered(capsys, *new, "--since", "99d")["totals"]["backlinks"] == 2
        assert said(capsys, *new, "--since", "9w", code=2).count("\n") == 1


_LINKS = st.lists(
    st.builds(Link, st.sampled_from([SHOP, SHOP + "x", "http://s0.example/"]), is_closed=st.booleans()), max_size=3
)


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.lists(_LINKS, max_size=5), min_size=1, max_size=3), st.sampled_from(["0", "25.5", "70"]))
def test_filters_part_the_links(
    tmp_path_factory: pytest.TempPathFactory, sites: list[list[list[Link]]], bound: str
) -> None:
    graph = Graph()
    for name, pages in enumerate(sites):
        for number, links in enumerate(pages):
            graph.page(f"http://s{name}.example/{number}", links)
    with index_of(graph, tmp_path_factory.mktemp("any")) as index:
        lower, higher = of_authority(index, f"..{bound}"), of_authority(index, f"{bound}..")
        higher = replace(higher, numbers=tuple({*higher.numbers} - {*lower.numbers}))
        parts = [
            (Filters(sitewide=True), Filters(sitewide=False)),
            (Filters(sources=lower), Filters(sources=higher)),
        ]
        of_state = {}
        for state in ("live", "lost", "all"):
            whole = of_state[state] = _links(index, state)
            for some, rest in parts:
                assert _links(index, state, some) | _links(index, state, rest) == whole
                assert not _links(index, state, some) & _links(index, state, rest)
            both = Filters(sitewide=True, sources=lower)
            assert _links(index, state, both) == _links(index, state, parts[0][0]) & _links(index, state, parts[1][0])
        assert of_state["live"] | of_state["lost"] == of_state["all"]


def _links(index: Index, state: str, filters: Filters | None = None) -> set[tuple[object, ...]]:
    found = index.who_links_to("shop.example", by="link", state=state, filters=filters or Filters())
    assert found.totals.links == len(found.rows)
    return {(row.source_url, row.target_url, row.state, row.evidence.ordinal) for row in found.rows}  # type: ignore[union-attr]
