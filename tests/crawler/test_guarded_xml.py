"""Strangers' XML: what is read although it is none, each refusal, and that memory stays small whatever comes."""

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise, repeat
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholinks.crawler import guarded_xml
from wholinks.crawler.guarded_xml import (
    MAX_FIELD_CHARS,
    MAX_FIELDS,
    MAX_NAMES,
    MAX_NESTING,
    MAX_TOKEN_CHARS,
    PIECE_BYTES,
    REFUSALS,
    Field,
    GuardedXml,
    Limits,
    Record,
    Refused,
    Shape,
    Skipped,
    Summary,
    TextPieces,
    url_of,
)

URL: Final = "https://a.example/lists/list.xml"
SHAPES: Final = {"list": Shape("item", frozenset({"at", "*:at", "ref"}))}


def read(*chunks: bytes, max_bytes: int = 1 << 30) -> tuple[list[Record], str | None]:
    """The records of a body, and why the reading ended early."""
    text, xml = TextPieces(max_bytes), GuardedXml(URL, SHAPES)
    records: list[Record] = []
    try:
        for chunk in chunks:
            records += xml.feed(text.feed([chunk]))
        records += xml.close(text.close())
    except Refused as refused:
        return records, refused.reason
    return records, None


def texts(body: bytes | str) -> list[str]:
    """The texts of all fields of a body that is read to its end."""
    records, refusal = read(body.encode() if isinstance(body, str) else body)
    assert refusal is None
    return [field.text for record in records for field in record.fields]


def refusal_of(body: str) -> str | None:
    return read(body.encode())[1]


def item(content: str) -> str:
    return f"<list><item><at>{content}</at></item></list>"


# ---- records and fields


def test_a_record_has_the_fields_asked_for_and_no_others() -> None:
    body = '<list><title/><item><at>x</at><other>y</other><ref href="z" class="c"/></item><item/></list>'
    assert read(body.encode())[0] == [
        Record("item", (Field("at", "x", {}, URL), Field("ref", "", {"href": "z"}, URL))),
        Record("item", ()),
    ]


def test_records_stand_at_any_depth_and_their_fields_right_below_them() -> None:
    assert texts("<list><group><item><in><at>no</at></in><at>yes</at></item></group></list>") == ["yes"]


def test_prefixes_are_told_apart_by_the_records_own() -> None:
    records, _ = read(b"<p:list><p:item><p:at>own</p:at><q:at>other</q:at><q:ref>no</q:ref></p:item></p:list>")
    assert [(field.name, field.text) for field in records[0].fields] == [("at", "own"), ("*:at", "other")]


def test_a_fields_text_includes_its_childrens_but_no_comment() -> None:
    assert texts(item("a<b>b</b><!-- no -->c<?no?>")) == ["abc"]


def test_texts_and_attributes_are_cut() -> None:
    body = f'<list><item><at>   {"x" * 20_000}</at><ref href="{"y" * 20_000}"/></item></list>'
    (record,), _ = read(body.encode())
    assert [len(record.fields[0].text), len(record.fields[1].attributes["href"])] == [MAX_FIELD_CHARS] * 2


def test_a_record_has_a_maximum_of_fields() -> None:
    assert len(texts(f"<list><item>{'<at>x</at>' * (MAX_FIELDS + 5)}</item></list>")) == MAX_FIELDS


def test_xml_base_is_joined_from_the_outside_in_and_ends_with_its_element() -> None:
    body = """<list xml:base="https://b.example/x/"><item xml:base="y/"><at xml:base="z/">1</at><at>2</at></item>
        <item><at>3</at></item><item xml:base="mailto:a@b.example"><at>4</at></item></list>"""
    records, _ = read(body.encode())
    assert [field.url(field.text) for record in records for field in record.fields] == [
        "https://b.example/x/y/z/1", "https://b.example/x/y/2", "https://b.example/x/3", "https://b.example/x/4",
    ]  # fmt: skip


# ---- text that is no XML, and is read


@pytest.mark.parametrize("start", ["", " \n\t", "\ufeff", "\n\ufeff", "\ufeff\r\n \ufeff", "\n" * (PIECE_BYTES + 5)])
def test_blanks_before_the_document_are_dropped(start: str) -> None:
    assert texts(f'{start}<?xml version="1.0" encoding="UTF-8"?>{item("x")}') == ["x"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("?a=1&b=2", "?a=1&b=2"),
        ("?a=1&amp;b=2", "?a=1&b=2"),
        ("?a=1&amp;b=2&c&", "?a=1&b=2&c&"),
        ("?a=1&amp;amp;b=2", "?a=1&amp;b=2"),
        ("&copy=1&Acirc;&nbsp;x", "&copy=1&Acirc;&nbsp;x"),
        ("&#38;&#x26;&#0000038;&lt;&gt;&quot;&apos;", "&&&<>\"'"),
        ("&#X26;&#;&#x;&#12", "&#X26;&#;&#x;&#12"),
        ("<![CDATA[?a=1&b=2&amp;c=<x>]]>", "?a=1&b=2&amp;c=<x>"),
        ("&" * 30, "&" * 30),
    ],
)
def test_an_ampersand_that_begins_no_reference_is_itself(written: str, text: str) -> None:
    assert texts(item(written)) == [text]


