"""One POST of JSON to a host that the user named: all that ever leaves the machine besides the requests of a crawl.

Nothing of the answer but its status is read, no redirect is followed, and no error tells more of the address than its
host: the rest of it may be a secret.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp

from wholinks import __version__
from wholinks.storage.errors import UsageError, WholinksError

TIMEOUT_S: Final = 10.0
"""For all of a request, from the name's look-up to the answer's head."""
PAUSE_S: Final = 2.0
"""Before the second try."""

_TOO_MANY: Final = 429


class DeliveryError(WholinksError):
    """The host did not take what was sent."""


class _AgainError(Exception):
    """What may be otherwise in a moment; its text says what happened."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An http or https address, and how much of it may be told."""

    url: str
    host: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address. Raises :class:`UsageError`, which does not repeat it."""
        wrong = UsageError("--webhook: not an http or https address with a host, such as https://hooks.example/links")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in {"http", "https"} or not host or any(ord(letter) <= ord(" ") for letter in text):
            raise wrong
        return cls(text, host if port is None else f"{host}:{port}")

    def post(self, body: bytes, note: Callable[[str], None]) -> None:
        """Send JSON; where that fails in a way that may pass, tell ``note`` why and try once more.

        Raises :class:`DeliveryError`. What timed out may have arrived all the same.
        """
        try:
            try:
                self._once(body)
            except _AgainError as reason:
                note(f"webhook {self.host}: {reason}; trying once more in {PAUSE_S:g} s")
                time.sleep(PAUSE_S)
                self._once(body)
        except _AgainError as reason:
            raise DeliveryError(f"webhook {self.host}: {reason}, twice; nothing is taken for delivered") from None

    def _once(self, body: bytes) -> None:
        status, location = asyncio.run(_status(self.url, body))
        if status == _TOO_MANY or status >= 500:
            raise _AgainError(f"answered {status}")
        if 300 <= status < 400:
            to = _host_of(location)
            raise DeliveryError(f"webhook {self.host}: redirects (answered {status}) to {to}; name where it leads")
        if not 200 <= status < 300:
            raise DeliveryError(f"webhook {self.host}: answered {status}; nothing is taken for delivered")


def _host_of(location: str) -> str:
    try:
        return (urlsplit(location).hostname or "another path of its own")[:200]
    except ValueError:
        return "what is no address"


async def _status(url: str, body: bytes) -> tuple[int, str]:
    """The status of the answer, and its ``Location``. Raises :class:`_AgainError` or :class:`DeliveryError`."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": f"wholinks/{__version__}"}
    limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            answer.close()
            return answer.status, answer.headers.get("Location", "")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _AgainError(_said(error)) from None


def _said(error: Exception) -> str:
    """What went wrong, in words of our own: those of the error may hold the address."""
    if isinstance(error, aiohttp.ClientConnectorError) and type(error) is aiohttp.ClientConnectorError:
        number = error.os_error.errno
        return f"can't connect ({os.strerror(number) if number else 'no reason given'})"
    known = (said for kind, said in _WORDS.items() if isinstance(error, kind))
    return next(known, f"can't be asked ({type(error).__name__})")


_WORDS: Final[dict[type[Exception], str]] = {
    TimeoutError: "no answer in time",
    aiohttp.ClientConnectorDNSError: "no such host was found",
    aiohttp.ClientSSLError: "no trusted TLS connection",
    aiohttp.ClientResponseError: "its answer is no HTTP",
    aiohttp.ClientPayloadError: "its answer is no HTTP",
    aiohttp.ClientConnectionError: "it closed the connection",
    OSError: "the connection broke",
}
"""The first that fits is told."""
