"""Asking once more on a connection that is open: the request is written, the answer read, and nothing else is done.

aiohttp's session does much around a request that a crawler which asks plainly has no use for, and starts five timers
for it: 85 of 205 microseconds of CPU. So the session opens connections (names, address guard, TLS), and here those it
keeps are used again, with aiohttp's own connector, protocol and parser. Where none is kept, the session is asked.

One timer looks after all requests under way, some times within the shortest limit and at least twice a second.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http_parser import RawResponseMessage
from aiohttp.http_writer import _serialize_headers
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from .recent import Recent
from .settings import Settings

Peer = tuple[str, int]

MAX_HEADERS: Final = 1024
_MOST_KEYS: Final = 20_000
_LOOKS: Final = 8
"""How often the shortest limit is looked at before it is over."""
_LONGEST_LOOK_S: Final = 0.5
_INFORMATIONAL: Final = range(100, 200)
_SWITCHING: Final = 101


class KeptAnswer:
    """What a ``ClientResponse`` has of what a fetch needs, once :attr:`message` is there."""

    __slots__ = ("_connection", "_idle_until", "_kept", "_raw_bytes", "_until", "content", "message", "peer",
                 "protocol")  # fmt: skip

    def __init__(self, kept: "KeptConnections", connection: Connection, protocol: ResponseHandler, now: float) -> None:
        self._kept = kept
        self._connection = connection
        self._until = now + kept.total_s
        self._idle_until = now + kept.first_byte_s
        self._raw_bytes = -1
        self.protocol = protocol
        self.peer: Peer | None = kept.peers.get(protocol)
        self.message: RawResponseMessage | None = None
        self.content: StreamReader = EMPTY_PAYLOAD

    @property
    def status(self) -> int:
        """Of the answer; 0 while there is none."""
        return 0 if self.message is None else self.message.code

    @property
    def headers(self) -> Any:
        """As they came, aiohttp's ``CIMultiDictProxy``. Only once there is an answer."""
        if self.message is None:
            raise RuntimeError("no answer yet")
        return self.message.headers

    @property
    def content_length(self) -> int | None:
        """What the header says."""
        text = self.headers.get("Content-Length")
        return None if text is None else int(text)

    def close(self) -> None:
        """End the exchange: give the connection back if the body came to its end, else drop it."""
        self._kept.ended(self)
        if self.message is None:
            self._connection.close()
        else:
            self._connection.release()

    def is_late(self, now: float, idle_s: float) -> bool:
        """Whether what is waited for does not come in time. If so, who waits for it gets the session's error."""
        if self.message is not None and self.content is not EMPTY_PAYLOAD:
            raw_bytes = self.content.total_raw_bytes
            if raw_bytes != self._raw_bytes:
                self._raw_bytes, self._idle_until = raw_bytes, now + idle_s
        if now < min(self._until, self._idle_until):
            return False
        error = aiohttp.SocketTimeoutError("Timeout on reading data from socket")
        self.protocol.set_exception(error)
        if self.content is not EMPTY_PAYLOAD:
            self.content.set_exception(error)
        return True


class KeptConnections:
    """The open connections of sessions, by the origin they were opened for."""

    def __init__(self, settings: Settings, headers: Mapping[str, str]) -> None:
        times = settings.timeouts
        self._headers = headers
        self._max_header_bytes = settings.max_header_bytes
        self._idle_s = max(times.first_byte_s, times.idle_s)
        self.first_byte_s = min(self._idle_s, times.dns_s + times.connect_s + times.first_byte_s)
        self.total_s = times.total_s
        self._look_s = min(min(self.first_byte_s, self._idle_s, self.total_s) / _LOOKS, _LONGEST_LOOK_S)
        self._keys: Recent[str, ConnectionKey | None] = Recent(_MOST_KEYS, None)
        self._lines: Recent[str, bytes] = Recent(_MOST_KEYS, b"")
        self._under_way: set[KeptAnswer] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.peers: WeakKeyDictionary[ResponseHandler, Peer] = WeakKeyDictionary()

    def opened(self, origin: str, key: ConnectionKey, protocol: ResponseHandler, peer: Peer | None) -> None:
        """The session asked ``origin`` by this connection, which its connector keeps by ``key``, if at all."""
        self._keys[origin] = key
        if peer is not None:
            self.peers[protocol] = peer

    async def get(
        self, connector: aiohttp.BaseConnector, origin: str, path: str, headers: Mapping[str, str]
    ) -> KeptAnswer | None:
        """GET ``path`` with ``headers`` besides the usual ones, on a connection that ``connector`` keeps for
        ``origin``; None where there is none. Raises what aiohttp's session raises."""
        key = self._keys[origin]
        connection = None if key is None else await connector._get(key, [])  # noqa: SLF001
        protocol = None if connection is None else connection.protocol
        if connection is None or protocol is None or protocol.transport is None:
            return None
        loop = asyncio.get_running_loop()
        answer = KeptAnswer(self, connection, protocol, loop.time())
        self._under_way.add(answer)
        if self._timer is None:
            self._timer = loop.call_later(self._look_s, self._look, loop)
        try:
            limit = self._max_header_bytes
            protocol.set_response_params(
                read_until_eof=True, max_line_size=limit, max_field_size=limit, max_headers=MAX_HEADERS
            )
            protocol.transport.write(self._request(origin, path, headers))
            while True:
                message, content = await protocol.read()
                if message.code not in _INFORMATIONAL or message.code == _SWITCHING:
                    break
        except BaseException:
            answer.close()
            raise
        answer.message, answer.content = message, content
        return answer

    def _request(self, origin: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = b"" if headers else self._lines[origin]
        if not lines:
            every = {"Host": origin.partition("://")[2], **self._headers}
            given = {name.lower() for name in headers}
            every = {name: value for name, value in every.items() if name.lower() not in given}
            lines = _serialize_headers("", {**every, **headers})  # type: ignore[arg-type] # it wants items() alone
            if not headers:
                self._lines[origin] = lines
        return b"GET %b HTTP/1.1%b" % (path.encode("ascii"), lines)

    def ended(self, answer: KeptAnswer) -> None:
        """Look no more after this one."""
        self._under_way.discard(answer)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for answer in tuple(self._under_way):
            if answer.is_late(now, self._idle_s):
                self._under_way.discard(answer)
        self._timer = loop.call_later(self._look_s, self._look, loop) if self._under_way else None

    def close(self) -> None:
        """Look after nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
