"""The links of a page's elements, in document order."""

from collections.abc import Callable
from typing import Final

from selectolax.lexbor import LexborNode

from wholinks.storage.records import AnchorSource, Evidence, Kind, LinkFlag, Outlink, bits

from .evidence import start_tag
from .head_facts import HeadFacts
from .hrefs import MEMO_HREF_CHARS, Hrefs
from .page_text import MAX_ANCHOR_CHARS, PageText, collapsed, only_text
from .rel import MAX_REL_CHARS, link_kind, parse_rel
from .surroundings import (
    FLAG_SHIFT,
    FLAGS,
    FOREIGN,
    OUTSIDE,
    PLACEMENT,
    SVG_CHILDREN,
    UNREAD,
    Surroundings,
)
from .tags import ANCHOR, AREA, FORM, FRAME, LINK, META, TITLE, code_of
from .tree import Tree
from .userinfo import without_userinfo
from .visibility import is_hidden

MAX_RAW_HREF_CHARS: Final = 2_048

Attributes = dict[str, str | None]
Anchor = tuple[str, int, int]
"""Text, where it came from, and ``ANCHOR_CUT`` or nothing."""

_TEXT: Final = Kind.TEXT.value
_IMAGE: Final = Kind.IMAGE.value
_FRAME: Final = Kind.FRAME.value
_FORM: Final = Kind.FORM.value
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
    """Collects one page's links. ``domain`` is the page's site."""

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

    def read(self, facts: HeadFacts) -> None:  # noqa: PLR0912, PLR0915 - each call saved is 1 % of a page
        """Visits the elements that say something, in document order; ``facts`` hears of those that make no links.

        Anchors are nine of ten of them, so what they need stands in one place, almost without calls.
        """
        text, links = self._text, self.links
        hrefs, surroundings, our_domain = self._hrefs, self._surroundings, self._domain
        in_folder, of_origin, anywhere = hrefs.in_folder.get, hrefs.of_origin.get, hrefs.anywhere.get
        new_target = hrefs.unknown
        known, enter = surroundings.known.get, surroundings.enter
        has_foreign = text.has_foreign_anchors()
        anchors = fragments = 0
        for node, code in zip(self._tree.elements, self._tree.codes, strict=True):
            if code != ANCHOR:
                self._read_other(node, code, facts)
                continue
            attributes = node.attributes
            name = self._href_name(node, attributes) if has_foreign else "href"
            if name not in attributes:
                continue
            written = href = attributes[name] or ""
            if "#" in href:
                mark = href.find("#")
                if not mark:
                    fragments += 1
                    continue
                if href[mark - 1] > " " and len(href) <= MEMO_HREF_CHARS:
                    href = href[:mark]
            url, domain = in_folder(href) or of_origin(href) or anywhere(href) or new_target(href)
            if url is None:
                self._count_non_link(domain)
                continue
            parent = node.parent
            state, block, _ = known(parent.mem_id) or enter(parent) if parent is not None else OUTSIDE
            flags = state >> FLAG_SHIFT & FLAGS
            kind, source, anchor = _TEXT, _CONTENT, ""
            child = node.first_child
            if child is not None:
                words = child.text_content if child.next is None else None
                if words is None:
                    words = only_text(child)
                if words is not None:
                    anchor = " ".join(words.split())
                    if len(anchor) > MAX_ANCHOR_CHARS or not anchor.isascii():
                        anchor, is_cut = collapsed(anchor, MAX_ANCHOR_CHARS)
                        flags |= is_cut and _ANCHOR_CUT
                else:
                    anchor, is_cut, has_text, is_image = text.content(node)
                    flags |= is_cut and _ANCHOR_CUT
                    kind = _IMAGE if is_image else _TEXT
                    source = _CONTENT if has_text else _ALT
            if not anchor:
                anchor, source, cut = _fallback(attributes)
                flags |= cut
            if "style" in attributes or "hidden" in attributes:
                flags |= _own_flags(attributes)
            evidence = None
            if domain != our_domain:
                evidence, cut = self._evidence(node, written, attributes, *text.context(node, block, parent))
                flags |= cut
            rel, rel_other = parse_rel(attributes["rel"]) if "rel" in attributes else _NO_REL
            packed = kind | (state & PLACEMENT) << 3 | source << 6 | flags << 9  # as records.bits does
            links.append(_outlink(Outlink, (len(links) + 1, url, packed, rel, rel_other, anchor, evidence)))
            anchors += 1
        self.anchors += anchors
        if fragments:
            self.non_links["fragment"] = self.non_links.get("fragment", 0) + fragments

    def _href_name(self, node: LexborNode, attributes: Attributes) -> str:
        """The attribute that makes an ``a`` a link: in SVG one of two, in MathML and in scripts of SVG none."""
        state = self._surroundings.of(node)[0]
        if not state & (FOREIGN | UNREAD):
            return "href"
        if not state & SVG_CHILDREN or state & UNREAD:
            return ""
        return "href" if "href" in attributes else "xlink:href"

    def _read_other(self, node: LexborNode, code: int, facts: HeadFacts) -> None:
        if code == AREA:
            self._add_bare(node, _TEXT, "href")
        elif code == FRAME:
            self._add_bare(node, _FRAME, "src")
        elif code == FORM:
            self._add_bare(node, _FORM, "action")
        elif self._text.has_foreign and self._surroundings.of(node)[0] & (FOREIGN | UNREAD):
            return
        elif code == LINK:
            kind = link_kind(node.attributes.get("rel"))
            if kind is not None:
                self._add_bare(node, kind.value, "href")
        elif code == META:
            facts.read_meta(node.attributes)
        elif code == TITLE:
            facts.read_title(node.text())

    def _add_bare(self, node: LexborNode, kind: int, name: str) -> None:
        """An element whose content is no anchor: its ``title`` or ``aria-label`` may be one, of an ``area`` its alt."""
        attributes = node.attributes
        state = self._surroundings.of(node)[0]
        if name not in attributes or state & (FOREIGN | UNREAD):
            return
        href = attributes[name] or ""
        url, domain = self._hrefs.target(href)
        if url is None:
            self._count_non_link(domain)
            return
        anchor = _fallback(attributes)
        if code_of(node) == AREA:
            self.anchors += 1
            anchor = _attribute_anchor(attributes, "alt", _ALT) or anchor
        text, source, flags = anchor
        flags |= state >> FLAG_SHIFT & FLAGS | _own_flags(attributes)
        evidence = None
        if domain != self._domain:
            evidence, cuts = self._evidence(node, href, attributes)
            flags |= cuts
        rel, rel_other = parse_rel(attributes.get("rel"))
        packed = bits(kind, state & PLACEMENT, source, flags)
        self.links.append(Outlink(len(self.links) + 1, url, packed, rel, rel_other, text, evidence))

    def _count_non_link(self, reason: str) -> None:
        self.non_links[reason] = self.non_links.get(reason, 0) + 1

    def _evidence(
        self, node: LexborNode, href: str, attributes: Attributes, before: str = "", after: str = ""
    ) -> tuple[Evidence, int]:
        """What proves an external link, and the flags of what didn't fit. Only anchors have a context."""
        name = node.tag or ""
        tag, is_cut = start_tag(name, attributes)
        cuts = _TAG_CUT if is_cut else 0
        if "@" in href:
            href = without_userinfo(href)
        if len(href) > MAX_RAW_HREF_CHARS:
            cuts |= _HREF_CUT
            href = href[:MAX_RAW_HREF_CHARS]
        rel = (attributes["rel"] or "")[:MAX_REL_CHARS] if "rel" in attributes else None
        fingerprint = self._surroundings.fingerprint(node, name, attributes)
        return _evidence(Evidence, (href, rel, tag, before, after, fingerprint)), cuts


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
