"""Which encoding a page is in, and its text in a form the HTML parser takes.

The order is a BOM, the ``Content-Type`` header, what the first 1,024 bytes declare, UTF-8 if the bytes are valid
UTF-8, and else windows-1252. Labels and their meaning are those of the WHATWG Encoding Standard, the look at the
first bytes is the HTML standard's "prescan a byte stream to determine its encoding". Nothing here raises for any
bytes: what can't be decoded becomes U+FFFD.
"""

import codecs
import re
from functools import lru_cache
from typing import Final

PRESCAN_BYTES: Final = 1024

_LABELS_BY_ENCODING: Final = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8",
    "ibm866": "866 cp866 csibm866",
    "iso-8859-2": "csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso-8859-3": "csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso-8859-4": "csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso-8859-5": "csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso-8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e iso-8859-6-i "
    "iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso-8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
    "iso_8859-7:1987 sun_eu_greek",
    "iso-8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
    "iso_8859-8:1988 visual",
    "iso-8859-8-i": "csiso88598i logical",
    "iso-8859-10": "csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso-8859-13": "iso8859-13 iso885913",
    "iso-8859-14": "iso8859-14 iso885914",
    "iso-8859-15": "csisolatin9 iso8859-15 iso885915 iso_8859-15 l9",
    "iso-8859-16": "",
    "koi8-r": "cskoi8r koi koi8 koi8_r",
    "koi8-u": "koi8-ru",
    "macintosh": "csmacintosh mac x-mac-roman",
    "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620",
    "windows-1250": "cp1250 x-cp1250",
    "windows-1251": "cp1251 x-cp1251",
    "windows-1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
    "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii x-cp1252",
    "windows-1253": "cp1253 x-cp1253",
    "windows-1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
    "x-cp1254",
    "windows-1255": "cp1255 x-cp1255",
    "windows-1256": "cp1256 x-cp1256",
    "windows-1257": "cp1257 x-cp1257",
    "windows-1258": "cp1258 x-cp1258",
    "x-mac-cyrillic": "x-mac-ukrainian",
    "gbk": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk",
    "gb18030": "",
    "big5": "big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese x-euc-jp",
    "iso-2022-jp": "csiso2022jp",
    "shift_jis": "csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis",
    "euc-kr": "cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
    "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr",
    "utf-16be": "unicodefffe",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16",
    "x-user-defined": "",
}
LABELS: Final = {label: name for name, labels in _LABELS_BY_ENCODING.items() for label in (name, *labels.split())}
"""The Encoding Standard's table: label → name, both in lower case."""

