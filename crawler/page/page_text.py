"""The text of a page: what separates words, anchor texts, contexts, and the words people see.

White space is what ``str.split`` takes for it: Unicode's White_Space, and the four separators U+001C-U+001F. Other
control characters are facts and stay (U+0000 never gets here); who shows them makes them harmless.
"""

from itertools import islice
from typing import Final, NamedTuple
from unicodedata import normalize

from selectolax.lexbor import LexborNode

from .surroundings import SVG_CHILDREN, Surroundings
from .tags import (
    ANCHOR,
    CODES,
    EMBEDDED,
    FRAME,
    IMG,
    INLINE,
    MATH,
    NOSCRIPT,
    NUMBERS,
    PICTURE,
    SCRIPT,
    SEPARATORS,
    STYLE,
    SVG,
    TEXT,
    TITLE,
    UNSEEN,
    code_of,
    codes_of,
)
from .tree import Tree, table

MAX_ANCHOR_CHARS: Final = 1_000
MAX_CONTEXT_CHARS: Final = 80
COUNTED_CHARS: Final = 6_000

_FEW_LEVELS: Final = 6
_CONTEXT_LOOK: Final = 160
"""Characters on each side of a link that are enough for a context, but for much white space."""
_SHORT_LOOK: Final = 100
"""As many are mostly enough, if they hold no run of white space."""
_FEW_CONTEXT_NODES: Final = 6
_CONTEXT_NODES: Final = 64
_CONTEXT_LEVELS: Final = 64
_HURRIED_NODES: Final = 100
_RAW_TEXT: Final = frozenset({SCRIPT, STYLE, UNSEEN, FRAME})
_IMAGES: Final = frozenset({IMG, PICTURE, SVG})
_OTHER_CONTENT: Final = frozenset({EMBEDDED, MATH, FRAME})
_PLAIN: Final = bytes((INLINE, TEXT, ANCHOR))

_MOST_FOREIGN: Final = 50
_MOST_FOREIGN_NODES: Final = 500
_FOREIGN: Final = table(SVG, MATH)
_UNSEEN: Final = table(*_RAW_TEXT, NOSCRIPT, TITLE)
_IS_SPACE: Final = bytes(0x20 if chr(code).isspace() else 0x78 for code in range(128)) + b"x" * 128
_TITLE_NUMBER: Final = NUMBERS["title"]


class Content(NamedTuple):
    """What an anchor holds. An SVG's own text is text, but a link that holds only the SVG is still an image.

    Other embedded things (video, canvas, input, …) are neither text nor image.
    """

    text: str
    is_cut: bool
    has_text: bool
    is_image: bool


