"""What was in doubt on a past day: by hand, and for any story what the rules say of the fetches until then."""

import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import START, Graph, Link
from tests.index.asking import examples, index_of
from tests.index.test_history import Rules, story
from wholinks.index.answers import LinkRow, Totals
from wholinks.index.queries import Index
from wholinks.index.states import DAY_S, STALE_AFTER_S, LinkState, fold_page, history
from wholinks.storage.records import Kind

SHOP: Final = "http://shop.example/"
PAGE: Final = "http://a.example/"
LONG_AGO_S: Final = 6000 * DAY_S
"""A story has up to thirty visits, up to two hundred days apart."""
GAPS_S: Final = (0, 3600, DAY_S + 60, 8 * DAY_S, 100 * DAY_S, STALE_AFTER_S - 60, STALE_AFTER_S, 200 * DAY_S)
"""Between two fetches, which are a minute apart anyhow: the third last is 180 days sharp with it."""
DOUBTS: Final = (LinkState.SUSPECT, LinkState.UNKNOWN, LinkState.STALE)


def long_story(random: Random) -> Graph:
    """A story of years, which ends before now."""
    return story(random, GAPS_S, Graph(waited_s=-LONG_AGO_S))


def then(index: Index, days: float, seconds: int = 0, target: str = "shop.example") -> tuple[int, int, int]:
    """Of its backlinks suspect, unknown and stale, so long after the first fetch."""
    at = START - LONG_AGO_S + int(days * DAY_S) + seconds
    return doubts(index.who_links_to(target, as_of=datetime.fromtimestamp(at, UTC), limit=0).totals)


def doubts(totals: Totals) -> tuple[int, int, int]:
    return totals.suspect, totals.unknown, totals.stale


def old() -> Graph:
    return Graph(waited_s=-LONG_AGO_S)


def test_a_page_that_was_not_read_for_long_was_stale_until_it_was_read(tmp_path: Path) -> None:
    graph = old().page(PAGE, [SHOP]).wait(300 * DAY_S).unchanged(PAGE).wait(300 * DAY_S).page(PAGE, [SHOP])
    with index_of(graph, tmp_path) as index:
        assert [then(index, days) for days in (0, 180)] == [(0, 0, 0)] * 2
        assert then(index, 180, 1) == then(index, 300) == (0, 0, 1)  # the next fetch came a minute after day 300
        assert then(index, 300, 60) == then(index, 480, 60) == (0, 0, 0)
        assert then(index, 480, 61) == then(index, 600, 119) == (0, 0, 1)
        assert then(index, 600, 120) == then(index, 780, 120) == (0, 0, 0)
        assert then(index, 780, 121) == doubts(index.who_links_to("shop.example").totals) == (0, 0, 1)


def test_a_steady_page_was_stale_between_two_answers_that_nothing_changed(tmp_path: Path) -> None:
    graph = old().failed(PAGE, 503).wait(400 * DAY_S).page(PAGE, [SHOP]).wait(200 * DAY_S).unchanged(PAGE)
    with index_of(graph, tmp_path) as index:
        assert [then(index, days)[2] for days in (401, 580, 581, 600, 601, 780, 781)] == [0, 0, 1, 1, 0, 0, 1]
        row = index.who_links_to("shop.example", by="link", as_of=datetime.fromtimestamp(
            START - LONG_AGO_S + 590 * DAY_S, UTC)).rows[0]  # fmt: skip
    assert isinstance(row, LinkRow)
    assert (row.state, int(row.last_seen.timestamp())) == ("stale", START - LONG_AGO_S + 400 * DAY_S + 60)


