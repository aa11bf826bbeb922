"""The start tag as parsed, which proves an external link."""

import re
from typing import Final

MAX_TAG_BYTES: Final = 300
_ESCAPED: Final = re.compile(r'[&"<>\u00a0]')
_ESCAPES: Final = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;"}


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
