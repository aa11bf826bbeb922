"""Redirects: aliases and redirected targets (docs/counting.md, "Redirects")."""

from pathlib import Path
from typing import Any

import duckdb

from tests.graph import Graph, Link
from tests.index.asking import ask, index_of
from wholinks.index.questions import Follow
from wholinks.index.schema import INDEX_FILE
from wholinks.storage.records import Kind

SHOP = "http://shop.example/"
BLOG = "http://blog.example/"
SHORT = "http://short.example/x"


def via(graph: Graph, folder: Path, target: str = "shop.example", **options: Any) -> int:
    return ask(graph, folder, target, **options).totals.via_redirect


def test_the_target_is_the_url_as_linked(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHORT]).redirect(SHORT, SHOP).page(SHOP)
    with index_of(graph, tmp_path) as index:
        assert index.who_links_to("short.example").totals.backlinks == 1
        assert index.who_links_to("blog.example").totals.backlinks == 0


def test_via_redirect_counts_pairs_of_source_page_and_final_url(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHORT, SHORT, "http://short.example/y"]).page(BLOG + "2", [SHORT])
    graph.redirect(SHORT, SHOP).redirect("http://short.example/y", SHOP).page(SHOP)
    answer = ask(graph, tmp_path, "shop.example")
    assert answer.totals.via_redirect == 2
    assert answer.totals.backlinks == 2  # the two redirects themselves
    assert answer.totals.links == 2


def test_a_chain_counts_at_its_end_alone(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHORT]).redirect(SHORT, "http://mid.example/").redirect("http://mid.example/", SHOP)
    with index_of(graph.page(SHOP), tmp_path) as index:
        assert index.who_links_to("shop.example").totals.via_redirect == 1
        assert index.who_links_to("mid.example").totals.via_redirect == 0


def test_what_is_a_backlink_already_is_not_counted_again(tmp_path: Path) -> None:
    assert via(Graph().page(BLOG, [SHORT, SHOP]).redirect(SHORT, SHOP), tmp_path) == 0


def test_a_redirect_within_the_target_makes_another_pair_beside_its_backlinks(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHOP]).redirect(SHOP, "https://shop.example/").page("https://shop.example/")
    with index_of(graph, tmp_path) as index:
        whole = index.who_links_to("shop.example")
        assert (whole.totals.backlinks, whole.totals.via_redirect) == (1, 1)
        secure = index.who_links_to("shop.example", protocol="https")
        assert (secure.totals.backlinks, secure.totals.via_redirect) == (0, 1)


def test_links_of_kind_redirect_are_not_counted_again(tmp_path: Path) -> None:
    graph = Graph().redirect(SHORT, SHOP + "old").redirect(SHOP + "old", SHOP).page(SHOP)
    assert via(graph, tmp_path) == 0
    assert via(graph, tmp_path, f"{SHOP}", mode="exact") == 0


def test_only_what_is_external_to_the_final_url_counts(tmp_path: Path) -> None:
    graph = Graph().page("http://news.shop.example/", [SHORT]).redirect(SHORT, SHOP)
    assert via(graph, tmp_path) == 0


def test_an_internal_link_whose_chain_ends_elsewhere_counts(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [BLOG + "go/1"]).redirect(BLOG + "go/1", SHOP).page(SHOP)
    answer = ask(graph, tmp_path, "shop.example")
    assert (answer.totals.backlinks, answer.totals.via_redirect) == (1, 1)


def test_an_unfetched_last_hop_is_the_final_url_and_flagged(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHORT]).redirect(SHORT, SHOP)
    assert via(graph, tmp_path) == 1
    with duckdb.connect(tmp_path / INDEX_FILE, read_only=True) as duck:
        assert duck.execute("SELECT hops, is_final_fetched FROM redirect").fetchall() == [(1, False)]


def test_a_redirect_known_by_the_dedup_key_counts(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [f"{SHORT}?utm_source=n"]).redirect(f"{SHORT}?gclid=1", SHOP)
    assert via(graph, tmp_path) == 1
    inner = Graph().page(BLOG, [BLOG + "go?utm_source=n"]).redirect(BLOG + "go?gclid=1", SHOP)
    assert via(inner, tmp_path) == 1


def test_a_cycle_has_no_end(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHOP + "a"]).redirect(SHOP + "a", SHOP + "b").redirect(SHOP + "b", SHOP + "a")
    assert via(graph, tmp_path, SHOP + "b") == 0
    long = Graph().page(BLOG, ["http://h0.example/"])
    for number in range(20):
        long.redirect(f"http://h{number}.example/", f"http://h{number + 1}.example/")
    assert via(long, tmp_path, "h20.example") == 1
    assert via(long.redirect("http://h20.example/", "http://h7.example/"), tmp_path, "h20.example") == 0


def test_canonical_duplicates_are_out_here_too(tmp_path: Path) -> None:
    for link in (SHORT, BLOG + "go"):
        graph = Graph().page(BLOG, [link]).page(BLOG + "2", [link], canonical=BLOG).redirect(link, SHOP)
        assert via(graph, tmp_path) == 1


def test_filters_apply_here_too(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [Link(SHORT, rel="nofollow")]).page(BLOG + "2", [Link(SHORT, kind=Kind.IMAGE)])
    graph.redirect(SHORT, SHOP)
    assert via(graph, tmp_path) == 2
    assert via(graph, tmp_path, follow=Follow.FOLLOWED) == 1
    assert via(graph, tmp_path, follow=Follow.NOFOLLOW) == 1
    assert via(graph, tmp_path, kinds=frozenset({Kind.IMAGE})) == 1


def test_the_latest_answer_decides(tmp_path: Path) -> None:
    graph = Graph().page(BLOG, [SHORT]).redirect(SHORT, SHOP).page(SHORT)
    assert via(graph, tmp_path) == 0
    assert via(graph.failed(SHORT, 500), tmp_path) == 0
    assert via(graph.redirect(SHORT, SHOP).failed(SHORT, 500), tmp_path) == 1
