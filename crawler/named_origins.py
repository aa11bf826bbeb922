"""Hosts and origins as a person types them into an option."""

import re
from typing import Final

from wholinks.storage.errors import UsageError
from wholinks.storage.urls import NotAUrl, normalise, origin_of

_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:]+\]")


def named_host(text: str, option: str) -> str:
    """The host name meant by ``text``, as URLs have it. Raises :class:`UsageError` for what is more, or less."""
    has_port = ":" in text.rpartition("]")[2]
    origin = _origin(f"http://{text}") if not has_port else None
    if origin is None:
        raise UsageError(f"{option} {text!r}: must be a host name, such as shop.example")
    return origin.partition("://")[2]


def named_origin(text: str, option: str) -> str:
    """The origin meant by ``text``: ``shop.example`` is ``https://shop.example``, any other has its scheme or port with
    it. Raises :class:`UsageError`."""
    origin = _origin(text if "://" in text else f"https://{text}")
    if origin is None:
        raise UsageError(f"{option} {text!r}: must be a host (of https), or an origin such as http://shop.example:8080")
    return origin


def _origin(url: str) -> str | None:
    """The origin that ``url`` is, and nothing more than that."""
    if any(character in url.partition("://")[2] for character in "/@?#\\ \t\r\n"):
        return None
    try:
        origin = origin_of(normalise(url))
    except NotAUrl:
        return None
    return origin.text if _HOST.fullmatch(origin.host) else None
