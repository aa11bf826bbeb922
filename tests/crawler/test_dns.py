"""Names whose lookup hangs, fails or lies, without a DNS server: the system's lookup is replaced."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.dns import DnsTimeout, Resolver
from wholinks.crawler.fetcher import Fetcher
from wholinks.crawler.politeness import FAILURES
from wholinks.crawler.settings import Timeouts

from .crawling import crawl, page_requests, quick

LOOKUP = socket.getaddrinfo
Answer = Callable[[], str]


class FakeDns:
    """Names and what their lookup does: an address, an error to raise, or ``hang``."""

    def __init__(self) -> None:
        self.names: dict[str, str | Exception] = {}
        self.asked: list[str] = []
        self.over = threading.Event()

    def look_up(self, host: str, *rest: int) -> object:
        self.asked.append(host)
        answer = self.names.get(host, host)
        if isinstance(answer, Exception):
            raise answer
        if answer == "hang":
            self.over.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "too late")
        return LOOKUP(answer, *rest)


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDns]:
    fake = FakeDns()
    monkeypatch.setattr("socket.getaddrinfo", fake.look_up)
    yield fake
    fake.over.set()


async def test_a_lookup_that_hangs_is_a_failure_of_dns(dns: FakeDns) -> None:
    dns.names["hangs.example"] = "hang"
    async with Fetcher(quick(timeouts=Timeouts(dns_s=0.2))) as fetcher:
        result = await fetcher.get("http://hangs.example/")
    assert result.failure == "dns_timeout"
    assert "no answer from DNS within 0.2 s" in result.detail
    assert FAILURES["dns_timeout"].is_host_fault


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(socket.EAI_NONAME, "unknown"), socket.gaierror(socket.EAI_AGAIN, "later"), UnicodeError("label")],
)
async def test_a_name_that_is_not_found_is_a_failure_of_dns(dns: FakeDns, error: Exception) -> None:
    dns.names["none.example"] = error
    async with Fetcher(quick()) as fetcher:
        assert (await fetcher.get("http://none.example/")).failure == "dns"


async def test_lookups_that_hang_hold_up_nobody_else(dns: FakeDns, tmp_path: Path) -> None:
    """Thirty of them: far more than the loop's own pool has threads."""
    web = FakeWeb()
    dead = [f"http://dead{number}.example" for number in range(30)]
    dns.names |= {f"dead{number}.example": "hang" for number in range(30)}
    dns.names["a.test"] = "127.0.0.1"
    web.page("http://a.example/", [f"/{number}" for number in range(5)])
    for number in range(5):
        web.page(f"http://a.example/{number}")
    async with web.serve() as served:
        to = (ConnectTo.parse(f"a.example:80:a.test:{served.port}"),)
        report = await crawl(
            None, [*dead, "http://a.example"], tmp_path, connect_to=to, timeouts=Timeouts(dns_s=3.0), patience_s=0.1
        )
        assert len(page_requests(served)) == 6
    assert report.stats.failures["robots_dns_timeout"] + len(report.asleep) >= 30
    assert report.elapsed_s >= 3


async def test_more_hanging_lookups_than_threads_are_failures_too(dns: FakeDns) -> None:
    dns.names |= {f"h{number}.example": "hang" for number in range(5)}
    resolver = Resolver(0.2, threads=2)
    found = await asyncio.gather(
        *(resolver.resolve(f"h{number}.example", 80) for number in range(5)), return_exceptions=True
    )
    assert [type(one) for one in found] == [DnsTimeout] * 5
    assert len(dns.asked) == 2
    dns.over.set()
    async with asyncio.timeout(10):
        while True:
            try:
                assert (await resolver.resolve("127.0.0.1", 80))[0]["host"] == "127.0.0.1"
                break
            except DnsTimeout:
                continue


async def test_the_loop_runs_on_while_names_are_looked_up(dns: FakeDns) -> None:
    dns.names["hangs.example"] = "hang"
    resolver = Resolver(0.5)
    task = asyncio.create_task(resolver.resolve("hangs.example", 80))
    turns = 0
    while not task.done():
        turns += 1
        await asyncio.sleep(0.01)
    assert turns > 10
    assert isinstance(task.exception(), DnsTimeout)


async def test_an_answer_is_used_for_a_while(dns: FakeDns) -> None:
    dns.names["a.test"] = "127.0.0.1"
    web = FakeWeb()
    web.page("http://a.test/*", headers={"Connection": "close"})
    async with web.serve() as served:
        to = (ConnectTo.parse(f"a.test:80::{served.port}"),)
        async with Fetcher(quick(connect_to=to)) as fetcher:
            for number in range(3):
                assert (await fetcher.get(f"http://a.test/{number}")).status in {200, 404, 421}
    assert dns.asked == ["a.test"]


async def test_an_ipv6_zone_stays_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    row = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 80, 0, 3))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [row])
    assert (await Resolver(1.0).resolve("x.example", 80))[0]["host"] == "fe80::1%3"
