"""The metric card: by hand on a small web, and on any the numbers of ``who_links_to``."""

import math
import shlex
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story
from wholinks.cli import COMMANDS, cli
from wholinks.index.questions import Follow, Question, Standing, kinds_meant
from wholinks.index.states import DAY_S
from wholinks.research.card.bands import band
from wholinks.research.card.overview import Overview, overview
from wholinks.research.growth.history import history, last_day
from wholinks.research.scores.authority import scores
from wholinks.research.views.domains import referring_domains
from wholinks.research.views.groups import Defect, broken_links
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind, State

SHOP: Final = "http://shop.example/"


def small() -> Graph:
    """Of five backlinks three are a.example's; one has two anchors, one is sponsored, one image is lost at last."""
    tents, image = Link(SHOP, "tents"), Link(SHOP + "ulv", "ulv", "sponsored", Kind.IMAGE)
    graph = Graph().page("http://a.example/", [tents, Link(SHOP, "shop")], language="de-AT", ip="192.0.2.1")
    graph.page("http://a.example/1", [tents], language="en", ip="192.0.2.1").page("http://a.example/2", [tents])
    graph.page("http://www.b.test/", [image], ip="192.0.2.2").page("http://c.example/", [SHOP], ip="192.0.2.2")
    graph.page("http://d.example/", [SHOP]).wait(35 * DAY_S).page("http://d.example/", [])
    return graph.waiting("http://c.example/more", State.DISCOVERED)


def test_the_card_by_hand(tmp_path: Path) -> None:
    with index_of(small(), tmp_path) as index:
        card = overview(index, Question(index.target("shop.example")))
    assert (card.totals.backlinks, card.totals.links, card.totals.referring_domains, card.band) == (5, 6, 3, "low")
    assert (card.referring_hosts, card.referring_ips) == (3, 2)
    assert card.followed_share == 0.8
    assert card.largest_source_share == 0.6
    assert card.effective_sources == pytest.approx(math.exp(-(0.6 * math.log(0.6) + 2 * 0.2 * math.log(0.2))))
    shares = [3 / 6, 1 / 6, 1 / 6, 1 / 6]  # tents; shop, ulv and no text
    assert card.effective_anchors == pytest.approx(math.exp(-sum(share * math.log(share) for share in shares)))
    assert [row.referring_domain for row in card.sources] == ["a.example", "b.test", "c.example"]
    assert [(row.tld, row.backlinks) for row in card.tlds] == [("example", 4), ("test", 1)]
    month, quarter, year = card.windows
    assert (month.start, month.lost, month.discovered, month.growth_rate) == (6, 1, 0, -1 / 6)
    assert (quarter.start, quarter.discovered, quarter.lost, quarter.growth_rate) == (0, 6, 1, None)
    assert year.discovered == 6
    assert [(it.end, (last_day(index) - it.first).days + 1) for it in card.windows] == [(5, 30), (5, 90), (5, 365)]
    assert ["--state lost" in step.command for step in card.next_steps].count(True) == 1
    assert any(step.command.startswith("wholinks crawl") for step in card.next_steps)


@pytest.mark.parametrize(
    ("backlinks", "named"), [(0, "low"), (499, "low"), (500, "moderate"), (999, "moderate"), (1000, "strong")]
)
def test_bands(backlinks: int, named: str) -> None:
    assert band(backlinks) == named


