"""Canonical duplicates (docs/counting.md, "Canonical")."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import ask
from wholinks.index.answers import Totals
from wholinks.index.canonical import canonical_pages
from wholinks.storage.records import Kind

SHOP = "http://shop.example/"
ONE, TWO, THREE = "http://blog.example/1", "http://blog.example/2", "http://blog.example/3"


def totals(graph: Graph, folder: Path, **options: object) -> Totals:
    return ask(graph, folder, "shop.example", **options).totals


CLAIMS = st.dictionaries(st.integers(0, 8), st.integers(0, 8), max_size=9)


@given(CLAIMS)
def test_the_result_has_no_cycle_and_keeps_every_other_claim(claims: dict[int, int]) -> None:
    found = canonical_pages(claims, str)
    for page, canonical in found.items():
        assert claims[page] == canonical
        for _ in range(len(claims) + 1):
            page = found.get(page, -1)  # noqa: PLW2901
        assert page == -1
    assert canonical_pages(found, str) == found


@given(CLAIMS)
def test_only_the_smallest_of_a_cycle_stays(claims: dict[int, int]) -> None:
    found = canonical_pages(claims, lambda page: -page)
    for page in claims.keys() - found.keys():
        circle, at = [page], claims[page]
        while at != page:
            circle.append(at)
            at = claims[at]  # a page that lost its claim is on a cycle
        assert page == max(circle)


@given(CLAIMS, st.dictionaries(st.integers(0, 8), st.sets(st.integers(0, 3))))
def test_a_target_carried_by_a_group_never_gets_lost(claims: dict[int, int], carried: dict[int, set[int]]) -> None:
    found = canonical_pages(claims, str)
    for target in {target for targets in carried.values() for target in targets}:
        carriers = {page for page, targets in carried.items() if target in targets}
        assert [page for page in carriers if found.get(page) not in carriers]


def test_a_duplicate_whose_canonical_page_carries_the_target_is_left_out(tmp_path: Path) -> None:
    graph = Graph().page(ONE, [SHOP]).page(TWO, [SHOP], canonical=ONE)
    assert totals(graph, tmp_path).backlinks == 1
    assert totals(graph, tmp_path).links == 1
    assert totals(graph, tmp_path).referring_pages == 1


def test_a_duplicate_counts_where_its_canonical_page_carries_another_url_of_the_target(tmp_path: Path) -> None:
    graph = Graph().page(ONE, [SHOP]).page(TWO, [SHOP + "tents"], canonical=ONE)
    assert totals(graph, tmp_path).backlinks == 2


def test_a_canonical_page_that_was_not_fetched_makes_no_duplicate(tmp_path: Path) -> None:
    graph = Graph().page(TWO, [SHOP], canonical=ONE).failed(ONE)
    assert totals(graph, tmp_path).backlinks == 1


def test_a_cross_domain_canonical_is_a_claim_and_merges_nothing(tmp_path: Path) -> None:
    graph = Graph().page(ONE, [SHOP]).page("http://copy.example/", [SHOP], canonical=ONE)
    assert totals(graph, tmp_path).backlinks == 2


def test_a_canonical_that_is_an_alias_leads_to_its_final_page(tmp_path: Path) -> None:
    graph = Graph().redirect(THREE, ONE).page(ONE, [SHOP]).page(TWO, [SHOP], canonical=THREE)
    assert totals(graph, tmp_path).backlinks == 1


def test_a_canonical_that_is_an_alias_of_the_page_itself_is_none(tmp_path: Path) -> None:
    graph = Graph().redirect(THREE, ONE).page(ONE, [SHOP], canonical=THREE)
    assert totals(graph, tmp_path).backlinks == 1


def test_a_canonical_is_found_by_its_dedup_key(tmp_path: Path) -> None:
    graph = Graph().page(f"{ONE}?utm_source=n", [SHOP]).page(TWO, [SHOP], canonical=f"{ONE}?gclid=7")
    assert totals(graph, tmp_path).backlinks == 1


def test_a_canonical_of_the_same_dedup_key_is_the_page_itself(tmp_path: Path) -> None:
    graph = Graph().page(f"{ONE}?utm_source=n", [SHOP], canonical=ONE)
    assert totals(graph, tmp_path).backlinks == 1


def test_an_alias_of_a_canonical_may_end_at_another_spelling(tmp_path: Path) -> None:
    graph = Graph().page(f"{ONE}?utm_source=n", [SHOP]).redirect(THREE, ONE).page(TWO, [SHOP], canonical=THREE)
    assert totals(graph, tmp_path).backlinks == 1


@pytest.mark.parametrize("order", [(ONE, TWO), (TWO, ONE)])
def test_in_a_cycle_the_smallest_url_stays(tmp_path: Path, order: tuple[str, str]) -> None:
    graph = Graph()
    for url in order:
        graph.page(url, [SHOP], canonical=TWO if url == ONE else ONE)
    answer = ask(graph, tmp_path, "shop.example", by="page")
    assert [row.source_url for row in answer.rows] == [ONE]  # type: ignore[union-attr]


def test_there_are_no_chains(tmp_path: Path) -> None:
    # 1 names 2, 2 names 3: only 1 and 3 carry the target, and 1's canonical page, 2, does not.
    graph = Graph().page(ONE, [SHOP], canonical=TWO).page(TWO, canonical=THREE).page(THREE, [SHOP])
    assert totals(graph, tmp_path).backlinks == 2


def test_only_counted_kinds_make_a_duplicate(tmp_path: Path) -> None:
    graph = Graph().page(ONE, [Link(SHOP, kind=Kind.FRAME)]).page(TWO, [SHOP], canonical=ONE)
    assert totals(graph, tmp_path).backlinks == 1
    assert totals(graph, tmp_path, kinds=frozenset({Kind.TEXT})).backlinks == 1
    both = frozenset({Kind.TEXT, Kind.FRAME})
    assert totals(graph, tmp_path, kinds=both).backlinks == 1
    assert totals(graph, tmp_path, kinds=frozenset({Kind.FRAME})).backlinks == 1


def test_duplicates_are_left_out_before_the_follow_policy(tmp_path: Path) -> None:
    graph = Graph().page(ONE, [Link(SHOP, rel="nofollow")]).page(TWO, [SHOP], canonical=ONE)
    assert totals(graph, tmp_path).followed == 0
    assert totals(graph, tmp_path, follow="followed").backlinks == 0


def test_noindex_pages_count(tmp_path: Path) -> None:
    assert totals(Graph().page(ONE, [SHOP], noindex=True), tmp_path).backlinks == 1
