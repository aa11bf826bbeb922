"""What a server can do to a crawl: each answer gets one state and one reason, and the crawl goes on elsewhere."""

import resource
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import (
    Answer,
    BadChunks,
    Chunked,
    CutAfter,
    Delayed,
    Drip,
    Endless,
    FakeWeb,
    Hang,
    HugeHeaders,
    Raw,
    Response,
    WrongLength,
    bomb,
    encoded,
)
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.politeness import FAILURES
from wholinks.storage.records import State

from .crawling import QUICK, Page, crawl, links, page_requests, pages, query, sound, states

A, B = "http://a.example", "http://b.example"
TARGET = "http://target.example/"
HTML = f'<!doctype html><title>t</title><a href="{TARGET}">x</a>'.encode()
PADDED = HTML + b"<p>filler</p>" * 400
OK, NOT_HTML, EMPTY, PART = (None, True, 1), ("not_html", False, 1), ("empty", False, 1), ("incomplete", True, 0)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are tried again at once."""
    for kind, policy in FAILURES.items():
        monkeypatch.setitem(FAILURES, kind, policy._replace(wait_s=min(policy.wait_s, 0.01)))


async def outcome(folder: Path, answer: Answer, **settings: Any) -> Page:
    """What becomes of a page that answers so. Another host must not notice."""
    web = FakeWeb()
    web.answer(f"{A}/", answer)
    web.page(f"{B}/", [f"{B}/{number}" for number in range(5)])
    web.answer(f"{B}/*", Response(body=HTML))
    async with web.serve() as served:
        report = await crawl(served, [A, B], folder, **settings)
        assert len(page_requests(served, "b.example")) == 6
    assert report.ended_why == "done"
    found = pages(folder)
    assert {page.state for url, page in found.items() if url.startswith(B)} == {State.FETCHED}
    assert links(folder)[f"{B}/1", TARGET, "text", frozenset()] == 1
    sound(folder)
    return found[f"{A}/"]


def has_link(folder: Path) -> bool:
    return links(folder)[f"{A}/", TARGET, "text", frozenset()] > 0


# ---- answers that are odd, but answers


@pytest.mark.parametrize(
    ("answer", "reason", "is_read", "is_complete"),
    [
        (Response(body=HTML), *OK),
        (Response(201, body=HTML), *OK),
        (Response(206, body=HTML), *PART),
        (Response(204), *EMPTY),
        (Response(body=b""), *EMPTY),
        (Response(body=b" \r\n\t"), *EMPTY),
        (Response(headers={"Content-Type": "application/pdf"}, body=HTML), *NOT_HTML),
        (Response(headers={"Content-Type": "text/plain"}, body=HTML), *NOT_HTML),
        (Response(headers={"Content-Type": "TEXT/HTML;charset=x"}, body=HTML), *OK),
        (Response(headers={"Content-Type": "application/xhtml+xml"}, body=HTML), *OK),
        (Response(headers={"Content-Type": []}, body=HTML), *OK),
        (Response(headers={"Content-Type": []}, body=b"%PDF-1.4"), *NOT_HTML),
        (Chunked(Response(body=HTML), 3), *OK),
        (Drip(Response(body=HTML), 9, 0.01, from_head=True), *OK),
        (HugeHeaders(Response(body=HTML), 60_000), *OK),
        (HugeHeaders(Response(body=HTML), 1000, 60), *OK),
        (Raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + HTML), *OK),
        (Raw(b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: %d\n\n" % len(HTML) + HTML), *OK),
        (Response(headers={"X-Odd": "\xff\x80", "ETag": "\xff" * 600, "Last-Modified": "\xe9"}, body=HTML), *OK),
        *((encoded(HTML, coding), *OK) for coding in ("gzip", "deflate", "raw-deflate", "br", "zstd")),
        (encoded(b"", "gzip"), *EMPTY),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_an_odd_answer_is_an_answer(
    tmp_path: Path, answer: Answer, reason: str | None, is_read: bool, is_complete: int
) -> None:
    assert await outcome(tmp_path, answer) == Page(State.FETCHED, reason, 0, 1)
    assert has_link(tmp_path) == is_read
    found = query(tmp_path, "SELECT is_complete FROM fetch JOIN urls USING (url_id) WHERE url = ?", f"{A}/")
    assert found == [(is_complete,)]


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 410, 418, 451])
async def test_another_status_is_an_answer_without_a_page(tmp_path: Path, status: int) -> None:
    assert await outcome(tmp_path, Response(status, body=HTML)) == Page(State.FAILED, f"http_{status}", 0, 1)
    assert not has_link(tmp_path)


# ---- answers that are cut


@pytest.mark.parametrize(
    "answer",
    [
        Response(body=PADDED),
        Chunked(Response(body=PADDED)),
        encoded(PADDED, "br"),
        Endless(HTML + b" " * 1000),
    ],
    ids=["length", "chunked", "br", "endless"],
)
async def test_a_body_over_the_cap_keeps_its_first_links_and_is_marked(tmp_path: Path, answer: Answer) -> None:
    page = await outcome(tmp_path, answer, max_body_bytes=1000)
    assert page == Page(State.FETCHED, "incomplete", 0, 1)
    assert has_link(tmp_path)
    found = query(tmp_path, "SELECT body_bytes, is_complete FROM fetch JOIN urls USING (url_id) WHERE url = ?", f"{A}/")
    assert found == [(1000, 0)]


@pytest.mark.parametrize(
    "answer",
    [
        CutAfter(Response(body=PADDED), len(HTML) + 9),
        CutAfter(Response(body=PADDED), len(HTML) + 9, by_reset=True),
        WrongLength(Response(body=HTML), len(HTML) + 50),
        Hang(Response(body=PADDED).head() + HTML),
        Drip(Response(body=HTML * 9), len(HTML), 0.35),
    ],
    ids=["closed", "reset", "short", "silence", "drip"],
)
async def test_a_body_that_breaks_off_keeps_its_first_links_and_is_marked(tmp_path: Path, answer: Answer) -> None:
    assert await outcome(tmp_path, answer, timeouts=QUICK) == Page(State.FETCHED, "incomplete", 0, 1)
    assert has_link(tmp_path)


@pytest.mark.parametrize(
    "answer", [BadChunks(Response(body=HTML)), WrongLength(Response(body=HTML + b"<p>rest"), len(HTML))]
)
async def test_an_answer_that_contradicts_itself_is_never_taken_for_whole(tmp_path: Path, answer: Answer) -> None:
    """What came in one piece with the contradiction is lost: the parser of HTTP raises before it hands out anything."""
    page = await outcome(tmp_path, answer)
    assert page in {Page(State.FETCHED, "incomplete", 0, 1), Page(State.FAILED, "protocol", 0, 2)}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_a_bomb_stops_at_the_cap(tmp_path: Path, coding: str) -> None:
    answer = bomb(coding, 256 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    page = await outcome(tmp_path, answer, max_body_bytes=2**20)
    assert page == Page(State.FETCHED, "empty", 0, 1)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 100 * 2**20
    assert query(tmp_path, "SELECT body_bytes FROM fetch JOIN urls USING (url_id) WHERE url = ?", f"{A}/") == [(2**20,)]


async def test_a_bomb_for_robots_txt_stops_at_its_cap(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/robots.txt", bomb("gzip", 128 * 2**20))
    web.page(f"{A}/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert states(tmp_path) == {f"{A}/": State.FETCHED}
    assert query(tmp_path, "SELECT length(body) <= 600000 FROM robots") == [(1,)]


# ---- no answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Hang(), "first_byte_timeout"),
        (Hang(b"HTTP/1.1 200 OK\r\nContent-Ty"), "first_byte_timeout"),
        (Delayed(Response(body=HTML), 3), "first_byte_timeout"),
        (Drip(Response(body=HTML), 1, 0.1, from_head=True), "first_byte_timeout"),
        (Hang(Response(body=HTML).head()), "idle_timeout"),
        (Raw(), "disconnected"),
        (Raw(by_reset=True), "disconnected"),
        (CutAfter(Response(body=HTML), 0), "disconnected"),
        (Raw(b"garbage\r\n\r\n"), "protocol"),
        (Raw(b"\x00\xff\xfe" * 99 + b"\r\n\r\n"), "protocol"),
        (Raw(b"HTTP/1.1 9999 Odd\r\n\r\n"), "protocol"),
        (Raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nContent-Type: text/html\r\n\r\n"), "protocol"),
        (Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n12345"), "protocol"),
        (Raw(b"HTTP/1.1 200 OK\r\n" + b"no colon\r\n\r\n"), "protocol"),
        (HugeHeaders(Response(body=HTML), 70_000), "protocol"),
        (HugeHeaders(Response(body=HTML), 100, 3000), "protocol"),
        (Response(headers={"Content-Encoding": "compress"}, body=HTML), "content_encoding"),
        (Response(headers={"Content-Encoding": "gzip, br"}, body=HTML), "content_encoding"),
        (Response(500, body=HTML), "server_error"),
        (Response(599), "server_error"),
        *(
            (Response(headers={"Content-Encoding": coding}, body=HTML), "disconnected")
            for coding in ("gzip", "deflate", "br", "zstd")
        ),
    ],
    ids=lambda value: repr(value)[:60],
)
async def test_no_answer_is_one_failure(tmp_path: Path, answer: Answer, reason: str) -> None:
    settings = {"timeouts": QUICK} if "timeout" in reason else {}
    page = await outcome(tmp_path, answer, patience_s=3, **settings)
    assert page == Page(State.FAILED, reason, 0, FAILURES[reason].tries)
    assert not has_link(tmp_path)


async def test_a_tarpit_ends(tmp_path: Path) -> None:
    """A byte every now and then, for ever: no silence is long enough to be noticed, but the whole takes too long."""
    tarpit = Drip(Response(body=b"<p>" + b"x" * 10_000), 1, 0.05)
    assert await outcome(tmp_path, tarpit, timeouts=QUICK) == Page(State.FETCHED, "incomplete", 0, 1)


async def test_a_binary_body_is_not_waited_for(tmp_path: Path) -> None:
    endless = Endless(headers={"Content-Type": "video/mp4"}, interval_s=0.01)
    assert await outcome(tmp_path, endless) == Page(State.FETCHED, "not_html", 0, 1)
    (size,) = query(tmp_path, "SELECT body_bytes FROM fetch JOIN urls USING (url_id) WHERE url = ?", f"{A}/")
    assert size == (None,)


# ---- pages


async def test_a_hundred_thousand_links_are_all_kept(tmp_path: Path) -> None:
    body = b"".join(b'<a href="http://x%d.example/">x</a>' % (number % 5000) for number in range(100_000))
    page = await outcome(tmp_path, Response(body=body), parse_timeout_s=60.0)
    assert page == Page(State.FETCHED, None, 0, 1)
    for table in ("link", "evidence"):
        assert (100_000,) in query(tmp_path, f"SELECT count(*) FROM {table} GROUP BY fetch_id")


async def test_invalid_bytes_and_control_characters_are_kept_as_text(tmp_path: Path) -> None:
    body = b'<a href="http://target.example/">\x00\x01\xff\xc3(\x1b[31m=cmd|calc</a>'
    assert await outcome(tmp_path, Response(body=body)) == Page(State.FETCHED, None, 0, 1)
    assert has_link(tmp_path)


async def test_a_page_that_hangs_the_parser_fails_alone(tmp_path: Path) -> None:
    body = b"<div>" * 100_000 + HTML
    page = await outcome(tmp_path, Response(body=body), parse_timeout_s=0.5)
    assert page == Page(State.FAILED, "parse_timeout", 0, 1)
    assert query(tmp_path, "SELECT outcome, is_complete FROM fetch WHERE reason = 'parse_timeout'") == [(6, 0)]


async def test_odd_hosts_fail_alone(tmp_path: Path) -> None:
    """Names that no resolver takes, and ports that nobody can connect to."""
    web = FakeWeb()
    names = ["a..b.example", f"{'l' * 64}.example", "127.0.0.1:0", "[::1]:0"]
    web.page(f"{A}/", [f"http://{name}/" for name in names] + ["http://b.example/"])
    web.page(f"{B}/")
    async with web.serve() as served:
        to = tuple(ConnectTo.parse(f"{host}.example:80:127.0.0.1:{served.port}") for host in "ab")
        report = await crawl(served, [A], tmp_path, hops=1, connect_to=to)
    assert states(tmp_path)[f"{B}/"] is State.FETCHED
    assert report.ended_why == "done"
