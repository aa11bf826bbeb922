"""A page's tree as the parser has to see it, through selectolax's objects: what ``c/tree.c`` does where it is compiled.

Both must give the same; this one is the easier to read, and a third of the speed.
"""

from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

from .tags import (
    CODES,
    HIDES,
    INLINE,
    IS_ANCHOR,
    IS_IMG,
    IS_SVG,
    IS_TEXT,
    IS_TITLE,
    LISTED,
    MATH,
    OTHER_NAME,
    RAW,
    ROLES,
    ROUGH,
    SEPARATES,
    SVG,
    SVG_NAME,
)

Attributes = dict[str, str | None]
Element = tuple[int, int, str, Attributes, str | None, str | None, str | None, str | None]
"""An element that says something: its code, the number of the ancestor it is in, its name, its attributes, its text,
its href, rel and classes.

The text is that of a title, and of an anchor that holds nothing else (else None: ask for its content). An anchor's
attributes are there if one of ``title``, ``aria-label``, ``style`` and ``hidden`` is, else none of them. Only anchors
of HTML and SVG have an href here, which in SVG may be the ``xlink:href``. The code of an anchor has ``ROUGH`` unless it
has a text of at most 300 characters, all ASCII, and no attributes here."""
Ancestor = tuple[int, int, str, str | None, Attributes | None]
"""An element around others: the number of the one it is in, its code, its name, its classes, and its attributes if they
may say how it is shown or what it is for (``role``, ``style``, ``hidden``). The first is the document. Elements that
follow one another in the same one and differ in none of this are one ancestor."""
Content = tuple[str, int, bool, bool, bool]
"""What an anchor holds: its text, a bit for each code in it, whether there is text outside of SVG and within, and
whether there was more than could be looked at."""

_FEW_LEVELS: Final = 7
_SMOOTH_CHARS: Final = 300
_HURRIED_NODES: Final = 100
CONTEXT_CHARS: Final = 80
_LOOK: Final = 1_000
_ENOUGH: Final = 5 * CONTEXT_CHARS  # of characters that are no white space, since some may be put together
_CONTEXT_NODES: Final = 64
_CONTEXT_LEVELS: Final = 64
_IS_SPACE: Final = bytes(0x20 if chr(code).isspace() else 0x78 for code in range(128)) + b"x" * 128
_HTML_IN_SVG: Final = frozenset({"foreignobject", "desc", "title"})
_HTML_IN_MATH: Final = frozenset({"mi", "mo", "mn", "ms", "mtext"})
_STAYS_IN_MATH: Final = frozenset({"mglyph", "malignmark"})
_XHTML_ENCODINGS: Final = frozenset({"text/html", "application/xhtml+xml"})
_TOLD_OF_ANCHORS: Final = frozenset({"title", "aria-label", "style", "hidden"})
_DECLARING: Final = frozenset({"role", "style", "hidden"})


@dataclass(slots=True)
class _Opened:
    """An element around the current one; ``block`` is the ``mem_id`` of the nearest that separates words, ``number``
    its own as an ancestor, or -1."""

    element: LexborNode
    code: int
    block: int
    is_hidden: bool
    number: int = -1


