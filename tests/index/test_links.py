"""What is a backlink, and which are followed (docs/counting.md, "Units", "Links")."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.graph import START, Graph, Link
from tests.index.asking import ask, index_of
from wholinks.index.answers import AnchorRow, DomainRow, LinkRow, Row, Totals
from wholinks.index.questions import By, Follow
from wholinks.storage.records import Kind, LinkFlag, Placement

SHOP = "http://shop.example/"
BLOG = "http://blog.example/"


def totals(graph: Graph, folder: Path, **options: object) -> Totals:
    return ask(graph, folder, "shop.example", **options).totals


def link_rows(rows: tuple[Row, ...]) -> list[LinkRow]:
    return [row for row in rows if isinstance(row, LinkRow)]


def test_a_backlink_is_a_distinct_pair_of_source_page_and_target_url(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHOP, SHOP, SHOP + "tents"]).page(BLOG + "2", [SHOP])
    found = totals(graph, tmp_path)
    assert (found.backlinks, found.links, found.referring_pages, found.referring_domains) == (3, 4, 2, 1)


def test_the_users_example_adds_up(tmp_path: Path) -> None:
    graph = Graph()
    for name, count in (("a", 10), ("b", 5), ("c", 8)):
        for number in range(count):
            graph.page(f"http://{name}.example/{number}", [SHOP])
    answer = ask(graph, tmp_path, "shop.example")
    assert [(row.referring_domain, row.backlinks) for row in answer.rows if isinstance(row, DomainRow)] == [
        ("a.example", 10), ("c.example", 8), ("b.example", 5),
    ]  # fmt: skip
    assert (answer.totals.backlinks, answer.totals.links, answer.totals.referring_pages) == (23, 23, 23)


def test_links_within_a_registrable_domain_are_internal(tmp_path: Path) -> None:
    graph = Graph().page("http://blog.shop.example/", [SHOP, "http://www.shop.example/"])
    assert totals(graph, tmp_path).links == 0


def test_private_suffixes_separate_sites(tmp_path: Path) -> None:
    graph = Graph().page("http://a.github.io/", ["http://b.github.io/"])
    assert ask(graph, tmp_path, "b.github.io").totals.backlinks == 1


def test_hosts_without_a_registrable_domain_are_their_own(tmp_path: Path) -> None:
    graph = Graph().page("http://127.0.0.1/", ["http://localhost/", "http://github.io/"])
    graph.page("http://localhost/", ["http://127.0.0.1/"])
    with index_of(graph, tmp_path) as index:
        for target in ("127.0.0.1", "localhost", "github.io"):
            assert index.who_links_to(target).totals.backlinks == 1


def test_the_default_kinds_are_text_image_and_redirect(tmp_path: Path) -> None:
    links = [Link(f"{SHOP}{kind}", kind=kind) for kind in Kind if kind is not Kind.REDIRECT]
    graph = Graph().page(BLOG, links).redirect(BLOG + "out", SHOP)
    with index_of(graph, tmp_path) as index:
        answer = index.who_links_to("shop.example", by=By.PAGE)
        assert {row.kind for row in link_rows(answer.rows)} == {"text", "image", "redirect"}
        for kind in Kind:
            answer = index.who_links_to("shop.example", by=By.PAGE, kinds=frozenset({kind}))
            assert [row.kind for row in link_rows(answer.rows)] == [kind.name.lower()]
        assert index.who_links_to("shop.example", kinds=frozenset(Kind)).totals.links == len(Kind)


def test_kinds_are_filtered_before_anything_is_counted(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [Link(SHOP, rel="nofollow"), Link(SHOP, kind=Kind.IMAGE)])
    found = totals(graph, tmp_path, kinds=frozenset({Kind.TEXT}))
    assert (found.backlinks, found.links, found.followed, found.nofollow) == (1, 1, 0, 1)


def test_a_closed_link_is_not_there_any_more(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [Link(SHOP, is_closed=True), SHOP + "tents"])
    assert totals(graph, tmp_path).links == 1


@pytest.mark.parametrize("rel", ["nofollow", "ugc", "sponsored"])
def test_nofollow_ugc_and_sponsored_each_unfollow_a_link(tmp_path: Path, rel: str) -> None:
    found = totals(Graph().page(BLOG, [Link(SHOP, rel=f"noopener {rel}")]), tmp_path)
    assert (found.followed, found.not_followed, getattr(found, rel)) == (0, 1, 1)


def test_other_rel_tokens_leave_a_link_followed(tmp_path: Path) -> None:
    found = totals(Graph().page(BLOG, [Link(SHOP, rel="noopener noreferrer external nofollowing")]), tmp_path)
    assert (found.followed, found.nofollow) == (1, 0)


def test_a_backlink_is_followed_when_at_least_one_of_its_links_is(tmp_path: Path) -> None:
    found = totals(Graph().page(BLOG, [Link(SHOP, rel="nofollow"), SHOP]), tmp_path)
    assert (found.backlinks, found.followed, found.not_followed, found.nofollow) == (1, 1, 0, 1)


def test_nofollow_ugc_and_sponsored_overlap(tmp_path: Path) -> None:
    found = totals(Graph().page(BLOG, [Link(SHOP, rel="nofollow ugc sponsored")]), tmp_path)
    assert (found.backlinks, found.nofollow, found.ugc, found.sponsored) == (1, 1, 1, 1)


def test_page_level_nofollow_counts_as_nofollow(tmp_path: Path) -> None:
    found = totals(Graph().page(BLOG, [SHOP], nofollow=True), tmp_path)
    assert (found.followed, found.nofollow) == (0, 1)


def test_a_redirect_out_of_the_domain_is_a_followed_link_of_the_url_that_answered(tmp_path: Path) -> None:
    graph = Graph().redirect(BLOG + "out", SHOP, status=302, nofollow=True)  # by an X-Robots-Tag, which is for pages
    (row,) = link_rows(ask(graph, tmp_path, "shop.example", by=By.PAGE).rows)
    assert (row.source_url, row.target_url, row.kind, row.anchor_text) == (BLOG + "out", SHOP, "redirect", "")
    assert (row.followed, row.http_status, row.evidence.ordinal) == (True, 302, 1)


@pytest.mark.parametrize(
    ("follow", "backlinks", "links"),
    [("all", 3, 4), ("followed", 2, 2), ("nofollow", 2, 2), ("ugc", 1, 1), ("sponsored", 0, 0)],
)
def test_follow_filters_links_before_all_measures(tmp_path: Path, follow: str, backlinks: int, links: int) -> None:
    graph = Graph().page(BLOG, [SHOP, Link(SHOP, rel="nofollow"), SHOP + "a", Link(SHOP + "b", rel="nofollow ugc")])
    found = totals(graph, tmp_path, follow=Follow(follow))
    assert (found.backlinks, found.links) == (backlinks, links)


def test_first_seen_is_the_opening_fetch_and_last_seen_the_last_proof(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHOP]).page("http://other.example/").unchanged(BLOG).failed(BLOG, 503)
    (row,) = ask(graph, tmp_path, "shop.example").rows
    assert isinstance(row, DomainRow)
    assert row.first_seen == datetime.fromtimestamp(START, UTC)
    assert row.last_seen == datetime.fromtimestamp(START + 120, UTC)


def test_a_link_found_on_a_later_fetch_was_first_seen_then(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, ["http://x.example/"]).page(BLOG, [SHOP], title="later")
    answer = ask(graph, tmp_path, "shop.example", by=By.PAGE)
    assert link_rows(answer.rows)[0].title == "later"
    (row,) = ask(graph, tmp_path, "shop.example").rows
    assert isinstance(row, DomainRow)
    assert row.first_seen == datetime.fromtimestamp(START + 60, UTC)


def test_a_backlinks_fields_are_those_of_its_first_link(tmp_path: Path) -> None:
    first = Link(
        SHOP, "Tents", "nofollow me2 noopener", placement=Placement.FOOTER, flags=LinkFlag.HIDDEN | LinkFlag.NOSCRIPT,
        rel_raw="NOFOLLOW me2 noopener", before="see", after="now", tag="<a rel=x>",
    )  # fmt: skip
    graph = Graph().page(
        BLOG, [BLOG, first, Link(SHOP, "Again")], title="Blog", language="en", body="b", requested=BLOG + "x"
    )
    (row,) = link_rows(ask(graph, tmp_path, "shop.example", by=By.PAGE).rows)
    assert (row.links, row.anchor_text, row.rel, row.rel_raw) == (
        2,
        "Tents",
        ("nofollow", "noopener", "me2"),
        first.rel_raw,
    )
    assert (row.placement, row.hidden, row.noscript, row.followed) == ("footer", True, True, True)
    assert (row.context_before, row.context_after) == ("see", "now")
    assert (row.title, row.language, row.http_status) == ("Blog", "en", 200)
    assert row.fetched_at == datetime.fromtimestamp(START, UTC)
    assert (row.evidence.requested_url, row.evidence.final_url) == (BLOG + "x", BLOG)
    assert (row.evidence.ordinal, row.evidence.tag, len(row.evidence.body_hash)) == (2, "<a rel=x>", 16)


def test_no_rel_attribute_and_an_empty_one_differ(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [Link(SHOP), Link(SHOP + "a", rel_raw="")])
    rows = link_rows(ask(graph, tmp_path, "shop.example", by=By.PAGE).rows)
    assert [row.rel_raw for row in rows] == [None, ""]


def test_rows_by_page_and_link_are_in_the_order_of_urls_as_text(tmp_path: Path) -> None:
    sources = [
        "https://a.example/",
        "http://a.example.net/",
        "http://a.example/z",
        "http://a.example:81/",
        "http://a.example/",
    ]
    graph = Graph()
    for source in sources:
        graph.page(source, [SHOP + "b", SHOP + "a"])
    with index_of(graph, tmp_path) as index:
        by_page = link_rows(index.who_links_to("shop.example", by=By.PAGE).rows)
        pairs = [(row.source_url, row.target_url) for row in by_page]
        assert pairs == sorted((source, SHOP + end) for source in sources for end in "ab")
        by_link = link_rows(index.who_links_to("shop.example", by=By.LINK).rows)
        assert [(row.source_url, row.evidence.ordinal) for row in by_link] == sorted(
            (source, number) for source in sources for number in (1, 2)
        )


def test_anchors_count_the_pairs_with_a_link_of_that_text(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [Link(SHOP, "tent"), Link(SHOP, "tent", "nofollow"), Link(SHOP, "Zelt", "ugc")])
    graph.page("http://other.example/", [Link(SHOP, "tent")])
    answer = ask(graph, tmp_path, "shop.example", by=By.ANCHOR)
    assert list(answer.rows) == [AnchorRow("tent", 2, 2, 3, 2, "text"), AnchorRow("Zelt", 1, 1, 1, 0, "text")]


def test_equal_rows_are_ordered_by_name(tmp_path: Path) -> None:
    graph = Graph()
    for name in ("c", "a", "d", "b"):
        graph.page(f"http://{name}.example/", [Link(SHOP, name)])
    with index_of(graph, tmp_path) as index:
        by_domain = index.who_links_to("shop.example").rows
        assert [row.referring_domain[0] for row in by_domain if isinstance(row, DomainRow)] == list("abcd")
        by_anchor = index.who_links_to("shop.example", by=By.ANCHOR).rows
        assert [row.anchor_text for row in by_anchor if isinstance(row, AnchorRow)] == list("abcd")
