"""Whether an element hides what is in it, as far as its own markup says."""

import re
from functools import lru_cache
from typing import Final

_CACHED_CHARS: Final = 300
_MAY_HIDE: Final = re.compile(r"none|hidden", re.IGNORECASE)
_HIDING: Final = {"display": "none", "visibility": "hidden"}
_SPECIAL: Final = re.compile(r"""["';:()]""")


def is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether an element has ``hidden`` (whatever its value) or an inline style that doesn't show it.

    Style sheets are not read, and ``visibility: visible`` further in is not looked for.
    """
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    return _cached(style) if len(style) <= _CACHED_CHARS else _style_hides(style)


def _style_hides(style: str) -> bool:
    """``display:none`` or ``visibility:hidden``, where the last declaration, or the last important one, wins."""
    if not _MAY_HIDE.search(style):
        return False
    decided: dict[str, tuple[bool, str]] = {}
    for name, text in _declarations(style):
        value, mark, importance = text.partition("!")
        is_important = bool(mark) and importance.strip() == "important"
        if name in _HIDING and (is_important or not decided.get(name, (False, ""))[0]):
            decided[name] = is_important, value.strip()
    return any(value == _HIDING[name] for name, (_, value) in decided.items())


def _declarations(style: str) -> list[tuple[str, str]]:
    """Property and value of each declaration, in lower case. A ``;`` in quotes or parentheses separates nothing."""
    found = []
    start, colon, depth, quote = 0, -1, 0, ""
    for special in _SPECIAL.finditer(style + ";"):
        character, position = special[0], special.start()
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "()":
            depth = max(0, depth + (1 if character == "(" else -1))
        elif depth == 0 and character == ":" and colon < 0:
            colon = position
        elif depth == 0 and character == ";":
            if colon >= 0:
                found.append((style[start:colon].strip().lower(), style[colon + 1 : position].strip().lower()))
            start, colon = position + 1, -1
    return found


_cached = lru_cache(maxsize=4096)(_style_hides)
