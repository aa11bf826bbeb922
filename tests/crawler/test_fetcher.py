"""One GET: what comes back for what happens, and what is on the wire."""

import asyncio
import errno
import resource
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aioresponses import aioresponses
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.fake_web import FakeWeb, Raw, Response, Served, encoded
from wholinks.crawler.address_guard import AddressRefused
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.fetcher import ACCEPT, Fetcher, FetchResult, TooManyOpenFiles
from wholinks.crawler.politeness import FAILURES
from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, join

from .crawling import quick

URL = "http://a.example/x"
HTML = "<!doctype html><p>x"
KEY = ConnectionKey("a.example", 80, False, True, None, None, None)


# ---- answers and exceptions, without a network


async def mocked(**answer: object) -> FetchResult:
    """What a GET gives when aiohttp gives ``answer``."""
    async with Fetcher(quick()) as fetcher:
        with aioresponses() as mock:
            mock.get(URL, **({"content_type": "text/html"} | answer))
            return await fetcher.get(URL)


async def test_a_page() -> None:
    headers = {"ETag": '"1"', "X-Robots-Tag": "noindex", "Link": "<x>; rel=canonical", "Refresh": "1"}
    result = await mocked(body=HTML, headers=headers)
    assert (result.status, result.body, result.is_html, result.cut) == (200, HTML.encode(), True, "")
    assert (result.failure, result.content_type, result.headers["etag"]) == (None, "text/html", '"1"')
    assert (result.robots_headers, result.link_headers) == (("noindex",), ("<x>; rel=canonical",))


@pytest.mark.parametrize("status", [200, 201, 203, 206, 226])
async def test_a_success_is_read(status: int) -> None:
    result = await mocked(status=status, body=HTML)
    assert (result.status, result.body, result.is_html) == (status, HTML.encode(), True)


@pytest.mark.parametrize("status", [301, 302, 304, 307, 404, 410, 429, 500, 503])
async def test_another_status_has_its_headers_and_no_body(status: int) -> None:
    result = await mocked(status=status, body=HTML, headers={"Location": "/y", "Retry-After": "9"})
    assert (result.status, result.body, result.is_html, result.failure) == (status, b"", False, None)
    assert (result.headers["location"], result.headers["retry-after"]) == ("/y", "9")


@pytest.mark.parametrize(
    ("content_type", "is_html"),
    [
        ("text/html", True),
        ("Text/HTML ; charset=x", True),
        ("application/xhtml+xml", True),
        ("", True),
        ("text/htmlx", False),
        ("application/xml", False),
        ("image/png", False),
    ],
)
async def test_only_html_is_read(content_type: str, is_html: bool) -> None:
    result = await mocked(body=HTML, content_type=content_type)
    assert (result.is_html, result.body) == (is_html, HTML.encode() if is_html else b"")


async def test_anything_is_read_when_asked_for() -> None:
    async with Fetcher(quick()) as fetcher:
        with aioresponses() as mock:
            mock.get(URL, body="User-agent: *", content_type="text/plain")
            result = await fetcher.get(URL, any_type=True, max_bytes=4)
    assert (result.body, result.cut, result.is_html) == (b"User", "size", False)


