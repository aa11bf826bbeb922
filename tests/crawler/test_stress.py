"""Many hosts that do all they can at once: every page ends in one state, and the crawl ends."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fake_web import (
    Answer,
    BadChunks,
    Chunked,
    CutAfter,
    Delayed,
    FakeWeb,
    HugeHeaders,
    InTurn,
    Link,
    Raw,
    Request,
    Response,
    encoded,
    retry_after,
)
from tests.fake_web.web import render
from wholinks.crawler.politeness import FAILURES
from wholinks.storage.records import State

from .crawling import crawl, links, page_requests, pages, query, sound

ENDED = {State.FETCHED, State.REDIRECTED, State.FAILED, State.BLOCKED, State.EXCLUDED}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are tried again at once, and no host is given up."""
    monkeypatch.setattr("wholinks.crawler.politeness.BREAK_AFTER", 10**6)
    monkeypatch.setattr("wholinks.crawler.manners.LATER_S", 0.01)
    for kind, policy in FAILURES.items():
        monkeypatch.setitem(FAILURES, kind, policy._replace(wait_s=min(policy.wait_s, 0.002)))


class Chaos:
    """A web of hosts that answer a page now and a failure then, by chance."""

    def __init__(self, seed: int, hosts: int, pages_: int) -> None:
        self.random = Random(seed)
        self.web = FakeWeb()
        self.urls = [
            f"http://{host % 3}.site{host // 3}.example/{page or ''}" for host in range(hosts) for page in range(pages_)
        ]
        self.starts = [url for url in self.urls if url.endswith("/")]
        for url in self.urls:
            self.web.answer(url, self._answer(url))
        for start in self.starts:
            text = self.random.choice(["", "User-agent: *\nDisallow: /3", "User-agent: *\nCrawl-delay: 0.01"])
            self.web.robots(start, text)

    def _page(self, url: str) -> Response:
        site = url.split("/")[2].partition(".")[2]
        near = [other for other in self.urls if f".{site}/" in other]
        targets = [*self.random.sample(near, 4), self.random.choice(self.urls), f"{url}?utm_source=x"]
        head = '<meta name="robots" content="nofollow">' if self.random.random() < 0.1 else ""
        made = [Link(target, "x", kind=self.random.choice(["text", "image", "frame"])) for target in targets]
        return Response(body=render(made, "x", head).encode())

    def _answer(self, url: str) -> Answer:
        page = self._page(url)
        odd: list[Answer] = [
            page, page, page, Chunked(page, 100), encoded(page.body, "gzip"), Delayed(page, 0.02),
            InTurn(Response(503), page), InTurn(Raw(), page), InTurn(retry_after("0"), Response(500), page),
            Response(500), Raw(), Raw(by_reset=True), Raw(b"garbage\r\n\r\n"), CutAfter(page, 100), BadChunks(page),
            HugeHeaders(page, 90_000), Response(404), Response(410), Response(headers={"Content-Type": "image/png"}),
            Response(301, {"Location": self.random.choice(self.urls)}),
            Response(302, {"Location": "/1"}),
            Response(302, {"Location": ""}),
        ]  # fmt: skip
        return self.random.choice(odd)


@pytest.mark.parametrize(
    ("seed", "delay_s", "settings"),
    [
        (1, 0.0, {}),
        (2, 0.003, {"concurrency": 7, "parsers": 3}),
        (3, 0.0, {"hops": 2, "pages_per_reached_site": 1000}),
        (4, 0.001, {"max_depth": 3, "concurrency": 1}),
    ],
)
async def test_every_page_ends_in_one_state(
    tmp_path: Path, seed: int, delay_s: float, settings: dict[str, Any]
) -> None:
    chaos = Chaos(seed, hosts=60, pages_=8)
    starts = chaos.starts if "hops" not in settings else chaos.starts[:5]
    async with chaos.web.serve() as served:
        report = await crawl(served, starts, tmp_path, delay_s=delay_s, patience_s=5, **settings)
        for start in chaos.starts:
            assert served.max_concurrent(start.split("/")[2]) <= 1
        asked = Counter(page_requests(served))
    assert report.ended_why == "done"
    assert not report.asleep
    found = pages(tmp_path)
    assert {page.state for page in found.values()} <= ENDED
    tries = {url: page.tries for url, page in found.items()}
    assert all(tries[url] == count for url, count in asked.items())
    assert all(asked[url] == 0 for url, page in found.items() if page.state in {State.BLOCKED, State.EXCLUDED})
    counted = sum(page.state in {State.FETCHED, State.FAILED} for page in found.values())
    assert query(tmp_path, "SELECT sum(pages) FROM host") == [(counted,)]
    sound(tmp_path)


