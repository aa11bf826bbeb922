"""The web other tests crawl: it serves what it was told, misbehaves as it says, and its log tells the truth."""

import asyncio
import ssl
import zlib
from collections import Counter

import aiohttp
import lxml.html  # type: ignore[import-untyped]
import pytest
from aiohttp import ClientSession

from .fake_web import (
    Answer,
    BadChunks,
    Chunked,
    CutAfter,
    Drip,
    Edge,
    Endless,
    FakeWeb,
    Hang,
    HugeHeaders,
    InTurn,
    Link,
    Raw,
    Request,
    Response,
    Row,
    Served,
    WrongLength,
    bomb,
    encoded,
    expected_table,
    random_web,
)


async def get(served: Served, url: str) -> tuple[int, bytes]:
    """Status and body of ``url`` (http), asked of the fake web."""
    host, _, path = url.removeprefix("http://").partition("/")
    headers = {"Host": host}
    async with (
        ClientSession() as session,
        session.get(
            f"http://127.0.0.1:{served.port}/{path}", headers=headers, allow_redirects=False, max_field_size=2**20
        ) as answer,
    ):
        return answer.status, await answer.read()


async def raw(served: Served, path: str, host: str = "a.example") -> bytes:
    """Everything a connection gives for one request, with ``Connection: close``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_serves_pages_by_host_and_path() -> None:
    web = FakeWeb()
    web.page("http://a.example/", ["http://b.example/x", Link("/y", "why & how", rel="nofollow")], title="Start")
    web.page("http://b.example/x", html="<p>raw", status=410)
    web.redirect("http://b.example/old", "/x", status=308)
    web.robots("http://a.example", "User-agent: *\nDisallow: /private")
    web.answer("http://a.example/trap/*", lambda request: Response(body=request.path.encode()))
    async with web.serve() as served:
        status, body = await get(served, "http://a.example/?utm_source=x")
        assert status == 200
        assert b'<a href="/y" rel="nofollow">why &amp; how</a>' in body
        assert await get(served, "http://b.example/x") == (410, b"<p>raw")
        assert (await get(served, "http://b.example/old"))[0] == 308
        assert b"Disallow" in (await get(served, "http://a.example/robots.txt"))[1]
        assert await get(served, "http://a.example/trap/1/2?x=3") == (200, b"/trap/1/2?x=3")
        assert (await get(served, "http://a.example/unknown"))[0] == 404
        assert (await get(served, "http://c.example/"))[0] == 421
        assert served.urls("b.example") == ["http://b.example/x", "http://b.example/old"]


async def test_log_shows_concurrency_and_gaps() -> None:
    web = FakeWeb()
    web.page("http://a.example/")
    web.page("http://a.example/slow", delay_s=0.3)
    async with web.serve() as served:
        await get(served, "http://a.example/")
        await get(served, "http://a.example/")
        assert served.max_concurrent("a.example") == 1
        (gap,) = served.gaps("a.example")
        assert gap > 0
        await asyncio.gather(*(get(served, "http://a.example/slow") for _ in range(3)))
        assert served.max_concurrent("a.example") == served.max_concurrent() == 3
        assert min(served.gaps("a.example")) < 0


async def test_keeps_connections_alive() -> None:
    web = FakeWeb()
    web.page("http://a.example/")
    async with web.serve() as served, ClientSession() as session:
        for _ in range(3):
            async with session.get(f"http://127.0.0.1:{served.port}/", headers={"Host": "a.example"}) as answer:
                await answer.read()
        assert len({request.connection for request in served.log}) == 1


async def test_serves_tls_for_its_hosts() -> None:
    web = FakeWeb()
    web.page("https://a.example/", html="secret")
    async with web.serve(tls=True) as served, ClientSession() as session:
        trusted = ssl.create_default_context(cafile=served.ca_file)
        url, headers = f"https://127.0.0.1:{served.tls_port}/", {"Host": "a.example"}
        async with session.get(url, headers=headers, ssl=trusted, server_hostname="a.example") as answer:
            assert await answer.read() == b"secret"
        assert served.urls() == ["https://a.example/"]
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"https://127.0.0.1:{served.port}/", headers=headers, ssl=trusted)


async def test_nothing_is_left_when_clients_stay() -> None:
    web = FakeWeb()
    web.answer("http://a.example/", Hang(b"HTTP/1.1 200"))
    async with web.serve() as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert await reader.readexactly(12) == b"HTTP/1.1 200"
    assert served.log[0].ended_s is not None
    writer.close()


PAGE = Response(body=b"<p>0123456789</p>")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (CutAfter(PAGE, 5), aiohttp.ClientPayloadError),
        (CutAfter(PAGE, 5, by_reset=True), aiohttp.ClientError),
        (WrongLength(PAGE, 100), aiohttp.ClientPayloadError),
        (BadChunks(PAGE), aiohttp.ClientError),
        (Raw(b"\x00\xffnot http at all\r\n\r\n"), aiohttp.ClientResponseError),
        (Raw(), aiohttp.ServerDisconnectedError),
        (Raw(by_reset=True), aiohttp.ClientConnectionError),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_misbehaves_as_it_says(answer: Answer, error: type[Exception]) -> None:
    web = FakeWeb()
    web.answer("http://a.example/", answer)
    async with web.serve() as served:
        with pytest.raises(error):
            await get(served, "http://a.example/")


async def test_sends_odd_but_whole_answers() -> None:
    web = FakeWeb()
    web.answer("http://a.example/drip", Drip(PAGE, bytes_per_write=5, interval_s=0.01))
    web.answer("http://a.example/chunked", Chunked(PAGE, chunk_bytes=3))
    web.answer("http://a.example/huge", HugeHeaders(PAGE, header_bytes=70_000, headers=2))
    web.answer("http://a.example/short", WrongLength(PAGE, 3))
    web.answer("http://a.example/in-turn", InTurn(Response(503), PAGE))
    async with web.serve() as served:
        for path in ("drip", "chunked", "huge"):
            assert await get(served, f"http://a.example/{path}") == (200, PAGE.body)
        assert (await raw(served, "/short")).endswith(b"Content-Length: 3\r\n\r\n" + PAGE.body)
        assert [(await get(served, "http://a.example/in-turn"))[0] for _ in range(3)] == [503, 200, 200]


async def test_endless_body_ends_with_its_client() -> None:
    web = FakeWeb()
    web.answer("http://a.example/", Endless())
    async with web.serve() as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        await reader.readexactly(2**20)
        writer.transport.abort()
        for _ in range(500):
            if served.log[0].ended_s is None:
                await asyncio.sleep(0.01)
        assert served.log[0].ended_s is not None


async def test_an_answer_that_raises_fails_the_test() -> None:
    def broken(request: Request) -> Answer:
        raise LookupError(request.path)

    web = FakeWeb()
    web.answer("http://a.example/", broken)
    with pytest.raises(LookupError):
        async with web.serve() as served:
            assert await raw(served, "/") == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_encodes_bodies(encoding: str) -> None:
    web = FakeWeb()
    web.answer("http://a.example/", encoded(b"hello " * 100, encoding))
    async with web.serve() as served:
        assert await get(served, "http://a.example/") == (200, b"hello " * 100)


def test_bomb_is_small_and_decodes_to_its_size() -> None:
    small = bomb("gzip", 32 * 2**20).body
    assert len(small) < 2**16
    assert len(zlib.decompress(small, wbits=31)) == 32 * 2**20


def parsed_edges(web: FakeWeb, url: str) -> list[Edge]:
    """The edges of a page as lxml and a naive reading of its answer see them."""
    answer = web.answer_for(Request(0, "http", "", url.split("/")[2], "GET", "/" + url.split("/", 3)[3], {}, 0))
    assert isinstance(answer, Response)
    page = lxml.html.fromstring(answer.body.decode(), base_url=url)
    page.make_links_absolute(url)
    edges = []
    for link in page.xpath("//a[@href][not(ancestor::template)]"):
        href = link.get("href").strip().partition("#")[0]
        if href.lower().startswith("http") and link.text_content() not in {"top", "nothing"}:
            scheme, _, rest = href.partition("://")
            host, slash, path = rest.partition("/")
            image = link.find("img")
            anchor = link.text_content() if image is None else image.get("alt")
            target = f"{scheme.lower()}://{host.lower()}{slash}{path}"
            edges.append(Edge(url, target, link.get("rel", ""), anchor, "text" if image is None else "image"))
    return edges


def test_random_web_is_what_its_edges_say() -> None:
    web, edges = random_web(seed=1, sites=8, pages=10)
    assert len(web.urls) == 80
    sources = list(dict.fromkeys(edge.source_url for edge in edges))
    assert sorted(sources) == sorted(web.urls)
    assert [edge for url in sources for edge in parsed_edges(web, url)] == edges


def test_random_web_is_deterministic_reachable_and_varied() -> None:
    web, edges = random_web(seed=7)
    assert edges == random_web(seed=7)[1] != random_web(seed=8)[1]
    assert len(web.urls) == 1000
    by_source: dict[str, set[str]] = {}
    for edge in edges:
        by_source.setdefault(edge.source_url, set()).add(edge.target_url.partition("?")[0])
    reached, todo = set(web.starts), list(web.starts)
    while todo:
        new = by_source.get(todo.pop(), set()) - reached
        reached |= new
        todo += new & by_source.keys()
    assert set(web.urls) <= reached
    table = expected_table(edges)
    sizes = sorted((sum(row.backlinks for row in rows.values()) for rows in table.values()), reverse=True)
    assert sizes[0] > 10 * sizes[len(sizes) // 2] / 2 > 0
    assert Counter(edge.kind for edge in edges).keys() == {"text", "image"}
    assert all(any(getattr(row, name) for rows in table.values() for row in rows.values()) for name in Row._fields)
    assert any(row.links > row.backlinks > row.followed for rows in table.values() for row in rows.values())


def test_expected_table_counts_pairs() -> None:
    def edge(source: str, target: str, rel: str = "") -> Edge:
        return Edge(f"http://{source}", f"http://{target}", rel, "", "text")

    edges = [
        edge("www.a.example/1", "b.example/x"),
        edge("www.a.example/1", "b.example/x", "NoFollow"),
        edge("a.example/2", "b.example/x", "ugc,nofollow"),
        edge("a.example/2", "b.example/y", "sponsored noopener"),
        edge("a.example/2", "c.a.example/"),
        edge("one.github.io/", "two.github.io/", "nofollows"),
    ]
    assert expected_table(edges) == {
        "b.example": {"a.example": Row(3, 4, 2, followed=1, nofollow=2, ugc=1, sponsored=1)},
        "two.github.io": {"one.github.io": Row(1, 1, 1, followed=1, nofollow=0, ugc=0, sponsored=0)},
    }
