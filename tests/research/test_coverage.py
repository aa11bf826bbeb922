"""How far sites are known, and Chapman's estimate."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph
from tests.index.asking import SMALL, examples, index_of
from wholinks.index.build import build_index
from wholinks.research.coverage import CoverageReport, chapman, site_coverage
from wholinks.storage.records import State

A = "http://a.example"


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
    assert list(chapman(9, 7, 3)) == pytest.approx([19, (10 * 8 * 6 * 4 / (16 * 5)) ** 0.5])
    assert chapman(5, 5, 5) == (5.0, 0.0)


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
    assert row.no_estimate == "the samples share 1 pages; at least 7 are needed"


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
