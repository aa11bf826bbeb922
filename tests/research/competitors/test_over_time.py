"""Side by side over time: the end of each period is what ``to --as-of`` gives, the last one what ``compare`` gives."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.cli.running import answered, said
from tests.graph import START, Graph, Link
from tests.index.asking import examples, index_of
from tests.research.competitors.test_rules import RULES, webs
from wholinks.index.build import build_index
from wholinks.index.questions import Question
from wholinks.index.states import DAY_S
from wholinks.notes import groups
from wholinks.research.competitors.compare import compare
from wholinks.research.competitors.over_time import compare_over_time, histories
from wholinks.research.competitors.referring import Rules
from wholinks.research.growth.history import history
from wholinks.storage.errors import UsageError

ONE, TWO = "http://one.example/", "http://two.example/"
FIRST = datetime.fromtimestamp(START, UTC).date()


def web() -> Graph:
    """one is linked from the beginning, two 40 days later, when one loses a link."""
    return (
        Graph()
        .page("http://a.example/", [ONE, f"{ONE}x"])
        .page("http://b.example/", [ONE])
        .wait(40 * DAY_S)
        .page("http://a.example/", [ONE, TWO, Link(f"{ONE}x", is_closed=True)])
    )


def test_by_hand(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        answer = compare_over_time(index, ["one.example", "two.example"], every="day")
        rows = {(row.target, row.last): row for row in answer.rows}
        assert len(rows) == len(answer.rows) == 2 * ((answer.rows[-1].last - FIRST).days + 1)
        one, two = (rows[name, FIRST] for name in ("one.example", "two.example"))
        assert (one.backlinks, one.referring_domains, one.discovered, one.growth_rate) == (3, 2, 3, None)
        assert (two.backlinks, two.referring_domains, two.discovered) == (0, 0, 0)
        one, two = (rows[name, FIRST + timedelta(40)] for name in ("one.example", "two.example"))
        assert (one.backlinks, one.referring_domains, one.lost, one.growth_rate) == (2, 2, 1, -1 / 3)
        assert (two.backlinks, two.gained, two.discovered) == (1, 1, 0)
        assert [row.target for row in answer.rows[:2]] == ["one.example", "two.example"]
        groups.add(tmp_path, "ours", ["one.example", "a.example"])
        last = compare_over_time(index, ["one.example", "two.example"]).rows[-2:]
        assert [(row.backlinks, row.referring_domains) for row in last] == [(1, 1), (1, 1)]
        with pytest.raises(UsageError, match="two sites"):
            compare_over_time(index, ["one.example"])
        nobody = compare_over_time(index, ["no.example", "none.example"])
        assert [(row.target, row.backlinks) for row in nobody.rows] == [("no.example", 0), ("none.example", 0)]
        early = compare_over_time(index, ["two.example", "none.example"], until=FIRST)
        assert {row.backlinks for row in early.rows} == {0}


@settings(max_examples=examples(8), deadline=None)
@given(webs(), RULES)
def test_each_end_is_that_of_the_day(tmp_path_factory: pytest.TempPathFactory, graph: Graph, rules: Rules) -> None:
    with index_of(graph, tmp_path_factory.mktemp("web")) as index:
        names = ["one.example", "two.example"]
        answer = compare_over_time(index, names, every="week", rules=rules)
        for row in answer.rows:
            totals = index.who_links_to(
                row.target, as_of=row.last, follow=rules.follow, kinds=rules.kinds
            ).totals  # fmt: skip
            assert (row.backlinks, row.referring_domains) == (totals.backlinks, totals.referring_domains)
        for row, side in zip(answer.rows[-2:], compare(index, names, rules=rules).rows, strict=True):
            assert (row.target, row.backlinks, row.referring_domains) == (
                side.target, side.backlinks, side.referring_domains,
            )  # fmt: skip
        questions = [rules.question(index.target(name)) for name in names]
        for question, told in zip(questions, histories(index, questions), strict=True):
            assert told.rows == history(index, question, since=told.rows[0].first).rows


def test_not_before_the_earliest_day(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        question = Question(index.target("one.example"))
        day = FIRST + timedelta(3)
        (told,) = histories(index, [question], earliest=day)
        assert (told.rows[0].first, told.rows[0].start) == (day, 3)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = web().write(tmp_path / "data")
    build_index(folder)
    asked = "compare", "one.example", "two.example", "--data", folder
    found = answered(capsys, *asked, "--over-time", "--every", "week")
    assert found["rows"][-1]["target"] == "two.example"
    assert found["every"] == "week"
    assert said(capsys, *asked, "--over-time", "--format", "csv").startswith("target,first,last,backlinks,")
    assert "at the end of the last day of each month" in said(capsys, *asked, "--over-time")
    assert "go with --over-time" in said(capsys, *asked, "--every", "week", code=2)
    assert "'x' is no day" in said(capsys, *asked, "--over-time", "--since", "x", code=2)
    assert "knows nothing after" in said(capsys, *asked, "--over-time", "--until", "2999-01-01", code=2)
    assert "where the history ends" in said(
        capsys, *asked, "--over-time", "--since", str(FIRST + timedelta(9)), "--until", str(FIRST), code=2
    )
