"""A page's tree, as far as the parser has to see it: compiled where it can be, else through selectolax's objects.

The traversal is most of what a page costs in Python, so all of its steps are one call of ``c/tree.c``, which reads
Lexbor's nodes themselves. Where that was not compiled, or does not fit this selectolax, ``object_tree`` takes its place
and gives the same.
"""

from typing import TYPE_CHECKING, Final

from selectolax import lexbor

from . import object_tree
from .object_tree import Ancestor, Attributes, Element
from .tags import ROLES, TABLE

__all__ = ["IS_COMPILED", "Ancestor", "Attributes", "Element", "Tree"]

PROBE: Final = (
    "<!doctype html><title>text</title><p id=a class=b>text<b>text</b><svg><a xlink:href=c>text</a></svg>"
    "<!-- no --><img alt=d>text<unknown></unknown>"
)
"""A page with all that is looked at; its texts are all alike."""

_VERSION: Final = 1  # as in c/tree.c

if TYPE_CHECKING:
    Tree = object_tree.Tree
    IS_COMPILED = True
else:
    try:
        from . import _tree

        if _tree.VERSION != _VERSION:
            raise ImportError("compiled from other sources")
        _tree.bind(lexbor.__file__, TABLE, ROLES, lexbor.LexborHTMLParser(PROBE).root)
        Tree, IS_COMPILED = _tree.Tree, True
    except ImportError:
        Tree, IS_COMPILED = object_tree.Tree, False
