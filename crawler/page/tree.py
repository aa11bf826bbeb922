"""A page's tree, as far as Python has to see it: the elements that say something, in document order.

An object for each element is made once, in passing: to keep them all and look at them again takes twice as long, since
by then the tree has left the processor's cache. Texts stay in Lexbor's tree until one is asked for.
"""

from typing import Final

from selectolax.lexbor import LexborNode

from .tags import BASE, CODES, FACTS, MATH, NOSCRIPT, SCRIPT, STYLE, SVG, UNSEEN

_CODES: Final = frozenset({*range(FACTS, BASE + 1), SCRIPT, STYLE, NOSCRIPT, UNSEEN, SVG, MATH})
_NUMBERS: Final = frozenset(number for number, code in CODES.items() if code in _CODES)


class Tree:
    """``elements`` are those that make links or facts, hold no text of the page, or begin another namespace; ``codes``
    are those of their names, in the same order."""

    __slots__ = ("codes", "elements", "root")

    def __init__(self, root: LexborNode | None) -> None:
        self.root = root
        found = [(number, node) for node in root.traverse() if (number := node.tag_id) in _NUMBERS] if root else []
        self.elements = [node for _, node in found]
        self.codes = bytes([CODES[number] for number, _ in found])

    def of(self, *codes: int) -> list[LexborNode]:
        """The elements of these codes, in document order."""
        return [node for node, code in zip(self.elements, self.codes, strict=True) if code in codes]
