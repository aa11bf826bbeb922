"""How fast is polite: slow answers, and hosts that share an address. In a frontier by its clock, in crawls by the
server's."""

import socket
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import FakeWeb
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.fetcher import Fetcher, FetchResult
from wholinks.crawler.hosts import PageErrand
from wholinks.crawler.politeness import LONGEST_ADAPTIVE_S, HostState, Pace

from .crawling import crawl, page_requests, pages, quick
from .test_frontier import Driver

CLOCK_S = 0.03
"""How much later than the client the server may think that an answer ended."""


# ---- slow answers


def test_the_delay_is_a_multiple_of_the_last_answers_time_within_limits() -> None:
    state = HostState("a.example", delay_s=2.0, delay_factor=5.0)
    waits = []
    for response_s in (0.1, 1.0, 100.0, 0.0):
        state.answered(1000.0, response_s)
        waits.append(state.allowed_at() - 1000)
    assert waits == [2.0, 5.0, LONGEST_ADAPTIVE_S, 2.0]


async def test_a_slow_host_is_left_alone_for_longer_and_for_no_longer_than_it_is_slow() -> None:
    driver = Driver(delay_factor=3.0)
    driver.origin("http://a.example", "/1", "/2", "/3", "/4")
    starts = []
    for response_s in (0.1, 4.0, 0.0, 0.0):
        errand = await driver.next()
        assert isinstance(errand, PageErrand)
        starts.append(driver.now)
        driver.frontier.release(errand, driver.now, counts=True, pace=Pace(response_s))
        driver.settled(errand)
    assert [after - before for before, after in pairwise(starts)] == [1.0, 12.0, 1.0]


async def test_a_pace_longer_than_the_patience_does_not_end_the_crawl() -> None:
    driver = Driver(patience_s=2.0)
    driver.origin("http://a.example", "/1", "/2", robots="User-agent: *\nCrawl-delay: 50")
    assert [when for when, _ in await driver.run()] == [0, 50]


# ---- hosts on one address

ONE, OTHER = "192.0.2.1", "192.0.2.2"


async def _answered_from(driver: Driver, addresses: Callable[[str], str], hosts: int) -> None:
    """Have each of ``hosts`` hosts ask its first page, so that its address is known."""
    for number in range(hosts):
        driver.origin(f"http://s{number}.example", *(f"/{page}" for page in range(5)))
    for _ in range(hosts):
        errand = await driver.next()
        assert isinstance(errand, PageErrand)
        driver.frontier.release(errand, driver.now, counts=True, pace=Pace(0.0, addresses(errand.host.state.name)))
        driver.settled(errand)


async def test_hosts_on_one_address_have_few_requests_in_flight_together() -> None:
    driver = Driver(delay_s=0.0, max_per_address=3)
    await _answered_from(driver, lambda _: ONE, 10)
    errands = [await driver.next() for _ in range(3)]
    assert driver.frontier._next_due() == float("inf")
    assert errands[0] is not None
    driver.frontier.release(errands[0], driver.now, counts=True, pace=Pace(0.0, ONE))
    assert driver.frontier._next_due() <= driver.now
    await driver.next()
    assert driver.frontier._next_due() == float("inf")


async def test_hosts_on_one_address_are_asked_no_faster_together_than_the_limit_allows() -> None:
    driver = Driver(delay_s=1.0, max_per_address=4)
    await _answered_from(driver, lambda _: ONE, 10)
    starts: list[float] = []
    while (errand := await driver.next()) is not None:
        assert isinstance(errand, PageErrand)
        starts.append(driver.now)
        driver.frontier.release(errand, driver.now, counts=True, pace=Pace(0.0, ONE))
        driver.settled(errand)
    assert len(starts) == 40
    assert min(after - before for before, after in pairwise(starts)) == 0.25


async def test_hosts_on_other_addresses_do_not_wait() -> None:
    driver = Driver(delay_s=1.0, max_per_address=1)
    await _answered_from(driver, lambda name: ONE if name < "s5" else OTHER, 10)
    driver.now += 100
    first, second = await driver.next(), await driver.next()
    assert first is not None
    assert second is not None
    assert {first.host.state.name < "s5", second.host.state.name < "s5"} == {True, False}
    assert driver.frontier._next_due() == float("inf")


async def test_a_host_that_moves_takes_nothing_along_and_leaves_nothing_behind() -> None:
    driver = Driver(delay_s=0.0, max_per_address=1)
    await _answered_from(driver, lambda _: ONE, 2)
    errand = await driver.next()
    assert errand is not None
    assert driver.frontier._next_due() == float("inf")
    driver.frontier.release(errand, driver.now, counts=True, pace=Pace(0.0, OTHER))
    both = [await driver.next(), await driver.next()]
    assert {errand.host.state.name for errand in both if errand} == {"s0.example", "s1.example"}
    kept = driver.frontier._addresses
    assert {ip: (address.hosts, address.in_flight) for ip, address in kept.items()} == {ONE: (1, 1), OTHER: (1, 1)}


async def test_an_address_without_hosts_is_forgotten() -> None:
    driver = Driver(delay_s=0.0)
    driver.origin("http://a.example", *(f"/{number}" for number in range(50)))
    for number in range(50):
        errand = await driver.next()
        assert isinstance(errand, PageErrand)
        driver.frontier.release(errand, driver.now, counts=True, pace=Pace(0.0, f"192.0.2.{number}"))
        driver.settled(errand)
    assert list(driver.frontier._addresses) == ["192.0.2.49"]