def connector_error(
    error: OSError, kind: type[aiohttp.ClientConnectorError] = aiohttp.ClientConnectorError
) -> Exception:
    return kind(KEY, error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (connector_error(ConnectionRefusedError(111, "refused")), "connect"),
        (connector_error(OSError(101, "network unreachable")), "connect"),
        (connector_error(AddressRefused()), "address_refused"),
        (connector_error(OSError(-2, "unknown name"), aiohttp.ClientConnectorDNSError), "dns"),
        (connector_error(ssl.SSLError(1, "bad"), aiohttp.ClientConnectorSSLError), "tls"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError("no")), "tls"),
        (ssl.SSLError(1, "decryption failed"), "tls"),
        (aiohttp.ConnectionTimeoutError(), "connect_timeout"),
        (aiohttp.SocketTimeoutError(), "first_byte_timeout"),
        (aiohttp.ServerTimeoutError(), "first_byte_timeout"),
        (TimeoutError(), "first_byte_timeout"),
        (aiohttp.ServerDisconnectedError(), "disconnected"),
        (aiohttp.ClientOSError(104, "reset"), "disconnected"),
        (aiohttp.ClientPayloadError("short"), "disconnected"),
        (ConnectionResetError(104, "reset"), "disconnected"),
        (asyncio.IncompleteReadError(b"", 3), "disconnected"),
        (aiohttp.InvalidURL("http://["), "protocol"),
        (ValueError("label too long"), "protocol"),
        (UnicodeError("label empty or too long"), "protocol"),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_an_error_becomes_a_failure_of_a_kind_in_the_table(error: Exception, kind: str) -> None:
    result = await mocked(exception=error)
    assert (result.failure, result.status, result.body) == (kind, None, b"")
    assert type(error).__name__ in result.detail
    assert kind in FAILURES


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
async def test_too_many_open_files_are_nobodys_failure(number: int) -> None:
    with pytest.raises(TooManyOpenFiles, match="ulimit"):
        await mocked(exception=connector_error(OSError(number, "too many open files")))


async def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 500), hard))
    try:
        async with Fetcher(quick()):
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_bug_is_no_failure_of_the_web() -> None:
    with pytest.raises(ZeroDivisionError):
        await mocked(exception=ZeroDivisionError())


# ---- on the wire


@asynccontextmanager
async def fetching(web: FakeWeb, *, tls: bool = False, **settings: object) -> AsyncIterator[tuple[Fetcher, Served]]:
    async with web.serve(tls=tls) as served, Fetcher(quick(served, **settings)) as fetcher:
        yield fetcher, served


ODD = [
    "http://a.example/",
    "http://a.example//",
    "http://a.example//b//c",
    "http://a.example/a/...",
    "http://a.example/a/..%2fb",
    "http://a.example/%2e%2E%zz%",
    "http://a.example/?",
    "http://a.example/??",
    "http://a.example/?a?b=/c&&=&",
    "http://a.example/?q='|\\^`{}[]",
    "http://a.example/p'|^`{}[]\\x",
    "http://a.example/a;b=c,d!$&()*+@:",
    "http://a.example/%41%c3%a9%C3%A9é",
    "http://a.example/?é=%E9&+",
    'http://a.example/a"b<c>d e?f"g<h>i j#k',
    "http://a.example/~user/%7Euser/x.",
    "http://a.example:8080/x?y=http://b.example/",
    "http://A.example.:80/X",
    "http://bücher.example/",
    "http://a_b.example/",
    "http://127.0.0.1:1234/x",
    "http://[::1]/x",
    "http://[2001:DB8::1]:81/x",
    "http://a.example/" + "x" * 8000,
]


@pytest.mark.parametrize("href", ODD, ids=lambda href: href[:60])
async def test_a_fetch_asks_for_exactly_the_recorded_url(href: str) -> None:
    url = join("http://base.example/", href)
    web = FakeWeb()
    web.answer("http://*/*", Response(body=HTML.encode()))
    async with fetching(web) as (fetcher, served):
        result = await fetcher.get(url)
        assert result.status == 200
        assert [request.url for request in served.log] == [url]


ANY_CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0x2FF)
PATHS = st.text(ANY_CHARACTERS, max_size=30) | st.text("/.?%&=+'|2efF\\;", max_size=20)


async def test_a_fetch_asks_for_exactly_the_recorded_url_whatever_its_characters() -> None:
    web = FakeWeb()
    web.answer("http://*/*", Response(body=HTML.encode()))
    async with fetching(web) as (fetcher, served):
        loop = asyncio.get_running_loop()
        urls: list[str] = []

        @hypothesis_settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(PATHS)
        def collect(path: str) -> None:
            try:
                urls.append(join("http://a.example/", "/" + path.lstrip("/\\")))
            except NotAUrl:
                return

        await loop.run_in_executor(None, collect)
        for url in urls:
            assert (await fetcher.get(url)).status == 200, url
        assert [request.url for request in served.log] == urls


