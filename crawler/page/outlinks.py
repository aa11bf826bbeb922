"""The links of a page's elements, in document order."""

from collections.abc import Callable
from typing import Final

from wholinks.storage.records import AnchorSource, Evidence, Kind, LinkFlag, Outlink, bits

from .evidence import start_tag
from .head_facts import HeadFacts
from .hrefs import MEMO_HREF_CHARS, Hrefs
from .page_text import MAX_ANCHOR_CHARS, anchor_content, around, collapsed
from .rel import MAX_REL_CHARS, link_kind, parse_rel
from .surroundings import FLAG_SHIFT, FLAGS, PLACEMENT, UNREAD, Surroundings
from .tags import ANCHOR, AREA, FORM, FRAME, LINK, META, SVG_NAME, TITLE
from .tree import Attributes, Element, Tree
from .userinfo import without_userinfo
from .visibility import is_hidden

MAX_RAW_HREF_CHARS: Final = 2_048

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

    def __init__(self, tree: Tree, surroundings: Surroundings, hrefs: Hrefs, domain: str) -> None:
        self.links: list[Outlink] = []
        self.non_links: dict[str, int] = {}
        """How many hrefs name nothing that can be fetched, by reason."""
        self.anchors = 0
        """How many of the links are of ``a`` and ``area`` elements."""
        self._tree = tree
        self._surroundings = surroundings
        self._hrefs = hrefs
        self._domain = domain

    def read(self, facts: HeadFacts) -> None:  # noqa: PLR0912, PLR0915 - each call saved is 1 % of a page
        """Visits the elements that say something, in document order; ``facts`` hears of those that make no links.

        Anchors are nine of ten of them, so what they need stands in one place, almost without calls.
        """
        tree, links = self._tree, self.links
        hrefs, states, our_domain = self._hrefs, self._surroundings.states, self._domain
        in_folder, of_origin, anywhere = hrefs.in_folder.get, hrefs.of_origin.get, hrefs.anywhere.get
        new_target = hrefs.unknown
        anchors = fragments = 0
        for number, element in enumerate(tree.elements):
            code, inside, _, attributes, text, written, raw_rel, _ = element
            state = states[inside]
            if written is None or code & ~SVG_NAME != ANCHOR:
                self._read_other(number, element, facts)
                continue
            if state & UNREAD:
                continue
            href = written
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
            flags = state >> FLAG_SHIFT & FLAGS
            kind, source = _TEXT, _CONTENT
            if text is None:
                anchor, is_cut, has_text, is_image = anchor_content(tree.content(number))
                flags |= is_cut and _ANCHOR_CUT
                kind = _IMAGE if is_image else _TEXT
                source = _CONTENT if has_text else _ALT
            else:
                anchor = text
                if len(anchor) > MAX_ANCHOR_CHARS or not anchor.isascii():
                    anchor, is_cut = collapsed(anchor, MAX_ANCHOR_CHARS)
                    flags |= is_cut and _ANCHOR_CUT
            if not anchor:
                anchor, source, cut = _fallback(attributes)
                flags |= cut
            if attributes and is_hidden(attributes):
                flags |= _HIDDEN
            evidence = None
            if domain != our_domain:
                before, after = tree.context(number)
                if not (before.isascii() and after.isascii()):
                    before, after = around(before, after)
                evidence, cut = self._evidence(number, element, written, before, after)
                flags |= cut
            rel, rel_other = parse_rel(raw_rel) if raw_rel else _NO_REL
            packed = kind | (state & PLACEMENT) << 3 | source << 6 | flags << 9  # as records.bits does
            links.append(_outlink(Outlink, (len(links) + 1, url, packed, rel, rel_other, anchor, evidence)))
            anchors += 1
        self.anchors += anchors
        if fragments:
            self.non_links["fragment"] = self.non_links.get("fragment", 0) + fragments

    def _read_other(self, number: int, element: Element, facts: HeadFacts) -> None:
        """Elements of HTML that are no anchors; those of SVG and MathML have other codes, and say nothing."""
        code, inside, _, attributes, text, *_ = element
        if self._surroundings.states[inside] & UNREAD:
            return
        if code == META:
            facts.read_meta(attributes)
        elif code == LINK:
            kind = link_kind(attributes.get("rel"))
            if kind is not None:
                self._add_bare(number, element, kind.value, "href")
        elif code == TITLE:
            facts.read_title(text or "")
        elif code == AREA:
            self._add_bare(number, element, _TEXT, "href")
        elif code == FRAME:
            self._add_bare(number, element, _FRAME, "src")
        elif code == FORM:
            self._add_bare(number, element, _FORM, "action")

    def _add_bare(self, number: int, element: Element, kind: int, name: str) -> None:
        """An element whose content is no anchor: its ``title`` or ``aria-label`` may be one, of an ``area`` its alt."""
        code, inside, _, attributes, *_ = element
        state = self._surroundings.states[inside]
        if name not in attributes:
            return
        href = attributes[name] or ""
        url, domain = self._hrefs.target(href)
        if url is None:
            self._count_non_link(domain)
            return
        anchor = _fallback(attributes)
        if code == AREA:
            self.anchors += 1
            anchor = _attribute_anchor(attributes, "alt", _ALT) or anchor
        text, source, flags = anchor
        flags |= state >> FLAG_SHIFT & FLAGS | (_HIDDEN if is_hidden(attributes) else 0)
        evidence = None
        if domain != self._domain:
            evidence, cuts = self._evidence(number, element, href)
            flags |= cuts
        rel, rel_other = parse_rel(attributes.get("rel"))
        packed = bits(kind, state & PLACEMENT, source, flags)
        self.links.append(Outlink(len(self.links) + 1, url, packed, rel, rel_other, text, evidence))

    def _count_non_link(self, reason: str) -> None:
        self.non_links[reason] = self.non_links.get(reason, 0) + 1

    def _evidence(
        self, number: int, element: Element, href: str, before: str = "", after: str = ""
    ) -> tuple[Evidence, int]:
        """What proves an external link, and the flags of what didn't fit. Only anchors have a context."""
        _, inside, name, _, _, _, rel, classes = element
        tag, cuts = self._tree.plain_tag(number), 0
        if tag is None:
            tag, is_cut = start_tag(name, self._tree.attributes(number))
            cuts = _TAG_CUT if is_cut else 0
        if "@" in href:
            href = without_userinfo(href)
        if len(href) > MAX_RAW_HREF_CHARS:
            cuts |= _HREF_CUT
            href = href[:MAX_RAW_HREF_CHARS]
        if rel and len(rel) > MAX_REL_CHARS:
            rel = rel[:MAX_REL_CHARS]
        fingerprint = self._surroundings.fingerprint(inside, name, classes)
        return _evidence(Evidence, (href, rel, tag, before, after, fingerprint)), cuts


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
