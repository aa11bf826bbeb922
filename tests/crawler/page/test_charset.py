"""Encodings: the order of their sources, the WHATWG's labels, and w3lib's cases."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crawler.parsing import CONFORMANCE
from wholinks.crawler.page.charset import LABELS, content_charset, decode, header_charset, prescan

W3LIB: Final = CONFORMANCE / "encodings" / "w3lib_encoding.json"

# What w3lib calls the encodings by their Python codecs' names.
_NAMES: Final = {
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "utf8": "utf-8",
    "gb18030": "gbk",
    "big5hkscs": "big5",
    "iso8859-4": "iso-8859-4",
    "utf-16-be": "utf-16be",
    "utf-16-le": "utf-16le",
}


def text_of(body: bytes, content_type: str = "") -> tuple[str, str]:
    name, html = decode(body, content_type)
    return name, html if isinstance(html, str) else html.decode("utf-8", "replace")


def test_a_bom_wins_over_the_header_and_is_taken_away() -> None:
    assert text_of(b"\xef\xbb\xbfa", "text/html; charset=latin1") == ("utf-8", "a")
    assert text_of(b"\xfe\xff\0a", "text/html; charset=utf-8") == ("utf-16be", "a")
    assert text_of(b"\xff\xfea\0") == ("utf-16le", "a")


def test_the_header_wins_over_meta() -> None:
    assert text_of(b"<meta charset=utf-8>\xe4", "text/html; charset=iso-8859-1") == (
        "windows-1252",
        "<meta charset=utf-8>ä",
    )


def test_an_unknown_label_in_the_header_leaves_it_to_meta() -> None:
    assert text_of(b"<meta charset=koi8-r>", "text/html; charset=nonsense")[0] == "koi8-r"


def test_meta_counts_in_the_first_1024_bytes_only() -> None:
    meta = b"<meta charset=koi8-r>"
    assert text_of(b" " * (1024 - len(meta)) + meta)[0] == "koi8-r"
    assert text_of(b" " * (1025 - len(meta)) + meta)[0] == "utf-8"


def test_undeclared_is_utf_8_if_valid_else_windows_1252() -> None:
    assert text_of("ä".encode()) == ("utf-8", "ä")
    assert text_of(b"\xe4") == ("windows-1252", "ä")
    assert text_of(b"") == ("utf-8", "")


def test_a_body_cut_within_a_character_is_still_utf_8() -> None:
    assert text_of("ää".encode()[:-1]) == ("utf-8", "ä\ufffd")


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<meta charset="koi8-r">', "koi8-r"),
        ("<META CharSet = 'KOI8-R'>", "koi8-r"),
        ("<meta/charset=koi8-r>", "koi8-r"),
        ("<meta charset=koi8-r/>", None),  # the slash is part of an unquoted value
        ('<meta http-equiv=Content-Type content="text/html; charset=koi8-r">', "koi8-r"),
        ("<meta content=\"text/html; charset = 'koi8-r'\" http-equiv=content-type>", "koi8-r"),
        ('<meta content="text/html; charset=koi8-r">', None),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=utf-16be>", "utf-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<meta charset=nonsense><meta charset=koi8-r>", "koi8-r"),
        ("<!-- <meta charset=utf-8> --><meta charset=koi8-r>", "koi8-r"),
        ("<!--><meta charset=koi8-r>", "koi8-r"),
        ("<!-- <meta charset=koi8-r>", None),
        ('<p title="<meta charset=utf-8>"><meta charset=koi8-r>', "koi8-r"),
        ("</p title='<meta charset=utf-8>'><meta charset=koi8-r>", "koi8-r"),
        ("<!doctype <meta charset=utf-8><meta charset=koi8-r>", "koi8-r"),
        ("<metadata charset=koi8-r>", None),
        ('<meta charset="koi8-r', None),
        ("<meta charset=koi8-r", None),
        ("<meta charset=utf-8 charset=koi8-r>", "utf-8"),
        ("a < b <meta charset=koi8-r>", "koi8-r"),
        ('<?xml version="1.0" encoding="koi8-r"?>', "koi8-r"),
        ("<?xml encoding='utf-16'?>", "utf-8"),
        (' <?xml encoding="koi8-r"?>', None),
        ('<?xml encoding="koi8-r"?><meta charset=utf-8>', "utf-8"),
        ("<\0?\0x\0m\0", "utf-16le"),
        ("\0<\0?\0x\0", "utf-16be"),
    ],
)
def test_prescan(html: str, name: str | None) -> None:
    assert prescan(html.encode("latin-1")) == name


def test_the_content_of_a_meta_element() -> None:
    assert content_charset("text/html; charset charset = koi8-r; x") == "koi8-r"
    assert content_charset("text/html; charset='koi8-r") is None


@pytest.mark.parametrize(
    ("name", "body", "text"),
    [
        ("windows-1252", b"\x80\x81\x9f\xff", "€\x81Ÿÿ"),
        ("windows-874", b"\xa1\x80\xdb", "ก€\ufffd"),
        ("iso-8859-1", b"\x80", "€"),
        ("koi8-u", b"\xae\xbe\xa4", "ўЎє"),
        ("iso-8859-8-i", b"\xe0", "א"),
        ("macintosh", b"\x80", "Ä"),
        ("x-mac-cyrillic", b"\x80", "А"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("gb2312", b"\x80\xff\xd6\xd0", "€\ufffd中"),
        ("shift_jis", b"\x93\xfa\x87\x40", "日①"),
        ("euc-kr", b"\xb0\xa1\x8c\x63", "가똠"),
        ("big5", b"\xa4\xa4", "中"),
        ("iso-2022-jp", b"\x1b$BF|\x1b(B", "日"),
        ("iso-2022-kr", b"<a href=x>", "\ufffd"),
        ("utf-16", b"a\0\x00\xd8", "a\ufffd"),
    ],
)
def test_decoding(name: str, body: bytes, text: str) -> None:
    assert text_of(body, f"text/html; charset={name}")[1] == text


def test_the_table_is_that_of_the_standard() -> None:
    table = pytest.importorskip("webencodings.labels")
    assert {label: name for label, name in table.LABELS.items() if name not in {"gbk", "gb18030"}} == {
        label: name for label, name in LABELS.items() if name not in {"gbk", "gb18030"}
    }
    assert set(table.LABELS) == set(LABELS)


@given(st.sampled_from(sorted(LABELS)), st.binary(max_size=80))
def test_no_bytes_raise_in_any_encoding(label: str, body: bytes) -> None:
    text_of(body, f"text/html; charset={label}")[1].encode("utf-8", "replace")
    text_of(body)


# w3lib's cases. Ours differ where w3lib does not do what the standards say:
_DIFFERENT: Final = {
    # RFC 2046 parameters as the WHATWG's MIME sniffing reads them: an open quote ends with the value, and what stands
    # behind a closing quote is skipped.
    'text/html; charset="utf-8': "utf-8",
    'text/html; charset="utf-8"x': "utf-8",
    'text/html; charset="utf-8"extra': "utf-8",
    # A name is a token, "charset " is none. A space before the value is trimmed with the label, as in browsers.
    'text/html; charset=utf-8x"': None,
}


def w3lib_cases(function: str) -> list[dict[str, Any]]:
    if not W3LIB.exists():
        return []
    cases: list[dict[str, Any]] = json.loads(W3LIB.read_text())["cases"]
    return [case for case in cases if case["function"] == function]


def our_name(name: str | None) -> str | None:
    return None if name is None else _NAMES.get(name, name)


@pytest.mark.skipif(not W3LIB.exists(), reason="the conformance vectors are not here")
def test_w3lib_content_types() -> None:
    for case in w3lib_cases("http_content_type_encoding"):
        value = case["args"][0].removeprefix("Content-Type: ")
        assert header_charset(value) == _DIFFERENT.get(value, our_name(case["result"])), value


@pytest.mark.skipif(not W3LIB.exists(), reason="the conformance vectors are not here")
def test_w3lib_declarations_in_the_body() -> None:
    checked = 0
    for case in w3lib_cases("html_body_declared_encoding"):
        body = case["args"][0]
        if isinstance(body, str):
            continue  # text that was decoded already
        html = body["bytes_latin1"]
        # w3lib takes any attribute name that sounds like http-equiv, "< meta", and stops at <body>; the standard's
        # prescan does not.
        if "httpequiv" in html or "< meta" in html or "isn't searched" in html or "Fake" in html:
            continue
        checked += 1
        found = prescan(html.encode("latin-1"))
        assert found == (our_name(case["result"]) if "gbk" not in html else "gbk"), html
    assert checked > 8


@pytest.mark.skipif(not W3LIB.exists(), reason="the conformance vectors are not here")
def test_w3lib_pages_become_the_same_text() -> None:
    checked = 0
    for case in w3lib_cases("html_to_unicode"):
        content_type, body = case["args"][0] or "", case["args"][1]["bytes_latin1"].encode("latin-1")
        # Ours: no UTF-32 (the standard has none), UTF-16 without a BOM is little-endian (w3lib: big), "< meta" is no
        # meta element, and the fallback is not the caller's.
        name = case["result"][0]
        is_other = name.startswith("utf-32") or (name.startswith("utf-16") and body[0] == 0)
        if is_other or b"< meta" in body or case["kwargs"]:
            continue
        checked += 1
        assert text_of(body, content_type.removeprefix("Content-Type: "))[1] == case["result"][1]
    assert checked > 15


@pytest.mark.skipif(not W3LIB.exists(), reason="the conformance vectors are not here")
def test_w3lib_invalid_gb18030() -> None:
    checked = 0
    for case in w3lib_cases("to_unicode"):
        data, name = case["args"]
        if name.lower() != "gb18030":
            continue
        checked += 1
        assert text_of(data["bytes_latin1"].encode("latin-1"), f"text/html; charset={name}")[1] == case["result"]
    assert checked > 8
