"""The links of a page's elements, in document order."""

from typing import Final

from wholinks.storage.records import AnchorSource, FoundLink, Kind, LinkFlag, Proof, Target, bits

from .evidence import start_tag
from .head_facts import HeadFacts
from .hrefs import MEMO_HREF_CHARS, Hrefs
from .page_text import MAX_ANCHOR_CHARS, anchor_content, around, collapsed
from .rel import MAX_REL_CHARS, link_kind, parse_rel
from .surroundings import FLAG_SHIFT, FLAGS, PLACEMENT, STATES, UNREAD, Surroundings
from .tags import ANCHOR, AREA, FORM, FRAME, LINK, META, TITLE
from .tree import Attributes, Element, Tree
from .userinfo import without_userinfo
from .visibility import is_hidden

MAX_RAW_HREF_CHARS: Final = 2_048

Anchor = tuple[str, int, int]
"""Text, where it came from, and ``ANCHOR_CUT`` or nothing."""

_TEXT: Final = Kind.TEXT.value
_IMAGE: Final = Kind.IMAGE.value
_CANONICAL: Final = Kind.CANONICAL.value
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
_IN_STATE: Final = tuple(
    None if state & UNREAD else bits(_TEXT, state & PLACEMENT, _CONTENT, state >> FLAG_SHIFT & FLAGS)
    for state in range(STATES)
)
"""By the state of what surrounds it: the bits of a link whose anchor is its text; None where there is none."""
_ANCHORED: Final = bits(7, 0, 7)
"""The bits that an anchor's content decides."""


class Outlinks:
    """Collects one page's links. ``domain`` is the page's site."""

    def __init__(self, tree: Tree, surroundings: Surroundings, hrefs: Hrefs, domain: str) -> None:
        self.links: list[FoundLink] = []
        self.non_links: dict[str, int] = {}
        """How many hrefs name nothing that can be fetched, by reason."""
        self.canonical: Target | None = None
        self._tree = tree
        self._surroundings = surroundings
        self._hrefs = hrefs
        self._domain = domain

    def read(self, facts: HeadFacts) -> None:
        """Visits the elements that say something, in document order; ``facts`` hears of those that make no links.

        Anchors are nine of ten of them, and most hold nothing but a text and lead to where others led before: what
        those need stands here, almost without calls.
        """
        hrefs, states, our_domain = self._hrefs, self._surroundings.states, self._domain
        in_folder, of_origin, anywhere = hrefs.in_folder.get, hrefs.of_origin.get, hrefs.anywhere.get
        unknown, add, context = hrefs.unknown, self.links.append, self._tree.context
        fragments = 0
        for number, element in enumerate(self._tree.elements):
            code, inside, _, _, anchor, written, raw_rel, _ = element
            if written is None:
                self._read_other(number, element, facts)
                continue
            packed = _IN_STATE[states[inside]]
            if packed is None:
                continue
            href = written
            if "#" in href:
                mark = href.find("#")
                if not mark:
                    fragments += 1
                    continue
                if href[mark - 1] > " " and len(href) <= MEMO_HREF_CHARS:
                    href = href[:mark]
            target = of_origin(href) or in_folder(href) or anywhere(href) or unknown(href)
            proof = None
            if target.site != our_domain:
                if target.site is None:
                    self._count_non_link(target.url)
                    continue
                before, after = context(number)
                if not (before.isascii() and after.isascii()):
                    before, after = around(before, after)
                proof, cuts = self._proof(number, element, written, before, after)
                packed |= cuts
            if code != ANCHOR or anchor is None:
                anchor, packed = self._anchor(number, element, packed)
            rel, rel_other = parse_rel(raw_rel) if raw_rel else _NO_REL
            add((target, packed, rel, rel_other, anchor, proof))
        if fragments:
            self.non_links["fragment"] = self.non_links.get("fragment", 0) + fragments

    def _anchor(self, number: int, element: Element, packed: int) -> tuple[str, int]:
        """The text of an anchor that is not just short ASCII, and its bits; ``packed`` are those of one that is."""
        _, _, _, attributes, text, *_ = element
        kind, source, flags = _TEXT, _CONTENT, 0
        if text is None:
            anchor, is_cut, has_text, is_image = anchor_content(self._tree.content(number))
            kind = _IMAGE if is_image else _TEXT
            source = _CONTENT if has_text else _ALT
        else:
            anchor, is_cut = collapsed(text, MAX_ANCHOR_CHARS)
        if is_cut:
            flags |= _ANCHOR_CUT
        if not anchor:
            anchor, source, cut = _fallback(attributes)
            flags |= cut
        if attributes and is_hidden(attributes):
            flags |= _HIDDEN
        return anchor, packed & ~_ANCHORED | bits(kind, 0, source, flags)

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
        target = self._hrefs.target(href)
        if target.site is None:
            self._count_non_link(target.url)
            return
        anchor = _fallback(attributes)
        if code == AREA:
            anchor = _attribute_anchor(attributes, "alt", _ALT) or anchor
        text, source, flags = anchor
        flags |= state >> FLAG_SHIFT & FLAGS | (_HIDDEN if is_hidden(attributes) else 0)
        packed = bits(kind, state & PLACEMENT, source, flags)
        proof = None
        if target.site != self._domain:
            proof, cuts = self._proof(number, element, href)
            packed |= cuts
        if kind == _CANONICAL and self.canonical is None:
            self.canonical = target
        rel, rel_other = parse_rel(attributes.get("rel"))
        self.links.append((target, packed, rel, rel_other, text, proof))

    def _count_non_link(self, reason: str) -> None:
        self.non_links[reason] = self.non_links.get(reason, 0) + 1

    def _proof(self, number: int, element: Element, href: str, before: str = "", after: str = "") -> tuple[Proof, int]:
        """What proves an external link, and the bits of what didn't fit. Only anchors have a context."""
        _, inside, name, _, _, _, rel, classes = element
        fingerprint = self._surroundings.fingerprint(inside, name, classes)
        tag = self._tree.plain_tag(number)
        if tag is not None:  # so it is short, has no "@", and the others are in it
            return (href, rel, tag, before, after, fingerprint), 0
        tag, is_cut = start_tag(name, self._tree.attributes(number))
        cuts = _TAG_CUT if is_cut else 0
        if "@" in href:
            href = without_userinfo(href)
        if len(href) > MAX_RAW_HREF_CHARS:
            cuts |= _HREF_CUT
            href = href[:MAX_RAW_HREF_CHARS]
        if rel and len(rel) > MAX_REL_CHARS:
            rel = rel[:MAX_REL_CHARS]
        return (href, rel, tag, before, after, fingerprint), bits(0, 0, 0, cuts)


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
