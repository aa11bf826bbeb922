"""The report: each number on it is that of the question it stands for, and it is safe to open."""

from pathlib import Path

import pytest

from tests.cli.running import said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.render.html import document
from wholinks.render.report import page
from wholinks.research.card.bands import band, band_in_words
from wholinks.research.quality.rules import default_rules
from wholinks.research.report import Report, report
from wholinks.storage.errors import UsageError

DAY = 86_400


def _web() -> Graph:
    graph = Graph()
    graph.page("http://blog.example/", [Link("http://shop.example/", "Tents"), "http://rival.example/"])
    graph.page("http://news.example/", [Link("http://shop.example/ulv", "<b>=1+1", rel="nofollow")])
    graph.page("http://fans.example/", ["http://rival.example/"])
    graph.page("http://cut.example/", ["http://rival.example/"], is_complete=False)
    graph.wait(35 * DAY)
    graph.page("http://blog.example/", [Link("http://shop.example/", "Tents"), "http://shop.example/new"])
    return graph


def _report(folder: Path, rivals: tuple[str, ...] = ("rival.example",), graph: Graph | None = None) -> Report:
    with index_of(graph or _web(), folder) as index:
        target = index.target("shop.example")
        return report(index, target, [index.target(rival) for rival in rivals], default_rules(), ())


def test_every_number_is_that_of_its_question(tmp_path: Path) -> None:
    found = _report(tmp_path)
    own, rival = found.sides
    assert (own.totals.backlinks, own.totals.referring_domains, own.totals.followed) == (3, 2, 2)
    assert (rival.totals.backlinks, rival.totals.referring_domains) == (2, 2)
    assert [(row.referring_domain, row.backlinks) for row in found.rows] == [("blog.example", 2), ("news.example", 1)]
    assert found.rows_known == sum(found.authority_bands) == 2
    assert sum(row.links for row in found.kinds) == sum(row.links for row in found.placements) == own.totals.links == 3
    assert {row.anchor_text for row in found.anchors} == {"Tents", "<b>=1+1", ""}
    assert found.pages_known == 3


def test_the_course_ends_where_the_totals_stand_and_begins_with_the_first_backlink(tmp_path: Path) -> None:
    for side in _report(tmp_path).sides:
        assert side.history.rows[-1].end == side.totals.backlinks
        assert side.history.rows[0].end > 0
        assert len(side.history.rows) in {2, 3}


def test_one_month_makes_no_course(tmp_path: Path) -> None:
    text = document(
        page(_report(tmp_path, (), Graph().wait(60 * DAY).page("http://a.example/", ["http://shop.example/"])))
    )
    assert "there is no course yet" in text
    assert "at the end of each month" not in text


def test_a_burst_is_named_with_those_behind_it(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", ["http://shop.example/"]).page("http://b.example/")
    for month in range(4):
        graph.wait(31 * DAY).page(f"http://c{month}.example/", ["http://shop.example/"])
    links = [f"http://shop.example/{number}" for number in range(40)]
    text = document(page(_report(tmp_path, (), graph.page("http://b.example/", links))))
    assert text.count("Unusually many came") == 1
    assert ": 41, the most from b.example and c3.example." in text


def test_the_gap_says_no_only_where_all_was_read(tmp_path: Path) -> None:
    gap = _report(tmp_path).gap
    assert gap is not None
    assert {row.domain: row.links_to_you for row in gap.rows} == {"fans.example": "no", "cut.example": "unknown"}


def test_the_gap_is_that_of_the_part_asked_about(tmp_path: Path) -> None:
    with index_of(_web(), tmp_path) as index:
        part = index.target("shop.example/nothing", mode="prefix")
        found = report(index, part, [index.target("rival.example")], default_rules(), ()).gap
        assert found is not None
        assert found.you == part
        assert found.linking == 0


def test_a_target_without_backlinks_has_a_report(tmp_path: Path) -> None:
    text = document(page(_report(tmp_path, (), Graph().page("http://a.example/", ["http://b.example/"]))))
    assert "No page of another site that was read links to shop.example." in text
    assert "No backlink was seen yet." in text


@pytest.mark.parametrize(
    ("rivals", "told"),
    [
        (("www.shop.example",), "the target's own site"),
        (("a.example", "a.example"), "named twice"),
        (tuple(f"{n}.example" for n in range(7)), "at most 6"),
    ],
)
def test_rivals_that_are_none_are_refused(tmp_path: Path, rivals: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        _report(tmp_path, rivals)


@pytest.mark.parametrize(("backlinks", "word"), [(499, "low"), (500, "moderate"), (999, "moderate"), (1000, "strong")])
def test_the_bands(backlinks: int, word: str) -> None:
    assert band(backlinks) == word
    assert band_in_words(backlinks).startswith(f"{word} (")


def test_the_file_is_written_whole_and_what_pages_wrote_is_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with index_of(_web(), tmp_path):
        pass
    out = tmp_path / "report.html"
    said(capsys, "report", "shop.example", "--rival", "rival.example", "-o", out, "--data", tmp_path)
    text = out.read_text("utf-8")
    assert "&lt;b&gt;=1+1" in text
    assert "<b>=1+1" not in text
    for heading in (
        "In short", "At a glance", "Side by side", "Over time", "Lately lost and new", "Broken pages", "Where from",
        "Quality", "How far this holds", "What the numbers mean",
    ):  # fmt: skip
        assert f"<h2>{heading}</h2>" in text
    assert "can't be written" in said(
        capsys, "report", "shop.example", "-o", tmp_path / "no/report.html", "--data", tmp_path, code=1
    )
