"""Pages that sitemaps and feeds name, against those that links do: counts, and Chapman's estimate."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import SMALL, examples, index_of
from wholinks.cli import run
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.research.coverage.listings import Listing, listing
from wholinks.research.coverage.recapture import chapman
from wholinks.research.coverage.sites import site_coverage
from wholinks.research.sql import select
from wholinks.storage.merging import merge
from wholinks.storage.records import Kind, Listed, State

A = "http://a.example"
Counts = tuple[int, int, int, int, int]


def of(graph: Graph, folder: Path, site: str = "a.example") -> Listing:
    with index_of(graph, folder) as index:
        (row,) = site_coverage(index, index.target(site)).rows
        return row.sitemaps


def counts(found: Listing) -> Counts:
    """listed, linked, both, by feeds only, unread"""
    return found.listed, found.linked, found.listed_and_linked, found.listed_by_feeds_only, found.unread


def web(linked: Iterable[int], listed: Iterable[int], read: Iterable[int]) -> Graph:
    """A home page that links to some pages and is linked by none; a sitemap that names some."""
    graph = Graph().page(f"{A}/", [f"{A}/{number}" for number in linked])
    graph.listed(*(f"{A}/{number}" for number in listed))
    done = set(read)
    for number in sorted(done):
        graph.page(f"{A}/{number}")
    for number in sorted({*linked} - done):
        graph.waiting(f"{A}/{number}")
    return graph


def test_by_hand(tmp_path: Path) -> None:
    found = of(web(range(12), range(4, 20), range(10)), tmp_path)
    assert counts(found) == (16, 12, 8, 0, 10)
    assert found.listed_or_linked == 20
    total = 17 * 13 / 9 - 1
    assert found.estimate == pytest.approx(total)
    assert found.unseen == pytest.approx(total - 20)
    expected = chapman(16, 12, 8)
    assert (found.standard_error, found.low, found.high) == (expected.standard_error, expected.low, expected.high)
    assert found.note == "pages not read yet: 10; dead links and files among them make the estimate larger"


def test_only_what_counts_as_a_page_counts(tmp_path: Path) -> None:
    names = ["dead", "file", "no", "trap", "deep", "soft", "later", "budget", "alone"]
    graph = Graph().page(f"{A}/", [f"{A}/{name}" for name in names]).page(f"{A}/alone", [f"{A}/alone"])
    graph.listed(*(f"{A}/{name}" for name in names), f"{A}/")
    graph.failed(f"{A}/dead").no_html(f"{A}/file").waiting(f"{A}/no", State.BLOCKED, "robots")
    graph.waiting(f"{A}/trap", State.POSTPONED, "trap_calendar").waiting(f"{A}/deep", State.EXCLUDED, "depth")
    graph.page(f"{A}/soft").waiting(f"{A}/soft", State.FETCHED, "soft_404")
    graph.waiting(f"{A}/later").waiting(f"{A}/budget", State.POSTPONED, "budget")
    # listed: /, alone, later, budget; linked: the same without /
    assert counts(of(graph, tmp_path)) == (4, 3, 3, 0, 2)


def test_a_url_stands_for_the_page_it_leads_to(tmp_path: Path) -> None:
    graph = Graph().page(f"{A}/", [f"{A}/old", f"{A}/copy", f"{A}/tagged?utm_source=x", f"{A}/far"])
    graph.redirect(f"{A}/old", f"{A}/new").page(f"{A}/new", requested=f"{A}/old")
    graph.page(f"{A}/copy", canonical=f"{A}/original").page(f"{A}/original", canonical=f"{A}/first").page(f"{A}/first")
    graph.page(f"{A}/tagged").redirect(f"{A}/far", "http://b.example/")
    graph.listed(f"{A}/new", f"{A}/first", f"{A}/tagged?gclid=1", f"{A}/far")
    assert counts(of(graph, tmp_path)) == (3, 3, 3, 0, 0)
    swapped = Graph().page(f"{A}/", [f"{A}/new", f"{A}/original", f"{A}/tagged"])
    swapped.redirect(f"{A}/old", f"{A}/new").page(f"{A}/new", requested=f"{A}/old")
    swapped.page(f"{A}/copy", canonical=f"{A}/original").page(f"{A}/original").page(f"{A}/tagged?utm_source=x")
    swapped.listed(f"{A}/old", f"{A}/copy", f"{A}/tagged")
    assert counts(of(swapped, tmp_path)) == (3, 3, 3, 0, 0)


def test_which_links_find_a_page(tmp_path: Path) -> None:
    """Those of any page read, of other sites too; not a page's own, of its duplicate, a form's, or what is closed."""
    graph = Graph().page(
        f"{A}/", [f"{A}/", f"{A}/copy", Link(f"{A}/form", kind=Kind.FORM), Link(f"{A}/gone", is_closed=True)]
    )
    graph.page(f"{A}/copy", [f"{A}/"], canonical=f"{A}/").page("http://b.example/", [f"{A}/named"])
    graph.waiting(f"{A}/form").waiting(f"{A}/gone").page(f"{A}/named")
    graph.listed(f"{A}/", f"{A}/form", f"{A}/gone", f"{A}/named")
    assert counts(of(graph, tmp_path)) == (4, 1, 1, 0, 2)


def test_sites_by_prefix_and_hosts(tmp_path: Path) -> None:
    graph = Graph(prefix_sites=("a.example/@ann",))
    graph.page(f"{A}/", [f"{A}/@ann/1", f"{A}/x", "http://www.a.example/y"]).page(f"{A}/@ann/1").page(f"{A}/@ann/2")
    graph.page(f"{A}/x").page("http://www.a.example/y")
    graph.listed(f"{A}/@ann/1", f"{A}/@ann/2", f"{A}/x")
    assert counts(of(graph, tmp_path, "a.example/@ann")) == (2, 1, 1, 0, 0)
    assert counts(of(graph, tmp_path, "a.example")) == (1, 2, 1, 0, 0)
    graph.prefix_sites = ()
    assert counts(of(graph, tmp_path, "a.example")) == (3, 3, 2, 0, 0)


def test_what_a_feed_names(tmp_path: Path) -> None:
    graph = web(range(20), (), range(20)).listed(*(f"{A}/{number}" for number in range(8)), by=Listed.FEED)
    found = of(graph, tmp_path)
    assert counts(found) == (8, 20, 8, 8, 0)
    assert "every page listed is linked" in found.note
    assert "only feeds" in found.note
    assert counts(of(graph.listed(f"{A}/0", f"{A}/21"), tmp_path)) == (9, 20, 8, 7, 1)


def test_where_there_is_none_it_says_why() -> None:
    assert "no sitemap or feed" in listing(0, 9, 0, 0, 0).note
    assert "no page that was read links" in listing(9, 0, 0, 0, 0).note
    assert listing(9, 9, 6, 0, 0).note == "the samples share 6 pages; at least 7 are needed"
    assert listing(20, 19, 9, 0, 0).note == ""
    assert all(listing(*them, 0, 0).estimate is None for them in ((0, 9, 0), (9, 0, 0), (9, 9, 6)))
    assert "every page linked is listed" in listing(20, 9, 9, 0, 0).note
    assert "every page listed is linked" in listing(9, 20, 9, 0, 0).note
    assert "the pages listed are those linked" in listing(9, 9, 9, 0, 0).note
    inner = listing(20, 9, 9, 0, 0)
    assert (inner.estimate, inner.standard_error, inner.low, inner.unseen) == (20, None, 20, 0)
    assert inner.high is not None
    assert inner.high > 20


def test_as_people_and_programs_read_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = web(range(12), range(4, 20), range(20)).page("http://b.example/")
    build_index(graph.write(tmp_path), SMALL)
    place = ("--data", tmp_path)
    table = said(capsys, "coverage", "a.example", *place)
    assert "Distinct pages that sitemaps and feeds name" in table
    assert "lower bound; the estimate takes the two for independent" in table
    assert "no sitemap or feed of the site" in said(capsys, "coverage", "b.example", *place)
    assert "pages that sitemaps and feeds name" in said(capsys, "coverage", *place)
    row = answered(capsys, "coverage", "a.example", *place)["rows"][0]["sitemaps"]
    assert (row["listed"], row["linked"], row["listed_and_linked"], row["listed_or_linked"]) == (16, 12, 8, 20)
    header, line = said(capsys, "coverage", "a.example", *place, "--format", "csv").splitlines()
    found = dict(zip(header.split(","), line.split(","), strict=True))
    assert (found["sitemaps_listed"], found["sitemaps_linked"], found["sitemaps_note"]) == ("16", "12", "")
    assert run(["index", "--data", str(tmp_path)]) == 0
    capsys.readouterr()
    assert answered(capsys, "coverage", "a.example", *place)["rows"][0]["sitemaps"] == row


def test_what_is_listed_and_not_linked_by_sql(tmp_path: Path) -> None:
    graph = web((1, 2), (2, 3), (1, 2, 3)).page("http://b.example/", ["http://c.example/"])
    statement = "SELECT url, listed, linked FROM urls WHERE domain <> 'b.example' ORDER BY 1"
    with index_of(graph, tmp_path) as index, select(index, statement) as rows:
        assert list(rows) == [
            (f"{A}/", False, False), (f"{A}/1", False, True), (f"{A}/2", True, True), (f"{A}/3", True, False),
            ("http://c.example/", None, None),
        ]  # fmt: skip


NUMBERS = st.sets(st.integers(0, 15))


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NUMBERS, NUMBERS, NUMBERS)
def test_bounds(tmp_path: Path, linked: set[int], listed: set[int], read: set[int]) -> None:
    found = of(web(linked, listed, read), tmp_path)
    both, either = linked & listed, linked | listed
    assert counts(found) == (len(listed), len(linked), len(both), 0, len(either - read))
    assert found.listed_and_linked <= min(found.listed, found.linked)
    assert found.listed_or_linked == len(either)
    if found.estimate is None:
        assert found.note
        return
    assert found.low is not None
    assert found.high is not None
    assert len(either) <= found.low + 1e-9 <= found.estimate + 2e-9 <= found.high + 3e-9


@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NUMBERS, NUMBERS, st.sets(st.integers(0, 15), min_size=1), st.booleans())
def test_two_halves_are_the_whole(
    tmp_path: Path, linked: set[int], listed: set[int], part: set[int], is_turned: bool
) -> None:
    """A crawl that read some pages and a part of the sitemap, and one that did the rest, in any order."""
    pages = set(range(16))
    first = web(linked, listed & part, part)
    second = Graph().listed(*(f"{A}/{number}" for number in listed - part))
    for number in sorted(pages - part):
        second.page(f"{A}/{number}")
    with index_of(web(linked, listed, pages), tmp_path / "whole") as index:
        whole = site_coverage(index).rows[0].sitemaps
    halves = [first.write(tmp_path / "first"), second.write(tmp_path / "second")]
    target = tmp_path / "all"
    for old in target.glob("*"):
        old.unlink()
    merge(target, halves[::-1] if is_turned else halves)
    build_index(target, SMALL)
    with Index(target) as index:
        assert site_coverage(index).rows[0].sitemaps == whole


@settings(max_examples=examples(5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(8)), NUMBERS)
def test_order_does_not_matter(tmp_path: Path, order: list[int], listed: set[int]) -> None:
    def made(numbers: Iterable[int]) -> Graph:
        graph = Graph()
        for number in numbers:
            graph.page(f"{A}/{number}", [f"{A}/{(number * 3 + step) % 16}" for step in range(2)])
        named = set(chain.from_iterable([(number * 3) % 16, (number * 3 + 1) % 16] for number in range(8)))
        for number in sorted(named - set(range(8))):
            graph.waiting(f"{A}/{number}")
        return graph.listed(*(f"{A}/{number}" for number in sorted(listed)))

    assert of(made(order), tmp_path) == of(made(range(8)), tmp_path)
