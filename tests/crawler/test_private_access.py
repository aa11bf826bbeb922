"""Headers, credentials and a proxy: sent where a person said, nowhere else, and kept nowhere."""

import asyncio
import contextlib
import io
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb, Link, Response, Served
from wholinks.crawler.engine import Crawl
from wholinks.crawler.fetcher import Fetcher, ProxyRefused
from wholinks.crawler.journal import Journal
from wholinks.crawler.private_access import OriginHeader, Proxy
from wholinks.crawler.settings import Settings
from wholinks.storage.errors import UsageError
from wholinks.storage.records import State

from .crawling import crawl, page_requests, query, quick, seed, states

A, B = "http://a.example", "http://b.example"
SECRET = "s3cr3t-Zx"
LOGIN = "Basic " + b64encode(f"jo:{SECRET}".encode()).decode()


def kept(folder: Path) -> bytes:
    """Every byte of the data folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


# ---- headers and credentials


async def test_headers_and_credentials_go_to_their_origin_and_nowhere_else(tmp_path: Path) -> None:
    web = FakeWeb()
    elsewhere = ["http://www.a.example", "https://a.example", "http://a.example:8080", B]
    web.page(f"{A}/", ["/there", *(f"{origin}/" for origin in elsewhere)])
    web.redirect(f"{A}/there", f"{B}/here")
    web.page(f"{B}/here")
    for origin in elsewhere:
        web.page(f"{origin}/")
    notes: list[str] = []
    headers = (OriginHeader.parse(A, "X-Token", SECRET), OriginHeader.basic(A, f"jo:{SECRET}"))
    async with web.serve(tls=True) as served:
        await crawl(served, [A], tmp_path, hops=1, headers=headers, notify=notes.append)
        assert len(page_requests(served)) == 7
        for request in served.log:
            is_meant = request.url.startswith(f"{A}/")
            assert (request.headers.get("x-token") == SECRET) is is_meant
            assert (request.headers.get("authorization") == LOGIN) is is_meant
    assert SECRET.encode() not in kept(tmp_path)
    assert LOGIN.encode() not in kept(tmp_path)
    assert SECRET not in "".join(notes)


async def test_a_bare_host_means_https() -> None:
    web = FakeWeb()
    web.page("http://a.example/")
    web.page("https://a.example/")
    async with web.serve(tls=True) as served:
        async with Fetcher(quick(served, headers=(OriginHeader.basic("A.example", f"jo:{SECRET}"),))) as fetcher:
            for scheme in ("http", "https"):
                assert (await fetcher.get(f"{scheme}://a.example/")).status == 200
        assert [request.headers.get("authorization") for request in served.log] == [None, LOGIN]


async def test_no_cookie_is_sent_back_and_no_userinfo_sent_or_kept(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/", Response(headers={"Set-Cookie": f"id={SECRET}; Path=/"}, body=b"<a href=/1>"))
    web.page(f"{A}/1", [Link(f"http://jo:{SECRET}@a.example/2")])
    web.page(f"{A}/2")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
        assert page_requests(served) == [f"{A}/", f"{A}/1", f"{A}/2"]
        for request in served.log:
            assert not {"cookie", "authorization"} & request.headers.keys()
            assert SECRET not in request.url
    assert all(SECRET not in url for url in states(tmp_path))


async def test_userinfo_of_the_web_is_in_no_file(tmp_path: Path) -> None:
    web = FakeWeb()
    b = f"b.example/?next=1#{'x' * 3000}"
    login = f"//jo:{SECRET}@"
    headers = {
        "Link": f"<http:{login}{b[:30]}>; rel=canonical", "Refresh": f"5; url=http:{login}c.example/", "ETag": '"1"',
    }  # fmt: skip
    body = (
        f'<a href="http:{login}{b}">x</a><a href="{login}b.example/2" data-old="HT\ntp:{login}o.example/">y</a>'
        f'<a href=" http:\\\\{"j" * 500}:{SECRET}@b.example/3">z</a><form action="http:{login}b.example/4">'
        f'<link rel=canonical href="http:{login}a.example/2">'
        f"<meta http-equiv=refresh content=\"9;URL='http:{login}d.example/'\">"
    )
    web.answer(f"{A}/", Response(headers=headers, body=body.encode()))
    web.answer(f"{A}/2", Response(301, headers={"Location": f"http:{login}e.example/"}))
    web.robots(A, f"Sitemap: http:{login}a.example/map.xml")
    web.answer(
        f"{A}/map.xml", Response(headers={"Content-Type": "text/plain"}, body=f"http:{login}a.example/5".encode())
    )
    log, notes = io.StringIO(), list[str]()
    async with web.serve() as served:
        it = Crawl(tmp_path, quick(served, sitemaps=True), notes.append)
        it.stats.listener = Journal(log, notes.append)
        await it.run([seed(A)])
    assert f"{A}/5" in states(tmp_path)
    kept = query(tmp_path, "SELECT raw_href FROM evidence")
    assert len(kept) == 7
    assert all("[removed]@" in raw for (raw,) in kept)
    with contextlib.closing(sqlite3.connect(tmp_path / "crawl.db")) as db:
        db.execute("DELETE FROM robots")  # kept as it came
        assert SECRET not in "\n".join(db.iterdump())
    assert SECRET not in log.getvalue() + "".join(notes)


@pytest.mark.parametrize(
    ("host", "name", "value"),
    [
        ("a.example", "X Y", SECRET), ("a.example", "", SECRET), ("a.example", "X:", SECRET),
        ("a.example", "X", f"{SECRET}\r\nHost: b.example"), ("a.example", "X", f"{SECRET}\0"),
        ("a.example", "Host", SECRET), ("a.example", "user-agent", SECRET), ("a.example", "Content-Length", "5"),
        ("http://a.example/path", "X", SECRET), ("", "X", SECRET), ("*", "X", SECRET), ("ftp://a.example", "X", SECRET),
    ],
)  # fmt: skip
def test_a_header_that_can_not_be_meant_is_wrong_usage_and_its_value_is_not_repeated(
    host: str, name: str, value: str
) -> None:
    with pytest.raises(UsageError, match="--header") as caught:
        OriginHeader.parse(host, name, value)
    assert SECRET not in str(caught.value)


def test_secrets_are_in_no_representation() -> None:
    proxy = Proxy.parse(f"http://jo:{SECRET}@proxy.example:3128")
    settings = Settings(headers=(OriginHeader.basic("a.example", f"jo:{SECRET}"),), proxy=proxy)
    shown = f"{settings!r} {settings} {settings.as_record()} {proxy} {proxy!r}"
    assert SECRET not in shown
    assert b64encode(f"jo:{SECRET}".encode()).decode() not in shown
    assert settings.as_record()["headers"] == ["https://a.example Authorization: (not kept)"]
    assert settings.as_record()["proxy"] == "http://proxy.example:3128"
    with pytest.raises(UsageError) as caught:
        OriginHeader.basic("a.example", SECRET)
    assert SECRET not in str(caught.value)


# ---- proxies


@dataclass
class ProxyServer:
    """A forward proxy that sends everything to one fake web, and wants ``login`` if that is given."""

    served: Served
    login: str = ""
    heads: list[str] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    port: int = 0

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["ProxyServer"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self.writers:
                writer.transport.abort()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        with contextlib.suppress(OSError, EOFError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            start, _, headers = head.partition("\r\n")
            method, url, _ = start.split(" ")
            if self.login and f"Proxy-Authorization: {self.login}\r\n" not in headers:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            else:
                is_tunnel = method == "CONNECT"
                port = self.served.tls_port if is_tunnel else self.served.port
                there, back = await asyncio.open_connection("127.0.0.1", port)
                self.writers.append(back)
                if is_tunnel:
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    path = url.partition("://")[2].partition("/")[2]
                    back.write(f"GET /{path} HTTP/1.1\r\nConnection: close\r\n{headers}".encode())
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()


PROXY_LOGIN = "Basic " + b64encode(f"pat:{SECRET}".encode()).decode()


async def test_everything_goes_through_the_proxy_and_its_login_to_nobody_else(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["https://a.example/"])
    web.page("https://a.example/")
    async with web.serve(tls=True) as served, ProxyServer(served, PROXY_LOGIN).serving() as proxy:
        await crawl(
            None, [A], tmp_path, proxy=Proxy.parse(f"http://pat:{SECRET}@127.0.0.1:{proxy.port}"),
            cacert=served.ca_file, headers=(OriginHeader.basic("a.example", f"jo:{SECRET}"),), patience_s=5,
        )  # fmt: skip
        assert sorted(page_requests(served)) == [f"{A}/", "https://a.example/"]
        tls = [request for request in served.log if request.scheme == "https"]
        assert {request.headers["authorization"] for request in tls} == {LOGIN}
        assert not any("proxy-authorization" in request.headers for request in tls)
        assert all(PROXY_LOGIN in head and LOGIN not in head for head in proxy.heads)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert SECRET.encode() not in kept(tmp_path)
    assert PROXY_LOGIN.encode() not in kept(tmp_path)


async def test_a_proxy_that_wants_another_password_ends_the_crawl_before_any_page_fails(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/")
    async with web.serve(tls=True) as served, ProxyServer(served, PROXY_LOGIN).serving() as proxy:
        for start in (f"{A}/", "https://a.example/"):
            with pytest.raises(ProxyRefused, match="407"):
                await crawl(None, [start], tmp_path, proxy=Proxy.parse(f"http://pat:wrong@127.0.0.1:{proxy.port}"))
        assert not served.log
    assert set(states(tmp_path).values()) == {State.DISCOVERED}


async def test_a_site_that_answers_as_a_proxy_would_does_not_end_the_crawl(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/407", "/1"])
    web.answer(f"{A}/407", Response(407))
    web.page(f"{A}/1")
    async with web.serve() as served, ProxyServer(served).serving() as proxy:
        await crawl(None, [A], tmp_path, proxy=Proxy.parse(f"http://127.0.0.1:{proxy.port}"))
        assert sorted(page_requests(served)) == [f"{A}/", f"{A}/1", f"{A}/407"]
    assert states(tmp_path)[f"{A}/1"] is State.FETCHED


async def test_a_proxy_that_is_not_there_is_the_proxys_failure() -> None:
    async with Fetcher(quick(proxy=Proxy.parse("http://127.0.0.1:9"))) as fetcher:
        for scheme in ("http", "https"):
            assert (await fetcher.get(f"{scheme}://a.example/")).failure == "proxy"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "localhost", "x.localhost"])
async def test_private_addresses_are_not_asked_through_a_proxy_either(host: str) -> None:
    async with Fetcher(quick(proxy=Proxy.parse("http://127.0.0.1:9"))) as fetcher:
        assert (await fetcher.get(f"http://{host}/")).failure == "address_refused"


async def test_an_answer_through_a_proxy_has_no_address_of_the_site() -> None:
    web = FakeWeb()
    web.page(f"{A}/")
    async with (
        web.serve() as served,
        ProxyServer(served).serving() as proxy,
        Fetcher(quick(proxy=Proxy.parse(f"http://127.0.0.1:{proxy.port}"))) as fetcher,
    ):
        result = await fetcher.get(f"{A}/")
    assert (result.status, result.remote_ip, result.pace.address) == (200, None, None)


@pytest.mark.parametrize(
    "text",
    ["", "proxy.example:3128", f"https://jo:{SECRET}@p.example", f"socks5://{SECRET}@p", f"http://jo:{SECRET}@:80",
     f"http://jo:{SECRET}@p.example:99999", f"http://p.example/{SECRET}", f"http://[{SECRET}"],
)  # fmt: skip
def test_a_proxy_that_can_not_be_meant_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="--proxy") as caught:
        Proxy.parse(text)
    assert SECRET not in str(caught.value)
