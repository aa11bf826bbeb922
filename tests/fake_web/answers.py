"""What one request gets: an answer that behaves (`Response`), and the ways a server can misbehave, one class each.

An answer writes bytes to an :class:`Exchange`. After a misbehaviour the connection can't be used again, so it says
``exchange.keep_alive = False``. Whatever is endless here ends when the client leaves, or at the server's own limit.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Protocol

HTML: Final = "text/html; charset=utf-8"

_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}

Headers = Mapping[str, str | Sequence[str]]
"""Name → value, or → values for a header that is repeated (none: the header is left out)."""


@dataclass(slots=True)
class Request:
    """One request as the server saw it; times are monotonic seconds, ``ended_s`` is set when its answer ended."""

    arrived_s: float
    scheme: str
    host: str  # lower case, without port
    authority: str  # lower case, with the port unless it is the scheme's own
    method: str
    path: str  # with the query, as asked
    headers: dict[str, str]  # names in lower case
    connection: int
    ended_s: float | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(slots=True)
class Exchange:
    """One request on its connection, for an answer to do anything with."""

    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    keep_alive: bool = True

    async def write(self, data: bytes) -> None:
        """Send ``data``; returns when the kernel has all of it."""
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self, limit_s: float) -> None:
        """Wait until the client leaves, at most ``limit_s``."""
        self.keep_alive = False
        try:
            async with asyncio.timeout(limit_s):
                while await self.reader.read(65_536):
                    pass
        except TimeoutError:
            pass

    def reset(self) -> None:
        """Drop the connection, unsent bytes included."""
        self.keep_alive = False
        self.writer.transport.abort()


class Answer(Protocol):
    async def send(self, exchange: Exchange) -> None: ...


@dataclass(frozen=True)
class Response:
    """An honest answer. ``Content-Length`` and an HTML ``Content-Type`` are added unless ``headers`` has them."""

    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes = b""

    async def send(self, exchange: Exchange) -> None:
        has_no_body = exchange.request.method == "HEAD" or self.status in {204, 304}
        await exchange.write(self.head() if has_no_body else self.head() + self.body)

    def head(self) -> bytes:
        return head(self.status, {"Content-Type": HTML, "Content-Length": str(len(self.body)), **self.headers})

    def with_headers(self, headers: Headers) -> "Response":
        return replace(self, headers={**self.headers, **headers})


def head(status: int, headers: Headers) -> bytes:
    """A status line and headers, ready to send."""
    phrase = _PHRASES.get(status, "-")
    pairs = [(name, v) for name, value in headers.items() for v in ([value] if isinstance(value, str) else value)]
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in pairs)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def retry_after(value: str, status: int = 429) -> Response:
    """``Retry-After`` with seconds or an HTTP date."""
    return Response(status, {"Retry-After": value}, b"<!doctype html><title>Later</title>")


class InTurn:
    """One answer after another, the last one for ever: a page that changes, a host that recovers."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = answers
        self.asked = 0

    async def send(self, exchange: Exchange) -> None:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        await answer.send(exchange)


@dataclass(frozen=True)
class Computed:
    """An answer made from the request: traps, calendars, ETags."""

    make: Callable[[Request], Answer]

    async def send(self, exchange: Exchange) -> None:
        await self.make(exchange.request).send(exchange)


@dataclass(frozen=True)
class Delayed:
    """Another answer, after ``delay_s`` without a byte."""

    answer: Answer
    delay_s: float

    async def send(self, exchange: Exchange) -> None:
        await asyncio.sleep(self.delay_s)
        await self.answer.send(exchange)


@dataclass(frozen=True)
class Chunked:
    """A well-formed chunked body without a length."""

    response: Response
    chunk_bytes: int = 1000

    async def send(self, exchange: Exchange) -> None:
        await exchange.write(_chunked_head(self.response))
        body = self.response.body
        for start in range(0, len(body), self.chunk_bytes):
            await exchange.write(_chunk(body[start : start + self.chunk_bytes]))
        await exchange.write(b"0\r\n\r\n")