def test_doubts_of_a_past_day_are_those_of_that_day(tmp_path: Path) -> None:
    graph = old().page(PAGE, [SHOP]).wait(190 * DAY_S).failed(PAGE, 503).wait(10 * DAY_S).failed(PAGE)
    graph.wait(10 * DAY_S).page(PAGE, [SHOP]).wait(10 * DAY_S).disallowed(PAGE)
    with index_of(graph, tmp_path) as index:
        told = {days: then(index, days) for days in (1, 181, 191, 201, 211, 221)}
        (row,) = index.who_links_to("shop.example", by="link", as_of=datetime.fromtimestamp(
            START - LONG_AGO_S + 201 * DAY_S, UTC)).rows  # fmt: skip
        now = doubts(index.who_links_to("shop.example").totals)
    assert told == {
        1: (0, 0, 0), 181: (0, 0, 1), 191: (0, 1, 0), 201: (1, 0, 0), 211: (0, 0, 0), 221: (0, 1, 0),
    }  # fmt: skip
    assert isinstance(row, LinkRow)
    assert (row.state, row.reason) == ("suspect", "notfound")
    assert now == (0, 1, 0)  # what is unknown does not grow stale


def test_a_link_that_fared_otherwise_than_its_page_has_doubts_of_its_own(tmp_path: Path) -> None:
    other = "http://other.example/"
    graph = old().page(PAGE, [SHOP, other]).wait(DAY_S).page(PAGE, [SHOP], is_complete=False).wait(DAY_S)
    graph.page(PAGE, [SHOP, other]).wait(DAY_S).page(PAGE, [SHOP]).wait(DAY_S).failed(PAGE)
    with index_of(graph, tmp_path) as index:
        assert [then(index, days + 0.5) for days in range(5)] == [(0, 0, 0)] * 4 + [(1, 0, 0)]
        assert [then(index, days + 0.5, target="other.example") for days in range(5)] == [
            (0, 0, 0), (0, 1, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0),
        ]  # fmt: skip


def test_what_was_in_doubt_and_is_lost_since_is_told_of_the_days_before(tmp_path: Path) -> None:
    graph = old().page(PAGE, [Link(SHOP, "tents")]).wait(DAY_S).failed(PAGE).wait(2 * DAY_S).failed(PAGE)
    with index_of(graph, tmp_path) as index:
        assert [then(index, days) for days in (0.5, 1.5, 2.9, 3.5)] == [(0, 0, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0)]


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.booleans())
def test_each_past_state_is_what_the_rules_say_of_the_fetches_until_then(seed: int, is_long: bool) -> None:
    random = Random(seed)
    graph = long_story(random) if is_long else story(random)
    rules = Rules(graph)
    begin = graph.fetches[0].fetched_at
    span = graph.fetches[-1].fetched_at - begin
    ends = [fetch.fetched_at for fetch in random.sample(graph.fetches, 2)]
    moments = [begin + int(random.random() * span) for _ in range(3)] + ends
    moments += [at + STALE_AFTER_S + late for at in ends for late in (0, 1)]
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        for at in (min(moment, index.built_at) for moment in moments):
            assert _states(index, at) == _by_rules(rules, at), at


def _states(index: Index, at: int) -> Counter[tuple[str, str, str, str, str]]:
    rows = [
        row
        for home in ("a.example", "b.example")
        for row in index.links_from(
            home, by="link", kinds=[Kind.TEXT, Kind.REDIRECT], as_of=datetime.fromtimestamp(at, UTC)
        ).rows
    ]
    assert all(isinstance(row, LinkRow) for row in rows)
    return Counter({(row.source_url, row.target_url, row.kind, row.state, row.reason) for row in rows})  # type: ignore[union-attr]


def _by_rules(rules: Rules, at: int) -> Counter[tuple[str, str, str, str, str]]:
    found: Counter[tuple[str, str, str, str, str]] = Counter()
    for (source, target, kind), (observations, sightings, carried) in rules.told.items():
        page = fold_page(observations, at)
        standing = history(page, sightings, carried, is_redirect=kind is Kind.REDIRECT).standing(at, STALE_AFTER_S)
        if standing is not None and standing.state not in {LinkState.LOST, LinkState.MOVED}:
            found[source, target, kind.name.lower(), standing.state, standing.reason or ""] += 1
    return found
