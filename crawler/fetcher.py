"""One GET, within limits of time and size. What the web does wrong comes back as a value.

The border for aiohttp: no other file knows its exceptions. A fetch asks for exactly the URL it is given, follows
nothing, sends no cookies, reads no ``.netrc``, and connects to public addresses only (or to those of ``--connect-to``,
through a session of its own, so that a page which names such an address itself is still refused).
"""

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType, TracebackType
from typing import Final, NamedTuple, Self

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientResponse, ConnectionKey
from yarl import URL

from wholinks.storage.errors import UsageError, WholinksError
from wholinks.storage.urls import Origin, origin_of, path_of
from wholinks.storage.user_files import unreadable

from . import certificates
from .address_guard import AddressRefused, guarded_socket, is_loopback, is_plainly_private
from .connect_to import route
from .dns import CACHE_S, DnsTimeout, Resolver
from .kept_connections import MAX_HEADERS, KeptAnswer, KeptConnections
from .politeness import Pace
from .ports import Ports
from .private_access import Proxy, headers_by_origin
from .settings import Settings

ACCEPT: Final = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
ENCODINGS: Final = "gzip, deflate, br, zstd"
_DECODED: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"})
_PROXY_LOGIN: Final = HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
_PROXY_REFUSED: Final = "--proxy: the proxy wants another user or password (407); nothing is lost: run again with it"
_DRAIN_BYTES: Final = 64 * 1024
"""A body nobody wants is read up to this size, to keep the connection; a longer one costs the connection."""
_HTML_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})


_SLICE_BYTES: Final = 1024
"""What a :class:`Sink` gets at a time, so that no body it inflates holds up the event loop."""


@dataclass(frozen=True, slots=True)
class Sink:
    """Takes a body as it arrives instead of having it collected. ``take`` says whether it wants more; ``types`` are the
    media types it is for, None all."""

    take: Callable[[bytes], Awaitable[bool]]
    max_bytes: int
    types: Collection[str] | None = None


class _Wanted(NamedTuple):
    """What :meth:`Fetcher.get` was given, and when. ``is_routed``: ``--connect-to`` says where to; ``is_elsewhere``: it
    or ``--proxy`` does."""

    url: str
    origin: Origin
    is_routed: bool
    is_elsewhere: bool
    conditions: Mapping[str, str]
    max_bytes: int
    any_type: bool
    is_read: bool
    sink: Sink | None
    started: float

    def failed(self, kind: str, detail: str, *, is_unheard: bool = False) -> "FetchResult":
        """That no usable answer came."""
        return FetchResult(
            self.url, *_end(self.started), kind, detail, is_conditional=bool(self.conditions), is_unheard=is_unheard,
            is_trusted=self.is_elsewhere,
        )  # fmt: skip


class FetchResult(NamedTuple):
    """How one GET ended. Either ``status`` is set, or ``failure`` is (a key of ``politeness.FAILURES``).

    ``body`` is decoded from its content-encoding; ``cut`` says why it is not complete (``size``, ``slow``, ``broken``),
    and is empty when it is. ``is_poured``: the body went into the sink. ``is_conditional``: the request let the server
    say "not modified". ``ended_s`` is the loop's clock at the end of the answer, ``wire_bytes`` the size of the body as
    it came. ``peer`` is the address connected to, with its port, ``remote_ip`` only one that is the site's own.
    ``is_unheard``: nothing came from anywhere, so our own network may be to blame. ``is_trusted``: the request went
    where ``--connect-to`` or ``--proxy`` sends it, or to this machine.
    """

    url: str
    ended_s: float
    elapsed_ms: int
    failure: str | None = None
    detail: str = ""
    status: int | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    robots_headers: tuple[str, ...] = ()
    link_headers: tuple[str, ...] = ()
    content_type: str = ""
    is_html: bool = False
    body: bytes = b""
    cut: str = ""
    is_poured: bool = False
    is_conditional: bool = False
    remote_ip: str | None = None
    peer: tuple[str, int] | None = None
    is_unheard: bool = False
    is_trusted: bool = False
    wire_bytes: int = 0

    @property
    def pace(self) -> Pace:
        """What the answer says about how fast to go on."""
        if self.is_trusted:
            return Pace(wire_bytes=self.wire_bytes)
        return Pace(self.elapsed_ms / 1000, self.remote_ip, self.wire_bytes)


