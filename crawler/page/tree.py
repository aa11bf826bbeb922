"""A page's tree as columns: its elements in document order, and the code of each.

A loop in Python over all nodes would take longer than the parse, and so does an object for each text. So the traversal
and the codes are filled inside selectolax, texts stay there until one is asked for, and Python visits the few elements
that say something.
"""

from itertools import compress
from typing import Final

from selectolax.lexbor import LexborNode

from .tags import BASE, FACTS, codes_of

_IS_FACT: Final = bytes(int(FACTS <= code <= BASE) for code in range(256))


class Tree:
    """``nodes`` holds elements and comments in document order, ``codes`` of each the code of its name."""

    __slots__ = ("codes", "facts", "nodes", "root")

    def __init__(self, root: LexborNode | None) -> None:
        self.root = root
        self.nodes: list[LexborNode] = list(root.traverse()) if root is not None else []
        self.codes = codes_of(self.nodes)
        self.facts = list(compress(range(len(self.codes)), self.codes.translate(_IS_FACT)))
        """Indices of the elements that say something themselves, in document order."""

    def chosen(self, table: bytes) -> list[LexborNode]:
        """The nodes whose code is not 0 in ``table`` (256 bytes), in document order."""
        return list(compress(self.nodes, self.codes.translate(table)))
