"""One HTML answer in, everything it says out: links with rel, text, placement and proof, and what it says of itself.

Pure: bytes and facts in, :class:`ParsedPage` out; no I/O, no clock, no settings. It never raises for any bytes. The tree
is Lexbor's (HTML5's tree construction, scripting off); XHTML is parsed as HTML too, as crawlers do. The rules are those
of docs/counting.md; where they leave something open, the module that decides says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wholinks.storage.records import (
    AnchorSource, Evidence, Kind, LinkFlag, Outlink, ParsedPage, Refresh, bits,
)  # fmt: skip
from wholinks.storage.urls import NotAUrl, PublicSuffixes, join, origin_of

from .charset import decode
from .directives import RobotsDirectives, parse_refresh
from .evidence import cut_utf8, start_tag
from .hrefs import HrefMemo, Hrefs
from .link_header import HeaderLink, parse_link_header
from .page_text import MAX_ANCHOR_CHARS, PageText, collapsed
from .rel import MAX_REL_CHARS, parse_rel
from .simhash import simhash
from .walk import FoundLink, Walk, link_kind

MAX_RAW_HREF_CHARS: Final = 2_048
MAX_TAG_BYTES: Final = 300
APP_SHELL_WORDS: Final = 50
"""A page with a script, without a link and with fewer words than this is taken for the shell of an application."""

_LANGUAGE_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_MAX_LANGUAGE_CHARS: Final = 35
_MAX_BASES: Final = 10
_NAMESPACE_BORDERS: Final = {"svg": False, "math": False, "foreignobject": True, "desc": True, "title": True}
_HEADER_FINGERPRINT: Final = 0  # a header has no path through the page


@dataclass(frozen=True, slots=True)
class Answer:
    """What of an HTTP answer the parser needs. Header values are as they came; ``body`` is decoded of its coding."""

    url: str
    """The final URL, normalised."""
    body: bytes
    content_type: str = ""
    link_headers: tuple[str, ...] = ()
    refresh_header: str = ""
    robots_headers: tuple[str, ...] = ()


def parse_page(
    answer: Answer, suffixes: PublicSuffixes, product_token: str, memo: HrefMemo | None = None
) -> ParsedPage:
    """What one HTML answer says. ``memo`` keeps what hrefs named for the next page of the same host."""
    charset, html = decode(answer.body, answer.content_type)
    root = LexborHTMLParser(html).root
    memo = HrefMemo() if memo is None else memo
    directives = RobotsDirectives(product_token)
    for value in answer.robots_headers:
        directives.add_header(_clean(value))
    domain = suffixes.domain(origin_of(answer.url).host)
    walk = Walk(Hrefs(_base_url(root, answer.url), suffixes, memo), domain, directives)
    if root is not None:
        walk.run(root)
    page = ParsedPage(charset=charset, non_links=walk.non_links, title=walk.title or "", language=_language(root, walk))
    page.links = _outlinks(walk.links, walk.text)
    _add_header_links(page, answer, domain, suffixes)
    _add_refresh(page, answer, walk, domain, suffixes)
    page.robots, page.robots_other = directives.flags, directives.other
    page.canonical = next((link.url for link in page.links if link.kind == Kind.CANONICAL), None)
    words = walk.text.visible_words()
    page.words, page.simhash = len(words), simhash(words)
    page.script_only = walk.has_script and len(words) < APP_SHELL_WORDS and not any(map(_is_anchor, page.links))
    return page
