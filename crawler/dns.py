"""Looking names up: by the system, in threads of its own, within a time limit of its own.

The system's lookup blocks and can't be interrupted. So each runs in a thread that nobody has to wait for, not even at
the end of the process; those that hang are bounded in number, and whoever waits for one gives up by the limit. The
loop's own pool of threads would be full after a handful of names whose servers do not answer.

A cache is aiohttp's: a thousand names, for :data:`CACHE_S`. Failures are not cached; politeness says when to ask again.
"""

import asyncio
import errno
import socket
import threading
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

CACHE_S: Final = 300
"""Seconds an answer is used: DNS does not tell us its own time to live, and five minutes is what most hosts set."""
THREADS: Final = 64
"""Lookups at once; a thread that waits costs some kilobytes."""

_FLAGS: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
_AddressInfo = list[Any]
"""Rows of ``socket.getaddrinfo``."""


class DnsTimeout(OSError):  # noqa: N818 - reads as a fact; no TimeoutError, which would be taken for a slow host's
    """A name was not looked up in time."""


class Resolver(AbstractResolver):
    """What aiohttp asks for names. Raises :class:`OSError`."""

    def __init__(self, limit_s: float, threads: int = THREADS) -> None:
        self._limit_s = limit_s
        self._slots = asyncio.Semaphore(threads)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``, within the limit."""
        try:
            async with asyncio.timeout(self._limit_s):
                found = await self._look_up(host, port, family)
        except TimeoutError:
            raise DnsTimeout(errno.ETIMEDOUT, f"no answer from DNS within {self._limit_s:g} s") from None
        return [
            ResolveResult(
                hostname=host, host=_numeric(address), port=address[1], family=kind, proto=protocol, flags=_FLAGS
            )
            for kind, _, protocol, _, address in found
        ]

    async def _look_up(self, host: str, port: int, family: int) -> _AddressInfo:
        loop = asyncio.get_running_loop()
        await self._slots.acquire()
        answer: asyncio.Future[_AddressInfo] = loop.create_future()

        def settle(found: _AddressInfo | None, error: Exception | None) -> None:
            self._slots.release()
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or [])

        def look_up() -> None:
            found: _AddressInfo | None = None
            error: Exception | None = None
            try:
                found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
            except (OSError, UnicodeError) as reason:
                error = reason if isinstance(reason, OSError) else OSError(f"no host name: {reason}")
            try:
                loop.call_soon_threadsafe(settle, found, error)
            except RuntimeError:  # the loop is gone, and nobody waits
                return

        try:
            threading.Thread(target=look_up, name=f"dns {host}"[:80], daemon=True).start()
        except RuntimeError as error:
            self._slots.release()
            raise OSError(f"no thread to look up the name: {error}") from error
        return await answer

    async def close(self) -> None:
        """Nothing is to be closed: threads end by themselves."""


def _numeric(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """An address as text; a link-local one with its zone."""
    zone = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{zone}" if zone and "%" not in address[0] else address[0]