def test_ampersands_in_attributes() -> None:
    (record,), _ = read(b'<list a="&"><item><ref href="?a=1&b=2&amp;c=3"/></item></list>')
    assert record.fields[0].attributes == {"href": "?a=1&b=2&c=3"}


def test_what_follows_the_root_is_ignored() -> None:
    assert texts(item("x") + "\n<script>a && b</script> &x; <p>") == ["x"]
    assert texts(item("x") + "\n" + "<p>" * PIECE_BYTES) == ["x"]


def test_a_long_comment_is_fine() -> None:
    assert texts(f"<list><!-- {'<item>' * 15_000} -->{item('x')}</list>") == ["x"]


# ---- encodings


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_known_by_their_bytes(codec: str) -> None:
    declared = "utf-8" if codec.startswith("utf-8") else "utf-16"
    assert texts(f'<?xml version="1.0" encoding="{declared}"?>{item("Zoë €")}'.encode(codec)) == ["Zoë €"]


def test_declared_encodings() -> None:
    assert texts(f'<?xml version="1.0" encoding="windows-1251"?>{item("Привет")}'.encode("cp1251")) == ["Привет"]
    assert texts(f"<?xml version='1.0' encoding='ISO-8859-1'?>{item('Zoë')}".encode("latin-1")) == ["Zoë"]


@pytest.mark.parametrize("declared", ["UTF-16", "utf8", "klingon", "hex", "x-user-defined", "replacement"])
def test_wrong_and_unknown_declarations_mean_utf_8(declared: str) -> None:
    assert texts(f'<?xml version="1.0" encoding="{declared}"?>{item("x")}') == ["x"]


def test_a_byte_order_mark_wins_over_the_declaration() -> None:
    assert texts(f'<?xml version="1.0" encoding="iso-8859-1"?>{item("Zoë")}'.encode("utf-8-sig")) == ["Zoë"]


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    assert texts(b"<list><item><at>a\xff</at></item></list>") == ["a\ufffd"]


# ---- refusals

LAUGHS: Final = '<!DOCTYPE list [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
EXTERNAL: Final = '<!DOCTYPE list [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PARAMETER: Final = '<!DOCTYPE list [<!ENTITY % a SYSTEM "https://b.example/x.dtd"> %a;]>'


@pytest.mark.parametrize("doctype", [LAUGHS, EXTERNAL, PARAMETER, "<!DOCTYPE list []>"])
def test_a_document_with_declarations_of_its_own(doctype: str) -> None:
    assert read(f"{doctype}{item('&a;&b;')}".encode()) == ([], "entities")


def test_a_doctype_that_only_names_a_dtd_is_fine_and_is_not_fetched() -> None:
    doctype = '<!DOCTYPE list PUBLIC "-//X//DTD List//EN" "https://b.example/list.dtd">'
    assert texts(f"{doctype}{item('x&eacute;')}") == ["x&eacute;"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty_body"),
        (" \n\ufeff ", "empty_body"),
        ("<!doctype html><p>Not found", "html"),
        ('<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>', "html"),
        ("<HTML><body>", "html"),
        ("<!-- x --><h:html/>", "html"),
        ("<div class=error>Gone</div>", "html"),
        ("<other/>", "unknown_root"),
        ("<list>", "malformed_xml"),
        ("<list><item></list>", "malformed_xml"),
        ("<list>\0</list>", "malformed_xml"),
        ("<list>&#0;</list>", "malformed_xml"),
        ("plain text", "malformed_xml"),
        ("<list>&", "malformed_xml"),
        ("<list>" + "<a>" * MAX_NESTING, "too_deep"),
        ("<list>" + "".join(f"<a{i}/>" for i in range(MAX_NAMES)), "too_many_names"),
        ("<list>" + "".join(f'<a a{i}=""/>' for i in range(MAX_NAMES)), "too_many_names"),
        (f"<list><{'a' * 300}/></list>", "too_many_names"),
        (f"<list><!-- {'> ' * MAX_TOKEN_CHARS} --></list>", "long_token"),
        (f'<list><a a="{"x" * 2 * MAX_TOKEN_CHARS}"/></list>', "long_token"),
    ],
)
def test_each_refusal(body: str, reason: str) -> None:
    assert refusal_of(body) == reason
    assert reason in REFUSALS


