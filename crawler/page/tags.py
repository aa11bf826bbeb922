"""What the parser must know of an element, by Lexbor's number of its name.

The numbers belong to a version of Lexbor, so they are asked for, not written down. Names without a code of their own
(``span``, ``b``, custom elements, unknown names) are inline, and so are comments: their ends don't separate words.
"""

from typing import Final

from selectolax.lexbor import LexborHTMLParser

from wholinks.storage.records import Placement

INLINE: Final = 0
BLOCK: Final = 1  # not phrasing content: separates words
BREAK: Final = 2  # the same without an end
LANDMARK: Final = 3  # a block that may set the placement
IMG: Final = 4
PICTURE: Final = 5
SVG: Final = 6
MATH: Final = 7
EMBEDDED: Final = 8  # content which is neither text nor image
NOSCRIPT: Final = 9
SCRIPT: Final = 10
STYLE: Final = 11
UNSEEN: Final = 12  # its text is no text of the page
FACTS: Final = 13
"""From here on: elements that say something themselves."""
TITLE: Final = 13
META: Final = 14
LINK: Final = 15
ANCHOR: Final = 16
AREA: Final = 17
FRAME: Final = 18  # iframe and frame
FORM: Final = 19
BASE: Final = 20
TEXT: Final = 21  # a text node

_BLOCKS: Final = (
    "address blockquote body caption center colgroup dd desc details dialog dir div dl dt fieldset figcaption figure "
    "foreignobject frameset h1 h2 h3 h4 h5 h6 head hgroup html legend li listing menu ol optgroup option p plaintext "
    "pre rb rp rt rtc search summary table tbody td tfoot th thead tr ul xmp"
)
"""Elements that are no phrasing content, as far as they have no code of their own; obsolete ones as browsers show them.

``font``, ``tt``, ``nobr`` and other obsolete inline elements stay inline, and so do unknown names.
"""

LANDMARKS: Final = {
    "header": int(Placement.HEADER),
    "nav": int(Placement.NAV),
    "main": int(Placement.MAIN),
    "article": int(Placement.MAIN),
    "aside": int(Placement.ASIDE),
    "footer": int(Placement.FOOTER),
    "section": int(Placement.BODY),  # sets none, but owns the headers and footers in it
}
ROLES_BY_NAME: Final = {
    "banner": int(Placement.HEADER),
    "navigation": int(Placement.NAV),
    "main": int(Placement.MAIN),
    "article": int(Placement.MAIN),
    "complementary": int(Placement.ASIDE),
    "contentinfo": int(Placement.FOOTER),
}

_CODES_BY_NAME: Final = {
    **dict.fromkeys(_BLOCKS.split(), BLOCK),
    **dict.fromkeys(("br", "col", "hr", "param", "source", "track"), BREAK),
    **dict.fromkeys(LANDMARKS, LANDMARK),
    **dict.fromkeys(("audio", "canvas", "embed", "input", "meter", "object", "progress", "select"), EMBEDDED),
    **dict.fromkeys(("textarea", "video"), EMBEDDED),
    **dict.fromkeys(("noembed", "noframes"), UNSEEN),
    "a": ANCHOR, "area": AREA, "link": LINK, "meta": META, "title": TITLE, "img": IMG, "picture": PICTURE,
    "svg": SVG, "math": MATH, "iframe": FRAME, "frame": FRAME, "form": FORM, "noscript": NOSCRIPT, "script": SCRIPT,
    "style": STYLE, "base": BASE,
}  # fmt: skip


def _numbers() -> dict[str, int]:
    document = LexborHTMLParser("x")
    numbers = {name: document.create_node(name).tag_id for name in _CODES_BY_NAME}
    text = document.body.first_child if document.body is not None else None
    if text is None:  # cannot be: a document with text has a body with text
        raise RuntimeError("selectolax gives no text nodes: reinstall it")
    return {**numbers, "-text": text.tag_id}


NUMBERS: Final = _numbers()
"""Lexbor's number of each name that has a code, and of ``-text``."""

CODES: Final = {NUMBERS[name]: code for name, code in (*_CODES_BY_NAME.items(), ("-text", TEXT))}
TABLE: Final = bytes(CODES.get(number, INLINE) for number in range(256))
"""The code of each of Lexbor's numbers; larger ones are those of names that HTML doesn't know."""

# What a name is for the tree; c/lexbor.h has the same numbers.
SEPARATES: Final = 1  # words, as it is no phrasing content
RAW: Final = 2  # what is inside are neither elements nor text of the page
HIDES: Final = 4  # what is inside is no text that people see
LISTED: Final = 8  # says something itself
IS_TEXT: Final = 16
IS_ANCHOR: Final = 32
IS_IMG: Final = 64
IS_SVG: Final = 128
IS_TITLE: Final = 256  # raw and unseen unless it is SVG's


def _roles(code: int) -> int:
    roles = {TEXT: IS_TEXT, ANCHOR: IS_ANCHOR, IMG: IS_IMG, SVG: IS_SVG, TITLE: IS_TITLE}.get(code, 0)
    roles |= SEPARATES if code in {BLOCK, BREAK, LANDMARK, STYLE, TITLE, FORM, BASE} else 0
    roles |= RAW if code in {SCRIPT, STYLE, UNSEEN, FRAME, TITLE} else 0
    roles |= HIDES if code in {SCRIPT, STYLE, UNSEEN, FRAME, TITLE, NOSCRIPT} else 0
    return roles | (LISTED if FACTS <= code <= BASE else 0)


ROLES: Final = tuple(map(_roles, range(32)))
"""What each code is for the tree."""
SVG_NAME: Final = 32
OTHER_NAME: Final = 64
"""Added to the code of an element that is SVG's, or MathML's."""
ROUGH: Final = 128
"""Added to the code of an anchor that is more than a text of ASCII, which is not empty and not long."""