class Tree:
    """The tree below ``root``, of a page of ``size`` bytes or characters of HTML.

    ``elements`` in document order; ``ancestors``, each after those around it; ``seen``, a bit for each code there is;
    ``text``, the first ``limit`` characters of what people see, a space wherever there is markup; ``words``, how many
    that has, which end at white space of ASCII; ``characters``, how long all of it is. An anchor without an href is
    none of the elements, and one into its own page has no text. Text that is ASCII comes with its white space
    collapsed, other text as it is.

    What a style sheet or ``hidden`` hides is in the text; alternative texts and ``noscript`` are not.
    """

    def __init__(self, root: LexborNode | None, size: int, limit: int) -> None:
        self.elements: list[Element] = []
        self.ancestors: list[Ancestor] = [(0, 0, "-document", None, None)]
        self.seen = 0
        self._nodes: list[LexborNode] = []
        self._last = [0]
        self._block_of: list[int] = []
        self._budget = 2 * size + 1_000
        texts: list[str] = []
        if root is not None:
            self._read(root, texts)
        self.text = " ".join(texts)
        self.characters = len(self.text)
        self.text = self.text[:limit]
        start = b" " + self.text.encode("utf-8", "replace").translate(_IS_SPACE)
        self.words = start.count(b" x")

    def _read(self, root: LexborNode, texts: list[str]) -> None:
        """Visits all nodes in document order."""
        opened: list[_Opened] = []
        node: LexborNode | None = root
        while node is not None:
            code = CODES.get(node.tag_id, INLINE)
            roles = ROLES[code]
            parent = opened[-1] if opened else None
            space = _space(node, code, parent.element, parent.code & ~31) if parent else 0
            is_hidden = parent is not None and parent.is_hidden
            if roles & IS_TEXT:
                if not is_hidden:
                    texts.append(node.text_content or "")
            else:
                self.seen |= 1 << code
                if roles & LISTED:
                    self._list(node, code | space, opened)
            child = node.first_child
            if child is not None:
                hides = bool(roles & HIDES) and not (roles & IS_TITLE and space == SVG_NAME)
                block = node.mem_id if roles & SEPARATES else parent.block if parent else 0
                opened.append(_Opened(node, code | space, block, is_hidden or hides))
                node = child
                continue
            while node.next is None and opened:
                node = opened.pop().element
            node = node.next if opened else None

    def _list(self, node: LexborNode, code: int, opened: list[_Opened]) -> None:
        attributes = node.attributes
        name = "xlink:href" if code & SVG_NAME and "href" not in attributes else "href"
        href, rel, classes = _value(attributes, name), _value(attributes, "rel"), _value(attributes, "class")
        text = None
        if ROLES[code & 31] & IS_ANCHOR:
            if href is None:
                return
            text = "" if href.startswith("#") else _only_text(node)
            if _TOLD_OF_ANCHORS.isdisjoint(attributes):
                attributes = {}
            is_smooth = text and len(text) <= _SMOOTH_CHARS and text.isascii() and not attributes
            code |= 0 if is_smooth else ROUGH
        elif ROLES[code & 31] & IS_TITLE:
            text = _own_text(node)
        if code & OTHER_NAME or not ROLES[code & 31] & IS_ANCHOR:
            href = None
        known = len(opened)
        while known and opened[known - 1].number < 0:
            known -= 1
        inside = opened[known - 1].number if known else 0
        for around in opened[known:]:
            inside = around.number = self._enter(around.element, around.code, inside)
        self._nodes.append(node)
        self._block_of.append(opened[-1].block if opened else 0)
        self.elements.append((code, inside, node.tag or "", attributes, text, href, rel, classes))

    def _enter(self, node: LexborNode, code: int, inside: int) -> int:
        attributes = node.attributes
        declared = None if _DECLARING.isdisjoint(attributes) else attributes
        ancestor = (inside, code, node.tag or "", attributes.get("class"), declared)
        last = self._last[inside]
        if last and declared is None and self.ancestors[last] == ancestor:
            return last
        self._last[inside] = len(self.ancestors)
        self._last.append(0)
        self.ancestors.append(ancestor)
        return len(self.ancestors) - 1

    def content(self, number: int) -> Content:
        """What is inside an element. All anchors of a page together look at about as many nodes as it has, then at
        100 each: links nested in links by the thousand must not make it quadratic."""
        anchor = self._nodes[number]
        limit = left = max(self._budget, _HURRIED_NODES)
        parts: list[str] = []
        mask = svgs = 0
        has_text = has_svg_text = is_cut = False
        opened: list[tuple[LexborNode, int]] = []
        node = anchor.first_child
        while node is not None:
            if not left:
                is_cut = True
                break
            left -= 1
            code = CODES.get(node.tag_id, INLINE)
            roles = ROLES[code]
            mask |= 1 << code
            child = None
            if roles & IS_TEXT:
                text = node.text_content or ""
                if text and not text.isspace():
                    has_svg_text |= svgs > 0
                    has_text |= svgs == 0
                parts.append(text)
            else:
                parts.append(_part(node, roles))
                child = None if _is_raw(node, roles) else node.first_child
            if child is not None:
                opened.append((node, roles))
                svgs += bool(roles & IS_SVG)
                node = child
                continue
            while node.next is None and opened:
                node, roles = opened.pop()
                svgs -= bool(roles & IS_SVG)
                parts.append(" " if roles & SEPARATES else "")
            node = node.next
        self._budget -= limit - left
        return _collapsed("".join(parts)), mask, has_text, has_svg_text, is_cut

    def attributes(self, number: int) -> Attributes:
        """All attributes of an element."""
        return self._nodes[number].attributes

    def plain_tag(self, number: int) -> str | None:
        """The start tag of an element, if that is short and nothing in it is escaped; here always None."""
        return None

    def context(self, number: int) -> tuple[str, str]:
        """80 characters of what stands before and after an element in its block, or all there is; of text that is not
        ASCII, whose characters may be put together, it may be more.

        Looks at no more than 64 nodes on each side, and goes no more than 64 levels up or down, so between many empty
        or nested elements it may find less.
        """
        node, block = self._nodes[number], self._block_of[number]
        before = _collapsed("".join(reversed(_before(node, block))))
        after = _collapsed("".join(_after(node, block)))
        return (
            before[-CONTEXT_CHARS:].lstrip(" ") if before.isascii() else before,
            after[:CONTEXT_CHARS].rstrip(" ") if after.isascii() else after,
        )