def test_too_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_xml, "MAX_ELEMENTS", 100)
    assert refusal_of("<list>" + "<a/>" * 99 + "</list>") is None
    assert refusal_of("<list>" + "<a/>" * 100 + "</list>") == "too_many_elements"


def test_what_was_read_before_a_refusal_is_kept() -> None:
    whole = "<list><item><at>x</at></item>"
    for rest in ("<item></list>", "<a>" * MAX_NESTING, f'<a a="{"x" * 2 * MAX_TOKEN_CHARS}"/>', "<item><at>cut"):
        records, reason = read(f"{whole}{rest}".encode())
        assert [field.text for record in records for field in record.fields] == ["x"]
        assert reason is not None


def test_a_body_is_read_up_to_its_limit_and_no_further() -> None:
    body = b"<list>" + b"<item/>" * 10_000 + b"</list>"
    assert read(body, max_bytes=len(body)) == ([Record("item", ())] * 10_000, None)
    assert read(body, max_bytes=6 + 7 * 5_000) == ([Record("item", ())] * 5_000, "too_large")
    assert read(b"x", max_bytes=0)[1] == "too_large"


HOSTILE: Final = {
    "a comment": (b"<list><!--", b"> " * 8_192),
    "a tag": (b"<list><a a='", b"x" * 16_384),
    "a text": (b"<list><item><at>", b"x&" * 8_192),
    "CDATA": (b"<list><item><at><![CDATA[", b"x]" * 8_192),
    "nesting": (b"<list>", b"<a>" * 5_000),
    "fields": (b"<list><item>", b"<at>x</at>" * 1_600),
    "ampersands": (b"<list>", b"&" * 16_384),
    "bases": (b"<list>", b'<a xml:base="x/">' * 900),
    "blanks": (b"", b" \n" * 8_192),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_memory_is_bounded(kind: str) -> None:
    start, chunk = HOSTILE[kind]

    def chunks() -> Iterator[bytes]:
        yield start
        yield from repeat(chunk, 150)

    text, xml = TextPieces(1 << 30), GuardedXml(URL, SHAPES)
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            for _ in xml.close(text.close(chunks())):
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 << 19, "of 2.4 MiB"


# ---- properties


def split(body: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [body[start:end] for start, end in pairwise(places)]


_MARKUP: Final = st.sampled_from(
    ("<list>", "</list>", "<item>", "</item>", "<at>", "</at>", "<ref href='&amp;x&y'/>", "&", "&amp;", "&#38", ";",
     "<![CDATA[", "]]>", "<!--", "-->", "é", "x", "\n", "<item><at>&a&lt;</at></item>", "<?x ?>", "<!DOCTYPE list [",
     " " * PIECE_BYTES)
)  # fmt: skip


@settings(deadline=None)  # no test asserts a time
@given(
    st.lists(_MARKUP, max_size=30).map("".join), st.lists(st.integers(0), max_size=5), st.sampled_from((40, 1 << 30))
)
def test_how_the_bytes_are_cut_makes_no_difference(markup: str, cuts: list[int], max_bytes: int) -> None:
    body = f"<list>{markup}".encode()
    assert read(*split(body, cuts), max_bytes=max_bytes) == read(body, max_bytes=max_bytes)


@settings(deadline=None)  # no test asserts a time
@given(st.lists(st.binary(max_size=100), max_size=5), st.sampled_from((b"", b"<list>", b"\xff\xfe<\0", b"<?xml ")))
def test_no_bytes_raise(chunks: list[bytes], start: bytes) -> None:
    _, reason = read(start, *chunks)
    assert reason is None or reason in REFUSALS


# ---- entries


def test_url_of() -> None:
    assert url_of(URL, " ../x?y#z ") == "https://a.example/x?y"
    for href, reason in (("", "empty"), ("mailto:a@b.example", "mailto"), ("x\ufffd", "undecodable")):
        with pytest.raises(Skipped, match=reason):
            url_of(URL, href)


def test_a_summary_counts_until_it_is_over() -> None:
    summary = Summary(Limits(max_entries=4))

    def double(number: int) -> int:
        if number == 2:
            raise Skipped("two")
        return number * 2

    assert summary.take([1, 2], double) == [2]
    assert not summary.is_over
    assert summary.take([3, 4, 5], double) == [6, 8]
    assert (summary.entries, summary.reasons) == (3, {"two": 1, "too_many_entries": 1})
    assert summary.is_over
    assert not summary.is_complete
    assert summary.take([6], double, is_last=True) == []
    assert (summary.entries, summary.is_complete) == (3, False)


def test_as_many_entries_as_may_be_are_complete() -> None:
    summary = Summary(Limits(max_entries=2))
    assert summary.take([1, 2], str, is_last=True) == ["1", "2"]
    assert summary.is_complete
    assert summary.is_over
