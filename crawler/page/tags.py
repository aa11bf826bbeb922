"""What the parser must know of an element, by Lexbor's number of its name.

The numbers belong to a version of Lexbor, so they are asked for, not written down. Names without a code of their own
(``span``, ``b``, custom elements, unknown names) are inline, and so are comments: their ends don't separate words.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

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
    "header": Placement.HEADER,
    "nav": Placement.NAV,
    "main": Placement.MAIN,
    "article": Placement.MAIN,
    "aside": Placement.ASIDE,
    "footer": Placement.FOOTER,
    "section": Placement.BODY,  # sets none, but owns the headers and footers in it
}
ROLES: Final = {
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
LANDMARK_PLACEMENTS: Final = {NUMBERS[name]: int(placement) for name, placement in LANDMARKS.items()}
OWN_HEADERS: Final = frozenset({NUMBERS["article"], NUMBERS["section"]})
"""Elements whose headers and footers are theirs, not the page's."""
PAGE_PARTS: Final = frozenset({NUMBERS["header"], NUMBERS["footer"]})
SEPARATORS: Final = frozenset({BLOCK, BREAK, LANDMARK, STYLE, TITLE, FORM, BASE})
"""Codes of the elements that are no phrasing content."""

_TABLE: Final = bytes(CODES.get(number, INLINE) for number in range(256))
_number_of = attrgetter("tag_id")


def codes_of(nodes: Sequence[LexborNode]) -> bytes:
    """The code of each node."""
    numbers = list(map(_number_of, nodes))
    try:
        return bytes(numbers).translate(_TABLE)
    except ValueError:  # names that HTML doesn't know have large numbers
        return bytes([CODES.get(number, INLINE) for number in numbers])


def code_of(node: LexborNode) -> int:
    """The code of one node."""
    return CODES.get(node.tag_id, INLINE)
