"""What the traversal must know of an element, by Lexbor's number of its name.

The numbers belong to a version of Lexbor, so they are asked for, not written down. Names without a code (``span``,
``b``, custom elements, unknown names) are inline: their ends don't separate words.
"""

from typing import Final

from selectolax.lexbor import LexborHTMLParser

from wholinks.storage.records import Placement

INLINE: Final = 0
BLOCK: Final = 1  # not phrasing content: separates words; also <br>
LANDMARK: Final = 2  # a block that may set the placement
ANCHOR: Final = 3
AREA: Final = 4
LINK: Final = 5
META: Final = 6
TITLE: Final = 7
IMG: Final = 8
PICTURE: Final = 9
SVG: Final = 10
MATH: Final = 11
FRAME: Final = 12  # iframe and frame
FORM: Final = 13
NOSCRIPT: Final = 14
SCRIPT: Final = 15
UNSEEN: Final = 16  # its text is no text of the page
EMBEDDED: Final = 17  # content which is neither text nor image

_BLOCKS: Final = (
    "address base blockquote body br caption center col colgroup dd details dialog dir div dl dt fieldset figcaption "
    "figure frameset h1 h2 h3 h4 h5 h6 head hgroup hr html legend li listing menu ol optgroup option p param plaintext "
    "pre rb rp rt rtc search source summary table tbody td tfoot th thead tr track ul xmp"
)
"""Elements that are no phrasing content, as far as they have no code of their own; obsolete ones as browsers show them.

``font``, ``tt``, ``nobr`` and other obsolete inline elements stay inline, and so do unknown names.
"""

LANDMARKS: Final = {
    "header": Placement.HEADER,
    "nav": Placement.NAV,
    "main": Placement.MAIN,
    "article": Placement.MAIN,
    "aside": Placement.ASIDE,
    "footer": Placement.FOOTER,
    "section": Placement.BODY,  # sets none, but owns the headers and footers in it
}
ROLES: Final = {
    "banner": Placement.HEADER,
    "navigation": Placement.NAV,
    "main": Placement.MAIN,
    "article": Placement.MAIN,
    "complementary": Placement.ASIDE,
    "contentinfo": Placement.FOOTER,
}

_CODES_BY_NAME: Final = {
    **dict.fromkeys(_BLOCKS.split(), BLOCK),
    **dict.fromkeys(LANDMARKS, LANDMARK),
    **dict.fromkeys(("style", "template", "noembed", "noframes"), UNSEEN),
    **dict.fromkeys(["audio", "canvas", "embed", "input", "meter", "object", "progress", "select", "textarea", "video"], EMBEDDED),
    "a": ANCHOR, "area": AREA, "link": LINK, "meta": META, "title": TITLE, "img": IMG, "picture": PICTURE,
    "svg": SVG, "math": MATH, "iframe": FRAME, "frame": FRAME, "form": FORM, "noscript": NOSCRIPT, "script": SCRIPT,
}  # fmt: skip



def _numbers() -> dict[str, int]:
    document = LexborHTMLParser("x")
    numbers = {name: document.create_node(name).tag_id for name in (*_CODES_BY_NAME, "style")}
    text = document.body.first_child if document.body is not None else None
    if text is None:  # cannot be: a document with text has a body with text
        raise RuntimeError("selectolax gives no text nodes: reinstall it")
    return {**numbers, "-text": text.tag_id}


NUMBERS: Final = _numbers()
"""Lexbor's number of each name that has a code, and of ``-text``."""

TEXT_NUMBER: Final = NUMBERS["-text"]
CODES: Final = {NUMBERS[name]: code for name, code in _CODES_BY_NAME.items()}
LANDMARK_PLACEMENTS: Final = {NUMBERS[name]: int(placement) for name, placement in LANDMARKS.items()}
OWN_HEADERS: Final = frozenset({NUMBERS["article"], NUMBERS["section"]})
"""Elements whose headers and footers are theirs, not the page's."""
PAGE_PARTS: Final = frozenset({NUMBERS["header"], NUMBERS["footer"]})