class TooManyOpenFiles(WholinksError):  # noqa: N818 - reads as a fact
    """The system lets us open no more connections: no host's fault, so no page may fail by it."""


class ProxyRefused(WholinksError):  # noqa: N818 - reads as a fact
    """The proxy does not let us in: no host's fault, so no page may fail by it."""


class _NameNotFound(OSError):  # noqa: N818 - reads as a fact
    """What :meth:`Fetcher.address_of` came upon, for the request that follows."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.os_error = error


class _Response(ClientResponse):
    """Remembers who answered: a short answer has given its connection back before anyone can ask."""

    peer: tuple[str, int] | None = None
    was_on: tuple[ConnectionKey, ResponseHandler] | None = None

    async def start(self, connection: "aiohttp.connector.Connection") -> "ClientResponse":
        if connection.protocol is not None:
            self.was_on = connection._key, connection.protocol  # noqa: SLF001 - what the connector keeps it by
        if connection.transport is not None:
            peer = connection.transport.get_extra_info("peername")
            self.peer = (str(peer[0]), int(peer[1])) if peer else None
        return await super().start(connection)


class Fetcher:
    """Use as an async context manager; :meth:`get` may be called from many tasks."""

    def __init__(self, settings: Settings, ports: Ports | None = None) -> None:
        self._settings = settings
        self._ports = ports or Ports(settings.allow_port, settings.connect_to)
        self._has_proxy_answered = False
        self._headers = headers_by_origin(settings.headers)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._not_found: dict[str, OSError] = {}
        self._usual_headers = {
            "User-Agent": settings.user_agent_header, "Accept": ACCEPT, "Accept-Encoding": ENCODINGS
        }  # fmt: skip
        self._kept = KeptConnections(settings, self._usual_headers)

    async def __aenter__(self) -> Self:
        _raise_file_limit()
        tls = _tls(self._settings)
        guard = None if self._settings.allow_private else guarded_socket
        for is_trusted, factory in ((False, guard), (True, None)):
            resolver = Resolver(self._settings.timeouts.dns_s)
            connector = aiohttp.TCPConnector(
                limit=0, ssl=tls, socket_factory=factory, resolver=resolver, ttl_dns_cache=CACHE_S
            )
            self._sessions[is_trusted] = self._session(connector)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()
        for session in self._sessions.values():
            await session.close()

    def _session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        times = self._settings.timeouts
        limit = self._settings.max_header_bytes
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._usual_headers,
            timeout=aiohttp.ClientTimeout(
                total=times.total_s, sock_connect=times.connect_s, sock_read=max(times.first_byte_s, times.idle_s)
            ),
            trust_env=False,
            response_class=_Response,
            max_line_size=limit,
            max_field_size=limit,
            max_headers=MAX_HEADERS,
        )
        # aiohttp asks again by itself, and at once, where a kept connection closes without an answer. When to ask again
        # is politeness' to say.
        session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return session

    async def get(
        self,
        url: str,
        *,
        max_bytes: int | None = None,
        any_type: bool = False,
        is_read: bool = True,
        conditions: Mapping[str, str] | None = None,
        sink: Sink | None = None,
    ) -> FetchResult:
        """GET ``url`` (normalised), with the headers ``conditions`` if any. Bodies that are no HTML are left unread
        unless ``any_type``, all of them unless ``is_read``; those of its types go into ``sink``."""
        origin = origin_of(url)
        is_routed = self._is_routed(origin)
        wanted = _Wanted(
            url, origin, is_routed, is_routed or self._settings.proxy is not None, conditions or {},
            max_bytes or self._settings.max_body_bytes, any_type, is_read, sink, time.monotonic(),
        )  # fmt: skip
        if not self._ports.allow(origin):
            return wanted.failed("port_refused", f"port {origin.port} (see --allow-port)")
        return await self._outcome(wanted)

    async def address_of(self, url: str) -> str | None:
        """The IP address where ``url`` is asked for, of several the first; None where hosts share no limit: of this
        machine, by ``--connect-to`` or ``--proxy``. A name that is not found is the failure of the next :meth:`get`."""
        origin = origin_of(url)
        connector = self._sessions[False].connector
        is_elsewhere = self._settings.proxy is not None or self._is_routed(origin)
        if is_elsewhere or not self._ports.allow(origin) or connector is None:
            return None
        try:  # by aiohttp's own cache, so that the request needs no other lookup
            found = await connector._resolve_host(origin.host.strip("[]"), origin.port)  # type: ignore[attr-defined] # noqa: SLF001
        except OSError as error:
            self._not_found[origin.host] = error
            return None
        except (aiohttp.ClientError, ValueError):
            return None
        ip = str(found[0]["host"]) if found else None
        return None if ip is None or is_loopback(ip) else ip

    def _is_routed(self, origin: Origin) -> bool:
        rules = self._settings.connect_to
        return bool(rules) and route(rules, origin.host, origin.port) is not None

    async def reaches(self, peer: tuple[str, int]) -> bool:
        """Whether an address that answered before takes a connection now."""
        try:
            async with asyncio.timeout(self._settings.timeouts.connect_s):
                _, writer = await asyncio.open_connection(*peer)
        except OSError:
            return False
        writer.transport.abort()
        return True

    async def _outcome(self, asked: _Wanted) -> FetchResult:
        times = self._settings.timeouts
        response: ClientResponse | KeptAnswer | None = None
        try:
            connector = self._sessions[asked.is_routed].connector
            if connector is not None and self._may_keep(asked):
                origin = asked.origin.text
                more = self._headers.get(origin)
                headers = asked.conditions if more is None else {**asked.conditions, **more}
                response = await self._kept.get(connector, origin, path_of(asked.url), headers)
            if response is None:
                async with asyncio.timeout(times.dns_s + times.connect_s + times.first_byte_s):
                    response = await self._request(asked.url, asked.conditions)
            return await self._answer(response, asked)
        except (
            aiohttp.ClientError, aiohttp.http_exceptions.HttpProcessingError, OSError, TimeoutError, ValueError,
            asyncio.IncompleteReadError,
        ) as error:  # fmt: skip
            if getattr(error, "errno", None) in {errno.EMFILE, errno.ENFILE}:
                raise TooManyOpenFiles(
                    "too many open files: raise the limit (ulimit -n) and run the same command again; nothing is lost"
                ) from error
            is_refused = isinstance(error, aiohttp.ClientHttpProxyError) and error.status == _PROXY_LOGIN
            if is_refused and not self._has_proxy_answered:  # later on, a site may say so too, to end our crawl
                raise ProxyRefused(_PROXY_REFUSED) from None
            kind = _failure(error)
            return asked.failed(kind, f"{type(error).__name__}: {error}"[:300], is_unheard=_is_unheard(kind, error))
        finally:
            if response is not None:
                response.close()  # gives the connection back if the body was read to its end, else drops it

    def _may_keep(self, asked: _Wanted) -> bool:
        """Whether a connection that is kept may be asked: not by a proxy, nor where the name was just not found."""
        return asked.is_routed == asked.is_elsewhere and asked.origin.host not in self._not_found

    def _opened(self, origin: Origin, response: ClientResponse) -> ClientResponse:
        """Note where a connection to ``origin`` is kept, if it is."""
        if isinstance(response, _Response) and response.was_on is not None:
            self._kept.opened(origin.text, *response.was_on, response.peer)
        return response

    async def _request(self, url: str, conditions: Mapping[str, str]) -> ClientResponse:
        origin = origin_of(url)
        if origin.scheme == "https":
            certificates.read()
        way = route(self._settings.connect_to, origin.host, origin.port)
        headers = {**conditions, **self._headers.get(origin.text, {})}
        if way is not None:
            response = await self._sessions[True].get(
                URL(f"{origin.scheme}://{way[0]}:{way[1]}{path_of(url)}", encoded=True),
                allow_redirects=False,
                headers={"Host": origin.text.partition("://")[2], **headers},
                server_hostname=origin.host.strip("[]"),
            )
            return self._opened(origin, response)
        if self._settings.proxy is not None:
            return await self._through(self._settings.proxy, url, origin, headers)
        if (error := self._not_found.pop(origin.host, None)) is not None:
            raise _NameNotFound(error)
        response = await self._sessions[False].get(URL(url, encoded=True), allow_redirects=False, headers=headers)
        return self._opened(origin, response)

    async def _through(self, proxy: Proxy, url: str, origin: Origin, headers: dict[str, str]) -> ClientResponse:
        """Ask a proxy. The addresses behind names are its to look up, so of ours only the plain ones are refused."""
        if not self._settings.allow_private and is_plainly_private(origin.host):
            raise AddressRefused
        authorization = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
        is_tunnel = origin.scheme == "https"
        response = await self._sessions[True].get(
            URL(url, encoded=True),
            allow_redirects=False,
            headers=headers if is_tunnel else {**headers, **authorization},
            proxy=proxy.url,
            proxy_headers=authorization if is_tunnel else None,
        )
        if response.status == _PROXY_LOGIN:
            response.close()
            raise aiohttp.ClientHttpProxyError(response.request_info, response.history, status=response.status)
        self._has_proxy_answered = True
        return response

    async def _answer(self, response: ClientResponse | KeptAnswer, asked: _Wanted) -> FetchResult:
        status, sink = response.status, asked.sink
        headers = {name.lower(): value if value.isascii() else _text(value) for name, value in response.headers.items()}
        content_type = headers.get("content-type", "")
        peer = getattr(response, "peer", None)
        is_ok = 200 <= status < 300
        media = content_type.partition(";")[0].strip().lower()
        failure, detail, body, cut, is_poured, is_html = None, "", b"", "", False, False
        if headers.get("content-encoding", "").strip().lower() not in _DECODED:
            failure, detail = "content_encoding", headers["content-encoding"][:100]
        elif is_ok and sink is not None and (sink.types is None or media in sink.types):
            is_poured, cut = True, await self._pour(response, sink)
        elif asked.is_read and is_ok and (asked.any_type or media in _HTML_TYPES or not media):
            body, cut = await self._read(response, asked.max_bytes)
            if cut and not body:
                failure, detail, cut = "disconnected" if cut == "broken" else "idle_timeout", "no body came", ""
            is_html = failure is None and (media in _HTML_TYPES or (not media and _looks_like_html(body)))
        elif response.content_length is not None and response.content_length <= _DRAIN_BYTES:
            await self._read(response, _DRAIN_BYTES)
        remote_ip = None if peer is None or (asked.is_elsewhere and not asked.is_routed) else peer[0]
        ended_s, elapsed_ms = _end(asked.started)
        return FetchResult(
            asked.url,
            ended_s,
            elapsed_ms,
            failure,
            detail,
            status,
            headers,
            _values(response, "X-Robots-Tag") if "x-robots-tag" in headers else (),
            _values(response, "Link") if "link" in headers else (),
            content_type,
            is_html,
            body,
            cut,
            is_poured,
            bool(asked.conditions),
            remote_ip,
            peer,
            is_trusted=asked.is_elsewhere or (remote_ip is not None and is_loopback(remote_ip)),
            wire_bytes=0 if failure == "content_encoding" else _wire_bytes(response),
        )

    async def _read(self, response: ClientResponse | KeptAnswer, max_bytes: int) -> tuple[bytes, str]:
        """The decoded body up to ``max_bytes``, and why it is cut if it is."""
        parts: list[bytes] = []
        size = 0
        try:
            while part := await response.content.readany():
                parts.append(part)
                size += len(part)
                if size > max_bytes:
                    return b"".join(parts)[:max_bytes], "size"
        except TimeoutError:
            return b"".join(parts), "slow"
        except (aiohttp.ClientError, OSError, aiohttp.http_exceptions.HttpProcessingError):
            return b"".join(parts), "broken"
        return b"".join(parts), ""

    async def _pour(self, response: ClientResponse | KeptAnswer, sink: Sink) -> str:
        """Hand a body on in slices, and why it is cut if it is; a sink that has enough cuts nothing."""
        size = 0
        try:
            async for part in response.content.iter_any():
                size += len(part)
                for start in range(0, len(part), _SLICE_BYTES):
                    if not await sink.take(part[start : start + _SLICE_BYTES]):
                        return ""
                    await asyncio.sleep(0)
                if size > sink.max_bytes:
                    return "size"
        except TimeoutError:
            return "slow"
        except (aiohttp.ClientError, OSError, aiohttp.http_exceptions.HttpProcessingError):
            return "broken"
        return ""


def _end(started: float) -> tuple[float, int]:
    """The loop's clock now, and milliseconds since ``started``."""
    return asyncio.get_running_loop().time(), int((time.monotonic() - started) * 1000)


