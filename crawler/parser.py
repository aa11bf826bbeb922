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
_NO_ANCHOR: Final = AnchorSource.NONE.value
_CONTENT: Final = AnchorSource.CONTENT.value
_ALT: Final = AnchorSource.ALT.value
_TITLE: Final = AnchorSource.TITLE.value
_FALLBACKS: Final = (("title", _TITLE), ("aria-label", AnchorSource.ARIA_LABEL.value))
_ANCHOR_KINDS: Final = frozenset({Kind.TEXT.value, Kind.IMAGE.value})


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
    page.canonical = next((link.url for link in page.links if link.bits & 7 == Kind.CANONICAL), None)
    words = walk.text.visible_words()
    page.words, page.simhash = len(words), simhash(words)
    page.script_only = walk.has_script and len(words) < APP_SHELL_WORDS and not any(map(_is_anchor, page.links))
    return page


def _outlinks(found: list[FoundLink], text: PageText) -> list[Outlink]:
    """The document's links in order, once all its text is known."""
    if not found:
        return []
    for link in found:
        if link.block is not None:
            text.mark_space(link.block[0])
            text.mark_space(link.block[1])
    text.collapse()
    return [_outlink(ordinal, link, text) for ordinal, link in enumerate(found, 1)]


def _outlink(ordinal: int, link: FoundLink, text: PageText) -> Outlink:
    attributes = link.attributes
    anchor, is_cut, source = _anchor(link, text)
    flags = link.flags
    if is_cut:
        flags |= LinkFlag.ANCHOR_CUT
    evidence = None
    raw_rel = attributes.get("rel")
    if link.block is not None:
        evidence, cuts = _evidence(link, raw_rel, text)
        flags |= cuts
    rel, rel_other = parse_rel(raw_rel)
    return Outlink(
        ordinal, link.url, bits(link.kind, link.placement, source, flags), rel, rel_other, anchor, evidence
    )  # fmt: skip


def _anchor(link: FoundLink, text: PageText) -> tuple[str, bool, int]:
    """Anchor text, whether it was cut, and where it came from. What has no content may still have a title."""
    attributes = link.attributes
    if link.start >= 0:
        anchor, is_cut = text.anchor(link.start, link.end)
        if anchor:
            return anchor, is_cut, _CONTENT if link.has_text else _ALT
    elif link.name == "area" and attributes.get("alt"):
        anchor, is_cut = collapsed(attributes["alt"] or "", MAX_ANCHOR_CHARS)
        if anchor:
            return anchor, is_cut, _ALT
    for name, source in _FALLBACKS:
        value = attributes.get(name)
        if value:
            anchor, is_cut = collapsed(value, MAX_ANCHOR_CHARS)
            if anchor:
                return anchor, is_cut, source
    return "", False, _NO_ANCHOR


def _evidence(link: FoundLink, raw_rel: str | None, text: PageText) -> tuple[Evidence, int]:
    """What proves an external link, and the flags of what didn't fit."""
    tag, is_cut = start_tag(link.name, link.attributes)
    cuts = LinkFlag.TAG_CUT.value if is_cut else 0
    if len(link.href) > MAX_RAW_HREF_CHARS:
        cuts |= LinkFlag.HREF_CUT.value
    before, after = "", ""
    if link.start >= 0 and link.block is not None:
        before, after = text.context(link.block, link.start, link.end)
    raw_rel = raw_rel if raw_rel is None else raw_rel[:MAX_REL_CHARS]
    return Evidence(link.href[:MAX_RAW_HREF_CHARS], raw_rel, tag, before, after, link.fingerprint), cuts


def _add_header_links(page: ParsedPage, answer: Answer, domain: str, suffixes: PublicSuffixes) -> None:
    """``Link:`` headers name canonicals and alternates too, relative to the URL that answered, not to a ``base``."""
    for header in answer.link_headers:
        for link in parse_link_header(_clean(header)):
            kind = link_kind(link.parameters.get("rel"))
            url = _joined(answer.url, link.target)
            if kind is not None and url is not None and _is_of_page(link, answer.url):
                page.links.append(_header_outlink(len(page.links) + 1, url, kind, link, domain, suffixes))


def _is_of_page(link: HeaderLink, url: str) -> bool:
    """Whether the link starts at this page: ``anchor`` may name another (RFC 8288, section 3.2)."""
    anchor = link.parameters.get("anchor")
    return anchor is None or anchor.strip() in {"", "#"} or _joined(url, anchor) == url