async def test_a_fetch_says_who_we_are_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("default login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    web = FakeWeb()
    web.answer("http://a.example/*", Response(headers={"Set-Cookie": "a=b; Path=/"}, body=HTML.encode()))
    async with fetching(web, contact="me@us.example") as (fetcher, served):
        for _ in range(2):
            await fetcher.get(URL)
        for request in served.log:
            assert set(request.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}
            assert request.headers["host"] == "a.example"
            assert request.headers["accept"] == ACCEPT
            assert request.headers["user-agent"].endswith(" (+me@us.example)")
            assert set(request.headers["accept-encoding"].split(", ")) == {"gzip", "deflate", "br", "zstd"}


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://a.example/", "a.example"),
        ("http://a.example:8080/", "a.example:8080"),
        ("http://127.0.0.1:81/", "127.0.0.1:81"),
        ("http://[::1]/", "[::1]"),
        ("http://[::1]:81/", "[::1]:81"),
    ],
)
async def test_the_host_header_names_the_url_not_where_it_goes(url: str, authority: str) -> None:
    web = FakeWeb()
    web.answer("http://*/*", Response(body=HTML.encode()))
    async with fetching(web) as (fetcher, served):
        assert (await fetcher.get(url)).remote_ip == "127.0.0.1"
        assert served.log[0].headers["host"] == authority


async def test_the_host_header_of_an_unrouted_request_leaves_the_default_port_out() -> None:
    web = FakeWeb()
    web.answer("http://*/*", Response(body=HTML.encode()))
    async with web.serve() as served, Fetcher(quick(allow_private=True, allow_port=(served.port,))) as fetcher:
        assert (await fetcher.get(f"http://127.0.0.1:{served.port}/x")).status == 200
        assert served.log[0].headers["host"] == f"127.0.0.1:{served.port}"


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_redirect_is_not_followed(status: int) -> None:
    web = FakeWeb()
    web.redirect(URL, "/y", status)
    async with fetching(web) as (fetcher, served):
        assert (await fetcher.get(URL)).headers["location"] == "/y"
        assert len(served.log) == 1


async def test_a_kept_connection_that_breaks_is_not_used_to_ask_again() -> None:
    web = FakeWeb()
    web.page("http://a.example/")
    web.answer(URL, Raw())
    async with fetching(web) as (fetcher, served):
        assert (await fetcher.get("http://a.example/")).status == 200
        assert (await fetcher.get(URL)).failure == "disconnected"
        assert [request.connection for request in served.log] == [1, 1]


async def test_what_a_kept_connection_brings_is_what_a_new_one_brought(monkeypatch: pytest.MonkeyPatch) -> None:
    web = FakeWeb()
    zipped = encoded(HTML.encode(), "gzip")
    more = {"ETag": '"1"', "Link": ["<x>; rel=canonical", "<y>; rel=alternate"], "X-Robots-Tag": "none"}
    page = Response(headers={**zipped.headers, **more}, body=zipped.body)
    web.answer(URL, page)
    async with fetching(web) as (fetcher, served):
        first = await fetcher.get(URL)
        assert (first.body, first.remote_ip, first.link_headers[1:]) == (
            HTML.encode(),
            "127.0.0.1",
            ("<y>; rel=alternate",),
        )

        def asked(*_: object, **__: object) -> None:
            raise AssertionError("the session was asked though a connection is kept")

        monkeypatch.setattr(aiohttp.ClientSession, "get", asked)
        again = await fetcher.get(URL)
        assert again._replace(ended_s=0, elapsed_ms=0) == first._replace(ended_s=0, elapsed_ms=0)
        assert served.log[0].headers == served.log[1].headers
        assert {request.connection for request in served.log} == {1}


async def test_conditions_go_over_a_kept_connection_and_none_can_add_a_line() -> None:
    web = FakeWeb()
    web.answer("http://a.example/*", Response(304))
    async with fetching(web) as (fetcher, served):
        every: tuple[dict[str, str], ...] = (
            {},
            {"If-None-Match": '"1"'},
            {"If-None-Match": "1\r\nHost: b.example"},
            {},
        )
        failures = [(await fetcher.get(URL, conditions=conditions)).failure for conditions in every]
        assert failures == [None, None, "protocol", None]
        assert [request.headers.get("if-none-match") for request in served.log] == [None, '"1"', None]


