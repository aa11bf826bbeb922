"""Only usual ports are asked, and those a person named."""

from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import FakeWeb, Link, Response
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.fetcher import Fetcher
from wholinks.crawler.politeness import FAILURES
from wholinks.crawler.ports import Ports
from wholinks.storage.records import State
from wholinks.storage.urls import origin_of

from .crawling import crawl, page_requests, pages, query, quick, states

A = "http://a.example"


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("http://a.example", True), ("http://a.example:8000", True), ("http://a.example:8080", True),
        ("https://a.example", True), ("https://a.example:8443", True), ("https://a.example:80", False),
        ("http://a.example:443", False), ("http://a.example:8443", False), ("https://a.example:8080", False),
        ("http://a.example:22", False), ("http://a.example:25", False), ("http://a.example:6379", False),
        ("http://a.example:9999", True), ("https://b.example:9999", True),
        ("http://typed.example:81", True), ("https://typed.example:81", True), ("http://www.typed.example:81", False),
        ("http://routed.example:82", True), ("http://routed.example:83", False),
    ],
)  # fmt: skip
def test_which_ports_may_be_asked(origin: str, is_allowed: bool) -> None:
    ports = Ports([9999], (ConnectTo.parse("routed.example:82:192.0.2.1:80"),))
    ports.type(origin_of("http://typed.example:81/"))
    ports.type(origin_of("http://a.example/"))
    assert ports.allow(origin_of(f"{origin}/")) is is_allowed


async def test_another_port_is_refused_before_anything_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Fetcher(quick()) as fetcher:
        result = await fetcher.get("http://no-such-host.invalid:22/")
    assert (result.failure, result.detail) == ("port_refused", "port 22 (see --allow-port)")
    assert FAILURES["port_refused"].tries == 1


def routed(port: int, *hosts: str) -> tuple[ConnectTo, ...]:
    return tuple(ConnectTo.parse(f"{host}:80:127.0.0.1:{port}") for host in hosts)


async def test_pages_on_other_ports_are_excluded_with_their_reason_until_the_port_is_allowed(tmp_path: Path) -> None:
    web = FakeWeb()
    async with web.serve() as served:
        odd = f"http://127.0.0.1:{served.port}"
        web.page(f"{A}/", [f"{odd}/1", f"{odd}/2", "/2", "/there"])
        web.redirect(f"{A}/there", f"{odd}/3")
        web.page(f"{A}/2", [f"{odd}/1"])
        for number in (1, 2, 3):
            web.page(f"{odd}/{number}")
        given: dict[str, Any] = {"connect_to": routed(served.port, "a.example"), "allow_private": True, "hops": 1}
        report = await crawl(served, [A], tmp_path, **given)
        assert sorted(page_requests(served)) == [f"{A}/", f"{A}/2", f"{A}/there"]
        assert report.states["excluded"] == {"port": 3}
        assert not report.asleep
        assert not (await crawl(served, [], tmp_path, **given)).had_work
        await crawl(served, [], tmp_path, **given, allow_port=(served.port,))
        assert sorted(page_requests(served, "127.0.0.1")) == [f"{odd}/{number}" for number in (1, 2, 3)]
    assert {page.state for url, page in pages(tmp_path).items() if url.startswith(odd)} == {State.FETCHED}


async def test_the_port_of_a_seed_is_asked_by_every_later_crawl_too(tmp_path: Path) -> None:
    web = FakeWeb()
    async with web.serve() as served:
        origin = f"http://127.0.0.1:{served.port}"
        web.page(f"{origin}/", ["/1", "/2"])
        web.page(f"{origin}/1")
        web.page(f"{origin}/2")
        await crawl(None, [f"{origin}/"], tmp_path, allow_private=True, max_pages=1)
        await crawl(None, [], tmp_path, allow_private=True)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert len(pages(tmp_path)) == 3


async def test_a_port_allowed_once_is_refused_once_it_is_not(tmp_path: Path) -> None:
    web = FakeWeb()
    async with web.serve() as served:
        odd = f"http://127.0.0.1:{served.port}"
        web.page(f"{A}/", [f"{odd}/1"])
        given: dict[str, Any] = {"connect_to": routed(served.port, "a.example"), "allow_private": True, "hops": 1}
        await crawl(served, [A], tmp_path, **given, allow_port=(served.port,), max_pages=1)
        report = await crawl(served, [], tmp_path, **given)
        assert served.urls("127.0.0.1") == []
        assert report.states["excluded"] == {"port": 1}


async def test_robots_txt_that_redirects_to_another_port_is_not_followed(tmp_path: Path) -> None:
    web = FakeWeb()
    async with web.serve() as served:
        web.page(f"{A}/")
        web.redirect(f"{A}/robots.txt", f"http://127.0.0.1:{served.port}/robots.txt")
        given: dict[str, Any] = {"connect_to": routed(served.port, "a.example"), "allow_private": True}
        report = await crawl(served, [A], tmp_path, **given)
        assert served.urls() == [f"{A}/robots.txt"]
        assert report.stats.failures == {"robots_port_refused": 1}


async def test_checked_targets_on_other_ports_are_not_asked(tmp_path: Path) -> None:
    web = FakeWeb()
    async with web.serve() as served:
        web.page(f"{A}/", [f"http://127.0.0.1:{served.port}/x"])
        given: dict[str, Any] = {"connect_to": routed(served.port, "a.example"), "allow_private": True}
        await crawl(served, [A], tmp_path, **given, check_targets=True)
        assert served.urls("127.0.0.1") == []
    assert query(tmp_path, "SELECT state, reason FROM target") == [(State.EXCLUDED, "port")]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://b.example/", "gopher://127.0.0.1:6379/_", "data:,x"])
@pytest.mark.parametrize("path", ["/page", "/robots.txt"])
async def test_a_redirect_to_another_scheme_leads_nowhere(tmp_path: Path, location: str, path: str) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [Link("/page")])
    web.answer(f"{A}/page", Response(body=b"<p>x"))
    web.redirect(f"{A}{path}", location)
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
        assert set(served.urls()) == {f"{A}/robots.txt", f"{A}/", f"{A}/page"}
    is_page = path == "/page"
    assert report.stats.failures == ({"bad_redirect": 1} if is_page else {})
    assert (states(tmp_path)[f"{A}/page"] is State.FAILED) is is_page
