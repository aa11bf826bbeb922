"""What a person gives us for some hosts only: headers, credentials, a proxy. Never sent elsewhere, never stored, never
shown: ``str`` and ``repr`` leave the secret out, and crawl.db keeps what ``str`` says.

A header or credentials are for one origin. A redirect is a request of its own, so it carries what its own origin is
given, and nothing else.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from wholinks.storage.errors import UsageError

from .named_origins import named_origin

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")
_OURS: Final = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "user-agent", "accept-encoding", "range",
    "proxy-authorization", "upgrade", "te", "trailer", "expect",
})  # fmt: skip
"""Headers that say who we are, or how the connection is used."""


@dataclass(frozen=True, slots=True)
class OriginHeader:
    """A header for one origin (``https://shop.example``)."""

    origin: str
    name: str
    value: str = field(repr=False)

    @classmethod
    def parse(cls, host: str, name: str, value: str) -> Self:
        """Read ``--header HOST NAME VALUE``. Raises :class:`UsageError`, without the value."""
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise UsageError(
                f"--header {host} {name!r}: give HOST NAME VALUE, the name without a colon, the value in one line"
            )
        if name.lower() in _OURS:
            raise UsageError(f"--header {host} {name}: this header is the crawler's own")
        return cls(named_origin(host, "--header"), name, value)

    @classmethod
    def basic(cls, host: str, credentials: str) -> Self:
        """Read ``--auth HOST USER:PASSWORD``. Raises :class:`UsageError`, without the credentials."""
        if ":" not in credentials:
            raise UsageError(f"--auth {host}: give HOST USER:PASSWORD")
        return cls(named_origin(host, "--auth"), "Authorization", _basic(credentials))

    def __str__(self) -> str:
        return f"{self.origin} {self.name}: (not kept)"


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; ``authorization`` is its ``Proxy-Authorization`` header, or empty."""

    url: str
    authorization: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``http://[USER:PASSWORD@]HOST[:PORT]``. Raises :class:`UsageError`, without the credentials."""
        try:
            parts = urlsplit(text)
            port = parts.port or 80
        except ValueError:
            parts, port = urlsplit(""), 0
        host = parts.hostname
        if parts.scheme != "http" or not host or not port or parts.path.strip("/") or parts.query or parts.fragment:
            raise UsageError("--proxy: must be http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT")
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        if parts.username is None:
            return cls(url)
        return cls(url, _basic(f"{unquote(parts.username)}:{unquote(parts.password or '')}"))

    def __str__(self) -> str:
        return self.url


def headers_by_origin(headers: Iterable[OriginHeader]) -> dict[str, dict[str, str]]:
    """The headers to send with each request to an origin; the last of a name counts."""
    found: dict[str, dict[str, str]] = {}
    for header in headers:
        found.setdefault(header.origin, {})[header.name] = header.value
    return found


def _basic(credentials: str) -> str:
    return "Basic " + b64encode(credentials.encode()).decode("ascii")
