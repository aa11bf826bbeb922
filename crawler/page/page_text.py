"""The text of a page: what separates words, anchor texts, contexts, and the words people see.

White space is what ``str.split`` takes for it: Unicode's White_Space, and the four separators U+001C-U+001F. Other
control characters are facts and stay (U+0000 never gets here); who shows them makes them harmless.
"""

from itertools import compress
from typing import Final
from unicodedata import normalize

from selectolax.lexbor import LexborNode

from .surroundings import SVG_CHILDREN, Surroundings
from .tags import (
    BREAK,
    EMBEDDED,
    FACTS,
    FRAME,
    IMG,
    LANDMARK,
    MATH,
    NOSCRIPT,
    PICTURE,
    SCRIPT,
    SEPARATORS,
    STYLE,
    SVG,
    TEXT,
    TITLE,
    UNSEEN,
)
from .tree import Tree

MAX_ANCHOR_CHARS: Final = 1_000
MAX_CONTEXT_CHARS: Final = 80

_CONTEXT_NODES: Final = (6, 64)
_HURRIED_NODES: Final = 100
_RAW_TEXT: Final = frozenset({SCRIPT, STYLE, UNSEEN, FRAME})
_IMAGES: Final = frozenset({IMG, PICTURE})
_OTHER_CONTENT: Final = frozenset({EMBEDDED, MATH, FRAME})


