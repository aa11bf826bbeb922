"""Names and passwords inside URLs (``http://jo:secret@shop.example/``): what a page published by mistake is not kept.

URLs themselves never have them (``storage.urls``). What is kept as it was written, as proof, has a mark in their place.
"""

import re
from typing import Final

MARK: Final = "[removed]@"

_DROPPED: Final = str.maketrans("", "", "\t\n\r")
"""What the URL standard ignores anywhere in a URL."""
_WRITTEN: Final = re.compile(
    r"""
    (^[\x00-\x20]* (?: https?: [/\\]* | [a-z][a-z0-9+.-]*: [/\\]{2,} | [/\\]{2,}))         [^/\\?\#]*@
    | ((?: [\s"'(,;<] | (?:^|[;,\s]) url\s*= ) ["']? (?: [a-z][a-z0-9+.-]*: )? [/\\]{2,}) [^/\\?\#\s"'<>,;]*@
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""A URL, or one among other text, up to the end of its userinfo. Linear: no run of characters is gone over again from
each of its places."""


def without_userinfo(text: str) -> str:
    """``text`` as it is, unless a URL in it has user or password: then with :data:`MARK` in their place, and without
    the tabs and line ends that URLs ignore. URLs within the query of another are left alone: they are its own."""
    if "@" not in text:
        return text
    cut = _WRITTEN.sub(lambda found: (found[1] or found[2]) + MARK, text.translate(_DROPPED))
    return cut if MARK in cut else text