def test_one_source_is_one_whatever_it_sends(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", [SHOP]).page("http://a.example/1", [SHOP])
    with index_of(graph, tmp_path) as index:
        card = overview(index, Question(index.target("shop.example")))
    assert (card.largest_source_share, card.effective_sources, card.effective_anchors) == (1, 1, 1)


def test_nothing_known_is_zero_with_a_hint(tmp_path: Path) -> None:
    with index_of(Graph().page("http://a.example/", [SHOP]), tmp_path) as index:
        card = overview(index, Question(index.target("nobody.example")))
        other_time = Question(index.target("shop.example"), standing=Standing.LOST)
        with pytest.raises(UsageError, match="speaks of today"):
            overview(index, other_time)
    assert (card.totals.backlinks, card.effective_sources, card.largest_source_share) == (0, None, None)
    assert card.hint is not None
    assert "nobody.example" in card.hint
    assert not any("compare" in step.command for step in card.next_steps)


def test_every_next_step_can_be_typed(tmp_path: Path) -> None:
    graph = small().wait(DAY_S).failed("http://c.example/", 503)
    for target, mode in (("shop.example", None), ("http://shop.example/", "exact"), ("shop.example/$(x)", "prefix")):
        with index_of(graph, tmp_path) as index:
            card = overview(index, Question(index.target(target, mode=mode)))
            assert card.next_steps
            for step in card.next_steps:
                name, *rest = shlex.split(step.command)[1:]
                assert name in COMMANDS
                command = cli.get_command(click.Context(cli), name)
                assert command is not None
                command.make_context(name, list(rest))
                if name == "to":
                    assert index.target(rest[0], mode=card.target.mode).text == card.target.text


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with index_of(small(), tmp_path):
        pass
    shown = said(capsys, "overview", "shop.example", "--data", tmp_path)
    assert "shop.example (subdomains): 5 backlinks (low), 6 links" in shown
    assert "): backlinks 6 → 5; 0 gained, 1 lost, 0 discovered; growth -16.7%" in shown
    assert "each coming and going counts" in shown
    assert "Whole folder: Looked at" in shown
    one = said(capsys, "coverage", "a.example", "--data", tmp_path)
    assert "a.example: the whole folder: " in one
    assert "the whole folder" not in said(capsys, "coverage", "--data", tmp_path)
    found = answered(capsys, "overview", "shop.example", "--data", tmp_path)
    assert found["totals"]["backlinks"] == 5
    lines = said(capsys, "overview", "shop.example", "--data", tmp_path, "--format", "csv").splitlines()
    assert lines[:2] == ["measure,value", "backlinks,5"]


def test_after_a_first_crawl_it_says_that_all_was_read_on_one_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said_of_it = "All that is known was read on one day, so nothing can be said of change yet."
    graph = Graph().page("http://a.example/", [SHOP])
    for folder, is_so in (("first", True), ("second", False)):
        with index_of(graph, tmp_path / folder) as index:
            assert overview(index, Question(index.target("shop.example"))).is_of_one_day is is_so
        shown = said(capsys, "overview", "shop.example", "--data", tmp_path / folder)
        assert (said_of_it in shown) is is_so
        assert ("each coming and going counts" in shown) is not is_so
        graph.wait(DAY_S).page("http://b.example/", [])


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(["all", "followed"]))
def test_every_number_is_that_of_the_other_views(seed: int, follow: str) -> None:
    random = Random(seed)
    kinds = kinds_meant(random.choice([[], [Kind.TEXT]]))
    target = random.choice(["shop.example", "other.example", "b.example", "http://shop.example/"])
    options: dict[str, Any] = {"follow": follow, "kinds": kinds}
    with tempfile.TemporaryDirectory() as folder, index_of(story(random), Path(folder)) as index:
        asked = Question(index.target(target), follow=Follow(follow), kinds=kinds)
        card = overview(index, asked)
        by_backlinks = replace(asked, sort="backlinks", limit=10)
        assert card.sources == referring_domains(index, by_backlinks).rows
        assert card.authority == scores(index).of(index.target(target).domain)
        errors = broken_links(index, asked, Defect.ERROR).rows
        assert (card.broken_urls, card.broken_backlinks) == (len(errors), sum(row.backlinks for row in errors))
        _compare(card, {by: index.who_links_to(target, by=by, **options) for by in ("domain", *VIEWS)})
        assert card.referring_hosts == len(index.who_links_to(target, by="host", **options).rows)
        past = history(index, asked)
        for window in card.windows:
            came = window.start + window.gained + window.discovered - window.lost + window.restated
            assert came == card.totals.backlinks
        assert card.windows[-1].gained == past.rows[-1].cumulative_gained
        assert card.windows[-1].lost == past.rows[-1].cumulative_lost


VIEWS: Final = {
    "anchor": "anchors", "target": "pages", "kind": "kinds", "tld": "tlds", "language": "languages"
}  # fmt: skip


def _compare(card: Overview, views: dict[str, Any]) -> None:
    for by, name in VIEWS.items():
        assert card.totals == views[by].totals
        assert getattr(card, name) == views[by].rows[:10]
    counts = [row.backlinks for row in views["domain"].rows]
    if counts:
        assert card.largest_source_share == max(counts) / sum(counts)
        assert 1 <= (card.effective_sources or 0) <= len(counts) + 1e-9
        assert 1 - 1e-9 <= (card.effective_anchors or 0) <= len(views["anchor"].rows) + 1e-9
