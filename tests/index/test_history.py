"""Links over time, the whole way: what the index says of any sequence of fetches is what the rules say of them."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import START, Fetch, Graph, Link, site
from tests.index.asking import examples, index_of
from wholinks.index.answers import LinkRow
from wholinks.index.queries import Index
from wholinks.index.states import (
    DAY_S,
    Finding,
    History,
    Interval,
    LinkState,
    Look,
    Observation,
    Opening,
    Page,
    PageFlag,
    Sighting,
    fold_page,
    history,
    take_over,
)
from wholinks.storage.records import NOT_FOLLOWED, Kind, Outcome

TARGETS: Final = ("http://shop.example/", "http://other.example/")
PAGES: Final = ("http://a.example/", "http://a.example/x", "http://a.example/y", "http://b.example/")
ACTIONS: Final = (
    *("page",) * 6, "cut", "again", "again", "304", "304", "301", "301", "302", "302", "exit", "exit", "404", "404",
    "503", "403", "pdf", "robots",
)  # fmt: skip
GAPS_S: Final = (0, 0, 3600, DAY_S, DAY_S + 60, 3 * DAY_S, 8 * DAY_S)
PERMANENT: Final = frozenset({301, 308})

PairKey = tuple[str, str, Kind]


def story(random: Random, gaps_s: Sequence[int] = GAPS_S, graph: Graph | None = None) -> Graph:
    """Few pages, visited again and again; what is drawn and cannot be is left out."""
    graph = graph or Graph()
    bodies: dict[str, Fetch] = {}
    for _ in range(random.randint(8, 30)):
        graph.wait(random.choice(gaps_s))
        url = random.choice(PAGES)
        _visit(graph, random, url, bodies.get(url))
        if graph.fetches and graph.fetches[-1].outcome is Outcome.PAGE:
            bodies[graph.fetches[-1].url] = graph.fetches[-1]
    return graph


def _visit(graph: Graph, random: Random, url: str, body: Fetch | None) -> None:
    near = random.choice([page for page in PAGES if site(page) == site(url)])
    far = random.choice([*TARGETS, *(page for page in PAGES if site(page) != site(url))])
    match random.choice(ACTIONS):
        case "again" if body:
            graph.page(url, body.links)
        case "304" if body and body.is_complete:
            graph.unchanged(url)
        case "301" | "302" as status:
            graph.redirect(url, near, status=int(status))
        case "exit":
            graph.redirect(url, far, status=random.choice((301, 302)))
        case "404" | "503" | "403" as status:
            graph.failed(url, int(status))
        case "pdf":
            graph.no_html(url)
        case "robots":
            graph.disallowed(url)
        case action:
            links = [_link(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
            nofollow, noindex = random.random() < 0.2, random.random() < 0.2
            graph.page(url, links, nofollow=nofollow, noindex=noindex, is_complete=action != "cut")


def _link(random: Random) -> Link:
    kind = random.choice((Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.REDIRECT))
    anchor, rel = random.choice(("", "tent")), random.choice(("", "", "nofollow", "ugc"))
    return Link(random.choice(TARGETS), anchor, rel, kind)


# -- what the rules say, from the fetches alone


@dataclass(frozen=True)
class Told:
    """A pair's history by the rules; ``intervals`` are those after pages that moved were taken over."""

    page: Page
    found: History
    intervals: tuple[Interval, ...]

    def live_at(self, at: int) -> bool:
        return any(it.is_live(at) for it in self.found.intervals)

    def followed_at(self, at: int) -> bool:
        (now,) = (it for it in self.found.intervals if it.is_live(at))
        return [version for version in now.versions if version.from_at <= at][-1].is_followed

    def lost_at(self, at: int) -> tuple[int, str] | None:
        """When and why the pair was lost that is lost at that time."""
        ended = [it for it in self.intervals if it.ended_at is not None and it.ended_at <= at]
        if self.live_at(at) or not ended or ended[-1].is_moved or ended[-1].ended_at is None:
            return None
        return ended[-1].ended_at, str(ended[-1].ended_why)