async def test_a_request_without_an_answer_leaves_its_host_where_it_was() -> None:
    driver = Driver(delay_s=0.0)
    await _answered_from(driver, lambda _: ONE, 1)
    errand = await driver.next()
    assert errand is not None
    driver.frontier.release(errand, driver.now, counts=True)
    (address,) = driver.frontier._addresses.values()
    assert (address.ip, address.hosts, address.in_flight) == (ONE, 1, 0)


# ---- from the server's side


@pytest.fixture
def abroad(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer seems to come from one public address, instead of from this machine."""
    get = Fetcher.get

    async def from_abroad(self: Fetcher, url: str, **named: Any) -> FetchResult:
        result = await get(self, url, **named)
        return result._replace(is_trusted=False, remote_ip=result.remote_ip and ONE)

    async def address_abroad(self: Fetcher, url: str) -> str:
        return ONE

    monkeypatch.setattr(Fetcher, "get", from_abroad)
    monkeypatch.setattr(Fetcher, "address_of", address_abroad)


def many_sites(delay_s: float = 0.0) -> tuple[FakeWeb, list[str]]:
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(12)]
    for start in starts:
        web.page(f"{start}/", [f"{start}/{number}" for number in range(4)], delay_s=delay_s)
        for number in range(4):
            web.page(f"{start}/{number}", delay_s=delay_s)
    return web, starts


@pytest.mark.usefixtures("abroad")
async def test_hosts_on_one_address_share_a_limit_as_the_server_sees_it(tmp_path: Path) -> None:
    web, starts = many_sites(0.05)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, max_per_address=2, delay_factor=0.0)
        asked = [request for request in served.log if not request.url.endswith("/robots.txt")]
        assert served.max_concurrent() == 2  # from the first robots.txt on
    assert len(asked) == 60


@pytest.mark.usefixtures("abroad")
async def test_first_requests_to_one_address_keep_its_pace_and_budgets(tmp_path: Path) -> None:
    web, starts = many_sites()
    pace_s = 0.2  # slow enough that a pause of this process, which is the server too, does not hide it
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, max_per_address=2, delay_s=2 * pace_s, max_pages=20, concurrency=8)
        times = sorted(request.arrived_s for request in served.log)
        assert len(page_requests(served)) == 20
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= pace_s - 4 * CLOCK_S
    assert sum(gaps) >= pace_s * len(gaps) - CLOCK_S


async def test_the_address_of_a_name_is_looked_up_once_and_none_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, *_: Any) -> list[Any]:
        asked.append(host)
        if host == "gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        ip = "127.0.0.1" if host == "here.example" else ONE
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    async with Fetcher(quick(connect_to=(ConnectTo.parse("routed.example::127.0.0.1:9"),))) as fetcher:
        assert await fetcher.address_of("http://far.example/") == ONE
        assert (await fetcher.get("http://far.example/")).failure == "address_refused"
        assert await fetcher.address_of(f"http://{ONE}/") == ONE
        for name in ("here.example", "routed.example", "127.0.0.1", "far.example:81"):
            assert await fetcher.address_of(f"http://{name}/") is None
        assert asked == ["far.example", "here.example"]
        assert await fetcher.address_of("http://gone.example/") is None
        result = await fetcher.get("http://gone.example/")
        assert (result.failure, result.is_unheard, asked[2:]) == ("dns", False, ["gone.example"])
        assert (await fetcher.get("http://gone.example/")).failure == "dns"
        assert asked[2:] == ["gone.example"] * 2


async def test_addresses_of_this_machine_and_of_connect_to_share_none(tmp_path: Path) -> None:
    web, starts = many_sites(0.3)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, max_per_address=2)
        assert served.max_concurrent() > 4


async def test_this_machine_is_trusted_without_connect_to_too(tmp_path: Path) -> None:
    web = FakeWeb()
    async with web.serve() as served:
        origin = f"http://127.0.0.1:{served.port}"
        web.page(f"{origin}/", [f"{origin}/{number}" for number in range(3)], delay_s=0.3)
        web.page(f"{origin}/*", delay_s=0.3)
        await crawl(None, [f"{origin}/"], tmp_path, allow_private=True)
        assert len(page_requests(served)) == 4
        assert min(served.gaps("127.0.0.1")) < 0.3 * 5


@pytest.mark.usefixtures("abroad")
async def test_a_slow_host_is_asked_slowly_as_the_server_sees_it(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page("http://slow.example/", [f"/{number}" for number in range(3)], delay_s=0.2)
    for number in range(3):
        web.page(f"http://slow.example/{number}", delay_s=0.2)
    async with web.serve() as served:
        await crawl(served, ["http://slow.example/"], tmp_path, delay_factor=2.0)
        gaps = served.gaps("slow.example")
        assert min(gaps[1:]) >= 0.4 - CLOCK_S
    assert len(pages(tmp_path)) == 4


def test_an_answer_from_a_trusted_address_slows_nobody_down() -> None:
    assert FetchResult("http://a.example/", 0.0, 100, remote_ip=ONE).pace == Pace(0.1, ONE)
    assert FetchResult("http://a.example/", 0.0, 100, remote_ip=ONE, is_trusted=True).pace == Pace()
