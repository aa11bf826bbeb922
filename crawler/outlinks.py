"""The links of a page's elements, in document order."""

from collections.abc import Callable
from typing import Final

from selectolax.lexbor import LexborNode

from wholinks.storage.records import AnchorSource, Evidence, Kind, LinkFlag, Outlink, bits

from .evidence import start_tag
from .hrefs import Hrefs
from .page_text import MAX_ANCHOR_CHARS, PageText, collapsed
from .rel import MAX_REL_CHARS, parse_rel
from .surroundings import (
    FLAG_SHIFT,
    FLAGS,
    FOREIGN,
    PLACEMENT,
    SVG_CHILDREN,
    UNREAD,
    Surroundings,
)
from .tags import AREA, TEXT
from .tree import Tree
from .visibility import is_hidden

MAX_RAW_HREF_CHARS: Final = 2_048

Attributes = dict[str, str | None]
Anchor = tuple[str, int, int]
"""Text, where it came from, and ``ANCHOR_CUT`` or nothing."""

_TEXT: Final = Kind.TEXT.value
_IMAGE: Final = Kind.IMAGE.value
_CONTENT: Final = AnchorSource.CONTENT.value
_ALT: Final = AnchorSource.ALT.value
_TITLE: Final = AnchorSource.TITLE.value
_ARIA_LABEL: Final = AnchorSource.ARIA_LABEL.value
_ANCHOR_CUT: Final = LinkFlag.ANCHOR_CUT.value
_TAG_CUT: Final = LinkFlag.TAG_CUT.value
_HREF_CUT: Final = LinkFlag.HREF_CUT.value
_HIDDEN: Final = LinkFlag.HIDDEN.value
_NO_ANCHOR: Final[Anchor] = ("", AnchorSource.NONE.value, 0)
_NO_REL: Final[tuple[int, str | None]] = (0, None)

# What a NamedTuple's own __new__ calls, at half its cost.
_outlink: Callable[[type[Outlink], tuple[object, ...]], Outlink] = tuple.__new__
_evidence: Callable[[type[Evidence], tuple[object, ...]], Evidence] = tuple.__new__


