"""The ``rel`` attribute: whole tokens, split on ASCII white space and commas, in lower case (HTML, "link types").

Commas don't separate in the standard, but ``rel="nofollow,noopener"`` is common and means two.
"""

import re
from functools import lru_cache
from typing import Final

from wholinks.storage.records import REL_BITS, Kind

MAX_REL_CHARS: Final = 500
"""Characters kept of the raw attribute, and of the list of tokens without a bit."""

_SEPARATORS: Final = re.compile(r"[\t\n\f\r ,]+")
_CACHED_CHARS: Final = 200
_ASCII_LOWER: Final = str.maketrans({chr(code): chr(code + 32) for code in range(65, 91)})


def ascii_lower(text: str) -> str:
    """``text`` with A-Z in lower case and nothing else changed (the Kelvin sign is no k)."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def rel_tokens(raw: str) -> list[str]:
    """The tokens of ``rel``, in order."""
    return [token for token in _SEPARATORS.split(ascii_lower(raw)) if token]


def parse_rel(raw: str | None) -> tuple[int, str | None]:
    """The bits of :class:`Rel` and the other tokens: sorted, each once, joined by a space; None if there are none."""
    if not raw:
        return 0, None
    return _cached(raw) if len(raw) <= _CACHED_CHARS else _parse(raw)


def link_kind(raw: str | None) -> Kind | None:
    """What a ``link`` element or header of this ``rel`` is; canonical before alternate; a style sheet is neither."""
    if not raw:
        return None
    return _cached_kind(raw) if len(raw) <= _CACHED_CHARS else _kind(raw)


def _kind(raw: str) -> Kind | None:
    tokens = rel_tokens(raw)
    if "canonical" in tokens:
        return Kind.CANONICAL
    return Kind.ALTERNATE if "alternate" in tokens and "stylesheet" not in tokens else None


def _parse(raw: str) -> tuple[int, str | None]:
    bits = 0
    others = set()
    for token in rel_tokens(raw):
        bit = REL_BITS.get(token)
        if bit is None:
            others.add(token)
        else:
            bits |= bit
    return bits, _joined(others)


def _joined(tokens: set[str]) -> str | None:
    text = " ".join(sorted(tokens))
    if len(text) > MAX_REL_CHARS:  # whole tokens only: half of one would be another
        text = text[: MAX_REL_CHARS + 1].rpartition(" ")[0] or text[:MAX_REL_CHARS]
    return text or None


_cached = lru_cache(maxsize=4096)(_parse)
_cached_kind = lru_cache(maxsize=4096)(_kind)
