"""The ``Link:`` header as RFC 8288 has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.crawler.page.link_header import parse_link_header


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('<http://a/>; rel="next"', [("http://a/", {"rel": "next"})]),
        ("<a>; REL=next;title=t", [("a", {"rel": "next", "title": "t"})]),
        ('<a>; rel="x y" , <b>;rel=z', [("a", {"rel": "x y"}), ("b", {"rel": "z"})]),
        ('<a,b;c>; rel="d,e;f"', [("a,b;c", {"rel": "d,e;f"})]),
        (r'<a>; title="q\"\\"; rel=x', [("a", {"title": 'q"\\', "rel": "x"})]),
        ("<a>; rel=1; rel=2", [("a", {"rel": "1"})]),
        ("<a>; rel = x ; crossorigin", [("a", {"rel": "x", "crossorigin": ""})]),
        (",, <a>,,<b> ,", [("a", {}), ("b", {})]),
        ("junk, <a>;rel=x", [("a", {"rel": "x"})]),
        ("<a> junk; rel=x", [("a", {"rel": "x"})]),
        ('<a>; rel="open', [("a", {"rel": "open"})]),
        ("<open", []),
        ("<>;rel=x", [("", {"rel": "x"})]),
        ("", []),
    ],
)
def test_link_values(value: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(found.target, found.parameters) for found in parse_link_header(value)] == expected


def test_each_link_knows_its_text() -> None:
    assert [found.text for found in parse_link_header('<a>; rel="x" , <b>; rel=y')] == ['<a>; rel="x"', "<b>; rel=y"]


@given(st.text(alphabet='<>;,="\\ abrel'))
def test_no_text_raises(value: str) -> None:
    list(parse_link_header(value))
