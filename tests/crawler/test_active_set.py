"""Few hosts in memory, many to crawl: the same is fetched, as politely, as if all had room."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import FakeWeb, InTurn, Response, Served, random_web, retry_after
from wholinks.crawler import active_set
from wholinks.crawler.active_set import ActiveSet
from wholinks.crawler.engine import CrawlReport
from wholinks.crawler.frontier import Frontier
from wholinks.crawler.hosts import Host
from wholinks.crawler.politeness import FAILURES
from wholinks.crawler.scope import Scope
from wholinks.crawler.settings import Settings
from wholinks.storage.crawl_store import OriginFacts
from wholinks.storage.records import State

from .crawling import crawl, known_links, links, page_requests, query, sound, states
from .test_kill import RANDOM, Killer

HOSTS = 40
ROOM = 3
DELAY_S = 0.1
CLOCK_S = 0.03
BUDGET = 4


class Watched:
    """What becomes of the hosts in memory: most of them at once, how often one left, and how often one came back."""

    def __init__(self, patch: pytest.MonkeyPatch, room: int) -> None:
        self.most = 0
        self.left: Counter[str] = Counter()
        self.returned: Counter[str] = Counter()
        leave, host = ActiveSet.leave, ActiveSet.host

        def leaves(it: ActiveSet, of: Host, now: float, wakes_at: float) -> None:
            self.left[of.state.name] += 1
            leave(it, of, now, wakes_at)

        def made(it: ActiveSet, name: str, domain: str) -> Host:
            self.returned[name] += name not in it.hosts and name in self.left
            found = host(it, name, domain)
            self.most = max(self.most, len(it.hosts))
            return found

        patch.setattr(ActiveSet, "leave", leaves)
        patch.setattr(ActiveSet, "host", made)
        patch.setattr(active_set, "MAX_HOSTS", room)
        patch.setattr(active_set, "PARK_S", 0.3)
        patch.setattr(active_set, "MANY_TURNS", 3)


def neighbourhood() -> tuple[FakeWeb, list[str]]:
    """Seeds of all kinds; each links to a page of the next too, and to a site whose pages are more than its budget."""
    web, starts = FakeWeb(), []
    for number in range(HOSTS):
        site = f"http://h{number}.example"
        following = f"http://h{(number + 1) % HOSTS}.example"
        starts.append(f"{site}/")
        own = [f"{site}/{page}" for page in range(3)]
        web.page(f"{site}/", [*own, f"{following}/{number % 3}", f"http://reached{number % 5}.example/"])
        for page in own:
            web.page(page)
        if number % 5 == 1:
            web.redirect(f"{site}/0", f"{following}/2")
            web.redirect(f"{site}/robots.txt", f"{following}/robots.txt")
        elif number % 5 == 2:
            web.answer(f"{site}/1", InTurn(retry_after("1"), Response(body=b"<p>x")))
        elif number % 10 == 3:
            web.answer(f"{site}/", retry_after("3600"))
        elif number % 10 == 8:
            web.robots(site, "User-agent: *\nCrawl-delay: 0.3")
        elif number % 10 == 4:
            web.answer(f"{site}/robots.txt", Response(503))
    for number in range(5):
        site = f"http://reached{number}.example"
        web.page(f"{site}/", [f"{site}/{page}" for page in range(2 * BUDGET)])
        web.answer(f"{site}/*", Response(body=b"<p>x"))
        web.redirect(f"{site}/1", f"{site}/2")
    return web, starts


async def crawled(folder: Path, **settings: Any) -> tuple[CrawlReport, Served]:
    web, starts = neighbourhood()
    async with web.serve() as served:
        report = await crawl(
            served, starts, folder, hops=1, delay_s=DELAY_S, pages_per_reached_site=BUDGET, patience_s=2.5, **settings
        )
    return report, served


def by_host(folder: Path) -> Counter[tuple[str, State]]:
    return Counter((url.split("/")[2], state) for url, state in states(folder).items())


def asleep(report: CrawlReport) -> list[tuple[str, str]]:
    return [(it.name, it.why) for it in report.asleep]


async def test_a_crawl_with_little_room_does_the_same_as_one_with_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, policy in FAILURES.items():
        monkeypatch.setitem(FAILURES, kind, policy._replace(wait_s=min(policy.wait_s, 0.01)))
    with monkeypatch.context() as patch:
        little = Watched(patch, ROOM)
        report, served = await crawled(tmp_path / "little")
    much = Watched(monkeypatch, 10_000)
    other, _ = await crawled(tmp_path / "much")
    assert not much.left
    assert little.most < HOSTS / 2
    assert len(little.left) > HOSTS / 2
    assert sum(little.returned.values()) > HOSTS / 4
    assert by_host(tmp_path / "little") == by_host(tmp_path / "much")
    assert report.states == other.states
    assert report.states["postponed"] == {"budget": 5 * BUDGET}
    assert asleep(report) == asleep(other)
    assert len(report.asleep) == 8
    assert report.ended_why == other.ended_why == "done"
    assert query(tmp_path / "little", "SELECT host, pages FROM host WHERE pages > 0 ORDER BY 1") == query(
        tmp_path / "much", "SELECT host, pages FROM host WHERE pages > 0 ORDER BY 1"
    )
    sound(tmp_path / "little")
    for host in {request.host for request in served.log}:
        assert served.max_concurrent(host) == 1, host
        assert min(served.gaps(host), default=DELAY_S) >= DELAY_S - CLOCK_S, host
    for number in range(8, HOSTS, 10):  # from its robots.txt on
        assert min(served.gaps(f"h{number}.example")) >= 0.3 - CLOCK_S


async def test_limits_of_a_host_and_of_hosts_hold_with_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = FakeWeb()
    hosts = [f"http://{number}.site.example" for number in range(12)]
    for host in hosts:
        web.page(f"{host}/", [f"{host}/{number}" for number in range(5)] + [f"{other}/" for other in hosts])
        web.answer(f"{host}/*", Response(body=b"<p>x"))
    Watched(monkeypatch, 1)
    async with web.serve() as served:
        settings: dict[str, Any] = {"max_pages_per_host": 3, "max_hosts_per_site": 5}
        await crawl(served, [f"{host}/" for host in hosts], tmp_path, **settings)
        assert sorted(Counter(url.split("/")[2] for url in page_requests(served)).values()) == [3] * 5
        first = {request.host for request in served.log}
        await crawl(served, [f"{host}/" for host in hosts], tmp_path, **settings)  # nothing is left for these limits
    assert {request.host for request in served.log} == first
    assert len(first) == 5
    reasons = Counter(dict(query(tmp_path, "SELECT reason, count(*) FROM page WHERE state = 5 GROUP BY 1")))
    assert reasons == {"budget": 5 * 3, "hosts": 7}


async def test_kills_cost_nothing_with_little_room(tmp_path: Path) -> None:
    web, edges = random_web(7, sites=25, pages=6, is_tracked=False)
    async with web.serve() as served:
        killer = Killer(served, tmp_path, web.starts, delay_s=0.02, hosts_in_memory=ROOM)
        for _ in range(3):
            await killer.kill(RANDOM.choice((10, 30)), RANDOM.uniform(0, 0.1))
        await killer.finish()
        assert await killer.finish() == "idle"
    assert links(tmp_path) == known_links(edges)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert query(tmp_path, "SELECT sum(pages) FROM host") == [(150,)]
    sound(tmp_path)


# ---- what is remembered of a host that left


def active(patch: pytest.MonkeyPatch, room: int = 1, **settings: object) -> ActiveSet:
    patch.setattr(active_set, "MAX_HOSTS", room)
    return ActiveSet(Settings(**settings), Scope(0))  # type: ignore[arg-type]


def facts(number: int, pages: int = 0) -> OriginFacts:
    return OriginFacts(number, f"http://h{number}.example", f"h{number}.example", f"h{number}.example", pages)


def test_who_waits_comes_in_order_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    it = active(monkeypatch, room=2)
    it.queue([1, 2, 3, 2])
    it.queue([3, 1, 4])
    it.queue([4, 5], is_first=True)
    assert (it.queued, it.take(10)) == (5, [5, 1])
    it.admit(facts(5))
    it.admit(facts(1))
    assert not it.has_room
    assert it.take(10) == []
    it.queue([1])
    it.leave(it.hosts["h5.example"], 0.0, float("inf"))
    assert it.take(10) == [2]


def test_a_host_that_comes_back_knows_what_it_knew(monkeypatch: pytest.MonkeyPatch) -> None:
    it = active(monkeypatch, delay_s=1.0)
    origin = it.admit(facts(1, pages=7))
    state = origin.host.state
    state.slow_down(20.0)
    state.failed("connect", 100.0)
    state.answered(100.0, 2.0)
    state.sleep(200.0, "tired")
    origin.sleep(300.0, "robots.txt unreachable")
    origin.robots_failures = 3
    origin.has_more = True
    assert it.leaving(100.0) == [(origin.host, 300.0)]
    it.leave(origin.host, 100.0, 300.0)
    assert (it.hosts, it.origins, it.sites, it.parked, it.first_wake()) == ({}, {}, {}, 1, 300.0)
    assert not it.wake(299.0)
    assert it.wake(300.0)
    assert it.take(1) == [1]
    again = it.admit(facts(1, pages=7))
    assert again is not origin
    assert again.host.state is state
    assert (state.pages, state.pace_s, state.failures_in_a_row, again.host.has_begun) == (7, 20.0, 1, True)
    assert (again.asleep_until, again.asleep_why, again.robots_failures) == (300.0, origin.asleep_why, 3)
    assert again.has_more
    assert it.parked == 0


def test_what_budgets_count_outlives_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    it = active(monkeypatch, max_pages_per_site=5, max_hosts_per_site=1)
    it.remember("h1.example", "h1.example", 3, 0.0, "")
    host = it.admit(facts(1, pages=3)).host
    assert (host.site.pages, host.site.hosts_begun, host.state.pages, host.has_begun) == (3, 1, 3, True)
    host.reserve(2)
    it.leave(host, 100.0, float("inf"))
    assert it.sites == {}
    assert it.sites_at_their_limits() == (["h1.example"], ["h1.example"])
    assert it.admit(facts(1, pages=5)).host.is_over_budget


def test_nobody_leaves_within_its_delay_or_with_anything_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    it = active(monkeypatch, delay_s=5.0)
    origin = it.admit(facts(1))
    origin.host.state.answered(100.0)
    assert it.leaving(104.0) == []
    assert it.leaving(105.0) == [(origin.host, float("inf"))]
    for change in ("is_filling", "is_asking_robots"):
        setattr(origin, change, True)
        assert it.leaving(105.0) == []
        setattr(origin, change, False)
    origin.held = 1
    assert it.leaving(105.0) == []
    origin.held = 0
    origin.has_more = True
    assert it.leaving(105.0) == []


def test_who_had_many_turns_goes_to_the_end_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    it = active(monkeypatch)
    origin = it.admit(facts(1))
    origin.has_more = True
    it.queue([2, 3])
    for _ in range(active_set.MANY_TURNS):
        assert it.leaving(100.0) == []
        origin.host.begin()
    origin.host.state.answered(100.0)
    ((host, wakes_at),) = it.leaving(100.0)
    it.leave(host, 100.0, wakes_at)
    assert list(it._queue) == [2, 3, 1]
    assert it.host("h1.example", "h1.example").state.allowed_at() == 101.0


def test_who_waits_for_anothers_robots_txt_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    it = active(monkeypatch)
    it.admit(facts(1)).is_asking_robots = True
    assert not it.has_room
    assert it.leaving(0.0) == []
    assert it.has_room


async def test_a_shared_address_is_shared_again_by_who_comes_back() -> None:
    frontier = Frontier(NoStore(), Settings(), Scope(0), asyncio.get_running_loop().time)  # type: ignore[arg-type]
    first, second = (frontier.host(f"h{number}.example", "x") for number in (1, 2))
    for host in (first, second):
        frontier._join(host, "192.0.2.1")
    frontier._let_go(first, 0.0, float("inf"))
    assert second.address is not None
    assert second.address.hosts == 1
    assert frontier.host("h1.example", "x").address is second.address
    assert second.address.hosts == 2


class NoStore:
    """Nobody is asked."""

    waiting = None
