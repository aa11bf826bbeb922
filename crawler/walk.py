"""The one traversal of a page's tree: what is needed of each element, gathered where it is met.

It goes down and up by child and sibling with a stack of its own, so depth costs nothing, and what holds for everything
inside an element (hidden, noscript, placement, namespace) is one integer that is handed down and taken back.
"""

from typing import Final

from selectolax.lexbor import LexborNode

from wholinks.storage.records import Kind, LinkFlag

from .directives import RobotsDirectives, parse_refresh
from .evidence import Fingerprints
from .hrefs import Hrefs
from .page_text import PageText, collapsed
from .rel import rel_tokens
from .tags import (
    ANCHOR, AREA, BLOCK, CODES, EMBEDDED, FORM, FRAME, IMG, INLINE, LANDMARK, LANDMARK_PLACEMENTS, LINK, MATH, META,
    NOSCRIPT, NUMBERS, OWN_HEADERS, PAGE_PARTS, PICTURE, ROLES, SCRIPT, SVG, TEXT_NUMBER, TITLE, UNSEEN,
)  # fmt: skip
from .visibility import is_hidden

Attributes = dict[str, str | None]

# The state inside an element. What is below PLACEMENT belongs to it alone, the rest to everything inside it too.
_OWN_BLOCK: Final = 1
_OWN_LINK: Final = 2
_OWN_NOSCRIPT: Final = 4
_OWN_SPACE: Final = 8  # words end where it does
_OWN_ROLE: Final = 16  # its role has set the placement
_ANNOTATION: Final = 32  # MathML's annotation-xml, the one place where MathML may hold SVG
_SKIPPED: Final = 64  # nothing of what is inside counts
_ENDS: Final = _OWN_BLOCK | _OWN_LINK | _OWN_NOSCRIPT | _OWN_SPACE
_PLACEMENT_SHIFT: Final = 7
_PLACEMENT: Final = 7 << _PLACEMENT_SHIFT
_SECTIONED: Final = 1 << 10  # in an article or section, so headers and footers are its own
_HIDDEN: Final = 1 << 11
_NOSCRIPT: Final = 1 << 12
_IN_LINK: Final = 1 << 13
_IN_SVG: Final = 1 << 14
_SVG_CHILDREN: Final = 1 << 15  # children are SVG elements
_MATH_CHILDREN: Final = 1 << 16
_FOREIGN: Final = _SVG_CHILDREN | _MATH_CHILDREN
_INHERITED: Final = ~127

_HTML_IN_SVG: Final = frozenset({"foreignobject", "desc", "title"})
_HTML_IN_MATH: Final = frozenset({"mi", "mo", "mn", "ms", "mtext"})
_SVG_WORDS: Final = _HTML_IN_SVG | {"text"}
_XHTML_ENCODINGS: Final = frozenset({"text/html", "application/xhtml+xml"})
_WATCHED: Final = '[hidden], [role], [style*="none" i], [style*="hidden" i]'
_STYLE_NUMBER: Final = NUMBERS["style"]
MAX_TITLE_CHARS: Final = 500


class FoundLink:
    """A link element with its target. ``start`` and ``end`` are marks in the text, -1 where it has no content.

    ``block`` (of external links) has the first and last mark of the nearest block.
    """

    __slots__ = ("attributes", "before", "block", "end", "fingerprint", "has_text", "href", "kind", "name", "start",
                 "state", "url")  # fmt: skip

    def __init__(self, url: str, kind: int, name: str, href: str, attributes: Attributes, state: int) -> None:
        self.url = url
        self.kind = kind
        self.name = name
        self.href = href
        self.attributes = attributes
        self.state = state
        self.start = -1
        self.end = -1
        self.has_text = False
        self.before = (0, 0, 0, 0)  # how many texts, texts in SVG, images and other things the page had before it
        self.block: list[int] | None = None
        self.fingerprint = 0

    @property
    def is_external(self) -> bool:
        return self.block is not None

    @property
    def placement(self) -> int:
        return (self.state & _PLACEMENT) >> _PLACEMENT_SHIFT

    @property
    def flags(self) -> int:
        hidden = LinkFlag.HIDDEN.value if self.state & _HIDDEN else 0
        return hidden | (LinkFlag.NOSCRIPT.value if self.state & _NOSCRIPT else 0)


