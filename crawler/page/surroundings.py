"""What holds for everything inside an element: placement, hidden, noscript; and the way to it from the root."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import xxhash

from .tags import BREAK, LANDMARK, LANDMARKS, NOSCRIPT, ROLES_BY_NAME, SCRIPT, STYLE, SVG_NAME
from .tree import Ancestor, Attributes
from .visibility import is_hidden

PLACEMENT: Final = 7
"""The bits of the state that hold the placement."""
FLAG_SHIFT: Final = 3
FLAGS: Final = 3
"""``state >> FLAG_SHIFT & FLAGS`` are the link flags HIDDEN and NOSCRIPT."""
_HIDDEN: Final = 1 << 3
_NOSCRIPT: Final = 2 << 3
_SECTIONED: Final = 1 << 5  # in an article or section, so headers and footers are its own
UNREAD: Final = 1 << 6
"""In a script or style of SVG: its elements are in the tree, and yet none of the page."""
STATES: Final = 1 << 7

_ROOTS: Final = frozenset({"html", "body"})
_OWN_HEADERS: Final = frozenset({"article", "section"})
_PAGE_PARTS: Final = frozenset({"header", "footer"})
_MAX_CLASS_CHARS: Final = 500


class Surroundings:
    """Answers what surrounds the elements of one page. ``states`` are what holds inside each of its ancestors."""

    __slots__ = ("_ancestors", "_links", "_paths", "states")

    def __init__(self, ancestors: Sequence[Ancestor]) -> None:
        self.states: list[int] = []
        self._ancestors = ancestors
        self._paths: dict[int, int] = {}
        self._links: dict[tuple[int, str, str | None], int] = {}
        states = self.states
        for around, code, name, _, declared in ancestors:
            state = states[around] if states else 0
            if code > BREAK or declared is not None:
                state = _state_inside(code, name, declared, state)
            states.append(state)

    def fingerprint(self, inside: int, name: str, classes: str | None) -> int:
        """A hash (signed, 64 bits) of the way from the root to an element in the ancestor ``inside``.

        A step is an element's name and its classes, sorted, hashed with the hash of the way so far as seed, so a link
        in a site's footer has one fingerprint on all its pages. ``html`` and ``body`` give their names only: their
        classes often hold the page's number. Ids and positions among siblings do not count.
        """
        link = inside, name, classes
        number = self._links.get(link)
        if number is None:
            number = _step(name, classes, self._way(inside))
            number = self._links[link] = number - 2**64 if number >= 2**63 else number
        return number

    def _way(self, inside: int) -> int:
        """The hash of the way to an ancestor, itself included."""
        paths, ancestors = self._paths, self._ancestors
        unknown = []
        number: int | None = inside
        while number is not None and number not in paths:
            unknown.append(number)
            number = ancestors[number][0] if number else None
        way = 0 if number is None else paths[number]
        for step in reversed(unknown):
            way = paths[step] = _step(ancestors[step][2], ancestors[step][3], way)
        return way


def _step(name: str, classes: str | None, way: int) -> int:
    return _hashed(name, classes[:_MAX_CLASS_CHARS] if classes and name not in _ROOTS else "", way)


@lru_cache(maxsize=8192)
def _hashed(name: str, classes: str, seed: int) -> int:
    if classes:
        name = f"{name}.{'.'.join(sorted(set(classes.split())))}"
    return xxhash.xxh3_64_intdigest(name.encode(), seed)


def _state_inside(code: int, name: str, attributes: Attributes | None, state: int) -> int:
    has_role = False
    if attributes:
        state, has_role = _declared_state(attributes, state)
    if code >= SVG_NAME:
        return state | UNREAD if code & 31 in {SCRIPT, STYLE} else state
    if code == LANDMARK:
        return _enter_landmark(name, state, has_role=has_role)
    return state | _NOSCRIPT if code == NOSCRIPT else state


def _declared_state(attributes: Attributes, state: int) -> tuple[int, bool]:
    """What ``hidden``, ``style`` and the first token of ``role`` say; and whether a role sets the placement."""
    if is_hidden(attributes):
        state |= _HIDDEN
    if "role" not in attributes:
        return state, False
    role = (attributes.get("role") or "").split(maxsplit=1)
    name = role[0].lower() if role else ""
    if name not in ROLES_BY_NAME:
        return state, False
    state = state & ~PLACEMENT | ROLES_BY_NAME[name]
    return (state | _SECTIONED if name == "article" else state), True


def _enter_landmark(name: str, state: int, *, has_role: bool) -> int:
    """A landmark by its name; a role says more than a name, and sections own their headers and footers."""
    placement = LANDMARKS[name]
    is_own = state & _SECTIONED and name in _PAGE_PARTS
    if placement and not has_role and not is_own:
        state = state & ~PLACEMENT | placement
    return state | _SECTIONED if name in _OWN_HEADERS else state
