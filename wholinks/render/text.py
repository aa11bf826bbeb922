"""Text as people read it; what pages wrote is made harmless to look at."""

import re
from typing import Final

HOSTILE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U00013430-\U0001343f\U000e0000-\U000e007f]"
)
"""Characters that act instead of showing: controls (C0, DEL, C1), line and paragraph separators, everything that
reorders, joins or hides text (bidirectional marks, zero-width and other format characters), lone surrogates."""


def neutralise(text: str) -> str:
    """``text`` on one line, with every character that would act written as an escape a person can read."""
    return HOSTILE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