def _chunked_head(response: Response) -> bytes:
    return response.with_headers({"Content-Length": [], "Transfer-Encoding": "chunked"}).head()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


# ── misbehaviour ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Drip:
    """An honest answer, ``bytes_per_write`` every ``interval_s``; ``from_head`` drips the headers too."""

    response: Response
    bytes_per_write: int = 1
    interval_s: float = 0.1
    from_head: bool = False

    async def send(self, exchange: Exchange) -> None:
        first, rest = self.response.head(), self.response.body
        if self.from_head:
            first, rest = b"", first + rest
        await exchange.write(first)
        for start in range(0, len(rest), self.bytes_per_write):
            await asyncio.sleep(self.interval_s)
            await exchange.write(rest[start : start + self.bytes_per_write])


@dataclass(frozen=True)
class CutAfter:
    """An answer whose connection closes after ``body_bytes`` of its body (or is reset there)."""

    response: Response
    body_bytes: int
    by_reset: bool = False

    async def send(self, exchange: Exchange) -> None:
        await exchange.write(self.response.head() + self.response.body[: self.body_bytes])
        exchange.keep_alive = False
        if self.by_reset:
            await asyncio.sleep(0.05)  # a reset overtakes bytes the client has not read yet
            exchange.reset()


@dataclass(frozen=True)
class WrongLength:
    """``Content-Length`` is ``length`` whatever the body is: too long, and the rest never comes; too short, and bytes
    follow that belong to no answer."""

    response: Response
    length: int

    async def send(self, exchange: Exchange) -> None:
        lying = self.response.with_headers({"Content-Length": str(self.length)})
        await exchange.write(lying.head() + lying.body)
        exchange.keep_alive = len(lying.body) > self.length  # too short: go on, and let the client find out


@dataclass(frozen=True)
class BadChunks:
    """A chunked body with one good chunk, then ``then``, which is no chunk."""

    response: Response
    then: bytes = b"not a size\r\n\r\n"

    async def send(self, exchange: Exchange) -> None:
        await exchange.write(_chunked_head(self.response) + _chunk(self.response.body) + self.then)
        exchange.keep_alive = False


@dataclass(frozen=True)
class Endless:
    """A chunked body of ``block`` after ``block`` that ends only at ``max_bytes``, far beyond any sane cap."""

    block: bytes = b"<p>and on it goes</p>\n" * 500
    headers: Headers = field(default_factory=dict)
    interval_s: float = 0.0
    max_bytes: int = 2**30

    async def send(self, exchange: Exchange) -> None:
        await exchange.write(_chunked_head(Response(headers=self.headers)))
        for _ in range(self.max_bytes // len(self.block)):
            await exchange.write(_chunk(self.block))
            await asyncio.sleep(self.interval_s)
        exchange.keep_alive = False


@dataclass(frozen=True)
class HugeHeaders:
    """``headers`` headers of ``header_bytes`` each before an honest body."""

    response: Response = field(default_factory=Response)
    header_bytes: int = 65_536
    headers: int = 1

    async def send(self, exchange: Exchange) -> None:
        huge = {f"X-Huge-{number}": "h" * self.header_bytes for number in range(self.headers)}
        await self.response.with_headers(huge).send(exchange)


@dataclass(frozen=True)
class Hang:
    """``first`` (nothing, half a head, half a body), then silence until the client leaves."""

    first: bytes = b""
    limit_s: float = 60.0

    async def send(self, exchange: Exchange) -> None:
        await exchange.write(self.first)
        await exchange.gone(self.limit_s)


@dataclass(frozen=True)
class Raw:
    """These bytes and a closed connection: garbage instead of HTTP, or, with none, no answer at all."""

    data: bytes = b""
    by_reset: bool = False

    async def send(self, exchange: Exchange) -> None:
        await exchange.write(self.data)
        exchange.keep_alive = False
        if self.by_reset:
            exchange.reset()
