"""What would be left: the same as an index of a web without these links."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.running import said
from tests.graph import Graph
from tests.index.asking import examples, index_of
from wholinks.index.build import build_index
from wholinks.render.authority import _apart
from wholinks.research.quality.disavow import Entry
from wholinks.research.quality.disavow_preview import preview
from wholinks.research.scores.authority import scores
from wholinks.research.what_if import WhatIf, what_if
from wholinks.storage.errors import UsageError


def web(*, b_links: bool = True, blog_links: bool = True) -> Graph:
    shop = "http://shop.example/"
    return (
        Graph()
        .page("http://a.example/", [shop, "http://other.example/"])
        .page("http://blog.a.example/", [shop, f"{shop}x"] if blog_links else [])
        .page("http://b.example/", [shop, "http://other.example/"] if b_links else [])
        .page("http://shop.example/", ["http://other.example/"])
        .waiting("http://other.example/")
        .waiting("http://shop.example/x")
    )


def values(answer: WhatIf, *, after: bool = True) -> dict[str, float]:
    return {row.measure: row.after if after else row.before for row in answer.rows}


def test_a_domain_taken_out_is_a_web_where_it_links_nowhere(tmp_path: Path) -> None:
    with index_of(web(), tmp_path / "all") as index:
        found = what_if(index, "shop.example", without=["b.example", "far.example"])
        totals = index.who_links_to("shop.example").totals
        before = values(found, after=False)
        for measure in ("backlinks", "links", "referring_pages", "referring_domains", "followed"):
            assert before[measure] == getattr(totals, measure)
        assert found.unused == ("far.example",)
    with index_of(web(b_links=False), tmp_path / "less") as index:
        known, number = scores(index), scores(index).graph.numbers["shop.example"]
        totals = index.who_links_to("shop.example").totals
        after = values(found)
        assert after["score"] == known.ranking.scores[number]
        assert after["authority"] == known.authority[number]
        assert after["rank"] == known.rank[number]
        for measure in ("backlinks", "links", "referring_pages", "referring_domains", "followed"):
            assert after[measure] == getattr(totals, measure)
    assert all(row.change == pytest.approx(row.after - row.before, abs=0.005) for row in found.rows)


def test_a_disavowed_host_leaves_the_domain_where_another_page_links(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        blog = what_if(index, "shop.example", disavow=[Entry("blog.a.example")])
        before, after = values(blog, after=False), values(blog)
        assert (before["backlinks"], after["backlinks"], after["referring_domains"]) == (4, 2, 2)
        assert after["score"] == before["score"]
        page = what_if(index, "shop.example/x", disavow=[Entry("", "http://blog.a.example/")])
        assert (values(page, after=False)["backlinks"], values(page)["backlinks"]) == (1, 0)
        whole = what_if(index, "shop.example", disavow=[Entry("a.example"), Entry("", "http://b.example/none")])
        assert values(whole)["referring_domains"] == 1
        assert values(whole)["score"] < before["score"]
        assert whole.unused == ("http://b.example/none",)
        assert whole.method.edges == 4, "what is disavowed links to others as before"


def test_what_cannot_be_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = web().write(tmp_path / "data")
    build_index(folder)
    listed = tmp_path / "disavow.txt"
    listed.write_text("# spam\ndomain:b.example\nhttp://a.example/\n", "utf-8")
    shown = said(capsys, "what-if", "shop.example", "--disavow", listed, "--data", folder)
    assert ["backlinks", "4", "2", "-2"] in [line.split() for line in shown.splitlines()]
    listed.write_text("\ndomain:shop.example\n", "utf-8")
    assert "own domain" in said(capsys, "what-if", "shop.example", "--disavow", listed, "--data", folder, code=2)
    listed.write_text("\ndomain:a b\n", "utf-8")
    assert "disavow.txt:2" in said(capsys, "what-if", "shop.example", "--disavow", listed, "--data", folder, code=2)
    assert "what if what" in said(capsys, "what-if", "shop.example", "--data", folder, code=2)
    refused = said(capsys, "what-if", "nobody.example", "--without", "a.example", "--data", folder, code=2)
    assert "nobody.example: no page" in refused
    with index_of(web(), tmp_path / "other") as index:
        for own in (
            {"without": ["shop.example"]}, {"pages": ["http://www.shop.example/x"]},
            {"links": [("shop.example/", "shop.example/x")]},
        ):  # fmt: skip
            with pytest.raises(UsageError, match="own links"):
                what_if(index, "www.shop.example", **own)
        with pytest.raises(UsageError, match=r"other\.example/: no URL of shop"):
            what_if(index, "shop.example", links=[("http://a.example/", "http://other.example/")])


def test_one_link_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The blog has two; its domain has a third, so its edge stays until all are gone."""
    blog, x = "http://blog.a.example/", "http://shop.example/x"
    with index_of(web(), tmp_path) as index:
        one = what_if(index, "shop.example", links=[(blog, x), (blog, "http://shop.example/y")])
        before, after = values(one, after=False), values(one)
        assert (before["backlinks"], after["backlinks"], after["referring_pages"]) == (4, 3, 3)
        assert after["score"] == before["score"]
        assert one.unused == (f"{blog} http://shop.example/y",)
        page = values(what_if(index, "shop.example", pages=[blog]))
        assert (page["backlinks"], page["referring_domains"]) == (2, 2)
        last = what_if(index, "shop.example", links=[("http://b.example/", "http://shop.example/")])
        assert values(last)["score"] < before["score"]
        assert last.method.edges == 4, "b links to other as before"
        other = what_if(index, "shop.example", links=[(blog, "https://shop.example/x")])
        assert values(other)["backlinks"] == 4, "https is another URL, where it is typed"
        of_x = values(what_if(index, "shop.example/x", links=[(blog, x)]))
        assert of_x["backlinks"] == 0
    asked = "what-if", "shop.example", "--data", tmp_path
    assert f"  the link from {blog} to {x}" in said(capsys, *asked, "--without-link", blog, x)
    assert f"  the links to it on {blog}" in said(capsys, *asked, "--without-page", blog)


