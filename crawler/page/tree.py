"""A page's tree, as far as Python has to see it: the elements that say something, in document order.

An object for each element is made once, in passing: to keep them all and look at them again takes twice as long, since
by then the tree has left the processor's cache. Texts stay in Lexbor's tree until one is asked for.
"""

from itertools import compress
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

    def chosen(self, table: bytes) -> list[LexborNode]:
        """The elements whose code is not 0 in ``table`` (256 bytes), in document order."""
        return list(compress(self.elements, self.codes.translate(table)))


def table(*codes: int) -> bytes:
    """What :meth:`Tree.chosen` takes for these codes."""
    return bytes(int(code in codes) for code in range(256))
