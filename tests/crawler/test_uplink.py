"""Our own network goes and comes back; much fails at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import FakeWeb, Response
from wholinks.crawler.fetcher import Fetcher, FetchResult
from wholinks.crawler.politeness import FAILURES
from wholinks.crawler.retry_budget import RESERVE, SHARE, RetryBudget
from wholinks.crawler.turns import NEVER
from wholinks.crawler.uplink import SILENT_HOSTS, Peer, Uplink
from wholinks.storage.records import State

from .crawling import crawl, page_requests, pages, query, quick, states, until

PEER = ("192.0.2.1", 443)
ANSWER = FetchResult("http://a.example/", 0.0, 1, status=200, peer=PEER)
SILENCE = FetchResult("http://a.example/", 0.0, 1, failure="connect_timeout", is_unheard=True)
UNKNOWN = FetchResult("http://a.example/", 0.0, 1, failure="dns")
REFUSED = FetchResult("http://a.example/", 0.0, 1, failure="connect")


class Network:
    """Whether addresses take connections, and what was said about it."""

    def __init__(self) -> None:
        self.is_there = True
        self.tried: list[Peer] = []
        self.notes: list[str] = []
        self.opened = 0
        self.uplink = Uplink(self.reaches, notify=self.notes.append, opened=self.open)

    async def reaches(self, peer: Peer) -> bool:
        self.tried.append(peer)
        return self.is_there

    def open(self) -> None:
        self.opened += 1

    def silence(self, hosts: int, start: int = 0) -> None:
        for number in range(start, start + hosts):
            self.uplink.note(f"h{number}.example", SILENCE)


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wholinks.crawler.uplink.FIRST_WAIT_S", 0.02)


async def test_silent_hosts_among_others_are_no_matter() -> None:
    network = Network()
    for _ in range(5):
        network.uplink.note("a.example", ANSWER)
        network.silence(SILENT_HOSTS - 1)
        network.uplink.note("refuses.example", REFUSED)
    network.silence(1, start=0)
    assert network.uplink.open_at < 0


async def test_one_host_that_is_silent_again_and_again_is_one_host() -> None:
    network = Network()
    network.uplink.note("a.example", ANSWER)
    for _ in range(100):
        network.uplink.note("h.example", SILENCE)
        network.uplink.note("unknown.example", UNKNOWN)
    assert network.uplink.open_at < 0


async def test_when_an_address_still_takes_connections_the_silent_hosts_are_to_blame() -> None:
    network = Network()
    network.uplink.note("a.example", ANSWER)
    network.silence(SILENT_HOSTS)
    assert network.uplink.open_at == NEVER
    task = asyncio.create_task(network.uplink.watch())
    await until(lambda: network.opened == 1)
    assert network.uplink.open_at < 0
    assert (network.tried, network.notes, network.uplink.is_down) == ([PEER], [], False)
    task.cancel()


@pytest.mark.usefixtures("quickly")
async def test_when_none_does_we_are_offline_until_one_does() -> None:
    network = Network()
    network.uplink.note("a.example", ANSWER)
    network.is_there = False
    network.silence(SILENT_HOSTS)
    task = asyncio.create_task(network.uplink.watch())
    await until(lambda: len(network.tried) > 3)
    assert network.uplink.is_down
    assert network.uplink.open_at == NEVER
    assert len(network.notes) == 1
    assert "offline" in network.notes[0]
    network.is_there = True
    await until(lambda: network.opened == 1)
    assert not network.uplink.is_down
    assert network.notes[1:] == ["the network is back, going on"]
    network.silence(SILENT_HOSTS)
    await until(lambda: network.opened == 2)
    task.cancel()


@pytest.mark.usefixtures("quickly")
async def test_who_is_offline_for_too_long_gives_up() -> None:
    network, ended = Network(), []
    network.is_there = False
    network.uplink = Uplink(
        network.reaches, notify=network.notes.append, gave_up=lambda: ended.append(1), give_up_s=0.05
    )
    network.uplink.note("a.example", ANSWER)
    network.silence(SILENT_HOSTS)
    async with asyncio.timeout(5):
        await network.uplink.watch()
    assert ended == [1]
    assert len(network.tried) == 3  # at once, after 0.02 s, and after the 0.03 s that were left
    assert "giving up" in network.notes[-1]
    assert network.uplink.is_down


async def test_a_crawl_that_never_heard_anybody_says_so_once_and_goes_on() -> None:
    network = Network()
    network.silence(3 * SILENT_HOSTS)
    assert network.notes == [f"none of the first {SILENT_HOSTS} hosts could be reached: is this machine offline?"]
    assert network.uplink.open_at < 0


def cable(patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """``is_there`` may be pulled out; ``asked`` counts the requests that nobody hears."""
    get = Fetcher.get
    network: dict[str, Any] = {"is_there": True, "asked": 0}

    async def cut_off(self: Fetcher, url: str, **named: Any) -> FetchResult:
        if network["is_there"]:
            return await get(self, url, **named)
        network["asked"] += 1
        await asyncio.sleep(0.05)
        now = asyncio.get_running_loop().time()
        return FetchResult(url, now, 50, failure="connect_timeout", is_unheard=True)

    async def reaches(self: Fetcher, peer: Peer) -> bool:
        return bool(network["is_there"])

    patch.setattr(Fetcher, "get", cut_off)
    patch.setattr(Fetcher, "reaches", reaches)
    return network


@pytest.mark.usefixtures("quickly")
async def test_a_crawl_waits_for_its_network_and_fails_no_page_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("connect_timeout",):
        monkeypatch.setitem(FAILURES, kind, FAILURES[kind]._replace(wait_s=0.05))
    network = cable(monkeypatch)
    notes: list[str] = []
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(60)]
    for start in starts:
        web.page(f"{start}/", [f"{start}/{number}" for number in range(5)])
        for number in range(5):
            web.page(f"{start}/{number}")
    async with web.serve() as served:
        task = asyncio.create_task(crawl(served, starts, tmp_path, notify=notes.append, patience_s=2, concurrency=30))
        await until(lambda: len(page_requests(served)) > 80)
        network["is_there"] = False
        await until(lambda: any("offline" in note for note in notes))
        await asyncio.sleep(0.3)
        asked = network["asked"]
        await asyncio.sleep(0.3)
        assert network["asked"] == asked <= SILENT_HOSTS + 2 * 30
        network["is_there"] = True
        report = await task
    assert "the network is back, going on" in notes
    assert len(pages(tmp_path)) == 360
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert not report.asleep


@pytest.mark.usefixtures("quickly")
async def test_a_crawl_without_a_network_ends_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholinks.crawler.engine.GIVE_UP_S", 0.3)
    network = cable(monkeypatch)
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(40)]
    for start in starts:
        web.page(f"{start}/", [f"{start}/{number}" for number in range(5)])
        web.page(f"{start}/*")
    async with web.serve() as served:
        task = asyncio.create_task(crawl(served, starts, tmp_path, patience_s=0.2, concurrency=30))
        await until(lambda: len(page_requests(served)) > 50)
        network["is_there"] = False
        report = await task
        assert report.ended_why == "offline"
        assert query(tmp_path, "SELECT ended_why FROM run") == [("offline",)]
        found = pages(tmp_path).values()
        assert {page.state for page in found} == {State.FETCHED, State.DISCOVERED}
        assert query(tmp_path, "SELECT count(*) FROM host WHERE asleep_until > 0") == [(0,)]
        network["is_there"] = True
        report = await crawl(served, [], tmp_path)
    assert report.ended_why == "done"
    assert len(pages(tmp_path)) == 240
    assert set(states(tmp_path).values()) == {State.FETCHED}


async def test_reaching_an_address_is_connecting_to_it() -> None:
    async with FakeWeb().serve() as served, Fetcher(quick()) as fetcher:
        assert await fetcher.reaches(("127.0.0.1", served.port))
        assert not served.log
    async with Fetcher(quick()) as fetcher:
        assert not await fetcher.reaches(("127.0.0.1", served.port))


# ---- tries again


def test_tries_again_are_a_share_of_first_tries_in_the_long_run() -> None:
    budget = RetryBudget()
    spent = 0
    for _ in range(10_000):
        budget.earn()
        while budget.spend():
            spent += 1
    assert spent == pytest.approx(RESERVE + 10_000 * SHARE, abs=2)


def test_nothing_is_saved_beyond_the_reserve() -> None:
    budget = RetryBudget()
    for _ in range(10_000):
        budget.earn()
    assert sum(budget.spend() for _ in range(1000)) == RESERVE


async def test_tries_beyond_the_budget_wait_and_are_counted_and_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAILURES, "server_error", FAILURES["server_error"]._replace(wait_s=0.01))
    monkeypatch.setattr("wholinks.crawler.retry_budget.RESERVE", 5.0)
    web = FakeWeb()
    starts = [f"http://s{number}.example/" for number in range(20)]
    for start in starts:
        web.answer(start, Response(500))
        web.robots(start, "")
    async with web.serve() as served:
        report = await crawl(served, starts, tmp_path)
        assert len(page_requests(served)) - 20 <= 5 + 40 * SHARE
    assert report.stats.retries_put_off > 0
    assert {page.state for page in pages(tmp_path).values()} <= {State.DISCOVERED, State.FAILED}
    waiting = [url for url, page in pages(tmp_path).items() if page.state is State.DISCOVERED]
    assert len(waiting) == len(report.asleep) >= 7
