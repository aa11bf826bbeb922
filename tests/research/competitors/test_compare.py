"""Side by side: each number is the one that ``to`` gives."""

import json
import tempfile
from dataclasses import fields
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import START, Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story, with_canonicals
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.index.questions import Follow, Question
from wholinks.index.states import DAY_S
from wholinks.notes import groups
from wholinks.research.card.bands import band
from wholinks.research.card.overview import overview
from wholinks.research.competitors.compare import CompareRow, compare
from wholinks.research.competitors.referring import Rules
from wholinks.storage.errors import UsageError

ONE, TWO = "http://one.example/", "http://two.example/"


def web() -> Graph:
    """a loses its link to two after 40 days (20 days ago) and gains one to one/new then; b links all the time."""
    return (
        Graph()
        .page("http://a.example/", [ONE, ONE, TWO])
        .page("http://b.example/", [TWO, Link(ONE, rel="nofollow")])
        .page("http://b.example/2", [f"{TWO}x"])
        .wait(40 * DAY_S)
        .page("http://a.example/", [ONE, ONE, f"{ONE}new", Link(TWO, is_closed=True)])
    )


def by_asking(index: Index, target: str) -> dict[str, object]:
    totals = index.who_links_to(target).totals
    names = "backlinks", "links", "referring_pages", "referring_domains", "followed"
    found: dict[str, object] = {name: getattr(totals, name) for name in names}
    for window in overview(index, Question(index.target(target))).windows:
        for name in ("gained", "discovered", "lost"):
            found[f"{name}_{window.days}"] = getattr(window, name)
    return found


def test_it_is_what_each_question_says(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        targets = ["one.example", "two.example/x", "b.example", "nobody.example"]
        answer = compare(index, targets)
        for row, target in zip(answer.rows, targets, strict=True):
            wanted = by_asking(index, target)
            assert {name: getattr(row, name) for name in wanted} == wanted, target
        one, _, b, nobody = answer.rows
        assert (one.backlinks, one.links, one.followed, one.followed_share) == (3, 4, 2, 0.6667)
        assert (one.gained_30, one.discovered_30, one.gained_90, one.discovered_90, one.lost_365) == (1, 0, 1, 2, 0)
        assert (b.followed_share, b.rank is None) == (None, False)
        assert (nobody.authority, nobody.rank, nobody.band) == (None, None, "low")
        two = compare(index, ["two.example", "one.example"]).rows[0]
        assert (two.backlinks, two.lost_30, two.lost_90) == (2, 1, 1)
        assert index.built_at > START + 40 * DAY_S


def test_a_first_crawl_gains_nothing(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [ONE, TWO]).page("http://b.example/", [ONE])
    with index_of(graph, tmp_path) as index:
        one = compare(index, ["one.example", "two.example"]).rows[0]
    assert (one.backlinks, one.gained_365, one.discovered_365, one.lost_365) == (2, 0, 2, 0)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(Follow))
def test_it_has_the_windows_of_the_card(seed: int, follow: Follow) -> None:
    random = Random(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        index_of(with_canonicals(story(random), random), Path(folder)) as index,
    ):
        rules = Rules(follow)
        for row in compare(index, ["shop.example", "other.example", "b.example"], rules=rules).rows:
            card = overview(index, rules.question(index.target(row.target)))
            assert row.backlinks == card.totals.backlinks
            for window in card.windows:
                found = [getattr(row, f"{name}_{window.days}") for name in ("gained", "discovered", "lost")]
                assert found == [window.gained, window.discovered, window.lost]


def test_the_bands() -> None:
    assert [band(count) for count in (0, 499, 500, 999, 1000)] == ["low", "low", "moderate", "moderate", "strong"]


def test_sites_of_a_group_do_not_count_for_each_other(tmp_path: Path) -> None:
    with index_of(web(), tmp_path) as index:
        groups.add(tmp_path, "ours", ["one.example", "b.example", "a.example"])
        one, two = compare(index, ["one.example", "two.example"]).rows
        assert (one.backlinks, one.referring_domains, one.discovered_365) == (0, 0, 0)
        assert two.backlinks == 2


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = web().write(tmp_path / "data")
    build_index(folder)
    shown = said(capsys, "compare", "one.example", "two.example", "--data", folder)
    assert "Backlinks gained, discovered and lost" in shown
    rows = answered(capsys, "compare", "one.example", "two.example", "--data", folder)["rows"]
    listed = tmp_path / "targets.txt"
    listed.write_text("one.example\n# a comment\ntwo.example\none.example\n", "utf-8")
    lines = said(capsys, "batch", listed, "--data", folder, "--format", "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [rows[0], rows[1], rows[0]]
    header = said(capsys, "batch", listed, "--data", folder).splitlines()[0]
    assert header.split(",") == [field.name for field in fields(CompareRow)]
    listed.write_text("one.example\nmailto:x@y.example\n", "utf-8")
    assert "targets.txt:2" in said(capsys, "batch", listed, "--data", folder, code=2)
    assert "are one site" in said(capsys, "compare", "one.example", "www.one.example", "--data", folder, code=2)
    with Index(folder) as index, pytest.raises(UsageError, match="two sites"):
        compare(index, ["one.example"])
