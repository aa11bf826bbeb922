"""URL identity: the three spellings of a link, the ids made from them, and the site a host belongs to.

The WHATWG URL standard (through ada) parses and joins; this file adds what makes two spellings one page
(docs/counting.md, "URLs"). Everything here is pure: text in, text or a number out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import ada_url
import xxhash

from .errors import UsageError
from .suffix_rules import SuffixRules, bundled_list
from .user_files import read_text

MAX_URL_LENGTH: Final = 8192
"""Characters; a longer URL is counted as no link, for the reason ``too_long``."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
TRACKING_PARAMETERS: Final = frozenset(
    {"gclid", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "yclid", "mc_cid", "mc_eid", "_ga", "_gl", "igshid"}
)
"""Query parameters that name a visit, not a page; ``utm_*`` belongs to them too."""

NON_LINK_REASONS: Final = (
    "empty", "fragment", "mailto", "tel", "javascript", "data", "other_scheme", "unparsable", "too_long",
)  # fmt: skip
"""Why an ``href`` is no link."""

_OUTER: Final = "".join(map(chr, range(0x21)))  # C0 controls and space: what WHATWG strips from both ends
_NO_BASE: Final = "about:blank"  # nothing is relative to it, and its scheme is nobody's
_NAMED_SCHEMES: Final = frozenset({"mailto", "tel", "javascript", "data"})


class NotAUrl(ValueError):  # noqa: N818 - reads as a fact, not as a failure
    """An ``href`` that is no link; ``reason`` is one of :data:`NON_LINK_REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def join(base: str, href: str) -> str:
    """The URL that ``href`` names on a page whose base is ``base``, normalised.

    Raises :class:`NotAUrl` with the reason when it names none that can be fetched.
    """
    stripped = href.strip(_OUTER)
    if not stripped:
        raise NotAUrl("empty")
    if stripped[0] == "#":
        raise NotAUrl("fragment")
    if len(stripped) > MAX_URL_LENGTH:
        # Only an http(s) or relative reference can be a link at all; megabytes of data: are just data.
        raise NotAUrl(_scheme_reason(stripped[:32]) or "too_long")
    try:
        joined = ada_url.join_url(base, href)
    except ValueError:
        raise NotAUrl("unparsable") from None
    except UnicodeEncodeError:  # a lone surrogate, which no decoder of ours makes
        raise NotAUrl("unparsable") from None
    return _normalised(joined)


def normalise(url: str) -> str:
    """``url`` (absolute) in the one spelling that is fetched and shown. Raises :class:`NotAUrl`."""
    return join(_NO_BASE, url)


def _scheme_reason(start: str) -> str | None:
    scheme = start.partition(":")[0].lower()
    return scheme if scheme in _NAMED_SCHEMES and ":" in start else None


def _normalised(url: str) -> str:
    """What WHATWG leaves to us: no fragment, userinfo, outer dot of the host or empty query."""
    if not url.startswith(("http://", "https://")):
        raise NotAUrl(_scheme_reason(url[:32]) or "other_scheme")
    if "#" in url:
        url = url[: url.index("#")]
    start = 8 if url[4] == "s" else 7
    end = url.find("/", start)  # ada always writes the path's slash
    authority = url[start:end]
    cleaned = authority
    if "@" in cleaned:
        cleaned = cleaned[cleaned.rindex("@") + 1 :]
    host, colon, port = cleaned.partition(":") if not cleaned.startswith("[") else (cleaned, "", "")
    if host.endswith("."):
        host = host[:-1]
        if not host or host.endswith("."):
            raise NotAUrl("unparsable")
        cleaned = f"{host}{colon}{port}"
    if cleaned != authority:
        url = url[:start] + cleaned + url[end:]
    if url.find("?") == len(url) - 1:
        url = url[:-1]
    if len(url) > MAX_URL_LENGTH:
        raise NotAUrl("too_long")
    return url


def dedup_key(url: str) -> str:
    """The text two spellings of one page share: ``url`` (normalised) without its tracking parameters."""
    base, mark, query = url.partition("?")
    if not mark:
        return url
    parts = query.split("&")
    kept = [part for part in parts if not _is_tracking(part.partition("=")[0])]
    if len(kept) == len(parts):
        return url
    return f"{base}?{'&'.join(kept)}" if any(kept) else base


def _is_tracking(name: str) -> bool:
    return name.startswith("utm_") or name in TRACKING_PARAMETERS


def identity(text: str) -> int:
    """A 64-bit id of ``text``, signed as SQLite's integers are (xxh3)."""
    number = xxhash.xxh3_64_intdigest(text.encode())
    return number - 2**64 if number >= 2**63 else number


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a normalised URL: what robots.txt speaks for. ``text`` is its usual spelling."""

    scheme: str
    host: str
    port: int

    @property
    def text(self) -> str:
        suffix = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{suffix}"


@lru_cache(maxsize=65_536)
def _origin_of_text(text: str) -> Origin:
    scheme, _, authority = text.partition("://")
    if authority.startswith("["):
        host, _, rest = authority.partition("]")
        host, port = host + "]", rest[1:]
    else:
        host, _, port = authority.partition(":")
    return Origin(scheme, host, int(port) if port else DEFAULT_PORTS[scheme])


def origin_text(url: str) -> str:
    """``scheme://host[:port]`` of a normalised URL."""
    return url[: url.index("/", 8 if url[4] == "s" else 7)]