def test_what_a_disavow_file_takes_out_is_what_its_preview_says(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        for entries in (
            [Entry("a.example")], [Entry("blog.a.example"), Entry("far.example")], [Entry("", "http://b.example/")],
        ):  # fmt: skip
            found = what_if(index, "shop.example", disavow=entries)
            shown = preview(index, index.target("shop.example"), entries)
            assert values(found)["backlinks"] == shown.backlinks_left
            assert values(found)["referring_domains"] == shown.domains_left
            assert found.unused == shown.idle


Links = dict[str, list[str]]
PAGES = [f"http://{site}.example/{path}" for site in "abc" for path in ("", "x")]
TARGETS = ["http://shop.example/", "http://shop.example/x", "http://a.example/"]


def _web(links: Links) -> Graph:
    graph = Graph().page("http://shop.example/", ["http://c.example/"])
    for page, targets in links.items():
        graph.page(page, targets)
    return graph


@settings(max_examples=examples(8), deadline=None)
@given(st.fixed_dictionaries({page: st.lists(st.sampled_from(TARGETS), max_size=4) for page in PAGES}), st.data())
def test_a_link_taken_out_is_a_web_without_it(
    tmp_path_factory: pytest.TempPathFactory, links: Links, data: st.DataObject
) -> None:
    there = [(page, url) for page, urls in links.items() for url in sorted(set(urls)) if "shop" in url]
    if not there:
        return
    page, url = data.draw(st.sampled_from(there))
    with index_of(_web(links), tmp_path_factory.mktemp("all")) as index:
        found = values(what_if(index, "shop.example", links=[(page, url)]))
    less = {**links, page: [target for target in links[page] if target != url]}
    with index_of(_web(less), tmp_path_factory.mktemp("less")) as index:
        known, number = scores(index), scores(index).graph.numbers["shop.example"]
        totals = index.who_links_to("shop.example").totals
    assert found["score"] == known.ranking.scores[number]
    assert (found["authority"], found["rank"]) == (known.authority[number], known.rank[number])
    for measure in ("backlinks", "links", "referring_pages", "referring_domains", "followed"):
        assert found[measure] == getattr(totals, measure)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (0.0512, 0.0504, ("0.0512", "0.0504")), (0.05, 0.049214, ("0.0500", "0.0492")), (0.5, 0.5, ("0.50", "0.50")),
        (3, 2, ("3", "2")), (0.25, 0.75, ("0.25", "0.75")), (0.2500001, 0.25, ("0.25", "0.25")),
        (0.123456, 0.123466, ("0.123456", "0.123466")),
    ],
)  # fmt: skip
def test_values_that_differ_are_shown_so(before: float, after: float, shown: tuple[str, str]) -> None:
    assert _apart(before, after) == shown