async def test_connections_are_kept_though_nobody_wants_the_body() -> None:
    web = FakeWeb()
    web.answer("http://a.example/*", Response(404, body=b"x" * 60_000))
    async with fetching(web) as (fetcher, served):
        for number in range(4):
            await fetcher.get(f"http://a.example/{number}")
        assert {request.connection for request in served.log} == {1}


# ---- --connect-to


async def test_connect_to_leaves_empty_parts_as_they_are() -> None:
    web = FakeWeb()
    web.answer("http://*/*", Response(body=HTML.encode()))
    async with web.serve() as served:
        rules = [f"a.example::127.0.0.1:{served.port}", f":81:127.0.0.1:{served.port}", f"127.0.0.1:{served.port}::"]
        async with Fetcher(quick(connect_to=tuple(map(ConnectTo.parse, rules)))) as fetcher:
            for url in ("http://a.example/", "http://a.example:99/", "http://b.example:81/"):
                assert (await fetcher.get(url)).status == 200
            assert (await fetcher.get(f"http://127.0.0.1:{served.port}/")).status == 200  # named, so trusted
        assert served.urls()[:3] == ["http://a.example/", "http://a.example:99/", "http://b.example:81/"]


async def test_a_closed_port_is_no_connection() -> None:
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        rule = ConnectTo.parse(f"::127.0.0.1:{reserved.getsockname()[1]}")
        async with Fetcher(quick(connect_to=(rule,))) as fetcher:
            assert (await fetcher.get(URL)).failure == "connect"


@pytest.mark.parametrize("url", ["http://127.0.0.1:0/", "http://a..b.example/", f"http://{'l' * 64}.example/"])
async def test_what_cannot_be_connected_to_is_a_failure(url: str) -> None:
    async with Fetcher(quick(allow_private=True, allow_port=(0,))) as fetcher:
        assert (await fetcher.get(join(url, url))).failure in {"protocol", "dns", "connect", "connect_timeout"}


# ---- TLS


def secure_web() -> FakeWeb:
    web = FakeWeb()
    web.page("https://a.example/", html=HTML)
    web.page("https://www.a.example/", html=HTML)
    return web


async def test_a_certificate_is_checked_against_the_name_in_the_url() -> None:
    async with fetching(secure_web(), tls=True) as (fetcher, served):
        assert (await fetcher.get("https://a.example/")).status == 200
        assert (await fetcher.get("https://www.a.example/")).status == 200
        assert (await fetcher.get("https://other.example/")).failure == "tls"
        assert (await fetcher.get("https://10.0.0.1/")).failure == "tls"
        assert served.urls() == ["https://a.example/", "https://www.a.example/"]
        assert len({request.connection for request in served.log}) == 2  # a connection is for one name


async def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    async with fetching(secure_web(), tls=True, cacert=None) as (fetcher, served):
        assert (await fetcher.get("https://a.example/")).failure == "tls"
        assert not served.log


async def test_insecure_takes_any_certificate() -> None:
    async with fetching(secure_web(), tls=True, cacert=None, insecure=True) as (fetcher, _):
        assert (await fetcher.get("https://a.example/")).status == 200
        assert (await fetcher.get("https://other.example/")).status == 421


async def test_https_where_http_is_spoken_is_no_connection() -> None:
    web = FakeWeb()
    web.page("http://a.example/")
    async with fetching(web) as (fetcher, _):
        assert (await fetcher.get("https://a.example/")).failure in {"tls", "connect"}


@pytest.mark.parametrize(
    ("content", "said"), [(None, r"ca\.pem: no such file"), ("no certificate", r"ca\.pem: no certificates in PEM")]
)
async def test_an_unreadable_cacert_is_a_usage_error(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=said):
        async with Fetcher(quick(cacert=path)):
            pass