def origin_of(url: str) -> Origin:
    """The origin of a normalised URL."""
    return _origin_of_text(origin_text(url))


def path_of(url: str) -> str:
    """Path and query of a normalised URL, from the first slash on."""
    return url[url.index("/", 8 if url[4] == "s" else 7) :]


def is_ip(host: str) -> bool:
    """Whether a normalised host is an address (IPv6 in brackets)."""
    if host.startswith("["):
        return True
    if not host[-1:].isdigit():
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def to_unicode(host: str) -> str:
    """A host as people write it (``xn--…`` labels decoded where they can be)."""
    return ada_url.idna_to_unicode(host) if "xn--" in host else host


class PublicSuffixes:
    """Which site a host belongs to, by the Public Suffix List with its private section. Never goes to the network.

    ``path`` names a list to use instead of the one bundled with tldextract. ``version`` comes from the list's header.
    """

    def __init__(self, path: Path | None = None) -> None:
        text = bundled_list() if path is None else _read_suffix_list(path)
        self.version = next(_header_values(text, "VERSION"), "unknown")
        rules = SuffixRules(text)

        @lru_cache(maxsize=200_000)
        def both(host: str) -> tuple[str, str]:
            if is_ip(host) or "." not in host:
                return host, host
            found = rules.domains(host)
            if found is None:  # the list's own default rule: an unknown top level is a suffix
                default = ".".join(host.rsplit(".", 2)[-2:])
                return default, default
            return found

        self._both = both

    def domain(self, host: str) -> str:
        """The registrable domain of a normalised host; the host itself where there is none."""
        return self._both(host)[0]

    def is_suffix(self, host: str) -> bool:
        """Whether nobody can have registered a host: ``co.uk``, ``github.io``, a name without a dot."""
        below = f"a.{host}"
        return not is_ip(host) and self.domain(host) == host and self.domain(below) == below

    def site(self, url: str) -> str:
        """The registrable domain of a normalised URL's host."""
        return self._both(origin_of(url).host)[0]

    def icann_domain(self, host: str) -> str:
        """The same by the ICANN section alone (``a.github.io`` → ``github.io``)."""
        return self._both(host)[1]


def _header_values(text: str, name: str) -> Iterator[str]:
    marker = f"// {name}:"
    return (line[len(marker) :].strip() for line in text.split("\n", 40)[:40] if line.startswith(marker))


def _read_suffix_list(path: Path) -> str:
    text = read_text(path, "a public suffix list")
    if "===BEGIN ICANN DOMAINS===" not in text:
        raise UsageError(f"{path}: not a public suffix list (no '===BEGIN ICANN DOMAINS===' line)")
    return text