class PageText:
    """The text of one page, which is ``size`` bytes or characters long as HTML."""

    __slots__ = ("_budget", "_surroundings", "_tree", "has_foreign", "has_script")

    def __init__(self, tree: Tree, surroundings: Surroundings, size: int) -> None:
        self.has_script = SCRIPT in tree.codes
        self.has_foreign = SVG in tree.codes or MATH in tree.codes
        self._tree = tree
        self._surroundings = surroundings
        self._budget = 2 * size + 1_000  # nodes that anchors may visit, however links are nested

    def has_foreign_anchors(self) -> bool:
        """Whether SVG or MathML may hold ``a`` elements; surely where there are many of them."""
        if not self.has_foreign:
            return False
        roots = self._tree.chosen(_FOREIGN)
        if len(roots) > _MOST_FOREIGN:
            return True
        for root in roots:
            inside = list(islice(root.traverse(), _MOST_FOREIGN_NODES))
            if len(inside) == _MOST_FOREIGN_NODES or ANCHOR in codes_of(inside):
                return True
        return False

    def content(self, anchor: LexborNode) -> Content:
        """What is inside ``anchor``; of its text at most 1,000 characters."""
        limit = max(self._budget, _HURRIED_NODES)  # links nested in links by the thousand must not make it quadratic
        nodes = list(islice(anchor.traverse(include_text=True), limit + 1))
        self._budget -= len(nodes)
        if len(nodes) > limit or codes_of(nodes).strip(_PLAIN):
            return self._mixed_content(anchor, limit)
        text, is_cut = collapsed(anchor.text(), MAX_ANCHOR_CHARS)
        return Content(text, is_cut, bool(text), is_image=False)

    def _mixed_content(self, anchor: LexborNode, limit: int) -> Content:
        """The same for an anchor with blocks, images or other things in it, at most ``limit`` nodes of them."""
        parts: list[str] = []
        codes: set[int] = set()
        opened: list[tuple[LexborNode, int]] = []
        has_text = has_svg_text = False
        svgs = 0
        node = anchor.first_child
        while node is not None or opened:
            if node is None:
                node, code = opened.pop()
                svgs -= code == SVG
                if code in SEPARATORS:
                    parts.append(" ")
                node = node.next
                continue
            limit -= 1
            if limit < 0:
                break
            code = code_of(node)
            codes.add(code)
            if code == TEXT:
                text = node.text_content
                if text and not text.isspace():
                    has_svg_text |= svgs > 0
                    has_text |= svgs == 0
                parts.append(text or "")
            elif code:
                parts.append(_part(node, code))
            child = None if code == TEXT or self._is_raw(node, code) else node.first_child
            if child is not None:
                opened.append((node, code))
                svgs += code == SVG
            node = node.next if child is None else child
        text, is_cut = collapsed("".join(parts), MAX_ANCHOR_CHARS)
        is_image = not (has_text or _IMAGES.isdisjoint(codes)) and _OTHER_CONTENT.isdisjoint(codes)
        return Content(text, is_cut or limit < 0, has_text or has_svg_text, is_image)

    def _is_raw(self, node: LexborNode, code: int) -> bool:
        """Whether what is inside is no text of the page, nor elements of it."""
        return code in _RAW_TEXT or (code == TITLE and not self.is_in_svg(node))

    def is_in_svg(self, node: LexborNode) -> bool:
        """Whether the element is SVG's."""
        return self.has_foreign and bool(self._surroundings.of(node)[0] & SVG_CHILDREN)

    def context(self, node: LexborNode, block: int, parent: LexborNode | None) -> tuple[str, str]:
        """Up to 80 characters before and after the element ``node`` in ``parent``, within the element of ``mem_id``
        ``block``, which holds it.

        Looks at no more than 64 nodes on each side, and goes no more than 64 levels up or down, so between many empty
        or nested elements it may find less.
        """
        is_in_block = parent is not None and parent.mem_id == block
        before = _end_of(node.prev, is_in_block)
        if before is None:
            before = self._before(node, block)[-MAX_CONTEXT_CHARS:].lstrip(" ")
        after = _start_of(node.next, is_in_block)
        if after is None:
            after = self._after(node, block)[:MAX_CONTEXT_CHARS].rstrip(" ")
        return before, after

    def _before(self, node: LexborNode, block_key: int) -> str:
        parts: list[str] = []
        levels = _CONTEXT_LEVELS
        current = node
        for count in range(_CONTEXT_NODES):
            if count == _FEW_CONTEXT_NODES and len(found := _joined(parts[::-1])) >= MAX_CONTEXT_CHARS:
                return found
            previous = current.prev
            if previous is None:
                parent = current.parent
                if parent is None or parent.mem_id == block_key:
                    break
                current = parent
                if CODES.get(parent.tag_id, INLINE) in SEPARATORS:
                    parts.append(" ")
                continue
            current = previous
            while (text := current.text_content) is None:
                code = CODES.get(current.tag_id, INLINE)
                child = None if self._is_raw(current, code) else current.last_child
                if child is None:
                    if code:
                        parts.append(_part(current, code))
                    break
                levels -= 1
                if levels < 0:
                    return _joined(parts[::-1])
                if code in SEPARATORS:
                    parts.append(" ")
                current = child
            else:
                parts.append(text)
                if len(text) > _CONTEXT_LOOK and len(found := _joined(parts[::-1])) > MAX_CONTEXT_CHARS:
                    return found
        return _joined(parts[::-1])

    def _after(self, node: LexborNode, block_key: int) -> str:
        parts: list[str] = []
        levels = _CONTEXT_LEVELS
        current = node
        following = current.next
        for count in range(_CONTEXT_NODES):
            if count == _FEW_CONTEXT_NODES and len(found := _joined(parts)) >= MAX_CONTEXT_CHARS:
                return found
            while following is None:
                parent = current.parent
                levels -= 1
                if parent is None or parent.mem_id == block_key or levels < 0:
                    return _joined(parts)
                current = parent
                if CODES.get(current.tag_id, INLINE) in SEPARATORS:
                    parts.append(" ")
                following = current.next
            current = following
            text = current.text_content
            if text is None:
                code = CODES.get(current.tag_id, INLINE)
                if code:
                    parts.append(_part(current, code))
                following = None if self._is_raw(current, code) else current.first_child
                if following is not None:
                    continue
            else:
                parts.append(text)
                if len(text) > _CONTEXT_LOOK and len(found := _joined(parts)) > MAX_CONTEXT_CHARS:
                    return found
            following = current.next
        return _joined(parts)

    def visible(self) -> str:
        """The text of the page, with a space wherever there is markup; comes last, as it takes the tree apart.

        Alternative texts and ``noscript`` are not in it. What a style sheet or ``hidden`` hides is not known here for
        sure, and is.
        """
        tree = self._tree
        if tree.root is None:
            return ""
        for node in tree.chosen(_UNSEEN):
            if node.tag_id != _TITLE_NUMBER or not self.is_in_svg(node):
                node.decompose(recursive=False)
        return tree.root.text(separator=" ")


