"""A shorter way to keep the raw href and the start tag of a link: what the URL says already is not said again.

Most hrefs that leave a site are their URL, letter by letter, and every tag holds its href once more. :data:`SAME`
stands for the URL in a raw href, and for the href, as HTML escapes it, in a tag. What has one of its own has one more
in front.
"""

import re
from typing import Final

SAME: Final = "\x01"
"""A control character, which hardly a page has."""

_QUOTED: Final = f'"{SAME}"'
_ESCAPED: Final = re.compile(r'[&"<>\u00a0]')
_ESCAPES: Final = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;"}


def shorten(url: str, raw_href: str, tag: str) -> tuple[str, str]:
    """Raw href and tag as they are kept, of a link to ``url``."""
    short_tag = SAME + tag if SAME in tag else tag.replace(f'"{escape(raw_href)}"', _QUOTED, 1)
    if raw_href == url:
        return SAME, short_tag
    return (SAME + raw_href if raw_href.startswith(SAME) else raw_href), short_tag


def restore(url: str, short_href: str, short_tag: str) -> tuple[str, str]:
    """Raw href and tag as they were written; the other way round than :func:`shorten`."""
    raw_href = url if short_href == SAME else short_href.removeprefix(SAME)
    if short_tag.startswith(SAME):
        return raw_href, short_tag[1:]
    return raw_href, short_tag.replace(SAME, escape(raw_href), 1)


def escape(text: str) -> str:
    """An attribute's value as HTML serialises it (WHATWG HTML 13.3)."""
    if text.isascii() and not ("&" in text or '"' in text or "<" in text or ">" in text):
        return text  # as most are; this takes a third of a pattern's time
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)
