"""What holds for everything inside an element: placement, hidden, noscript, namespace, and its nearest block.

Worked out for the ancestors of links only, from the root down, each once.
"""

from functools import lru_cache
from typing import Final

import xxhash
from selectolax.lexbor import LexborNode

from .tags import (
    BLOCK,
    BREAK,
    CODES,
    INLINE,
    LANDMARK,
    LANDMARK_PLACEMENTS,
    MATH,
    NOSCRIPT,
    OWN_HEADERS,
    PAGE_PARTS,
    ROLES,
    SCRIPT,
    SEPARATORS,
    STYLE,
    SVG,
)
from .visibility import is_hidden

PLACEMENT: Final = 7
"""The bits of the state that hold the placement."""
FLAG_SHIFT: Final = 3
FLAGS: Final = 3
"""``state >> FLAG_SHIFT & FLAGS`` are the link flags HIDDEN and NOSCRIPT."""
_HIDDEN: Final = 1 << 3
_NOSCRIPT: Final = 2 << 3
_SECTIONED: Final = 1 << 5  # in an article or section, so headers and footers are its own
SVG_CHILDREN: Final = 1 << 6
MATH_CHILDREN: Final = 1 << 7
FOREIGN: Final = SVG_CHILDREN | MATH_CHILDREN
"""Child elements are SVG's or MathML's, not HTML's."""
UNREAD: Final = 1 << 8
"""In a script or style of SVG: its elements are in the tree, and yet none of the page."""
_ANNOTATION: Final = 1 << 9  # directly in MathML's annotation-xml, the one place where MathML may hold SVG

_HTML_IN_SVG: Final = frozenset({"foreignobject", "desc", "title"})
_HTML_IN_MATH: Final = frozenset({"mi", "mo", "mn", "ms", "mtext"})
_XHTML_ENCODINGS: Final = frozenset({"text/html", "application/xhtml+xml"})
_ROOTS: Final = frozenset({"html", "body"})
_MAX_CLASS_CHARS: Final = 500

Attributes = dict[str, str | None]


Inside = tuple[int, int, Attributes]
"""State inside an element; ``mem_id`` of the nearest element, itself included, that is no phrasing content (0: none);
its attributes."""

OUTSIDE: Final[Inside] = (0, 0, {})


class Surroundings:
    """Answers what surrounds a node of one page."""

    __slots__ = ("_paths", "known")

    def __init__(self) -> None:
        self.known: dict[int, Inside] = {}
        """What holds inside the elements asked about, by ``mem_id``."""
        self._paths: dict[int, int] = {}

    def of(self, node: LexborNode) -> Inside:
        """What holds inside the parent of ``node``."""
        parent = node.parent
        return OUTSIDE if parent is None else self.known.get(parent.mem_id) or self.enter(parent)

    def enter(self, node: LexborNode) -> Inside:
        """What holds inside ``node``, which was not asked about before: from the nearest ancestor known inwards."""
        known = self.known
        parent = node.parent
        inside = OUTSIDE if parent is None else known.get(parent.mem_id)
        path = [node]
        while inside is None and parent is not None:
            path.append(parent)
            parent = parent.parent
            inside = OUTSIDE if parent is None else known.get(parent.mem_id)
        state, block, _ = inside or OUTSIDE
        for element in reversed(path):
            code = CODES.get(element.tag_id, INLINE)
            attributes = element.attributes
            key = element.mem_id
            if (
                code > BREAK
                or state >= SVG_CHILDREN
                or (attributes and ("role" in attributes or "style" in attributes or "hidden" in attributes))
            ):
                state = _state_inside(element, code, attributes, state)
            if code == BLOCK or code in SEPARATORS:
                block = key
            inside = known[key] = (state, block, attributes)
        return inside or OUTSIDE

    def fingerprint(self, node: LexborNode, name: str, attributes: Attributes) -> int:
        """A hash (signed, 64 bits) of the way to ``node`` from the root; :meth:`of` has been asked about it before.

        A step is an element's name and its classes, sorted, hashed with the hash of the way so far as seed, so a link
        in a site's footer has one fingerprint on all its pages. ``html`` and ``body`` give their names only: their
        classes often hold the page's number. Ids and positions among siblings do not count.
        """
        parent = node.parent
        seed = 0 if parent is None else self._paths.get(parent.mem_id) or self._way(parent)
        number = _step(name, attributes, seed)
        return number - 2**64 if number >= 2**63 else number

    def _way(self, node: LexborNode) -> int:
        """The hash of the way to ``node``, itself included, as it is taken on."""
        paths = self._paths
        path = [(node.mem_id, node)]
        seed = 0
        current = node.parent
        while current is not None:
            key = current.mem_id
            found = paths.get(key)
            if found is not None:
                seed = found
                break
            path.append((key, current))
            current = current.parent
        for key, element in reversed(path):
            seed = paths[key] = _step(element.tag or "", self.known[key][2], seed)
        return seed


