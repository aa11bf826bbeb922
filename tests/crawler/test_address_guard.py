"""Which addresses may be connected to, and that no spelling and no detour leads to another."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb, Served
from wholinks.crawler.address_guard import AddressRefused, guarded_socket, is_public
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.fetcher import Fetcher

from .crawling import crawl, page_requests, quick, states


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fdff::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
        "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:1",
        "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::1", "2002:a00:1::", "2002:c0a8:101::1",
        "2001:0:1::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "223.1.1.1",
        "2606:4700::1111", "2a00:1450:4001::8a", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
    ],
)  # fmt: skip
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(address)


def test_a_socket_is_made_only_for_a_public_address() -> None:
    kind = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, ""
    with guarded_socket((*kind, ("8.8.8.8", 80))) as made:
        assert made.family == socket.AF_INET
    with pytest.raises(AddressRefused, match="--allow-private"):
        guarded_socket((*kind, ("127.0.0.1", 80)))


SPELLINGS = ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]


def local_only(served: Served, *hosts: str) -> tuple[ConnectTo, ...]:
    return tuple(ConnectTo.parse(f"{host}:80:127.0.0.1:{served.port}") for host in hosts)


def forbidden_web() -> FakeWeb:
    web = FakeWeb()
    web.page("http://*/*", title="never to be seen")
    return web


@pytest.mark.parametrize("host", SPELLINGS)
async def test_a_page_that_names_a_private_address_does_not_get_it_fetched(tmp_path: Path, host: str) -> None:
    web = forbidden_web()
    async with web.serve() as served:
        web.page("http://a.example/", [f"http://{host}:{served.port}/", "http://b.example/"])
        web.page("http://b.example/")
        to = local_only(served, "a.example", "b.example")
        report = await crawl(served, ["http://a.example/"], tmp_path, hops=1, connect_to=to, allow_port=(served.port,))
        assert set(page_requests(served)) == {"http://a.example/", "http://b.example/"}
        assert len(served.log) == 4
        (sleeper,) = report.asleep
        assert sleeper.why == "robots.txt unreachable (address_refused)"
        assert report.stats.failures == {"robots_address_refused": 1}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path, host: str) -> None:
    web = forbidden_web()
    async with web.serve() as served:
        web.redirect("http://a.example/", f"http://{host}:{served.port}/")
        to = local_only(served, "a.example")
        report = await crawl(served, ["http://a.example/"], tmp_path, connect_to=to, allow_port=(served.port,))
        assert page_requests(served) == ["http://a.example/"]
        assert len(served.log) == 2
        assert report.stats.failures == {"robots_address_refused": 1}


async def test_robots_txt_that_redirects_to_a_private_address_is_refused(tmp_path: Path) -> None:
    web = forbidden_web()
    async with web.serve() as served:
        web.redirect("http://a.example/robots.txt", f"http://127.0.0.1:{served.port}/robots.txt")
        to = local_only(served, "a.example")
        report = await crawl(served, ["http://a.example/"], tmp_path, connect_to=to, allow_port=(served.port,))
        assert served.urls() == ["http://a.example/robots.txt"]
        assert [sleeper.name for sleeper in report.asleep] == ["http://a.example"]


async def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever DNS says, and though it says something else the next time: the address connected to is what counts."""
    lookup = socket.getaddrinfo
    monkeypatch.setattr("socket.getaddrinfo", lambda host, *rest: lookup("127.0.0.1", *rest))
    web = forbidden_web()
    async with web.serve() as served, Fetcher(quick(allow_port=(served.port,))) as fetcher:
        assert (await fetcher.get(f"http://rebound.example:{served.port}/")).failure == "address_refused"
        assert not served.log


@pytest.mark.parametrize("make", [lambda port: f"http://127.0.0.1:{port}/", lambda port: f"http://localhost:{port}/"])
async def test_private_addresses_are_fetched_when_allowed(tmp_path: Path, make: Callable[[int], str]) -> None:
    web = forbidden_web()
    async with web.serve() as served:
        url = make(served.port)
        await crawl(None, [url], tmp_path, allow_private=True)
        assert served.urls() == [f"{url}robots.txt", url]
    assert list(states(tmp_path)) == [url]


async def test_an_address_that_connect_to_names_is_trusted_for_its_own_requests_only() -> None:
    web = forbidden_web()
    async with (
        web.serve() as served,
        Fetcher(quick(connect_to=local_only(served, "a.example"), allow_port=(served.port,))) as fetcher,
    ):
        assert (await fetcher.get("http://a.example/")).status == 200
        assert (await fetcher.get(f"http://127.0.0.1:{served.port}/")).failure == "address_refused"
        assert (await fetcher.get("http://a.example/")).status == 200
