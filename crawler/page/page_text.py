"""The text of a page: what separates words, anchor texts, contexts, and the words people see.

White space is what ``str.split`` takes for it: Unicode's White_Space, and the four separators U+001C-U+001F. Other
control characters are facts and stay (U+0000 never gets here); who shows them makes them harmless.
"""

from typing import Final, NamedTuple
from unicodedata import normalize

from .object_tree import CONTEXT_CHARS, Content
from .tags import EMBEDDED, FRAME, IMG, MATH, PICTURE, SVG

MAX_ANCHOR_CHARS: Final = 1_000
COUNTED_CHARS: Final = 6_000

_IMAGES: Final = 1 << IMG | 1 << PICTURE | 1 << SVG
_OTHER_CONTENT: Final = 1 << EMBEDDED | 1 << MATH | 1 << FRAME


class AnchorContent(NamedTuple):
    """What an anchor holds. An SVG's own text is text, but a link that holds only the SVG is still an image.

    Other embedded things (video, canvas, input, …) are neither text nor image.
    """

    text: str
    is_cut: bool
    has_text: bool
    is_image: bool


def anchor_content(content: Content) -> AnchorContent:
    """What ``content`` means for the anchor that holds it; of its text at most 1,000 characters."""
    text, codes, has_text, has_svg_text, is_limited = content
    text, is_cut = collapsed(text, MAX_ANCHOR_CHARS)
    is_image = not has_text and bool(codes & _IMAGES) and not codes & _OTHER_CONTENT
    return AnchorContent(text, is_cut or is_limited, has_text or has_svg_text, is_image)


def around(before: str, after: str) -> tuple[str, str]:
    """Up to 80 characters before and after a link, of what the tree gives; there is nothing to do if it is ASCII."""
    before = normalize("NFC", " ".join(before.split()))
    after = normalize("NFC", " ".join(after.split()))
    return before[-CONTEXT_CHARS:].lstrip(" "), after[:CONTEXT_CHARS].rstrip(" ")


def all_words(words: int, characters: int) -> int:
    """How many words a text of so many ``characters`` has, if its first 6,000, or as many as it has, have so many
    ``words``: what follows is taken to have words as long as those.

    Markup is white space here: ``<b>b</b>old`` is two, which costs half a parse less to tell than one.
    """
    return words if characters <= COUNTED_CHARS else words * characters // COUNTED_CHARS


def collapsed(text: str, limit: int) -> tuple[str, bool]:
    """``text``, white space collapsed, trimmed, in NFC, at most ``limit`` characters of it; and whether it was cut."""
    text = " ".join(text.split())
    if not text.isascii():
        text = normalize("NFC", text)
    return (text, False) if len(text) <= limit else (text[:limit].rstrip(" "), True)
