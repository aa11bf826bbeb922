"""Views of links, by hand and by what must hold of any web."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.filters import Filters
from wholinks.index.queries import Index
from wholinks.index.questions import By, Question
from wholinks.research.quality.alike import address_of, nets, network_of
from wholinks.research.views.groups import (
    Defect,
    Group,
    Network,
    asked_of,
    broken_links,
    grouped_backlinks,
    internal_pages,
    linked_paths,
    networks,
)
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Placement

SHOP = "http://shop.example/"


def web() -> Graph:
    footer = Link(SHOP, "shop", placement=Placement.FOOTER)
    return (
        Graph()
        .page("http://a.example/1", [footer, Link(SHOP + "tents/ulv?c=red", "tent", "nofollow")], ip="10.1.2.3")
        .page("http://a.example/2", [footer, footer, SHOP + "gone"], ip="10.1.2.9")
        .page("http://b.example/", [Link(SHOP + "old"), SHOP + "tents/", SHOP + "oldgone"], ip="2001:db8:7:1::5")
        .page("http://c.example/", [SHOP + "gone", SHOP + "never"])
        .page(SHOP, [SHOP + "gone", Link(SHOP + "gone", rel="nofollow"), SHOP + "tents"])
        .page(SHOP + "tents", [Link(SHOP + "gone", rel="nofollow")])
        .failed(SHOP + "gone", 404)
        .redirect(SHOP + "old", SHOP + "tents")
        .redirect(SHOP + "oldgone", SHOP + "gone")
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with index_of(web(), tmp_path_factory.mktemp("views")) as opened:
        yield opened


def asked(index: Index, text: str = "shop.example", **more: object) -> Question:
    return Question(index.target(text), By.DOMAIN, **more)  # type: ignore[arg-type]


def test_a_row_for_each_domain_shows_a_followed_backlink(index: Index) -> None:
    found = grouped_backlinks(index, asked(index), Group.DOMAIN)
    rows = [
        (row.referring_domain, row.source_url, row.target_url, row.backlinks, row.links, row.followed)
        for row in found.rows
    ]
    assert rows == [
        ("a.example", "http://a.example/1", SHOP, 4, 5, 3),
        ("b.example", "http://b.example/", SHOP + "old", 3, 3, 3),
        ("c.example", "http://c.example/", SHOP + "gone", 2, 2, 2),
    ]
    assert found.rows_known == 3
    nofollow = grouped_backlinks(index, asked(index, filters=Filters(anchor_contains="tent")), Group.DOMAIN).rows
    assert [(row.target_url, row.anchor_text, row.followed) for row in nofollow] == [
        (SHOP + "tents/ulv?c=red", "tent", 0)
    ]


def test_links_alike_are_one_row(index: Index) -> None:
    found = grouped_backlinks(index, asked(index), Group.SIMILAR)
    first = found.rows[0]
    assert (first.target_url, first.anchor_text, first.placement) == (SHOP, "shop", "footer")
    assert (first.backlinks, first.links, first.referring_pages) == (2, 3, 2)
    assert found.rows_known == len(found.rows) == 8


def test_paths_are_counted_not_summed(index: Index) -> None:
    rows = [
        (row.path, row.urls, row.backlinks, row.referring_pages, row.referring_domains)
        for row in linked_paths(index, asked(index), 1).rows
    ]
    assert rows == [
        ("shop.example/", 1, 2, 2, 1),
        ("shop.example/gone", 1, 2, 2, 2),
        ("shop.example/tents", 2, 2, 2, 2),
        ("shop.example/never", 1, 1, 1, 1),
        ("shop.example/old", 1, 1, 1, 1),
        ("shop.example/oldgone", 1, 1, 1, 1),
    ]
    deeper = {row.path: row.backlinks for row in linked_paths(index, asked(index), 2).rows}
    assert (deeper["shop.example/tents"], deeper["shop.example/tents/ulv"]) == (1, 1)
    with pytest.raises(UsageError, match="at least one segment"):
        linked_paths(index, asked(index), 0)


def test_what_is_broken_says_how_and_what_it_costs(index: Index) -> None:
    found = broken_links(index, asked(index))
    rows = [
        (row.target_url, row.defect, row.http_status, row.reason, row.final_url, row.backlinks, row.referring_domains)
        for row in found.rows
    ]
    assert rows == [
        (SHOP + "gone", "error", 404, "http_404", None, 2, 2),
        (SHOP + "old", "redirect", 200, "", SHOP + "tents", 1, 1),
        (SHOP + "oldgone", "redirect_error", 404, "http_404", SHOP + "gone", 1, 1),
    ]
    assert found.note.startswith("4 of 7 linked URLs were asked for")
    only = broken_links(index, asked(index), Defect.REDIRECT_ERROR)
    assert [row.target_url for row in only.rows] == [SHOP + "oldgone"]
    outgoing = broken_links(index, Question(None, source=index.target("c.example")))
    assert [(row.target_url, row.backlinks) for row in outgoing.rows] == [(SHOP + "gone", 1)]


def test_internal_links_of_the_site_itself(index: Index) -> None:
    rows = [
        (row.target_url, row.links, row.linking_pages, row.followed_pages)
        for row in internal_pages(index, asked(index)).rows
    ]
    assert rows == [(SHOP + "gone", 3, 2, 1), (SHOP + "tents", 1, 1, 1)]


def test_networks_hold_what_is_near(index: Index) -> None:
    rows = [
        (row.network, row.ips, row.referring_domains, row.referring_pages, row.backlinks)
        for row in networks(index, asked(index)).rows
    ]
    assert rows == [
        ("10.1.2.0/24", 2, 1, 2, 4),
        ("2001:db8:7::/48", 1, 1, 1, 3),
        (None, 0, 1, 1, 2),
    ]
    assert [row.network for row in networks(index, asked(index), Network.IP).rows] == [
        "10.1.2.3",
        "10.1.2.9",
        "2001:db8:7:1::5",
        None,
    ]


def test_tlds_and_languages_are_grouped_as_networks_are(tmp_path: Path) -> None:
    graph = (
        Graph()
        .page("http://a.example/", [SHOP], ip="10.0.0.1", language="de-AT")
        .page("http://b.example/", [SHOP, SHOP + "x"], ip="10.0.0.2", language="de")
        .page("http://c.test/", [SHOP], ip="10.0.0.2")
    )
    with index_of(graph, tmp_path) as opened:
        for by, names in ((Network.TLD, ("example", "test")), (Network.LANGUAGE, ("de", None))):
            rows = networks(opened, asked(opened), by).rows
            assert [(row.network, row.ips, row.referring_domains, row.backlinks) for row in rows] == [
                (names[0], 2, 2, 3),
                (names[1], 1, 1, 1),
            ]


def test_addresses_are_read_as_addresses() -> None:
    assert network_of("::ffff:10.1.2.3") == "10.1.2.0/24"
    assert network_of("fe80::1%eth0") == "fe80::/48"
    assert (address_of("::ffff:10.1.2.3"), address_of("fe80::1%eth0")) == ("10.1.2.3", "fe80::1")
    assert address_of("no address") is network_of("no address") is None
    assert nets([(1, "::ffff:10.1.2.3"), (2, "10.1.2.3"), (3, "10.1.2.9"), (4, "?")]) == (
        {1: 1.0, 2: 1.0, 3: 0.0},
        {1: 2.0, 2: 2.0, 3: 2.0},
    )


def test_the_limit_cuts_rows_and_not_their_number(index: Index) -> None:
    for limit in (0, 1):
        found = networks(index, asked(index, limit=limit))
        assert (len(found.rows), found.rows_known) == (limit, 3)
    nobody = broken_links(index, asked(index, "nobody.example"))
    assert (nobody.rows, nobody.rows_known) == ((), 0)


def test_lost_links_have_views_too(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [Link(SHOP, is_closed=True), SHOP + "x"])
    with index_of(graph, tmp_path) as opened:
        question = opened.target("shop.example")
        lost = Question(question, standing=type(Question(question).standing).LOST)
        assert [row.target_url for row in grouped_backlinks(opened, lost, Group.SIMILAR).rows] == [SHOP]
        assert [row.path for row in linked_paths(opened, lost, 1).rows] == ["shop.example/"]


_PAGES = st.lists(
    st.lists(st.sampled_from(["", "a", "a/b", "a/c?x", "d/"]), max_size=4), min_size=1, max_size=4
)  # fmt: skip


@settings(max_examples=examples(10), deadline=None)
@given(_PAGES)
def test_groups_hold_every_link_once(tmp_path_factory: pytest.TempPathFactory, pages: list[list[str]]) -> None:
    graph = Graph()
    for number, paths in enumerate(pages):
        graph.page(f"http://s{number // 2}.example/{number}", [SHOP + path for path in paths], ip=f"10.0.{number}.1")
    with index_of(graph, tmp_path_factory.mktemp("any")) as opened:
        question = asked(opened)
        totals = opened.who_links_to("shop.example").totals
        by_domain = grouped_backlinks(opened, question, Group.DOMAIN).rows
        by_path = linked_paths(opened, question, 1).rows
        by_network = networks(opened, question).rows
        for by in (Network.IP, Network.TLD, Network.LANGUAGE):
            found = networks(opened, question, by).rows
            assert [sum(row.links for row in found), sum(row.backlinks for row in found)] == [
                totals.links,
                totals.backlinks,
            ]
        for rows in (by_domain, by_path, by_network):
            assert sum(row.links for row in rows) == totals.links
            assert sum(row.backlinks for row in rows) == totals.backlinks
            assert sum(row.followed for row in rows) == totals.followed
        assert sum(row.links for row in grouped_backlinks(opened, question, Group.SIMILAR).rows) == totals.links
        assert len(by_domain) == totals.referring_domains
        assert all(row.referring_domains <= totals.referring_domains for row in by_path)


@pytest.mark.parametrize(
    ("asked", "urls", "told"),
    [
        (0, 0, "No linked URL counts, so there was none to ask for."),
        (1, 1, "The one linked URL was asked for."),
        (4, 4, "All 4 linked URLs were asked for."),
        (0, 1, "The linked URL was not asked for, so whether it answers is not known ("),
        (0, 4, "None of the 4 linked URLs was asked for, so whether they answer is not known ("),
        (1, 4, "1 of 4 linked URLs was asked for; whether the other 3 answer is not known ("),
        (3, 4, "3 of 4 linked URLs were asked for; whether the other one answers is not known ("),
    ],
)
def test_which_linked_urls_were_asked_for_in_a_sentence(asked: int, urls: int, told: str) -> None:
    sentence = asked_of(asked, urls)
    assert sentence.startswith(told)
    assert sentence.endswith(".")
    assert ("--check-targets" in sentence) is (asked < urls)
