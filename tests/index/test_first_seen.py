"""First seen is the first time ever; when a link came back is told apart."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import story
from tests.research.campaigns.test_campaigns import campaign
from tests.research.growth.test_history import SHOP, day
from wholinks.index.answers import DomainRow, LinkRow
from wholinks.index.filters import Filters
from wholinks.index.queries import Index
from wholinks.index.states import DAY_S
from wholinks.index.target import Mode
from wholinks.research.campaigns.results import campaigns

BLOG = "http://blog.example/"
FAR = "http://far.example/"


def web() -> Graph:
    """Day 0: a blog's page links. Day 2: it does not. Day 4: it does again. A domain links on day 0 from one page, on
    day 2 from another alone. Something else is read last."""
    graph = Graph().page(BLOG, [SHOP]).page(FAR, [Link(SHOP, "tents")]).page(FAR + "b", []).wait(2 * DAY_S)
    graph.page(BLOG, []).page(FAR, []).page(FAR + "b", [Link(SHOP, "other")]).wait(2 * DAY_S)
    return graph.page(BLOG, [SHOP]).page("http://end.example/", [FAR])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> object:
    with index_of(web(), tmp_path_factory.mktemp("first-seen")) as opened:
        yield opened


def domains(index: Index, **asked: object) -> dict[str, datetime]:
    """First seen, by domain."""
    found = {}
    for row in index.who_links_to("shop.example", **asked).rows:  # type: ignore[arg-type]
        assert isinstance(row, DomainRow)
        found[row.referring_domain] = row.first_seen
    return found


def links(index: Index, **asked: object) -> dict[str, LinkRow]:
    found = {}
    for row in index.who_links_to("shop.example", by="link", **asked).rows:  # type: ignore[arg-type]
        assert isinstance(row, LinkRow)
        found[row.source_url] = row
    return found


def test_a_link_that_came_back_was_first_seen_before_it_was_lost(index: Index) -> None:
    row = links(index)[BLOG]
    assert (row.opened_why, row.first_seen.date()) == ("linkrestored", day(0))
    assert row.restored_at is not None
    assert row.restored_at.date() == day(4)
    proof = index.evidence(BLOG, SHOP)
    assert (proof.links[0].first_seen, proof.links[0].restored_at) == (row.first_seen, row.restored_at)
    assert links(index)[FAR + "b"].restored_at is None
    then = links(index, as_of=day(1))[BLOG]
    assert (then.opened_why, then.first_seen, then.restored_at) == ("pagefound", row.first_seen, None)


def test_it_is_still_a_gain_and_new_on_the_day_it_came_back(index: Index) -> None:
    assert set(links(index, state="new", since=day(4))) == {BLOG}
    assert links(index, state="new", since=day(4))[BLOG].first_seen.date() == day(0)


def test_a_domain_was_first_seen_when_its_first_link_was_whatever_became_of_it(index: Index) -> None:
    wanted = {"blog.example": day(0), "far.example": day(0)}
    ways: tuple[dict[str, object], ...] = ({}, {"mode": Mode.EXACT}, {"follow": "followed"}, {"as_of": day(4)})
    for asked in ways:
        assert {name: seen.date() for name, seen in domains(index, **asked).items()} == wanted
    assert domains(index, filters=Filters(anchor_contains="other"))["far.example"].date() == day(2)
    assert domains(index, state="lost")["far.example"].date() == day(0)
    assert domains(index, state="new", since=day(4))["blog.example"].date() == day(0)


def test_a_campaign_did_not_bring_what_only_came_back(index: Index) -> None:
    def brought(first: int, last: int) -> tuple[int, ...]:
        one = campaign(sources=("blog.example",), first=day(first), last=day(last))
        (row,) = campaigns(index, [one]).rows
        return row.backlinks, row.gained, row.discovered, row.before, row.after

    assert brought(3, 5) == (0, 0, 0, 1, 0)
    assert brought(0, 5) == (1, 0, 1, 0, 0)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_first_seen_is_no_later_than_any_sighting(seed: int) -> None:
    graph = story(Random(seed))
    times = sorted({fetch.fetched_at for fetch in graph.fetches})
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        now, ahead, counted = links(index), domains(index), domains(index, filters=Filters(anchor_regex=".*"))
        assert ahead == counted
        for at in times[:: max(1, len(times) // 4)]:
            for url, row in links(index, as_of=datetime.fromtimestamp(at, tz=UTC)).items():
                assert row.first_seen.timestamp() <= at
                if url in now and now[url].kind == row.kind and now[url].target_url == row.target_url:
                    assert now[url].first_seen <= row.first_seen
            for name, seen in domains(index, as_of=datetime.fromtimestamp(at, tz=UTC)).items():
                assert name not in ahead or ahead[name] <= seen
        for name, seen in ahead.items():
            own = [row.first_seen for url, row in now.items() if f"//{name}/" in url]
            assert all(seen <= one for one in own)
