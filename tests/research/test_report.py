"""The report: each number on it is that of the question it stands for, and it is safe to open."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.running import said
from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.states import Opening, Reason
from wholinks.notes.traffic import Visits, keep_traffic
from wholinks.render.html import document
from wholinks.render.report import page
from wholinks.render.report_summary import summary
from wholinks.render.report_words import CAUSES, came, commands
from wholinks.research.campaigns.rules import Campaign
from wholinks.research.card.bands import band, band_in_words
from wholinks.research.quality.rules import default_rules
from wholinks.research.report import Report, Wanted, report
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


def test_doubts_have_a_course_of_their_own_where_there_are_any(tmp_path: Path) -> None:
    caption = "Backlinks in doubt at the end of each month"
    graph = Graph(waited_s=-250 * DAY).page("http://a.example/", ["http://shop.example/"]).wait(100 * DAY)
    graph.page("http://b.example/", ["http://shop.example/"]).failed("http://b.example/")
    found = _report(tmp_path / "old", (), graph)
    (over_time,) = (section for section in page(found).sections if section.heading == "Over time")
    (shown,) = (it for it in over_time.figures if it.caption == caption)
    course = [(row.suspect, row.stale) for row in found.sides[0].history.rows]
    assert course[0] == (0, 0)
    assert course[-1] == (1, 1)
    assert shown.data is not None
    assert [tuple(int(cell) for cell in cells[1:]) for cells in shown.data.cells] == course
    assert caption not in document(page(_report(tmp_path / "new")))


def test_a_burst_is_named_with_those_behind_it(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", ["http://shop.example/"]).page("http://b.example/")
    for month in range(5):
        graph.wait(31 * DAY).page(f"http://c{month}.example/", ["http://shop.example/"])
    links = [f"http://shop.example/{number}" for number in range(40)]
    text = document(page(_report(tmp_path, (), graph.page("http://b.example/", links))))
    assert text.count("Unusually many came") == 1
    assert ": 41, the most from b.example and c4.example." in text


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


def _short(found: Report) -> str:
    return " ".join(summary(found).items)


def test_the_summary_is_made_of_the_numbers(tmp_path: Path) -> None:
    text = _short(_report(tmp_path))
    assert "shop.example has 3 backlinks from 2 referring domains (other sites); 67% of them are followed" in text
    assert "and 67% come from blog.example alone." in text
    assert "Compared with rival.example it has more backlinks (3 against 2) and as many referring domains (2" in text
    assert re.search(r"Opportunity: (cut|fans)\.example \(authority \d+\) links to 1 rival of 1, and no ", text)
    assert "Risk: 67% of the backlinks come from blog.example" in text
    assert "4 pages that could be read, of 4 known on 4 sites" in text


def test_no_opportunity_is_named_without_rivals_and_no_risk_where_none_is(tmp_path: Path) -> None:
    graph = Graph()
    for number in range(3):
        graph.page(f"http://s{number}.example/", ["http://shop.example/"])
    text = _short(_report(tmp_path, (), graph))
    assert "Opportunity: no rivals were compared" in text
    assert "Risk: none stands out" in text
    assert "All that is known was read on one day" in text


def test_what_lately_came_and_went_adds_up_and_says_why(tmp_path: Path) -> None:
    graph = Graph()
    for number in range(4):
        graph.page(f"http://s{number}.example/", ["http://shop.example/", "http://shop.example/b"])
    graph.page("http://known.example/").wait(35 * DAY)
    graph.page("http://s0.example/").page("http://s1.example/", ["http://shop.example/"])
    graph.page("http://known.example/", ["http://shop.example/"]).page("http://late.example/", ["http://shop.example/"])
    found = _report(tmp_path, (), graph)
    assert found.lately is not None
    domains = found.lately.domains
    assert (domains.start, domains.new, domains.lost, domains.end) == (8, 2, 3, 7)
    assert (domains.domains_new, domains.domains_lost) == (2, 1)
    assert [(row.change, row.referring_domain) for row in domains.rows if row.change == "lost"] == [
        ("lost", "s0.example")
    ]
    lost = [row.referring_domain for row in found.lately.backlinks if row.change == "lost"]
    assert sorted(lost[:2]) == ["s0.example", "s1.example"], "one of each domain before the second of any"
    assert lost[2] == "s0.example"
    assert came(domains.why) == (1, 1, 3)
    text = document(page(found))
    assert (
        "1 backlink came and 3 went (from 8 to 7; growth −25.0%); 1 more on pages read for the first time may" in text
    )
    assert "the link was taken off the page" in text
    assert "ask its owner whether that was meant" in text


def test_every_reason_has_plain_words() -> None:
    assert set(CAUSES) == {*Reason, *Opening, "restated"} - {Reason.DISALLOWED}


def test_broken_pages_are_named_with_their_backlinks_and_what_to_do(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", ["http://shop.example/gone", "http://shop.example/"])
    graph.page("http://b.example/", ["http://shop.example/gone", "http://shop.example/old"])
    graph.failed("http://shop.example/gone", status=404).redirect("http://shop.example/old", "http://shop.example/")
    found = _report(tmp_path, (), graph.page("http://shop.example/"))
    assert (found.broken.urls, found.broken.backlinks, found.broken.redirecting) == (1, 2, 1)
    text = document(page(found))
    assert "2 backlinks lead to 1 page here that answered with an error" in text
    assert "redirect to the nearest page, or restore" in text
    assert "Risk: 1 linked page here answers with an error, and 2 backlinks (50%) lead there" in text


def test_campaigns_and_traffic_only_where_they_are_given(tmp_path: Path) -> None:
    campaign = Campaign("<i>spring", None, None, ("shop.example",), ("blog.example",), (), 90.0, "EUR")
    with index_of(_web(), tmp_path) as index:
        target = index.target("shop.example")
        day = index.coverage.as_of
        assert day is not None
        wanted = Wanted((campaign,), {"clicks": {day.date() - timedelta(n): 5 for n in range(40)}})
        text = document(page(report(index, target, (), default_rules(), (), wanted), "my file.toml"))
        bare = document(page(report(index, target, (), default_rules(), ())))
    assert "1 campaign brought 2 backlinks from 1 site" in text
    assert "EUR 90.00 were spent on 1 campaign: 45.00 for each backlink." in text
    assert "&lt;i&gt;spring" in text
    assert "<span>campaigns</span> <span>&#39;my</span> <span>file.toml&#39;</span>" in text
    assert "links may bring visitors, visitors may bring links" in text
    assert "For a correlation at least 8 whole months with both are needed." in text
    assert "<h2>Campaigns" not in bare
    assert "<h2>Links and traffic" not in bare


def test_hostile_and_foreign_words_stay_words_of_bearable_length(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\u202eevil"
    graph = Graph().page("http://blog.example/").wait(DAY)
    graph.page("http://blog.example/", [Link("http://shop.example/", evil)], title=evil)
    graph.page("http://bücher.example/", [Link("http://shop.example/b", "x" * 2000)])
    graph.page("http://news.example/", [Link("http://shop.example/c", "長い日本語のアンカー")])
    graph.page("http://fan.example/?q=" + "z" * 500, ["http://rival.example/"])
    text = document(page(_report(tmp_path, graph=graph)))
    assert "<script" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202eevil" in text
    assert "bücher.example" in text
    assert "長い日本語のアンカー" in text
    assert "x" * 200 not in text
    assert "z" * 200 not in text


def test_each_table_has_a_caption_and_each_part_a_command(tmp_path: Path) -> None:
    text = document(page(_report(tmp_path)))
    shown = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert shown.count("<table>") == shown.count("<caption>") > 8
    assert text.count("<svg viewBox") - text.count('aria-hidden="true"') == text.count("<desc>")
    for command in ("overview", "history", "broken", "gap", "audit", "compare", "anchors", "pages", "domains"):
        assert f"<span>wholinks</span> <span>{command}</span> <span>shop.example</span>" in text


def test_the_commands_of_a_part_say_its_mode(tmp_path: Path) -> None:
    with index_of(_web(), tmp_path) as index:
        found = report(index, index.target("shop.example/", mode="prefix"), (), default_rules(), ())
    assert ("Broken pages", "wholinks broken shop.example/ --mode prefix") in list(commands(found, ""))


def test_campaigns_of_a_file_and_imported_traffic_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with index_of(_web(), tmp_path) as index:
        assert index.coverage.as_of is not None
        day = index.coverage.as_of.date()
    keep_traffic(tmp_path, "shop.example", [Visits(day, "", 7, None, None)])
    file = tmp_path / "c.toml"
    file.write_text('[[campaign]]\nname = "guide"\ntargets = ["shop.example"]\n', "utf-8")
    out = tmp_path / "report.html"
    said(capsys, "report", "shop.example", "--campaigns", file, "-o", out, "--data", tmp_path)
    text = out.read_text("utf-8")
    assert "<h2>Campaigns</h2>" in text
    assert "<h2>Links and traffic</h2>" in text
    missing = tmp_path / "none.toml"
    assert "no such file" in said(
        capsys, "report", "shop.example", "--campaigns", missing, "-o", out, "--data", tmp_path, code=2
    )