def _space(node: LexborNode, code: int, parent: LexborNode, around: int) -> int:
    """The namespace of a child of ``parent``, whose own is ``around`` (HTML, "tree construction")."""
    if around == 0:
        return {SVG: SVG_NAME, MATH: OTHER_NAME}.get(code, 0)
    name = (parent.tag or "").lower()
    is_html = False
    if around == SVG_NAME:
        is_html = name in _HTML_IN_SVG
    elif name == "annotation-xml":
        if code == SVG:
            return SVG_NAME
        is_html = (parent.attributes.get("encoding") or "").lower() in _XHTML_ENCODINGS
    else:
        is_html = name in _HTML_IN_MATH and node.tag not in _STAYS_IN_MATH
    return {SVG: SVG_NAME, MATH: OTHER_NAME}.get(code, 0) if is_html else around


def _is_raw(node: LexborNode, roles: int) -> bool:
    return bool(roles & RAW) and not (roles & IS_TITLE and _is_in_svg(node))


def _is_in_svg(node: LexborNode) -> bool:
    way = []
    parent: LexborNode | None = node
    while parent is not None:
        way.append(parent)
        parent = parent.parent
    space = 0
    for around, element in zip(reversed(way), reversed(way[:-1]), strict=False):
        space = _space(element, CODES.get(element.tag_id, INLINE), around, space)
    return space == SVG_NAME


def _value(attributes: Attributes, name: str) -> str | None:
    return attributes[name] or "" if name in attributes else None


def _own_text(title: LexborNode) -> str:
    parts = []
    child = title.first_child
    while child is not None:
        parts.append(child.text_content or "")
        child = child.next
    return "".join(parts)


def _only_text(anchor: LexborNode) -> str | None:
    node = anchor.first_child
    if node is None:
        return ""
    for _ in range(_FEW_LEVELS):
        if node is None or node.next is not None:
            return None
        text = node.text_content
        if text is not None:
            return _collapsed(text)
        if node.tag_id in CODES:
            return None
        node = node.first_child
    return None


def _collapsed(text: str) -> str:
    return " ".join(text.split()) if text.isascii() else text


def _part(node: LexborNode, roles: int) -> str:
    """What an element that is no text adds to the text around it."""
    alt = node.attributes.get("alt") if roles & IS_IMG else None
    return f" {alt} " if alt else " " if roles & SEPARATES else ""


def _before(node: LexborNode, block: int) -> list[str]:
    """What stands before ``node`` in its block, from right to left."""
    parts: list[str] = []
    levels, kept = _CONTEXT_LEVELS, 0
    current = node
    for _ in range(_CONTEXT_NODES):
        previous = current.prev
        if previous is None:
            parent = current.parent
            if parent is None or parent.mem_id == block:
                break
            current = parent
            parts.append(" " if ROLES[CODES.get(current.tag_id, INLINE)] & SEPARATES else "")
            continue
        current = previous
        while (text := current.text_content) is None:
            roles = ROLES[CODES.get(current.tag_id, INLINE)]
            child = None if _is_raw(current, roles) else current.last_child
            if child is None:
                parts.append(_part(current, roles))
                break
            levels -= 1
            if levels < 0:
                return parts
            parts.append(" " if roles & SEPARATES else "")
            current = child
        else:
            parts.append(text)
            kept += len("".join(text[-_LOOK:].split()))
            if kept >= _ENOUGH:
                break
    return parts


def _after(node: LexborNode, block: int) -> list[str]:
    """What follows ``node`` in its block."""
    parts: list[str] = []
    levels, kept = _CONTEXT_LEVELS, 0
    current = node
    following = current.next
    for _ in range(_CONTEXT_NODES):
        while following is None:
            parent = current.parent
            levels -= 1
            if parent is None or parent.mem_id == block or levels < 0:
                return parts
            current = parent
            parts.append(" " if ROLES[CODES.get(current.tag_id, INLINE)] & SEPARATES else "")
            following = current.next
        current = following
        text = current.text_content
        if text is None:
            roles = ROLES[CODES.get(current.tag_id, INLINE)]
            parts.append(_part(current, roles))
            following = None if _is_raw(current, roles) else current.first_child
            if following is not None:
                continue
        else:
            parts.append(text)
            kept += len("".join(text[:_LOOK].split()))
            if kept >= _ENOUGH:
                break
        following = current.next
    return parts