def count_words(text: str) -> int:
    """How many words ``text`` has, which end at white space of ASCII: exactly up to 6,000 characters; what follows is
    taken to have words as long as those.

    Markup has become white space: ``<b>b</b>old`` is two, which costs half a parse less to tell than one.
    """
    start = text[:COUNTED_CHARS]
    words = (b" " + start.encode("utf-8", "replace").translate(_IS_SPACE)).count(b" x")
    return words if len(text) <= COUNTED_CHARS else words * len(text) // COUNTED_CHARS


def only_text(child: LexborNode) -> str | None:
    """The text of an element whose first child is ``child``, if it is all there is in it, perhaps within inline
    elements; None where more must be looked at."""
    node: LexborNode | None = child
    for _ in range(_FEW_LEVELS):
        if node is None or node.next is not None:
            return None
        text = node.text_content
        if text is not None or node.tag_id in CODES:  # not inline
            return text
        node = node.first_child
    return None


def _end_of(node: LexborNode | None, is_in_block: bool) -> str | None:
    """The context before a link whose previous sibling is ``node``, if that is plain text and enough, or all there is
    in the block; else None."""
    if node is None:
        return "" if is_in_block else None
    text = node.text_content
    if text is None:
        return None
    end = text[-_SHORT_LOOK:].replace("\n", " ")
    if end.isprintable() and end.isascii() and "  " not in end and len(end := end.strip(" ")) > MAX_CONTEXT_CHARS:
        return end[-MAX_CONTEXT_CHARS:].lstrip(" ")
    end = text[-_CONTEXT_LOOK:]
    if not end.isascii():
        return None
    end = " ".join(end.split())
    if len(end) > MAX_CONTEXT_CHARS:
        return end[-MAX_CONTEXT_CHARS:].lstrip(" ")
    return end if is_in_block and len(text) <= _CONTEXT_LOOK and node.prev is None else None


def _start_of(node: LexborNode | None, is_in_block: bool) -> str | None:
    """The same for what follows a link."""
    if node is None:
        return "" if is_in_block else None
    text = node.text_content
    if text is None:
        return None
    start = text[:_SHORT_LOOK].replace("\n", " ")
    if (
        start.isprintable()
        and start.isascii()
        and "  " not in start
        and len(start := start.strip(" ")) > MAX_CONTEXT_CHARS
    ):
        return start[:MAX_CONTEXT_CHARS].rstrip(" ")
    start = text[:_CONTEXT_LOOK]
    if not start.isascii():
        return None
    start = " ".join(start.split())
    if len(start) > MAX_CONTEXT_CHARS:
        return start[:MAX_CONTEXT_CHARS].rstrip(" ")
    return start if is_in_block and len(text) <= _CONTEXT_LOOK and node.next is None else None


def _part(node: LexborNode, code: int) -> str:
    """What an element that is no text adds to the text around it."""
    if code == IMG:
        alt = node.attributes.get("alt")
        return f" {alt} " if alt else ""
    return " " if code in SEPARATORS else ""


def _joined(parts: list[str]) -> str:
    text = " ".join("".join(parts).split())
    return text if text.isascii() else normalize("NFC", text)


def collapsed(text: str, limit: int) -> tuple[str, bool]:
    """``text``, white space collapsed, trimmed, in NFC, at most ``limit`` characters of it; and whether it was cut."""
    text = " ".join(text.split())
    if not text.isascii():
        text = normalize("NFC", text)
    return (text, False) if len(text) <= limit else (text[:limit].rstrip(" "), True)