class Outlinks:
    """Collects one page's links. ``domain`` is the page's registrable domain."""

    def __init__(self, tree: Tree, text: PageText, surroundings: Surroundings, hrefs: Hrefs, domain: str) -> None:
        self.links: list[Outlink] = []
        self.non_links: dict[str, int] = {}
        """How many hrefs name nothing that can be fetched, by reason."""
        self.anchors = 0
        """How many of the links are of ``a`` and ``area`` elements."""
        self._tree = tree
        self._text = text
        self._surroundings = surroundings
        self._hrefs = hrefs
        self._domain = domain

    def add_anchor(self, index: int) -> None:
        """An ``a`` of HTML or SVG; without ``href`` it is no link."""
        tree = self._tree
        node = tree.nodes[index]
        attributes = node.attributes
        state, block = self._surroundings.of(node)
        name = "href" if state < SVG_CHILDREN else _href_name(state, attributes)
        if name not in attributes:
            return
        href = attributes[name] or ""
        url, domain = self._hrefs.target(href)
        if url is None:
            self._count_non_link(domain)
            return
        end = tree.end_of(index)
        anchor = self._simple_anchor(index, end) if end <= index + 2 else None
        kind = _TEXT
        if anchor is None:
            has_text, is_image = self._text.content(index, end)
            text, is_cut = self._text.anchor(index, end)
            kind = _IMAGE if is_image else _TEXT
            anchor = (text, _CONTENT if has_text else _ALT, _ANCHOR_CUT if is_cut else 0)
        flags = anchor[2] | state >> FLAG_SHIFT & FLAGS
        if not anchor[0]:
            anchor = _fallback(attributes)
            flags |= anchor[2]
        if "style" in attributes or "hidden" in attributes:
            flags |= _own_flags(attributes)
        evidence = None
        if domain != self._domain:
            evidence, cuts = self._evidence(index, end, block, href, attributes)
            flags |= cuts
        rel, rel_other = parse_rel(attributes["rel"]) if "rel" in attributes else _NO_REL
        self.anchors += 1
        links = self.links
        packed = kind | (state & PLACEMENT) << 3 | anchor[1] << 6 | flags << 9  # as records.bits does
        links.append(_outlink(Outlink, (len(links) + 1, url, packed, rel, rel_other, anchor[0], evidence)))

    def _simple_anchor(self, index: int, end: int) -> Anchor | None:
        """The anchor of a link that holds a text and nothing else, or nothing: nine of ten."""
        if end == index + 1:
            return _NO_ANCHOR
        if self._tree.codes[index + 1] != TEXT:
            return None
        text, is_cut = collapsed(self._tree.parts[index + 1] or "", MAX_ANCHOR_CHARS)
        return text, _CONTENT, _ANCHOR_CUT if is_cut else 0

    def add_bare(self, index: int, kind: int, name: str) -> None:
        """An element whose content is no anchor: its ``title`` or ``aria-label`` may be one, of an ``area`` its alt."""
        node = self._tree.nodes[index]
        attributes = node.attributes
        state, block = self._surroundings.of(node)
        if name not in attributes or state & (FOREIGN | UNREAD):
            return
        href = attributes[name] or ""
        url, domain = self._hrefs.target(href)
        if url is None:
            self._count_non_link(domain)
            return
        anchor = _fallback(attributes)
        if self._tree.codes[index] == AREA:
            self.anchors += 1
            anchor = _attribute_anchor(attributes, "alt", _ALT) or anchor
        text, source, flags = anchor
        flags |= state >> FLAG_SHIFT & FLAGS | _own_flags(attributes)
        evidence = None
        if domain != self._domain:
            evidence, cuts = self._evidence(index, index, block, href, attributes)
            flags |= cuts
        rel, rel_other = parse_rel(attributes.get("rel"))
        packed = bits(kind, state & PLACEMENT, source, flags)
        self.links.append(Outlink(len(self.links) + 1, url, packed, rel, rel_other, text, evidence))

    def _count_non_link(self, reason: str) -> None:
        self.non_links[reason] = self.non_links.get(reason, 0) + 1

    def _evidence(
        self, index: int, end: int, block: LexborNode | None, href: str, attributes: Attributes
    ) -> tuple[Evidence, int]:
        """What proves an external link, and the flags of what didn't fit. Only anchors (``end``) have a context."""
        name = self._tree.nodes[index].tag or ""
        tag, is_cut = start_tag(name, attributes)
        cuts = _TAG_CUT if is_cut else 0
        if len(href) > MAX_RAW_HREF_CHARS:
            cuts |= _HREF_CUT
            href = href[:MAX_RAW_HREF_CHARS]
        before, after = self._text.context(index, end, block) if end > index else ("", "")
        rel = (attributes["rel"] or "")[:MAX_REL_CHARS] if "rel" in attributes else None
        fingerprint = self._surroundings.fingerprint(self._tree.nodes[index], name, attributes)
        return _evidence(Evidence, (href, rel, tag, before, after, fingerprint)), cuts


def _href_name(state: int, attributes: Attributes) -> str:
    """The attribute that makes an ``a`` a link in SVG; none in MathML, and none in a script of SVG."""
    if not state & SVG_CHILDREN or state & UNREAD:
        return ""
    return "href" if "href" in attributes else "xlink:href"


def _own_flags(attributes: Attributes) -> int:
    return _HIDDEN if is_hidden(attributes) else 0


def _fallback(attributes: Attributes) -> Anchor:
    return (
        _attribute_anchor(attributes, "title", _TITLE)
        or _attribute_anchor(attributes, "aria-label", _ARIA_LABEL)
        or _NO_ANCHOR
    )


def _attribute_anchor(attributes: Attributes, name: str, source: int) -> Anchor | None:
    value = attributes.get(name)
    if not value:
        return None
    text, is_cut = collapsed(value, MAX_ANCHOR_CHARS)
    return (text, source, _ANCHOR_CUT if is_cut else 0) if text else None