class Rules:
    """All pairs of a graph with their histories; ``told`` has what each was made of."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.fetches = {url: [fetch for fetch in graph.fetches if fetch.url == url] for url in PAGES}
        self.numbers = {url: number for number, url in enumerate(PAGES)}
        self.told: dict[PairKey, tuple[list[Observation], list[Sighting], list[int]]] = {}
        self.pairs = dict(self._pairs())
        self._move()

    def _whole(self, fetch: Fetch) -> bool:
        """Whether the fetch shows all of its page: in itself, or as the one it repeats."""
        if fetch.outcome is Outcome.NOT_MODIFIED:
            return self._body(fetch).is_complete
        return fetch.outcome is Outcome.PAGE and fetch.is_complete

    def _body(self, fetch: Fetch) -> Fetch:
        before = self.fetches[fetch.url]
        return [it for it in before if it.number <= fetch.number and it.outcome is Outcome.PAGE][-1]

    def final(self, start: Fetch) -> tuple[str, Fetch | None, bool]:
        """Where a redirect led at that time, its reading if it was read, and whether all hops are permanent."""
        url, is_permanent, passed = start.redirect or "", start.status in PERMANENT, {start.url}
        while url not in passed:
            passed.add(url)
            answers = [
                fetch
                for fetch in self.fetches.get(url, ())
                if fetch.fetched_at >= start.fetched_at - DAY_S
                and (fetch.outcome is Outcome.REDIRECT or self._whole(fetch))
            ]
            if not answers:
                return url, None, is_permanent
            if answers[0].outcome is not Outcome.REDIRECT:
                return url, answers[0], is_permanent
            is_permanent = is_permanent and answers[0].status in PERMANENT
            url = answers[0].redirect or ""
        return url, None, is_permanent

    def observation(self, fetch: Fetch) -> Observation:
        flags = PageFlag(int(fetch.robots)) if fetch.outcome is Outcome.PAGE else PageFlag.NONE
        match fetch.outcome:
            case Outcome.PAGE:
                found = Finding.COMPLETE if fetch.is_complete else Finding.TRUNCATED
            case Outcome.NOT_MODIFIED:
                found = Finding.NOT_MODIFIED
            case Outcome.DISALLOWED:
                found = Finding.DISALLOWED
            case Outcome.REDIRECT:
                return self._redirect(fetch)
            case Outcome.HTTP_ERROR:
                found = {404: Finding.GONE, 503: Finding.FAILURE}.get(fetch.status, Finding.UNCLEAR)
            case _:
                found = Finding.UNCLEAR
        return Observation(fetch.fetched_at, found, flags)

    def _redirect(self, fetch: Fetch) -> Observation:
        url, reading, is_permanent = self.final(fetch)
        if fetch.links:
            read = Finding.PERMANENT_EXIT if is_permanent else Finding.TEMPORARY_EXIT
            return Observation(fetch.fetched_at, read if reading else Finding.UNREAD_EXIT)
        if reading is None:
            return Observation(fetch.fetched_at, Finding.UNREAD_REDIRECT)
        if is_permanent:
            return Observation(fetch.fetched_at, Finding.PERMANENT_REDIRECT, moved_to=self.numbers[url])
        return Observation(fetch.fetched_at, Finding.TEMPORARY_REDIRECT)

    def _pairs(self) -> Iterator[tuple[PairKey, Told]]:
        for url, fetches in self.fetches.items():
            observations = [self.observation(fetch) for fetch in fetches]
            page = fold_page(observations)
            named = {(link.url, link.kind) for fetch in fetches for link in fetch.links if site(link.url) != site(url)}
            for target, kind in sorted(named):
                sightings = [
                    Sighting(index, index + 1, _look(shown))
                    for index, fetch in enumerate(fetches)
                    if (shown := [link for link in fetch.links if (link.url, link.kind) == (target, kind)])
                ]
                carried = [
                    index
                    for index, fetch in enumerate(fetches)
                    if fetch.redirect and not fetch.links and self._carries(fetch, target, kind)
                ]
                self.told[url, target, kind] = observations, sightings, carried
                found = history(page, sightings, carried, is_redirect=kind is Kind.REDIRECT)
                yield (url, target, kind), Told(page, found, found.intervals)

    def _carries(self, redirect: Fetch, target: str, kind: Kind) -> bool:
        _, reading, _ = self.final(redirect)
        if reading is None or site(reading.url) != site(redirect.url):
            return False
        return any((link.url, link.kind) == (target, kind) for link in self._body(reading).links)

    def _move(self) -> None:
        moves = sorted(
            (it.ended_at or 0, self.numbers[url], target, kind, it.moved_to or 0, number)
            for (url, target, kind), told in self.pairs.items()
            for number, it in enumerate(told.found.intervals)
            if it.is_moved
        )
        for _, source, target, kind, heir, number in moves:
            heirs = PAGES[heir], target, kind
            told, of = self.pairs.get(heirs), self.pairs[PAGES[source], target, kind]
            if told:
                taken = take_over(told.intervals, of.intervals[number])
                self.pairs[heirs] = Told(told.page, told.found, taken)


def _look(shown: list[Link]) -> Look:
    rel = 0
    for link in shown:
        rel |= link.rel_bits
    return Look(rel, any(not link.rel_bits & NOT_FOLLOWED for link in shown), shown[0].anchor)


# -- and the index


def _rows(index: Index, **options: Any) -> dict[PairKey, list[LinkRow]]:
    found: dict[PairKey, list[LinkRow]] = defaultdict(list)
    for home in ("a.example", "b.example"):
        answer = index.links_from(home, by="link", kinds=[Kind.TEXT, Kind.REDIRECT], **options)
        for row in answer.rows:
            assert isinstance(row, LinkRow)
            found[row.source_url, row.target_url, Kind[row.kind.upper()]].append(row)
    return found


def with_canonicals(graph: Graph, random: Random) -> Graph:
    """The same story in which some pages name another of their site as canonical, and a second target has links."""
    for number, fetch in enumerate(graph.fetches):
        if fetch.url == "http://a.example/x" and fetch.links and random.random() < 0.7:
            graph.fetches[number] = replace(fetch, canonical="http://a.example/")
    return graph


def _when(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_the_index_says_of_each_pair_what_the_rules_say_of_its_fetches(seed: int) -> None:
    random = Random(seed)  # a story is not made shorter piece by piece: each try builds an index
    check(story(random), [random.random(), random.random()])


def check(graph: Graph, moments: list[float]) -> None:
    """Compare, for now and for moments between the first fetch (0) and the last (1)."""
    rules = Rules(graph)
    pairs = rules.pairs
    end = START + 60 * len(graph.fetches) + graph.waited_s
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        _compare_now(pairs, _rows(index))
        _compare_lost(pairs, _rows(index, state="lost", as_of=_when(end)), end)
        both = set(_rows(index, state="all", as_of=_when(end)))
        assert both == {key for key, told in pairs.items() if told.live_at(end) or told.lost_at(end)}
        for share in moments:
            at = START + int(share * (end - START))
            _compare_then(graph, pairs, _rows(index, as_of=_when(at)), at)
            _compare_lost(pairs, _rows(index, state="lost", as_of=_when(at)), at)


def _compare_now(pairs: dict[PairKey, Told], found: dict[PairKey, list[LinkRow]]) -> None:
    now = {key: told.found.standing(1 << 40) for key, told in pairs.items()}
    gone = {LinkState.LOST, LinkState.MOVED}
    assert set(found) == {key for key, standing in now.items() if standing and standing.state not in gone}
    for key, rows in found.items():
        last, standing = pairs[key].intervals[-1], now[key]
        assert standing is not None
        ever = pairs[key].intervals[0].first_seen_at
        wanted = standing.state, standing.reason or "", last.opened_why, ever, last.last_seen_at, None
        back = _when(last.first_seen_at) if last.opened_why is Opening.LINKRESTORED else None
        for row in rows:
            times = int(row.first_seen.timestamp()), int(row.last_seen.timestamp())
            assert (row.state, row.reason, row.opened_why, *times, row.lost_at) == wanted, key
            assert row.restored_at == back


def _compare_lost(pairs: dict[PairKey, Told], found: dict[PairKey, list[LinkRow]], at: int) -> None:
    lost = {key: told.lost_at(at) for key, told in pairs.items() if told.lost_at(at)}
    assert {key: _loss(rows) for key, rows in found.items()} == lost


def _loss(rows: list[LinkRow]) -> tuple[int, str]:
    (loss,) = {(int(row.lost_at.timestamp()) if row.lost_at else 0, row.reason) for row in rows}
    return loss


def _compare_then(graph: Graph, pairs: dict[PairKey, Told], found: dict[PairKey, list[LinkRow]], at: int) -> None:
    assert set(found) == {key for key, told in pairs.items() if told.live_at(at)}
    cut = {fetch.url for fetch in graph.fetches if fetch.outcome is Outcome.PAGE and not fetch.is_complete}
    for key, rows in found.items():
        if key[0] not in cut:  # of two links of a pair, the one may be cut off
            assert any(row.followed for row in rows) == pairs[key].followed_at(at), key


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from(["all", "followed", "nofollow"]), st.floats(0, 1))
def test_all_backlinks_are_the_live_and_the_lost(seed: int, follow: str, share: float) -> None:
    random = Random(seed)
    graph = with_canonicals(story(random), random)
    span = 60 * len(graph.fetches) + graph.waited_s  # a story may end after the build
    moments = _when(START + span), _when(START + int(share * span))
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        for target in ("shop.example", "other.example", "b.example"):
            for as_of in moments:

                def pairs(state: str, target: str = target, as_of: datetime = as_of) -> set[tuple[str, str]]:
                    answer = index.who_links_to(target, by="page", state=state, follow=follow, as_of=as_of)
                    return {(row.source_url, row.target_url) for row in answer.rows}  # type: ignore[union-attr]

                live, lost = pairs("live"), pairs("lost")
                assert pairs("all") == live | lost
                assert pairs("new") <= live


# -- what stories rarely tell


PAGE: Final = "http://a.example/x"
SHOP: Final = "http://shop.example/"


def _states(graph: Graph, folder: Path, **options: Any) -> list[tuple[str, str, str]]:
    with index_of(graph, folder) as index:
        rows = index.who_links_to("shop.example", by="link", **options).rows
        return [(row.source_url, row.state, row.reason) for row in rows if isinstance(row, LinkRow)]


def test_a_link_hidden_by_a_temporary_redirect_to_another_site_counts_as_long_as_it_is_in_doubt(tmp_path: Path) -> None:
    graph = Graph().page("http://b.example/", []).page(PAGE, [SHOP], nofollow=True)
    graph.redirect(PAGE, "http://b.example/", status=302)
    assert _states(graph, tmp_path) == [(PAGE, "suspect", "pageredirected")]
    assert _states(graph, tmp_path, follow="followed") == []


def test_a_live_duplicate_is_among_all_beside_the_lost_link_of_its_canonical_page(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().page(home, [SHOP]).page(PAGE, [SHOP], canonical=home).wait(DAY_S).page(home, [])
    assert _states(graph, tmp_path) == [(PAGE, "live", "")]
    assert _states(graph, tmp_path, state="lost") == [(home, "lost", "removedfromhtml")]
    both = [(home, "lost", "removedfromhtml"), (PAGE, "live", "")]
    assert _states(graph, tmp_path, state="all") == both
    graph.page(PAGE, [], canonical=home)
    assert _states(graph, tmp_path, state="all") == _states(graph, tmp_path, state="lost") == both[:1]


def test_a_304_after_a_redirect_to_another_site_brings_the_links_back(tmp_path: Path) -> None:
    graph = Graph().page("http://b.example/", []).page(PAGE, [SHOP]).redirect(PAGE, "http://b.example/")
    assert _states(graph, tmp_path, state="lost") == [(PAGE, "lost", "pageredirected")]
    assert _states(graph.unchanged(PAGE), tmp_path) == [(PAGE, "live", "")]


def test_a_page_moves_to_one_that_the_server_says_is_as_it_was(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().page(home, [SHOP]).page(PAGE, [SHOP]).wait(30 * DAY_S).redirect(PAGE, home).unchanged(home)
    assert _states(graph, tmp_path) == [(home, "live", "")]
    assert _states(graph, tmp_path, state="lost") == []


def test_where_a_page_moved_is_told_by_the_redirects_of_that_time(tmp_path: Path) -> None:
    home, other = "http://a.example/", "http://a.example/y"
    graph = Graph().page(PAGE, [SHOP]).wait(8 * DAY_S).redirect(PAGE, home).page(home, [SHOP])
    graph.wait(30 * DAY_S).redirect(home, other).page(other, [])
    assert _states(graph, tmp_path, state="lost") == [(home, "lost", "pageredirected")]


def test_a_redirect_to_itself_proves_nothing(tmp_path: Path) -> None:
    graph = Graph().page(PAGE, [SHOP]).wait(8 * DAY_S).redirect(PAGE, PAGE)
    at = graph.fetches[-1].fetched_at
    assert _states(graph, tmp_path) == [(PAGE, "unknown", "")]
    assert _states(graph.wait(DAY_S).page(PAGE, [SHOP]), tmp_path, as_of=_when(at)) == [(PAGE, "unknown", "")]
    assert _states(graph, tmp_path) == [(PAGE, "live", "")]


def test_a_page_moves_to_one_that_led_out_of_the_site_and_is_again_as_it_was(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().page(home, [SHOP]).redirect(home, "http://b.example/").wait(8 * DAY_S).page(PAGE, [SHOP])
    graph.unchanged(home).redirect(PAGE, home)
    assert _states(graph, tmp_path) == [(home, "live", "")]
    assert _states(graph, tmp_path, state="lost") == []


def test_a_page_moves_to_one_that_no_longer_leads_out_of_the_site(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().page(home, []).redirect(home, SHOP).wait(8 * DAY_S).redirect(PAGE, SHOP)
    graph.unchanged(home).redirect(PAGE, home)
    lost = [(home, "lost", "lostredirect"), (PAGE, "lost", "lostredirect")]
    assert sorted(_states(graph, tmp_path, state="lost")) == lost


def test_what_a_page_inherits_was_not_there_before_it_came(tmp_path: Path) -> None:
    home = "http://a.example/"
    link = Link(SHOP, kind=Kind.REDIRECT)
    graph = Graph().page(PAGE, [link]).redirect(PAGE, "http://b.example/").wait(DAY_S).page(home, [link]).wait(DAY_S)
    between = graph.fetches[-1].fetched_at + 3600
    graph.redirect(home, PAGE).wait(8 * DAY_S).page(PAGE, [link])
    assert _states(graph, tmp_path, kinds=[Kind.REDIRECT], as_of=_when(between)) == [(home, "live", "")]
    assert _states(graph, tmp_path, kinds=[Kind.REDIRECT]) == [(PAGE, "live", "")]


def test_a_redirect_within_the_site_ends_the_one_out_of_it(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().redirect(PAGE, SHOP).wait(8 * DAY_S)
    graph.redirect(PAGE, home).redirect(home, "http://b.example/").page("http://b.example/", [SHOP])
    with index_of(graph, tmp_path) as index:
        rows = index.links_from("a.example", by="link", state="lost").rows
        assert [(row.source_url, row.reason) for row in rows if isinstance(row, LinkRow)] == [(PAGE, "lostredirect")]


def test_what_was_lost_and_came_back_and_moved_is_not_lost(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().page(PAGE, [SHOP]).page(PAGE, []).page(PAGE, [SHOP]).redirect(PAGE, home).page(home, [SHOP])
    assert _states(graph, tmp_path, state="lost") == []
    assert _states(graph, tmp_path, state="all") == [(home, "live", "")]


def test_a_duplicates_link_that_never_counted_is_neither_lost_nor_new(tmp_path: Path) -> None:
    home = "http://a.example/"
    graph = Graph().page(home, [SHOP]).page(PAGE, [SHOP], canonical=home).page(PAGE, [], canonical=home)
    assert _states(graph, tmp_path, state="lost") == []
    assert _states(graph, tmp_path, state="all") == [(home, "live", "")]
    graph.wait(8 * DAY_S).page(PAGE, [SHOP], canonical=home)
    since = _when(graph.fetches[-1].fetched_at - 60)
    assert _states(graph, tmp_path, state="new", since=since) == []


def test_links_within_a_site_of_a_page_that_is_gone_count_nowhere(tmp_path: Path) -> None:
    home, out = "http://a.example/", "http://a.example/out"
    graph = Graph().page(home, [out]).page(PAGE, [out, home]).redirect(out, SHOP)

    def told() -> tuple[int, int]:
        with index_of(graph, tmp_path) as index:
            return index.who_links_to(SHOP).totals.via_redirect, index.explain(home).steps[0].before

    assert told() == (2, 3)
    graph.failed(PAGE)
    assert told() == (2, 3)
    graph.wait(2 * DAY_S).failed(PAGE)
    assert told() == (1, 1)
    graph.page(PAGE, [out, home])
    assert told() == (2, 3)


def test_a_row_says_that_a_link_is_stale(tmp_path: Path) -> None:
    fresh, old = int(time.time()), int(time.time()) - 200 * DAY_S
    graph = Graph().wait(old - START).page(PAGE, [SHOP]).wait(fresh - old).page("http://b.example/", [SHOP])
    with index_of(graph, tmp_path) as index:
        answer = index.who_links_to("shop.example", by="page")
        assert answer.totals.stale == 1
        assert [row.state for row in answer.rows if isinstance(row, LinkRow)] == ["stale", "live"]