class PageText:
    """The text of one page. Making it visits each element that has a code, and puts separators in ``tree.parts``."""

    def __init__(self, tree: Tree, surroundings: Surroundings) -> None:
        self.facts: list[int] = []
        """Indices of the elements that say something themselves, in document order."""
        self.has_script = False
        self.has_foreign = False
        self._tree = tree
        self._surroundings = surroundings
        self._alts: list[int] = []
        self._noscripts: list[int] = []
        self._budget = 20 * len(tree.nodes) + 1_000  # nodes that anchors may visit, however links are nested
        parts, facts, nodes = tree.parts, self.facts, tree.nodes
        coded = compress(range(len(nodes)), tree.codes)
        for index, code in zip(coded, filter(None, tree.codes), strict=True):
            if code <= LANDMARK:
                parts[index] = " "
                if code != BREAK:
                    following = nodes[index].next
                    if following is None or not following.is_empty_text_node:
                        tree.separate_end(index)
            elif code < FACTS:
                self._prepare(index, code)
            else:
                facts.append(index)
                if code == TITLE or code >= FRAME:
                    self._prepare(index, code)

    def _prepare(self, index: int, code: int) -> None:
        tree = self._tree
        if code == IMG:
            alt = tree.nodes[index].attributes.get("alt")
            if alt:
                tree.parts[index] = f" {alt} "
                self._alts.append(index)
        elif code == SVG or code == MATH:  # noqa: PLR1714, SIM109
            self.has_foreign = True
        elif code == NOSCRIPT:
            self._noscripts.append(index)
        elif code in SEPARATORS:
            tree.parts[index] = " "
            tree.separate_end(index)
        if code == SCRIPT:
            self.has_script = True
        if code in _RAW_TEXT or (code == TITLE and not self.is_in_svg(index)):
            end = tree.end_of(index)
            tree.parts[index + 1 : end] = [None] * (end - index - 1)

    def is_in_svg(self, index: int) -> bool:
        """Whether the element at ``index`` is SVG's."""
        return self.has_foreign and bool(self._surroundings.of(self._tree.nodes[index])[0] & SVG_CHILDREN)

    def anchor(self, index: int, end: int) -> tuple[str, bool]:
        """The text inside the nodes from ``index`` to ``end``, at most 1,000 characters, and whether it was cut."""
        allowed = self._allowed(index, end)
        text, is_cut = collapsed("".join(filter(None, self._tree.parts[index:allowed])), MAX_ANCHOR_CHARS)
        return text, is_cut or allowed < end

    def _allowed(self, index: int, end: int) -> int:
        """Where to stop, if not at ``end``: links nested in links by the thousand must not make it quadratic."""
        self._budget -= end - index
        return end if self._budget >= 0 else min(end, index + _HURRIED_NODES)

    def content(self, index: int, end: int) -> tuple[bool, bool]:
        """Whether there is text inside, and whether all there is are images.

        An SVG's own text is text, as an anchor needs it, but describes a drawing: a link that holds only the SVG is
        still an image. Other embedded things (video, canvas, input, …) are neither text nor image.
        """
        tree = self._tree
        codes, parts = tree.codes, tree.parts
        has_svg_text, has_image, has_other = False, False, False
        svg_end = 0
        for at in range(index + 1, self._allowed(index, end)):
            code = codes[at]
            if code == TEXT:
                text = parts[at]
                if text and not text.isspace():
                    if at >= svg_end:
                        return True, False
                    has_svg_text = True
            elif code in _IMAGES:
                has_image = True
            elif code == SVG:
                has_image = True
                svg_end = max(svg_end, tree.end_of(at))
            elif code in _OTHER_CONTENT:
                has_other = True
        return has_svg_text, has_image and not has_other

    def context(self, index: int, end: int, block: LexborNode | None) -> tuple[str, str]:
        """Up to 80 characters before and after the nodes from ``index`` to ``end``, within ``block``.

        Looks at no more than 64 nodes on each side, so between many empty elements it may find less.
        """
        return self._before(index, block), self._after(end, block)

    def _before(self, index: int, block: LexborNode | None) -> str:
        key = block.mem_id if block is not None else 0
        codes, nodes = self._tree.codes, self._tree.nodes
        if index and nodes[index - 1].mem_id == key:
            return ""
        first = index
        text = ""
        for nodes_wanted in _CONTEXT_NODES:
            last_wanted = max(0, index - nodes_wanted)
            while first > last_wanted and not (codes[first - 1] and nodes[first - 1].mem_id == key):
                first -= 1
            text = self._collapsed(first, index)
            if first > last_wanted or len(text) >= MAX_CONTEXT_CHARS:
                break
        return text[-MAX_CONTEXT_CHARS:].lstrip(" ")

    def _after(self, end: int, block: LexborNode | None) -> str:
        following = self._tree.after(block) if block is not None else None
        key = following.mem_id if following is not None else 0
        nodes = self._tree.nodes
        if end < len(nodes) and nodes[end].mem_id == key:
            return ""
        last = end
        text = ""
        for nodes_wanted in _CONTEXT_NODES:
            last_wanted = min(len(nodes), end + nodes_wanted)
            while last < last_wanted and nodes[last].mem_id != key:
                last += 1
            text = self._collapsed(end, last)
            if last < last_wanted or len(text) >= MAX_CONTEXT_CHARS:
                break
        return text[:MAX_CONTEXT_CHARS].rstrip(" ")

    def _collapsed(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        text = " ".join("".join(filter(None, self._tree.parts[start:end])).split())
        return text if text.isascii() else normalize("NFC", text)

    def visible_words(self) -> list[str]:
        """The words of the page without alternative texts and ``noscript``; comes last, as it takes those out.

        What a style sheet or ``hidden`` hides is not known here for sure, and counts.
        """
        parts = self._tree.parts
        for index in self._alts:
            parts[index] = " "
        hidden_to = 0
        for index in self._noscripts:
            if index >= hidden_to:
                hidden_to = self._tree.end_of(index)
                parts[index:hidden_to] = [None] * (hidden_to - index)
        return "".join(filter(None, parts)).split()


def collapsed(text: str, limit: int) -> tuple[str, bool]:
    """``text``, white space collapsed, trimmed, in NFC, at most ``limit`` characters of it; and whether it was cut."""
    text = " ".join(text.split())
    if not text.isascii():
        text = normalize("NFC", text)
    return (text, False) if len(text) <= limit else (text[:limit].rstrip(" "), True)
