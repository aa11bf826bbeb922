"""How busy a crawl is, and why nothing runs when nothing does."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb
from wholinks.crawler import load
from wholinks.crawler.engine import Crawl
from wholinks.crawler.frontier import Frontier
from wholinks.crawler.hosts import Host, Origin, PageErrand, RobotsErrand, Site
from wholinks.crawler.load import HostLoad, LoadMeter, UnderWay, host_load, why_nothing_ends
from wholinks.crawler.politeness import HostState
from wholinks.crawler.scope import Scope
from wholinks.storage.crawl_store import WaitingRow
from wholinks.storage.database import CRAWL_DB

from .crawling import crawl, quick, seed, until

NOW = 1000.0


def host(name: str, due: float, *, in_flight: bool = False, delay_s: float = 1.0) -> Host:
    made = Host(HostState(name, delay_s), Site(name, Scope(0), 0), None)
    made.heap_at = due
    made.state.in_flight = in_flight
    return made


class OneFrontier:
    """The part of a frontier that is looked at."""

    parked = queued = 0

    def __init__(self, *hosts: Host) -> None:
        self.hosts = hosts


def why(*hosts: Host, under_way: list[UnderWay] | None = None, is_writing: bool = False) -> str:
    frontier: Frontier = OneFrontier(*hosts)  # type: ignore[assignment]
    return why_nothing_ends(frontier, under_way or [], is_writing=is_writing, now=NOW, wall=0.0)


def page(of: Host, path: str) -> PageErrand:
    return PageErrand(Origin(1, f"http://{of.state.name}", of), WaitingRow(1, 1, 1, path, 0, 0, None, 0))


def test_each_host_is_counted_once_by_what_it_waits_for() -> None:
    never = float("inf")
    hosts = [
        host("a", never, in_flight=True), host("b", NOW - 1), host("c", NOW), host("d", NOW + 0.5), host("e", NOW + 9),
        host("f", never), host("g", NOW + 9, delay_s=20.0),
    ]  # fmt: skip
    assert host_load(hosts, NOW) == HostLoad(ready=2, in_flight=1, pausing=2, asleep=1, idle=1)
    assert sum(host_load(hosts, NOW)) == len(hosts)


def test_a_look_that_took_long_is_not_repeated_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 103.0, 110.0, 399.0, 403.0, 403.0])
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    meter = LoadMeter(tmp_path)
    frontier: Frontier = OneFrontier(host("a", 0))  # type: ignore[assignment]
    assert meter.look(frontier, NOW).ready == 1
    empty: Frontier = OneFrontier()  # type: ignore[assignment]
    assert meter.look(empty, NOW).ready == 1
    assert meter.look(empty, NOW).ready == 1
    assert meter.look(empty, NOW).ready == 0


def test_all_hosts_asleep_says_who_until_when_and_why() -> None:
    assert why(host("patient", NOW + 60, delay_s=90.0)) == ""  # that is no stall
    hosts = [host(name, NOW + 60 * number) for number, name in enumerate("abcde", 1)]
    hosts[0].state.sleep(NOW + 60, "rate_limited: asked for 60 s")
    origin = Origin(1, "http://b", hosts[1])
    origin.sleep(NOW + 120, "robots.txt unreachable (http_500)")
    hosts[1].origins.append(origin)
    hosts[2].errands.append((NOW + 180, 1, RobotsErrand(Origin(2, "https://c:8443", hosts[2]), "", hosts[2])))
    told = why(*hosts)
    assert told.startswith("all 5 hosts with work are asleep: a until 00:01:00Z (rate_limited: asked for 60 s)")
    assert "b until 00:02:00Z (robots.txt unreachable (http_500))" in told
    assert "c until 00:03:00Z (robots.txt of https://c:8443 is tried again then)" in told
    assert told.endswith("and 2 more")
    assert "a failed request waits" in why(hosts[4])


def test_what_is_under_way_is_named_with_its_age_the_oldest_first() -> None:
    asking, reading = host("a", 0, in_flight=True), host("b", 0)
    tasks = [
        UnderWay(page(asking, "/young"), NOW - 31),
        UnderWay(page(asking, "/old"), NOW - 45),
        UnderWay(page(reading, "/huge"), NOW - 33),
    ]
    told = why(asking, reading, under_way=tasks)
    assert "waiting for answers of http://a/old (for 45 s), http://a/young (for 31 s)" in told
    assert "reading http://b/huge (for 33 s)" in told
    assert "the writer is busy" in why(asking, is_writing=True)
    assert why() == "nothing is ready, and nothing is under way"


async def test_the_watchdog_speaks_when_nothing_ends_and_not_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STALL_S", 30.0)
    clock, told, requests = 0.0, list[str](), 0

    async def sleep(seconds: float) -> None:
        nonlocal clock, requests
        clock += seconds
        if 200 < clock < 230:
            requests += 1
        if clock > 400:
            raise asyncio.CancelledError

    monkeypatch.setattr("asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await load.watch(lambda: requests, lambda: "because", told.append, lambda: clock)
    assert told == [f"no request ended for {seconds} s: because" for seconds in (30, 60, 120, 30, 60, 120)]


async def test_the_watchdog_is_silent_where_there_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def why_not() -> str:
        nonlocal asked
        asked += 1
        if asked > 3:
            raise asyncio.CancelledError
        return ""

    async def sleep(_: float) -> None:
        return

    monkeypatch.setattr("asyncio.sleep", sleep)
    told: list[str] = []
    times = iter(range(0, 10_000, 50))
    with pytest.raises(asyncio.CancelledError):
        await load.watch(lambda: 0, why_not, told.append, lambda: float(next(times)))
    assert told == []


async def test_a_crawl_that_stands_still_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STALL_S", 0.06)
    web = FakeWeb()
    web.page("http://a.example/", ["/slow"])
    web.page("http://a.example/slow", delay_s=1.0)
    told: list[str] = []
    async with web.serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path, notify=told.append)
    assert any("waiting for answers of http://a.example/slow (for" in line for line in told), told


async def test_a_locked_crawl_db_is_named_by_the_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "STALL_S", 0.06)
    web = FakeWeb()
    web.page("http://a.example/", ["/slow"])
    web.page("http://a.example/slow", delay_s=0.3)
    told: list[str] = []
    async with web.serve() as served:
        running = asyncio.create_task(crawl(served, ["http://a.example/"], tmp_path, notify=told.append))
        await until(lambda: any("slow" in url for url in served.urls()))
        with closing(sqlite3.connect(tmp_path / CRAWL_DB, isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            await until(lambda: any("the writer is busy" in line for line in told))
            other.execute("ROLLBACK")
        report = await running
    assert report.stats.pages == 2


async def test_a_crawl_knows_its_hosts_and_its_queue(tmp_path: Path) -> None:
    web = FakeWeb()
    for number in range(3):
        web.page(f"http://{number}.a.example/", [f"/{page}" for page in range(20)])
    async with web.serve() as served:
        running = Crawl(tmp_path, quick(served, max_pages=10))
        assert sum(running.hosts) == 0
        await running.run([seed(f"http://{number}.a.example/") for number in range(3)])
    assert sum(running.hosts) == 3
    await running.meter.count()
    assert running.meter.waiting == 3 + 60 - 10
