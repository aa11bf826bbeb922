"""What proves an external link: its start tag as parsed, and a fingerprint of the way to it through the page."""

import re
from typing import Final

import xxhash
from selectolax.lexbor import LexborNode

MAX_TAG_BYTES: Final = 300
_MAX_CLASS_CHARS: Final = 500
_ESCAPED: Final = re.compile(r'[&"<>\u00a0]')
_ESCAPES: Final = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;"}
_ASCII_SPACE: Final = re.compile(r"[\t\n\f\r ]+")
_ROOTS: Final = frozenset({"html", "body"})


def cut_utf8(text: str, size: int) -> tuple[str, bool]:
    """``text`` cut to ``size`` bytes of UTF-8, between characters, and whether it was."""
    if len(text) * 4 <= size:
        return text, False
    data = text[: size + 1].encode()
    return (data[:size].decode("utf-8", "ignore"), True) if len(data) > size else (text, False)


def start_tag(name: str, attributes: dict[str, str | None]) -> tuple[str, bool]:
    """The start tag as HTML serialises it, in its first 300 bytes, and whether it was longer."""
    pieces = [f"<{name}"]
    size = len(pieces[0])
    for key, value in attributes.items():
        piece = f' {key[:MAX_TAG_BYTES]}="{_escape((value or "")[:MAX_TAG_BYTES])}"'
        pieces.append(piece)
        size += len(piece)
        if size > MAX_TAG_BYTES:
            break
    return cut_utf8("".join(pieces) + ">", MAX_TAG_BYTES)


def _escape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text) if _ESCAPED.search(text) else text


class Fingerprints:
    """Hashes of paths through one page. Each ancestor is hashed once, when the first external link below it comes.

    A step is an element's name and its classes (sorted), each hashed with the hash of its parent as seed, so a link in
    a site's footer has the same fingerprint on each page. ``html`` and ``body`` give their names only: their classes
    often hold the page's number. Ids and positions among siblings do not count.
    """

    __slots__ = ("_by_node",)

    def __init__(self) -> None:
        self._by_node: dict[int, int] = {}

    def of(self, ancestors: list[LexborNode], node: LexborNode, attributes: dict[str, str | None]) -> int:
        """The fingerprint of ``node`` (signed, 64 bits), whose ancestors are given from the root down."""
        known = self._by_node
        depth = len(ancestors)
        while depth and ancestors[depth - 1].mem_id not in known:
            depth -= 1
        seed = known[ancestors[depth - 1].mem_id] if depth else 0
        for ancestor in ancestors[depth:]:
            seed = known[ancestor.mem_id] = _step(ancestor.tag, ancestor.attributes, seed)
        number = _step(node.tag, attributes, seed)
        return number - 2**64 if number >= 2**63 else number


def _step(name: str | None, attributes: dict[str, str | None], seed: int) -> int:
    classes = attributes.get("class")
    if not classes or name in _ROOTS:
        return xxhash.xxh3_64_intdigest((name or "").encode(), seed)
    tokens = sorted({token for token in _ASCII_SPACE.split(classes[:_MAX_CLASS_CHARS]) if token})
    return xxhash.xxh3_64_intdigest(f"{name}.{'.'.join(tokens)}".encode(), seed)