def _header_outlink(
    ordinal: int, url: str, kind: int, link: HeaderLink, domain: str, suffixes: PublicSuffixes
) -> Outlink:
    anchor, is_cut = collapsed(link.parameters.get("title", ""), MAX_ANCHOR_CHARS)
    flags = LinkFlag.FROM_HEADER.value | (LinkFlag.ANCHOR_CUT.value if is_cut else 0)
    raw_rel = link.parameters["rel"]
    evidence = None
    if suffixes.domain(origin_of(url).host) != domain:
        evidence, cuts = _bare_evidence(link.target, raw_rel, f"Link: {link.text[:MAX_TAG_BYTES]}")
        flags |= cuts
    rel, rel_other = parse_rel(raw_rel)
    source = _TITLE if anchor else _NO_ANCHOR
    return Outlink(ordinal, url, bits(int(kind), 0, source, flags), rel, rel_other, anchor, evidence)


def _add_refresh(page: ParsedPage, answer: Answer, walk: Walk, domain: str, suffixes: PublicSuffixes) -> None:
    """The header's refresh, else the first valid one of the document, as a browser has it. A reload is none."""
    header = _clean(answer.refresh_header)
    found = parse_refresh(header) if header else None
    url = _joined(answer.url, found[1]) if found and found[1] else None
    tag, flags = f"Refresh: {header[:MAX_TAG_BYTES]}", LinkFlag.FROM_HEADER.value
    if (found is None or (found[1] and url is None)) and walk.refresh is not None:
        delay_s, written, attributes = walk.refresh
        found, url = (delay_s, written), walk.target(written)
        tag, flags = start_tag("meta", attributes)[0], 0
    if found is None or url is None or url == answer.url:
        return
    page.refresh = Refresh(found[0], url)
    if suffixes.domain(origin_of(url).host) != domain:
        evidence, cuts = _bare_evidence(found[1], None, tag)
        kind_bits = bits(Kind.REDIRECT, 0, _NO_ANCHOR, flags | cuts)
        page.links.append(Outlink(len(page.links) + 1, url, kind_bits, 0, None, "", evidence))


def _bare_evidence(href: str, rel: str | None, text: str) -> tuple[Evidence, int]:
    """The proof of a link that is no element: the header as it came stands for the start tag."""
    tag, is_cut = cut_utf8(text, MAX_TAG_BYTES)
    cuts = (LinkFlag.TAG_CUT.value if is_cut else 0) | (LinkFlag.HREF_CUT.value if len(href) > MAX_RAW_HREF_CHARS else 0)
    raw_rel = rel if rel is None else rel[:MAX_REL_CHARS]
    return Evidence(href[:MAX_RAW_HREF_CHARS], raw_rel, tag, "", "", _HEADER_FINGERPRINT), cuts


def _base_url(root: LexborNode | None, url: str) -> str:
    """The document base URL: the first ``base`` with an ``href`` decides, and only if it names an http(s) URL."""
    candidates: Iterable[LexborNode] = root.css("base[href]")[:_MAX_BASES] if root is not None else ()
    for base in candidates:
        if _is_html(base):
            return _joined(url, base.attributes.get("href") or "") or url
    return url


def _is_html(node: LexborNode) -> bool:
    """Whether an element is HTML's and not one of SVG or MathML. Few are asked, so climbing to the border is fine."""
    parent = node.parent
    while parent is not None:
        decided = _NAMESPACE_BORDERS.get((parent.tag or "").lower())
        if decided is not None:
            return decided
        parent = parent.parent
    return True


def _language(root: LexborNode | None, walk: Walk) -> str:
    """The language the page declares, as in ``en-us``; empty where what it says is no language tag."""
    attributes = root.attributes if root is not None else {}
    declared = attributes.get("lang") or attributes.get("xml:lang") or walk.content_language.partition(",")[0]
    language = declared.strip().lower().replace("_", "-")
    return language if len(language) <= _MAX_LANGUAGE_CHARS and _LANGUAGE_CHARACTERS.issuperset(language) else ""


def _joined(base: str, href: str) -> str | None:
    try:
        return join(base, href)
    except NotAUrl:
        return None


def _is_anchor(link: Outlink) -> bool:
    return link.bits & 7 in _ANCHOR_KINDS


def _clean(header: str) -> str:
    """A header's text without what can't be stored: lone surrogates (from bytes that are no UTF-8) and U+0000."""
    return header.encode("utf-8", "replace").decode().replace("\0", "") if header else header