def _wire_bytes(response: ClientResponse | KeptAnswer) -> int:
    return getattr(response.content, "total_raw_bytes", 0)


def _values(response: ClientResponse | KeptAnswer, name: str) -> tuple[str, ...]:
    return tuple(_text(value) for value in response.headers.getall(name, []))


def _text(value: str) -> str:
    """A header as text: aiohttp hands bytes that are no UTF-8 through as surrogates, which nothing may keep."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value


def _looks_like_html(body: bytes) -> bool:
    start = body[:1024].lower()
    return b"<html" in start or b"<!doctype html" in start


_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (AddressRefused, "address_refused"),
    (_NameNotFound, "dns"),
    (aiohttp.ClientProxyConnectionError, "proxy"),
    (aiohttp.ClientHttpProxyError, "proxy"),
    (aiohttp.ConnectionTimeoutError, "connect_timeout"),
    (TimeoutError, "first_byte_timeout"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ClientResponseError, "protocol"),
    (aiohttp.http_exceptions.HttpProcessingError, "protocol"),
    (ssl.SSLError, "tls"),
    (ValueError, "protocol"),
)
"""What aiohttp raises before an answer, the particular before the general."""


def _failure(error: Exception) -> str:
    cause = getattr(error, "os_error", None)
    if isinstance(cause, AddressRefused):
        return "address_refused"
    if isinstance(cause, DnsTimeout):
        return "dns_timeout"
    return next((name for kind, name in _KINDS if isinstance(error, kind)), "disconnected")


_SILENCE: Final = frozenset({"dns_timeout", "connect_timeout", "first_byte_timeout", "proxy"})
_NO_NETWORK: Final = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH})


def _is_unheard(kind: str, error: Exception) -> bool:
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, socket.gaierror):
        return cause.errno == socket.EAI_AGAIN
    return kind in _SILENCE or getattr(cause, "errno", None) in _NO_NETWORK


def _raise_file_limit() -> None:
    """A connection is kept for each host asked in the last seconds: far more than the usual 1,024 in a broad crawl."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # where the hard limit is not to be had, the soft one stays
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _tls(settings: Settings) -> ssl.SSLContext | bool:
    if settings.insecure or settings.cacert is None:
        return not settings.insecure  # True is aiohttp's own context: reading the system's certificates takes a while
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=settings.cacert)
    except ssl.SSLError as error:
        raise UsageError(f"{settings.cacert}: no certificates in PEM form are in it: {error}") from error
    except OSError as error:
        raise UsageError(f"{settings.cacert}: {unreadable(error, 'a PEM file of certificates')}") from error
    return context
