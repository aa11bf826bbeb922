"""How far sites are known, and Chapman's estimate."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph
from tests.index.asking import SMALL, examples, index_of
from wholinks.index.answers import Snapshot
from wholinks.index.build import build_index
from wholinks.render.coverage import recapture_sheet
from wholinks.research.coverage.recapture import Estimate, Recapture, SiteRecapture, chapman, recapture
from wholinks.research.coverage.sites import CoverageReport, site_coverage
from wholinks.storage.records import State

A = "http://a.example"
NO_SNAPSHOT = Snapshot("", datetime(2026, 1, 1, tzinfo=UTC), "", "", stale=False)


def of(graph: Graph, folder: Path, site: str | None = None) -> CoverageReport:
    with index_of(graph, folder) as index:
        return site_coverage(index, index.target(site) if site else None)


def web(within: int, without: range) -> Graph:
    """A home page that names some pages, and another site that links to some; all of them read."""
    graph = Graph().page(f"{A}/", [f"{A}/", *(f"{A}/{number}" for number in range(within))])
    graph.page("http://b.example/", [f"{A}/{number}" for number in without])
    for number in sorted({*range(within), *without}):
        graph.page(f"{A}/{number}")
    return graph


def test_chapman_by_hand() -> None:
    # 13 were seen, 6 by estimate not: 10 * 8 / 4 - 1 = 19; variance 10 * 8 * 6 * 4 / (16 * 5) = 24
    width = exp(1.96 * log(1 + 24 / 36) ** 0.5)
    assert chapman(9, 7, 3) == Estimate(19, 24**0.5, 13 + 6 / width, 13 + 6 * width)
    # All of 2 drawn lie among 5: of N the chance is 5 * 4 / (N (N - 1)) = 1/20, so N (N - 1) = 400
    inside = chapman(2, 5, 2)
    assert inside == chapman(5, 2, 2)
    assert (inside.total, inside.standard_error, inside.low) == (5, None, 5)
    assert inside.high == pytest.approx((1 + 1601**0.5) / 2, rel=1e-4)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_chapman_is_symmetric_and_at_least_what_was_seen(only_first: int, only_second: int, both: int) -> None:
    first, second = only_first + both, only_second + both
    found = chapman(first, second, both)
    assert found == chapman(second, first, both)
    either = only_first + only_second + both
    assert either <= found.low * (1 + 1e-9)
    assert found.low <= found.total * (1 + 1e-9)
    assert found.total <= found.high * (1 + 1e-9)
    assert (found.standard_error is None) == (not only_first or not only_second)
    if both:
        assert found.high > either  # never certain


def test_two_ways_to_find_a_page(tmp_path: Path) -> None:
    graph = web(14, range(7, 23))  # 14 from within, 16 from without, 7 from both: 23 found, and the home page
    graph.failed(f"{A}/gone").waiting(f"{A}/later").waiting(f"{A}/no", State.BLOCKED)
    found = of(graph, tmp_path)
    row = next(row for row in found.rows if row.site == "a.example")
    assert (row.pages_known, row.fetched, row.failed, row.pending, row.blocked, row.excluded) == (27, 24, 1, 1, 1, 0)
    assert (row.pages_read, row.named_within, row.named_without, row.named_both) == (24, 14, 16, 7)
    assert row.estimated_pages == pytest.approx(15 * 17 / 8 - 1)
    assert row.estimated_unseen == pytest.approx(15 * 17 / 8 - 1 - 24)
    b = next(row for row in found.rows if row.site == "b.example")
    assert (b.estimated_pages, b.no_estimate) == (None, "no page read is named by another page of the site")
    assert of(graph, tmp_path, "a.example").rows == (row,)


def test_redirects_lead_to_the_page(tmp_path: Path) -> None:
    graph = Graph().page(f"{A}/", [f"{A}/old"]).redirect(f"{A}/old", f"{A}/new").page(f"{A}/new", requested=f"{A}/old")
    graph.page("http://b.example/", [f"{A}/new", f"{A}/new?dead"])
    row = of(graph, tmp_path, "a.example").rows[0]
    assert (row.named_within, row.named_without, row.named_both) == (1, 1, 1)
    assert row.no_estimate == "the samples share 1 page; at least 7 are needed"


def test_nothing_is_known_of_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(web(8, range(8)).write(tmp_path), SMALL)
    place = ("--data", tmp_path)
    assert "never crawled" in said(capsys, "coverage", "unheard.example", *place)
    assert "lower bounds" in said(capsys, "coverage", *place)
    assert answered(capsys, "coverage", "a.example", *place)["rows"][0]["estimated_unseen"] == 0


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 12))
def test_sums_and_bounds(tmp_path: Path, within: int, start: int, length: int) -> None:
    found = of(web(within, range(start, start + length)), tmp_path)
    total = found.coverage
    for name in ("pages_known", "fetched", "blocked", "failed", "pending", "excluded"):
        assert sum(getattr(row, name) for row in found.rows) == getattr(total, name)
    for row in found.rows:
        assert row.named_both <= min(row.named_within, row.named_without)
        assert (row.estimated_pages is None) == bool(row.no_estimate)
        if row.estimated_pages is not None:
            assert row.estimated_pages >= row.named_within + row.named_without - row.named_both
            assert (row.standard_error is None) == (row.named_both == min(row.named_within, row.named_without))


def test_estimates_stand_beside_their_own_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = web(14, range(7, 23))
    for number in range(60):  # read, and named by nothing: in no sample
        graph.page(f"{A}/alone-{number}")
    build_index(graph.write(tmp_path), SMALL)
    shown = said(capsys, "coverage", "a.example", "--data", tmp_path)
    assert not [line for line in shown.splitlines() if "estimated" in line and "Fetched" in line]
    # 14 + 16 - 7 = 23 in either, 15 * 17 / 8 - 1 = 30.875 by estimate; 84 were read
    row = shown[shown.index("URLs read as HTML that") :].splitlines()[3].split()
    assert (row[:3], row[5:]) == (["a.example", "23", "31"], ["8", "14", "16", "7"])
    assert "Take the estimate by sitemaps where a site has one" in shown
    assert "by sitemaps, no estimate: no sitemap or feed of the site" in shown
    found = answered(capsys, "coverage", "a.example", "--data", tmp_path)["rows"][0]
    assert (found["estimated_pages"], found["pages_read"]) == (30.875, 84)


def test_why_there_is_no_estimate_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = web(3, range(2))
    graph.page("http://c.example/", ["http://c.example/1"]).page("http://c.example/1", [f"{A}/1"])
    graph.page("http://b.example/c", ["http://c.example/1"])
    build_index(graph.write(tmp_path), SMALL)
    shown = said(capsys, "coverage", "--data", tmp_path)
    assert shown.count("–: no estimate, for fewer than 7 pages are in both") == 1
    assert "by links, no estimate for 1 site: no page read there is named" in shown
    assert "by sitemaps, no estimate for 3 sites" in shown


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_no_estimate_shown_is_below_what_is_known(only_first: int, only_second: int, both: int) -> None:
    known = only_first + only_second + both
    found = chapman(only_first + both, only_second + both, both)
    row = SiteRecapture(
        "a.example", only_first + both, only_second + both, both, known,
        found.total, found.standard_error, found.low, min(found.high, 1e9), found.total - known, "",
    )  # fmt: skip
    (shown,) = recapture_sheet(Recapture("a.example", "b", 1, "", (row,), NO_SNAPSHOT, NO_SNAPSHOT)).tables[0].rows
    assert known == shown.such_pages_known <= shown.at_least <= shown.such_pages_estimated <= shown.at_most
    assert shown.such_pages_unseen == shown.such_pages_estimated - known


# -- two crawls


def two(first: Graph, second: Graph, folder: Path, site: str | None = None) -> tuple[Recapture, Recapture]:
    """Two crawls compared, from either side."""
    with ExitStack() as stack:
        here = stack.enter_context(index_of(first, folder / "one"))
        there = stack.enter_context(index_of(second, folder / "two"))
        named = here.target(site) if site else None
        return recapture(here, there, named), recapture(there, here, named)


def crawled(pages: Iterable[int], scheme: str = "http") -> Graph:
    graph = Graph().page("http://b.example/", [A])
    for number in pages:
        graph.page(f"{scheme}://a.example/{number}")
    return graph


def test_two_crawls_by_hand(tmp_path: Path) -> None:
    graph = crawled(range(8, 20), "https").failed("https://a.example/5").no_html("https://a.example/6")
    found, _ = two(crawled(range(16)), graph, tmp_path)
    a, b = found.rows
    assert (a.site, a.pages_here, a.pages_there, a.pages_in_both, a.pages_in_either) == ("a.example", 16, 12, 8, 20)
    assert a.estimated_pages == pytest.approx(17 * 13 / 9 - 1)
    assert a.estimated_unseen == pytest.approx(17 * 13 / 9 - 21)
    assert (b.site, b.pages_in_both, b.estimated_pages) == ("b.example", 1, None)
    assert b.no_estimate == "the samples share 1 page; at least 7 are needed"
    assert two(crawled(range(16)), graph, tmp_path, "a.example")[0].rows == (a,)
    assert two(crawled(range(16)), graph, tmp_path, "c.example")[0].rows == ()


@settings(max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 15)), st.sets(st.integers(0, 15)))
def test_two_crawls_are_symmetric(tmp_path: Path, one: set[int], other: set[int]) -> None:
    found, back = two(crawled(one), crawled(other), tmp_path)
    row = next((row for row in found.rows if row.site == "a.example"), None)
    if row is None:
        assert not one | other
        return
    assert (row.pages_here, row.pages_there) == (len(one), len(other))
    assert (row.pages_in_both, row.pages_in_either) == (len(one & other), len(one | other))
    assert [replace(row, pages_here=row.pages_there, pages_there=row.pages_here) for row in back.rows] == list(
        found.rows
    )


def test_two_crawls_that_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_index(crawled(range(9)).write(tmp_path / "one"), SMALL)
    parted = crawled(range(9))
    parted.prefix_sites = ("a.example/x",)
    build_index(parted.write(tmp_path / "two"), SMALL)
    build_index(crawled(range(12)).write(tmp_path / "three"), SMALL)
    place = ("--data", tmp_path / "one", "--against")
    assert "other sites by prefix" in said(capsys, "coverage", *place, tmp_path / "two", code=2)
    assert "the data folder itself" in said(capsys, "coverage", *place, tmp_path / "one", code=2)
    (tmp_path / "four").mkdir()
    assert "no crawl and no index here" in said(capsys, "coverage", *place, tmp_path / "four", code=1)
    assert "no page of it was read" in said(capsys, "coverage", "c.example", *place, tmp_path / "three")
    found = answered(capsys, "coverage", "a.example", *place, tmp_path / "three")["rows"][0]
    assert (found["estimated_pages"], found["standard_error"], found["estimated_low"]) == (12, None, 12)
    assert found["estimated_high"] > 12
    assert "a.example, here and in" in said(capsys, "coverage", "a.example", *place, tmp_path / "three")