def _step(name: str, attributes: Attributes, seed: int) -> int:
    classes = attributes.get("class") if attributes else None
    return _hashed(name, classes[:_MAX_CLASS_CHARS] if classes and name not in _ROOTS else "", seed)


@lru_cache(maxsize=8192)
def _hashed(name: str, classes: str, seed: int) -> int:
    if classes:
        name = f"{name}.{'.'.join(sorted(set(classes.split())))}"
    return xxhash.xxh3_64_intdigest(name.encode(), seed)


def _state_inside(node: LexborNode, code: int, attributes: Attributes, around: int) -> int:
    state, has_role = _declared_state(attributes, around & ~_ANNOTATION)
    if around & FOREIGN:
        return _enter_foreign(node, code, around, state)
    if code == LANDMARK:
        return _enter_landmark(node.tag_id, state, has_role=has_role)
    if code == NOSCRIPT:
        return state | _NOSCRIPT
    if code == SVG:
        return state | SVG_CHILDREN
    return state | MATH_CHILDREN if code == MATH else state


def _declared_state(attributes: Attributes, state: int) -> tuple[int, bool]:
    """What ``hidden``, ``style`` and the first token of ``role`` say; and whether a role sets the placement."""
    if is_hidden(attributes):
        state |= _HIDDEN
    if "role" not in attributes:
        return state, False
    role = (attributes.get("role") or "").split(maxsplit=1)
    name = role[0].lower() if role else ""
    if name not in ROLES:
        return state, False
    state = state & ~PLACEMENT | ROLES[name]
    return (state | _SECTIONED if name == "article" else state), True


def _enter_landmark(number: int, state: int, *, has_role: bool) -> int:
    """A landmark by its name; a role says more than a name, and sections own their headers and footers."""
    placement = LANDMARK_PLACEMENTS[number]
    is_own = state & _SECTIONED and number in PAGE_PARTS
    if placement and not has_role and not is_own:
        state = state & ~PLACEMENT | placement
    return state | _SECTIONED if number in OWN_HEADERS else state


def _enter_foreign(node: LexborNode, code: int, around: int, state: int) -> int:
    """An element of SVG or MathML: which namespace its children have (HTML, "tree construction")."""
    name = (node.tag or "").lower()
    if code in {SCRIPT, STYLE}:
        return state | UNREAD
    if around & SVG_CHILDREN:
        return state & ~SVG_CHILDREN if name in _HTML_IN_SVG else state
    if name == "svg" and around & _ANNOTATION:
        return state & ~MATH_CHILDREN | SVG_CHILDREN
    if name == "annotation-xml":
        encoding = (node.attributes.get("encoding") or "").lower()
        return state & ~MATH_CHILDREN if encoding in _XHTML_ENCODINGS else state | _ANNOTATION
    return state & ~MATH_CHILDREN if name in _HTML_IN_MATH else state