class Walk:
    """One page's traversal and what it found. ``domain`` is the page's registrable domain."""

    def __init__(self, hrefs: Hrefs, domain: str, directives: RobotsDirectives) -> None:
        self.text = PageText()
        self.links: list[FoundLink] = []
        self.non_links: dict[str, int] = {}
        self.title: str | None = None
        self.content_language = ""
        self.refresh: tuple[int, str, Attributes] | None = None
        self.has_script = False
        self._hrefs = hrefs
        self._domain = domain
        self._directives = directives
        self._fingerprints = Fingerprints()
        self._watched: dict[int, Attributes] = {}
        self._stack: list[LexborNode] = []
        self._blocks: list[list[int]] = [[0]]
        self._open_links: list[FoundLink] = []
        self._noscript_start = 0
        self._texts = 0  # in links and not blank; so are the next two
        self._svg_texts = 0
        self._images = 0
        self._others = 0

    def run(self, root: LexborNode) -> None:
        """Visits every node in document order. This loop is the parser's cost: it stays flat and free of calls."""
        self._watched = {node.mem_id: node.attributes for node in root.css(_WATCHED)}
        watched, codes = self._watched, CODES
        parts, blocks, stack = self.text.parts, self._blocks, self._stack
        add = parts.append
        states: list[int] = []
        state = 0
        node: LexborNode | None = root
        while node is not None:
            number = node.tag_id
            if number == TEXT_NUMBER:
                text = node.text_content or ""
                add(text)
                if state & _IN_LINK and text and not text.isspace():
                    if state & _IN_SVG:
                        self._svg_texts += 1
                    else:
                        self._texts += 1
            else:
                code = codes.get(number, INLINE)
                inner = state & _INHERITED
                if watched and node.mem_id in watched:
                    inner = self._watch(watched[node.mem_id], inner)
                if code > BLOCK or state & _FOREIGN:
                    inner = self._enter(node, number, code, state, inner)
                elif code:
                    inner |= _OWN_BLOCK
                if inner & _OWN_BLOCK:
                    add(" ")
                child = None if inner & _SKIPPED else node.first_child
                if child is not None:
                    if inner & _OWN_BLOCK:
                        blocks.append([len(parts) - 1])
                    stack.append(node)
                    states.append(state)
                    state = inner
                    node = child
                    continue
                if (inner & _ENDS) > _OWN_BLOCK:
                    self._leave(inner)
            following = node.next
            while following is None and stack:
                node = stack.pop()
                if state & _ENDS:
                    if state & _OWN_BLOCK:
                        blocks.pop().append(len(parts))
                        add(" ")
                    self._leave(state)
                state = states.pop()
                following = node.next
            node = following

    def target(self, href: str) -> str | None:
        """The URL ``href`` names on this page, if it names one."""
        return self._hrefs.target(href)[0]

    def _watch(self, attributes: Attributes, inner: int) -> int:
        """What ``hidden``, ``style`` and ``role`` say."""
        if is_hidden(attributes):
            inner |= _HIDDEN
        role = (attributes.get("role") or "").split(maxsplit=1)
        placement = ROLES.get(role[0].lower()) if role else None
        if placement is not None:
            inner = inner & ~_PLACEMENT | placement << _PLACEMENT_SHIFT | _OWN_ROLE
            if role[0].lower() == "article":
                inner |= _SECTIONED
        return inner

    def _enter(self, node: LexborNode, number: int, code: int, state: int, inner: int) -> int:
        """What an element with a code of its own changes; returns the state inside it."""
        if state & _FOREIGN:
            return self._enter_foreign(node, code, state, inner)
        if code == ANCHOR:
            return self._open_anchor(node, inner, is_svg=False)
        if code == LANDMARK:
            return _placed(number, inner)
        if code == IMG:
            self._images += 1
            alt = node.attributes.get("alt")
            if alt:
                self.text.add_alt(alt)
        elif code == SVG:
            self._images += 1
            return inner | _SVG_CHILDREN | _IN_SVG
        else:
            return self._enter_rare(node, number, code, inner)
        return inner

    def _enter_rare(self, node: LexborNode, number: int, code: int, inner: int) -> int:
        if code in {SCRIPT, UNSEEN}:
            self.has_script = self.has_script or code == SCRIPT
            return inner | _SKIPPED | (_OWN_BLOCK if number == _STYLE_NUMBER else 0)
        if code == LINK:
            self._add_link_element(node, inner)
        elif code == META:
            self._read_meta(node.attributes)
        elif code == PICTURE:
            self._images += 1
        elif code == EMBEDDED:
            self._others += 1
        elif code == NOSCRIPT and not inner & _NOSCRIPT:
            self._noscript_start = len(self.text.parts)
            return inner | _NOSCRIPT | _OWN_NOSCRIPT
        elif code == MATH:
            self._others += 1
            return inner | _MATH_CHILDREN
        elif code == TITLE:
            if self.title is None:
                self.title = collapsed(node.text(), MAX_TITLE_CHARS)[0]
            return inner | _SKIPPED | _OWN_BLOCK
        else:
            return self._enter_linking(node, code, inner)
        return inner

    def _enter_linking(self, node: LexborNode, code: int, inner: int) -> int:
        """``area``, ``form``, ``iframe`` and ``frame``: links without content of their own."""
        attributes = node.attributes
        if code == AREA:
            self._add(Kind.TEXT, node, attributes, "href", inner)
        elif code == FORM:
            self._add(Kind.FORM, node, attributes, "action", inner)
            return inner | _OWN_BLOCK
        elif code == FRAME:
            self._others += 1
            self._add(Kind.FRAME, node, attributes, "src", inner)
            return inner | _SKIPPED  # what is inside is for browsers without frames
        return inner

    def _enter_foreign(self, node: LexborNode, code: int, state: int, inner: int) -> int:
        """An element of SVG or MathML, and which namespace its children have (HTML, "tree construction")."""
        name = (node.tag or "").lower()
        if code in {SCRIPT, UNSEEN} and name in {"script", "style"}:
            self.has_script = self.has_script or code == SCRIPT
            return inner | _SKIPPED
        if state & _SVG_CHILDREN:
            if code == ANCHOR:
                return self._open_anchor(node, inner, is_svg=True)
            if name in _SVG_WORDS:
                self.text.parts.append(" ")
                inner |= _OWN_SPACE
            return inner & ~_SVG_CHILDREN if name in _HTML_IN_SVG else inner
        if name == "annotation-xml":
            encoding = (node.attributes.get("encoding") or "").lower()
            return inner & ~_MATH_CHILDREN if encoding in _XHTML_ENCODINGS else inner | _ANNOTATION
        if name == "svg" and state & _ANNOTATION:
            self._images += 1
            return inner & ~_MATH_CHILDREN | _SVG_CHILDREN | _IN_SVG
        return inner & ~_MATH_CHILDREN if name in _HTML_IN_MATH else inner

    def _open_anchor(self, node: LexborNode, inner: int, *, is_svg: bool) -> int:
        attributes = node.attributes
        name = "xlink:href" if is_svg and "href" not in attributes else "href"
        link = self._add(Kind.TEXT, node, attributes, name, inner)
        if link is None:
            return inner
        link.start = self.text.mark()
        link.before = self._texts, self._svg_texts, self._images, self._others
        self._open_links.append(link)
        return inner | _OWN_LINK | _IN_LINK

    def _leave(self, state: int) -> None:
        if state & _OWN_LINK:
            link = self._open_links.pop()
            link.end = self.text.mark()
            texts, svg_texts, images, others = link.before
            link.has_text = self._texts > texts or self._svg_texts > svg_texts
            # The text of an SVG describes a drawing, so a link that holds only one is still an image.
            if self._images > images and self._texts == texts and self._others == others:
                link.kind = Kind.IMAGE.value
        if state & _OWN_NOSCRIPT:
            self.text.hide(self._noscript_start)
        if state & _OWN_SPACE:
            self.text.parts.append(" ")

    def _add(
        self, kind: int, node: LexborNode, attributes: Attributes, name: str, inner: int
    ) -> FoundLink | None:
        """Records the link that attribute ``name`` makes, or counts why it makes none."""
        if name not in attributes:
            return None
        href = attributes[name] or ""
        url, domain = self._hrefs.target(href)
        if url is None:
            self.non_links[domain] = self.non_links.get(domain, 0) + 1  # the second is the reason then
            return None
        link = FoundLink(url, kind, node.tag or "", href, attributes, inner)
        if domain != self._domain:
            link.block = self._blocks[-1]
            link.fingerprint = self._fingerprints.of(self._stack, node, attributes)
        self.links.append(link)
        return link

    def _add_link_element(self, node: LexborNode, inner: int) -> None:
        attributes = node.attributes
        kind = link_kind(attributes.get("rel"))
        if kind is not None:
            self._add(kind, node, attributes, "href", inner)

    def _read_meta(self, attributes: Attributes) -> None:
        content = attributes.get("content")
        if not content:
            return
        name, pragma = attributes.get("name"), attributes.get("http-equiv")
        if name:
            self._directives.add_meta(name, content)
        if pragma:
            pragma = pragma.lower()
            if pragma == "refresh":
                self._read_refresh(content, attributes)
            elif pragma == "content-language" and not self.content_language:
                self.content_language = content

    def _read_refresh(self, content: str, attributes: Attributes) -> None:
        """The first that is valid is the page's, as in a browser; in ``noscript`` too, since we run no scripts."""
        found = parse_refresh(content) if self.refresh is None else None
        if found is not None and (not found[1] or self.target(found[1]) is not None):
            self.refresh = (*found, attributes)


def link_kind(rel: str | None) -> Kind | None:
    """What a ``link`` element or header of this ``rel`` is; canonical before alternate; a style sheet is neither."""
    if not rel:
        return None
    tokens = rel_tokens(rel)
    if "canonical" in tokens:
        return Kind.CANONICAL
    return Kind.ALTERNATE if "alternate" in tokens and "stylesheet" not in tokens else None


def _placed(number: int, inner: int) -> int:
    """The state inside an element that is a landmark by its name; a landmark's role has gone first."""
    may_place = not inner & _OWN_ROLE and not (inner & _SECTIONED and number in PAGE_PARTS)
    placement = LANDMARK_PLACEMENTS[number]
    if may_place and placement:
        inner = inner & ~_PLACEMENT | placement << _PLACEMENT_SHIFT
    return inner | _OWN_BLOCK | (_SECTIONED if number in OWN_HEADERS else 0)
