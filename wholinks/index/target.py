"""Whose backlinks: what a person types, as a target (docs/counting.md, "Target modes"; modes as Ahrefs names them)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from wholinks.storage.errors import UsageError
from wholinks.storage.sites import Parts
from wholinks.storage.urls import DEFAULT_PORTS, NotAUrl, is_ip, normalise, origin_of, path_of

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d+(?:[/?#]|$))")
_SLASHES: Final = "/\\"  # any number of either follows a scheme, and none is as good (WHATWG)
NO_PARTS: Final = Parts()
_EXAMPLES: Final = "give a domain, a host or a URL, such as shop.example or https://shop.example/tents"


class Mode(StrEnum):
    """How much a target covers."""

    EXACT = "exact"
    PREFIX = "prefix"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"


class Schemes(StrEnum):
    """Which schemes count."""

    BOTH = "both"
    HTTP = "http"
    HTTPS = "https"


class Sites(Protocol):
    """Who knows the registrable domain of a host; ``storage.urls.PublicSuffixes`` does."""

    def domain(self, host: str) -> str:
        """The registrable domain of a normalised host; the host itself where there is none."""


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked for. Hosts are A-labels. ``domain`` is the site it belongs to: a registrable domain, or a site by
    prefix (``medium.com/@user``).

    ``port`` is the one typed, None where none was (or the scheme's own). In ``exact`` and ``prefix`` None means the
    scheme's own port, as in any URL; in ``domain`` and ``subdomains`` it means every port. ``path`` (with its query) is
    that of ``exact``, the beginning of one in ``prefix``; in the other modes that of a site by prefix, else empty.
    """

    input: str
    mode: Mode
    protocol: Schemes
    domain: str
    host: str
    port: int | None
    path: str

    @property
    def text(self) -> str:
        """The target in words a person can compare with what they typed; without a scheme."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.host}{port}{self.path}"


def parse_target(
    text: str,
    sites: Sites,
    *,
    mode: Mode | None = None,
    protocol: Schemes = Schemes.BOTH,
    parts: Parts = NO_PARTS,
) -> Target:
    """Read a target; ``parts`` are the sites by prefix. What names just one of them means that site, and so does in
    ``domain`` and ``subdomains`` what lies under it.

    Raises :class:`UsageError` when ``text`` names none, or one that ``mode`` does not go with.
    """
    url = _url(text)
    origin, path = origin_of(url), path_of(url)
    part = parts.of(origin.host, path)
    if mode is None and part is not None and part.path == path.rstrip("/"):
        mode = Mode.DOMAIN
    elif mode is None:
        mode = Mode.SUBDOMAINS if path == "/" else Mode.EXACT
    if mode is Mode.PREFIX and "?" in path:
        raise UsageError(f"{text.strip()}: a prefix takes no query; leave out what follows '?', or use --mode exact")
    host = origin.host
    if mode in {Mode.DOMAIN, Mode.SUBDOMAINS}:
        path = "" if part is None else part.path
        host = without_www(host, sites) if part is None else host
    port = None if origin.port == DEFAULT_PORTS[origin.scheme] else origin.port
    domain = sites.domain(host) if part is None else part.name
    return Target(text, mode, protocol, domain, host, port, path)


def without_www(host: str, sites: Sites) -> str:
    """``host`` less a leading ``www.``, if what remains has a registrable domain."""
    rest = host.removeprefix("www.")
    # The registrable domain of www.X is www.X itself only where X has none: where it is a public suffix.
    return rest if rest != host and sites.domain(host) != host else host


def is_bare(host: str, sites: Sites) -> bool:
    """Whether a host stands for itself alone: a public suffix, an address, a name without a dot."""
    if is_ip(host):
        return True
    below = f"a.{host}"
    return sites.domain(host) == host and sites.domain(below) == below


def _url(text: str) -> str:
    """The URL typed, normalised; http where no scheme was typed."""
    typed = text.strip()
    if not typed:
        raise UsageError(f"an empty target; {_EXAMPLES}")
    scheme = _SCHEME.match(typed)
    if scheme and not re.match(r"https?:", typed, re.IGNORECASE):
        raise UsageError(f"{typed}: only http and https URLs have backlinks; {_EXAMPLES}")
    if scheme is None and "@" in re.split(r"[/?#]", typed, maxsplit=1)[0]:
        raise UsageError(f"{typed}: an e-mail address is no target; {_EXAMPLES}")
    if re.match(r"(?:https?://)?\*\.", typed, re.IGNORECASE):
        raise UsageError(f"{typed}: leave out '*.': a domain covers its subdomains (see --mode)")
    try:
        return normalise(
            f"{scheme[1] if scheme else 'http'}://{typed[scheme.end() if scheme else 0 :].lstrip(_SLASHES)}"
        )
    except NotAUrl:
        raise UsageError(f"{typed}: neither a URL nor a domain; {_EXAMPLES}") from None
