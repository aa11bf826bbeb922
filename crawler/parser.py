"""One HTML answer in, all it says out: links with rel, text, placement and proof, and what it says of itself.

Pure: bytes and facts in, :class:`ParsedPage` out; no I/O, no clock, no settings. It raises for no bytes. The tree is
Lexbor's (HTML5's tree construction, scripting off), and XHTML is parsed as HTML too. The rules are those of
docs/counting.md; where they leave something open, the module that decides says so:

``charset`` → bytes to text; ``tree`` → the elements that matter; ``surroundings`` → what an element's ancestors mean
for it; ``page_text`` → anchors, contexts, words; ``outlinks`` → links of elements; ``header_links`` → the others;
``head_facts`` and ``directives`` → what the page says of itself.
"""

from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from wholinks.storage.records import KIND_BITS, FoundLink, Kind, LinkFlag, ParsedPage, Refresh
from wholinks.storage.sites import KnowsSites

from .page.charset import decode
from .page.directives import RobotsDirectives, parse_refresh
from .page.evidence import start_tag
from .page.head_facts import HeadFacts, base_url
from .page.header_links import HeaderLinks
from .page.hrefs import HrefMemo, Hrefs
from .page.outlinks import Outlinks
from .page.page_text import COUNTED_CHARS, all_words
from .page.simhash import simhash
from .page.surroundings import Surroundings
from .page.tags import SCRIPT
from .page.tree import Tree

APP_SHELL_WORDS: Final = 50
"""A page with a script, without an ``a`` or ``area`` that names a URL, and with fewer words, is ``script_only``."""

_CANONICAL: Final = Kind.CANONICAL.value
_ANCHORS: Final = frozenset({Kind.TEXT.value, Kind.IMAGE.value})


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


def parse_page(answer: Answer, sites: KnowsSites, product_token: str, memo: HrefMemo | None = None) -> ParsedPage:
    """What one HTML answer says. ``sites`` tell which links leave its site; ``memo`` keeps what hrefs named for the
    next page of the same host."""
    charset, html = decode(answer.body, answer.content_type)
    root = LexborHTMLParser(html).root
    tree = Tree(root, len(html), COUNTED_CHARS)
    surroundings = Surroundings(tree.ancestors)
    site = sites.site(answer.url)
    hrefs = Hrefs(base_url(answer.url, tree, surroundings), sites, memo)
    directives = RobotsDirectives(product_token)
    for value in answer.robots_headers:
        directives.add_header(_clean(value))
    facts = HeadFacts(hrefs, directives)
    outlinks = Outlinks(tree, surroundings, hrefs, site)
    outlinks.read(facts)
    header_links = HeaderLinks(answer.url, site, sites)
    links = outlinks.links
    of_elements = len(links)
    for value in answer.link_headers:
        header_links.add_link_header(_clean(value), links)
    refresh = _add_refresh(_clean(answer.refresh_header), facts, hrefs, header_links, outlinks)
    words = all_words(tree.words, tree.characters)
    canonical = outlinks.canonical or next((link[0] for link in links[of_elements:] if _kind(link) == _CANONICAL), None)
    return ParsedPage(
        found=links,
        non_links=outlinks.non_links,
        charset=charset,
        title=facts.title or "",
        language=facts.language(root.attributes if root is not None else {}),
        words=words,
        simhash=simhash(tree.text),
        robots=directives.flags,
        robots_other=directives.other,
        canonical=canonical.url if canonical else None,
        refresh=refresh,
        script_only=tree.seen >> SCRIPT & 1 == 1
        and words < APP_SHELL_WORDS
        and not any(_kind(link) in _ANCHORS for link in links),
    )


def _kind(link: FoundLink) -> int:
    return link[1] & KIND_BITS


def _add_refresh(
    header: str, facts: HeadFacts, hrefs: Hrefs, header_links: HeaderLinks, outlinks: Outlinks
) -> Refresh | None:
    """The header's refresh, else the document's first valid one, as a browser has it; a reload is none of ours."""
    found = parse_refresh(header) if header else None
    if found is not None:
        delay_s, written = found
        url = header_links.target(written)
        tag, flags = f"Refresh: {header}", LinkFlag.FROM_HEADER.value
    if found is None or (written and url is None):
        if facts.refresh is None:
            return None
        delay_s, written, attributes = facts.refresh
        target = hrefs.target(written)
        url = target.url if target.site is not None else None
        tag, flags = start_tag("meta", attributes)[0], 0
    if url is None or url == header_links.url:
        return None
    refresh = Refresh(delay_s, url)
    header_links.add_redirect(refresh, written, tag, flags, outlinks.links)
    return refresh


def _clean(header: str) -> str:
    """A header's text without what can't be stored: lone surrogates (from bytes that are no UTF-8) and U+0000."""
    return header.encode("utf-8", "replace").decode().replace("\0", "") if header else header
