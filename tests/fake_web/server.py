"""The server: connections, requests, and a log from which politeness can be judged."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Final

from .answers import Answer, Exchange, Request
from .tls import ca_file, server_context

MAX_EXCHANGE_S: Final = 120.0
"""No answer takes longer, whatever it is."""

_MAX_HEAD_BYTES: Final = 2**20
_TLS_HANDSHAKE: Final = b"\x16"
_OWN_PORTS: Final = {"http": ":80", "https": ":443"}


@dataclass
class Served:
    """A fake web that is being served: where, and what was asked of it so far."""

    port: int
    tls_port: int | None = None
    ca_file: Path | None = None
    log: list[Request] = field(default_factory=list)

    @property
    def connect_to(self) -> str:
        """curl's ``--connect-to``: every host and port is the plain server."""
        return f"::127.0.0.1:{self.port}"

    @property
    def connect_options(self) -> list[str]:
        """All ``--connect-to`` values in order: port 443 is the TLS server if there is one, the rest the plain one."""
        return [*([f":443:127.0.0.1:{self.tls_port}"] if self.tls_port else []), self.connect_to]

    def requests(self, host: str | None = None) -> list[Request]:
        """The requests of ``host`` (http and https, any port) in order of arrival, or all."""
        return [request for request in self.log if host in {None, request.host}]

    def urls(self, host: str | None = None) -> list[str]:
        return [request.url for request in self.requests(host)]

    def max_concurrent(self, host: str | None = None) -> int:
        """How many requests (of ``host``) were ever open at one time."""
        starts = [(request.arrived_s, 1) for request in self.requests(host)]
        ends = [(request.ended_s, -1) for request in self.requests(host) if request.ended_s is not None]
        open_now = most = 0
        for _, step in sorted(starts + ends):  # at one instant ends come first
            open_now += step
            most = max(most, open_now)
        return most

    def gaps(self, host: str) -> list[float]:
        """Seconds from the end of each answer of ``host`` to its next request; negative where the two overlapped."""
        return [
            after.arrived_s - (float("inf") if before.ended_s is None else before.ended_s)
            for before, after in pairwise(self.requests(host))
        ]


@contextlib.asynccontextmanager
async def serve(
    answer_for: Callable[[Request], Answer], tls_hosts: Iterable[str] | None = None
) -> AsyncIterator[Served]:
    """Serve on loopback, with TLS for ``tls_hosts`` on a second port if given. Leaves nothing behind."""
    connections = _Connections(answer_for)
    async with contextlib.AsyncExitStack() as stack:
        port = await stack.enter_async_context(connections.listening("http", None))
        served = Served(port, log=connections.log)
        if tls_hosts is not None:
            context = server_context(tls_hosts)
            served.tls_port = await stack.enter_async_context(connections.listening("https", context))
            served.ca_file = ca_file()
        try:
            yield served
        finally:
            await connections.end()


class _Connections:
    def __init__(self, answer_for: Callable[[Request], Answer]) -> None:
        self.log: list[Request] = []
        self._answer_for = answer_for
        self._numbers = count(1)
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._ended = False
        self._bugs: list[BaseException] = []

    @contextlib.asynccontextmanager
    async def listening(self, scheme: str, context: ssl.SSLContext | None) -> AsyncIterator[int]:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self._ended:
                writer.transport.abort()
                return
            task = asyncio.get_running_loop().create_task(self._talk(scheme, reader, writer))
            self._open[task] = writer
            task.add_done_callback(self._closed)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, limit=_MAX_HEAD_BYTES, backlog=1024)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await server.wait_closed()

    def _closed(self, task: asyncio.Task[None]) -> None:
        del self._open[task]
        if not task.cancelled() and (bug := task.exception()):
            self._bugs.append(bug)

    async def end(self) -> None:
        """Drop every connection. Raises what an answer raised: a bug in the test's web, not misbehaviour."""
        self._ended = True
        tasks = dict(self._open)
        for task, writer in tasks.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._bugs:
            raise self._bugs[0]

    async def _talk(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=0)  # so that drain() means sent
        number = next(self._numbers)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                while (request := await _read(reader, scheme, number)) and await self._answer(request, reader, writer):
                    pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer and log ``request``; whether the connection can be used again."""
        self.log.append(request)
        exchange = Exchange(request, reader, writer)
        try:
            async with asyncio.timeout(MAX_EXCHANGE_S):
                await self._answer_for(request).send(exchange)
        finally:
            request.ended_s = time.monotonic()
        return exchange.keep_alive and request.headers.get("connection", "").lower() != "close"


async def _read(reader: asyncio.StreamReader, scheme: str, connection: int) -> Request | None:
    first = await reader.read(1)
    if first in {b"", _TLS_HANDSHAKE}:  # the client left, or speaks TLS to the plain port
        return None
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    arrived_s = time.monotonic()
    start, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = start.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    await reader.readexactly(int(headers.get("content-length", "0")))
    authority = headers.get("host", "").lower().removesuffix(_OWN_PORTS[scheme])
    host = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
    return Request(arrived_s, scheme, host, authority, method, path, headers, connection)
