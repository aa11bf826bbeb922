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

_VERSION: Final = 3  # as in c/tree.c


def _compiled() -> type[object_tree.Tree] | None:
    try:
        from . import _tree  # noqa: PLC0415 - it may not be there

        if _tree.VERSION == _VERSION:
            _tree.bind(lexbor.__file__, TABLE, ROLES, lexbor.LexborHTMLParser(PROBE).root)
            return _tree.Tree
    except ImportError:
        pass
    return None


_found = _compiled()
IS_COMPILED: Final = _found is not None
if TYPE_CHECKING:
    Tree = object_tree.Tree
else:
    Tree = _found or object_tree.Tree
