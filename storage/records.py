"""The vocabulary: what a link, a page, a fetch and a URL's state can be. Numbers here are numbers in crawl.db.

Values are never renumbered: an old folder must stay readable. ``docs/data.md`` lists them for people.
"""

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, Final, NamedTuple


class Kind(IntEnum):
    """What kind of hyperlink element a link came from (docs/counting.md, "What is a link")."""

    TEXT = 0
    IMAGE = 1
    REDIRECT = 2
    CANONICAL = 3
    ALTERNATE = 4
    FRAME = 5
    FORM = 6


COUNTED_KINDS: Final = frozenset({Kind.TEXT, Kind.IMAGE, Kind.REDIRECT})
"""The kinds in default counts."""

FETCHED_KINDS: Final = frozenset({Kind.TEXT, Kind.IMAGE, Kind.REDIRECT, Kind.CANONICAL, Kind.ALTERNATE, Kind.FRAME})
"""The kinds whose targets the crawl may fetch. Forms are not: asking may change something."""


class Placement(IntEnum):
    """The nearest sectioning ancestor or landmark role; ``BODY`` where there is none."""

    BODY = 0
    HEADER = 1
    NAV = 2
    MAIN = 3
    ASIDE = 4
    FOOTER = 5


class AnchorSource(IntEnum):
    """Where the anchor text came from."""

    NONE = 0
    CONTENT = 1
    ALT = 2
    TITLE = 3
    ARIA_LABEL = 4


class Rel(IntFlag):
    """The tokens of ``rel`` that get a bit; any other is kept as text beside them."""

    NONE = 0
    NOFOLLOW = 1
    UGC = 2
    SPONSORED = 4
    NOOPENER = 8
    NOREFERRER = 16
    EXTERNAL = 32
    ME = 64
    AUTHOR = 128
    BOOKMARK = 256
    TAG = 512
    LICENSE = 1024
    HELP = 2048
    NEXT = 4096
    PREV = 8192
    SEARCH = 16384
    ALTERNATE = 32768
    CANONICAL = 65536
    OPENER = 131072


REL_BITS: Final = {flag.name.lower(): int(flag) for flag in Rel if flag.name}
NOT_FOLLOWED: Final = Rel.NOFOLLOW | Rel.UGC | Rel.SPONSORED


class LinkFlag(IntFlag):
    """What else is true of a link. The ``*_CUT`` flags mark what did not fit."""

    NONE = 0
    HIDDEN = 1
    NOSCRIPT = 2
    ANCHOR_CUT = 4
    HREF_CUT = 8
    TAG_CUT = 16
    FROM_HEADER = 32


class RobotsFlag(IntFlag):
    """Page-level directives that apply to us."""

    NONE = 0
    NOINDEX = 1
    NOFOLLOW = 2


class Outcome(IntEnum):
    """How a request ended."""

    PAGE = 0  # 2xx HTML, parsed: the only outcome with links of its own
    REDIRECT = 1  # 3xx with a usable Location
    NOT_MODIFIED = 2  # 304
    NOT_HTML = 3  # 2xx of another type, or without content
    HTTP_ERROR = 4  # any other status
    FAILURE = 5  # no usable answer: `reason` says which failure
    UNPARSED = 6  # 2xx HTML whose parse failed: `reason` says how
    CHECKED = 7  # 2xx of a link's target outside of reach: it is there, and was not read
    DISALLOWED = 8  # not asked: robots.txt now forbids a page that was asked for before


class State(IntEnum):
    """Where a known page stands. A claim is not a state: what was handed out and not committed is still discovered."""

    DISCOVERED = 0
    FETCHED = 1
    REDIRECTED = 2
    FAILED = 3
    BLOCKED = 4
    POSTPONED = 5
    EXCLUDED = 6


class Listed(IntFlag):
    """What of its own site named a page, besides links."""

    NONE = 0
    SITEMAP = 1
    FEED = 2


KIND_BITS: Final = 7
"""The bits of a link that hold its kind."""


def bits(kind: int, placement: int = 0, anchor_source: int = 0, flags: int = 0) -> int:
    """Kind, placement, anchor source and flags in one integer, as ``link.bits`` holds them."""
    return kind | placement << 3 | anchor_source << 6 | flags << 9


class Evidence(NamedTuple):
    """What an external link looked like on its page. ``raw_href`` is as written, the fragment included; ``[removed]@``
    stands for userinfo, which is not kept."""

    raw_href: str
    raw_rel: str | None
    tag: str
    context_before: str
    context_after: str
    path_fingerprint: int


class Outlink(NamedTuple):
    """One link of a page. ``ordinal`` counts the page's links from 1; ``bits`` is made by :func:`bits`."""

    ordinal: int
    url: str
    bits: int
    rel: int
    rel_other: str | None
    anchor_text: str
    evidence: Evidence | None  # of links to another registrable domain

    @property
    def kind(self) -> Kind:
        return Kind(self.bits & KIND_BITS)

    @property
    def placement(self) -> Placement:
        return Placement(self.bits >> 3 & 7)

    @property
    def anchor_source(self) -> AnchorSource:
        return AnchorSource(self.bits >> 6 & 7)

    @property
    def flags(self) -> LinkFlag:
        return LinkFlag(self.bits >> 9)


@dataclass(slots=True)
class Target:
    """What an ``href`` names: a URL and its site. One that names nothing to fetch has no site, and the reason as its
    ``url``. ``known`` is for whoever makes rows of it: what he found out about the URL."""

    url: str
    site: str | None
    known: Any = field(default=None, compare=False)


Proof = tuple[str, str | None, str, str, str, int]
"""The fields of :class:`Evidence`."""
FoundLink = tuple[Target, int, int, str | None, str, Proof | None]
"""A link as the parser leaves it: its target, and the fields of :class:`Outlink` from ``bits`` on."""


class Refresh(NamedTuple):
    """A meta refresh or ``Refresh`` header that names another URL."""

    delay_s: int
    url: str


@dataclass(slots=True)
class ParsedPage:
    """What one HTML answer says. ``non_links`` counts hrefs that name nothing that can be fetched, by reason."""

    found: list[FoundLink] = field(default_factory=list)
    """The links, in order."""
    non_links: dict[str, int] = field(default_factory=dict)
    charset: str = ""
    title: str = ""
    language: str = ""
    words: int = 0
    simhash: int = 0
    robots: RobotsFlag = RobotsFlag.NONE
    robots_other: dict[str, list[str]] = field(default_factory=dict)
    canonical: str | None = None
    refresh: Refresh | None = None
    script_only: bool = False

    @property
    def links(self) -> list[Outlink]:
        """The links by name, which costs as much as it takes to find them."""
        return [
            Outlink(ordinal, target.url, bits, rel, rel_other, anchor, Evidence(*proof) if proof else None)
            for ordinal, (target, bits, rel, rel_other, anchor, proof) in enumerate(self.found, 1)
        ]