async def test_budgets_are_exact_amid_failures(tmp_path: Path) -> None:
    chaos = Chaos(5, hosts=30, pages_=10)
    async with chaos.web.serve() as served:
        await crawl(served, chaos.starts, tmp_path, max_pages_per_host=4, max_pages=70, patience_s=5)
        counts = dict(query(tmp_path, "SELECT host, pages FROM host"))
        assert max(counts.values()) <= 4
        assert sum(counts.values()) == 70
        await crawl(served, chaos.starts, tmp_path, max_pages_per_host=4, patience_s=5)
    states = Counter(page.state for page in pages(tmp_path).values())
    assert states[State.DISCOVERED] == 0
    by_host: Counter[str] = Counter(
        url.split("/")[2] for url, page in pages(tmp_path).items() if page.state in {State.FETCHED, State.FAILED}
    )
    assert max(by_host.values()) == 4
    waiting = {url.split("/")[2] for url, page in pages(tmp_path).items() if page.state is State.POSTPONED}
    assert all(by_host[host] == 4 for host in waiting)
    sound(tmp_path)


NASTY = [
    "", " ", ",", ";", "é\xff", "\x01\x7f", "9" * 400, "-1", "1e999", "0x10", "Thu, 01 Jan 99999999999 00:01:00 GMT",
    "http://[", "http://\xff/", "//" * 500, "http://a..b/", "?" * 3000, "javascript:1",
    "99999999999999999999999;url=/x",
    "0;url=http://b.example/" + "x" * 9000, "<http://x/>; rel=canonical" * 200, "<>;;;=", "noindex, nofollow" * 300,
    "unavailable_after: Thu, 01 Jan 99999999999 00:01:00 GMT", "text/html; charset=" + "x" * 300,
    "text/html; charset=\xe9",
    'W/"\xff"', "gzip;q=1", "utf-16", "\t", "%00", "=?utf-8?q?x?=",
]  # fmt: skip
NAMES = [
    "Retry-After", "Location", "Refresh", "Link", "X-Robots-Tag", "Content-Type", "ETag", "Last-Modified", "Date",
    "Set-Cookie", "Content-Language", "Cache-Control", "Expires", "Connection", "Content-Location", "Content-Range",
    "Keep-Alive", "Upgrade", "Trailer", "Vary", "Age", "Server", "Alt-Svc",
]  # fmt: skip
PAGES = [
    b'<base href="\xff"><a href="/x">x', b"<meta http-equiv=refresh content='" + b"9" * 400 + b";url=/x'>",
    b"\x00" * 500,
    b"<a href='http://" + b"x" * 70_000 + b"'>x", b"\xff\xfe<\x00a\x00", b"<a href='/&#xd800;&#x110000;'>&#xdfff;",
    b"<html lang='" + b"x" * 9000 + b"'><title>" + b"t" * 100_000, b"<a rel='" + b"r " * 90_000 + b"' href=/>",
    b"<link rel=canonical href='http://[::1'>", b"<!--" * 1000, b"<svg><a xlink:href=/s>x</a></svg>", b"<p>ok",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
async def test_no_header_and_no_page_ends_the_crawl(tmp_path: Path, seed: int) -> None:
    random = Random(seed)

    def answer(request: Request) -> Answer:
        if request.path == "/robots.txt" and random.random() < 0.8:
            return Response(404)
        names = random.sample(NAMES, random.randrange(1, 6))
        headers = {name: random.choices(NASTY, k=random.choice((1, 1, 2))) for name in names}
        status = random.choice((200, 200, 200, 206, 301, 302, 429, 503, 404, 999, 100 + random.randrange(400)))
        return Response(max(status, 200), headers, random.choice(PAGES))

    web = FakeWeb()
    web.answer("http://*/*", answer)
    web.page("http://good.example/", ["/1"])
    web.page("http://good.example/1")
    starts = [f"http://h{number}.example/{page}" for number in range(60) for page in range(4)]
    async with web.serve() as served:
        report = await crawl(served, [*starts, "http://good.example/"], tmp_path, hops=1, max_pages=2000, parsers=2)
        assert page_requests(served, "good.example") == ["http://good.example/", "http://good.example/1"]
    assert report.ended_why in {"done", "max_pages"}
    assert report.stats.failures["parse_crash"] == report.stats.failures["parse_error"] == 0
    assert sum(links(tmp_path).values()) > 0
    sound(tmp_path)