_CODECS: Final = {  # where Python's name differs, or Python's codec of that name is the smaller, older set
    "ibm866": "cp866",
    "iso-8859-8-i": "iso-8859-8",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_WHITE: Final = "\t\n\f\r "

_HEADER_PARAMETER: Final = re.compile(r'[;,]\s*([^=;,"\s]+)=(?:"((?:[^"\\]|\\.)*)"?|([^;,]*))')
_MARKUP: Final = re.compile(rb"<(?:(meta)(?=[\t\n\f\r /])|(/?[a-z][^\t\n\f\r >]*)|[!/?][^>]*)", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    rb"""[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)"""
    rb"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >]*)))?"""
)
_TAG_END: Final = re.compile(rb"[\t\n\f\r /]*>")
_CONTENT_CHARSET: Final = re.compile(
    r"""charset[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r ;"'][^\t\n\f\r ;]*))""", re.IGNORECASE
)
_XML_ENCODING: Final = re.compile(rb"""encoding[\0- ]*=[\0- ]*(["'])([^\0- "']*)\1""")


def decode(body: bytes, content_type: str) -> tuple[str, bytes | str]:
    """The encoding's name in lower case, and ``body`` as Lexbor takes it: UTF-8 bytes as they are, else text.

    UTF-8 isn't decoded here, which saves a tenth of the parse: Lexbor hands on bytes that are no UTF-8, and each
    reading of a text or an attribute turns them into U+FFFD.
    """
    name, bom = _encoding_of(body, content_type)
    if name == "utf-8":
        return name, body[bom:] if bom else body
    return name, _text(name, body[bom:])


def _encoding_of(body: bytes, content_type: str) -> tuple[str, int]:
    """Name of the encoding and length of the BOM."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name, len(mark)
    declared = (content_type and header_charset(content_type)) or prescan(body)
    if declared:
        return declared, 0
    return ("utf-8" if _is_utf8(body) else "windows-1252"), 0


def _is_utf8(body: bytes) -> bool:
    """Whether ``body`` is UTF-8, if perhaps cut within its last character."""
    try:
        _, size = codecs.utf_8_decode(body, "strict", False)
    except UnicodeDecodeError:
        return False
    # A single odd byte at the end proves nothing, if no character before it was UTF-8's.
    return size == len(body) or not body[:size].isascii()


@lru_cache(maxsize=1024)
def header_charset(content_type: str) -> str | None:
    """The encoding a ``Content-Type`` header names: the first ``charset`` whose label is known."""
    for found in _HEADER_PARAMETER.finditer(content_type):
        name, quoted, plain = found.groups()
        if name.lower() == "charset":
            encoding = _encoding(plain if quoted is None else quoted)
            if encoding:
                return encoding
    return None


def _encoding(label: str) -> str | None:
    return LABELS.get(label.strip(_WHITE).lower())


def _declared(label: str) -> str | None:
    """What a declaration inside the page means: it was read as ASCII, so it can't be UTF-16."""
    name = _encoding(label)
    if name in {"utf-16be", "utf-16le"}:
        return "utf-8"
    return "windows-1252" if name == "x-user-defined" else name


def prescan(body: bytes) -> str | None:
    """The encoding the first 1,024 bytes declare (HTML standard: prescan, then "get an XML encoding")."""
    head = body[:PRESCAN_BYTES]
    if head.startswith(b"<\0?\0x\0"):
        return "utf-16le"
    if head.startswith(b"\0<\0?\0x"):
        return "utf-16be"
    return _meta_encoding(head) or _xml_encoding(head)


def _meta_encoding(head: bytes) -> str | None:
    """What a ``meta`` in ``head`` declares. The pages of a site begin alike, so what the first tag with "charset" in it
    comes to is remembered, with all before it."""
    named = head.lower().find(b"charset")
    if named < 0:
        return None
    start = head[: head.find(b">", named) + 1]
    if start.count(b'"') % 2 == 0 and b"'" not in start and (name := _cached_meta_encoding(start)):
        return name
    return _prescanned(head)


def _prescanned(head: bytes) -> str | None:
    position = head.find(b"<")
    while position >= 0:
        if head.startswith(b"<!--", position):
            end = head.find(b"-->", position + 2)  # "<!-->" is a whole comment
            if end < 0:
                return None
            position = end + 2
        elif found := _MARKUP.match(head, position):
            position = found.end()
            if found.lastindex:
                attributes, position = _attributes(head, position)
                if position < 0:
                    return None
                name = _meta_charset(attributes) if found[1] else None
                if name:
                    return name
        position = head.find(b"<", position + 1)
    return None


def _attributes(head: bytes, position: int) -> tuple[dict[bytes, bytes], int]:
    """The attributes of a tag and where its ``>`` stands; -1 where the bytes end before it."""
    attributes: dict[bytes, bytes] = {}
    while not (end := _TAG_END.match(head, position)):
        found = _ATTRIBUTE.match(head, position)
        if not found or found.end() == len(head):
            return attributes, -1
        position = found.end()
        name, double, single, plain = found.groups()
        if plain and plain[0] in b"\"'":
            return attributes, -1  # its closing quote lies beyond what is looked at
        value = next((text for text in (double, single, plain) if text is not None), b"")
        attributes.setdefault(name.lower(), value)
    return attributes, end.end() - 1


def _meta_charset(attributes: dict[bytes, bytes]) -> str | None:
    if b"charset" in attributes:
        return _declared(attributes[b"charset"].decode("latin-1"))
    if attributes.get(b"http-equiv", b"").lower() != b"content-type":
        return None
    return content_charset(attributes.get(b"content", b"").decode("latin-1"))


def content_charset(content: str) -> str | None:
    """The encoding named by the ``content`` of a ``<meta http-equiv=content-type>``."""
    found = _CONTENT_CHARSET.search(content)
    return _declared(next(text for text in found.groups() if text is not None)) if found else None


_cached_meta_encoding = lru_cache(maxsize=512)(_prescanned)


def _xml_encoding(head: bytes) -> str | None:
    if not head.startswith(b"<?xml"):
        return None
    found = _XML_ENCODING.search(head, 0, max(0, head.find(b">")))
    return _declared(found[2].decode("latin-1")) if found else None


def _text(name: str, body: bytes) -> str:
    if name == "replacement":
        return "\ufffd" if body else ""
    if name == "x-user-defined":
        return body.decode("latin-1").translate({byte: 0xF700 + byte for byte in range(0x80, 0x100)})
    table = _single_byte_table(name)
    if table is not None:
        return codecs.charmap_decode(body, "replace", table)[0]
    # gbk and gb18030 share the decoder; its one-byte euro sign is not in Python's codec.
    return body.decode(_CODECS.get(name, name), _GB_ERRORS if name.startswith("gb") else "replace")


@lru_cache(maxsize=64)
def _single_byte_table(name: str) -> str | None:
    """The 256 characters of a single-byte encoding; None for others.

    The standard leaves no hole in 0x80-0x9F: what Python's codecs don't define there is the control character.
    """
    if not name.startswith(("windows-", "iso-8859", "koi8", "ibm", "mac", "x-mac")):
        return None
    codec = _CODECS.get(name, name)
    characters = [bytes([byte]).decode(codec, "replace") for byte in range(256)]
    for byte in range(0x80, 0xA0):
        if characters[byte] == "\ufffd":
            characters[byte] = chr(byte)
    if name == "koi8-u":
        characters[0xAE], characters[0xBE] = "\u045e", "\u040e"
    return "".join(character if character != "\ufffd" else "\ufffe" for character in characters)


def _gb_error(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.object[error.start] == 0x80:
        return "\u20ac", error.start + 1
    return "\ufffd", error.end


_GB_ERRORS: Final = "wholinks-gb18030"
codecs.register_error(_GB_ERRORS, _gb_error)
