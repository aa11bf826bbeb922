"""Pages made to hurt: nothing raises, nothing comes out that can't be stored, and the work grows with the size only.

Work is counted in calls, not in time.
"""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholinks.crawler import parser
from wholinks.crawler.page import object_tree
from wholinks.storage.records import LinkFlag, ParsedPage

from .parsing import link, page

_PIECES: Final = st.sampled_from(
    [
        "<a href=/x>",
        "</a>",
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<div hidden>",
        "</div>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mi>",
        "</math>",
        "<foreignObject>",
        "<desc>",
        "<title>",
        "</title>",
        "<noscript>",
        "</noscript>",
        "<template>",
        "</template>",
        "<iframe src=y>",
        "</iframe>",
        "<form action>",
        "<img alt=z>",
        "<a xlink:href=//o.org rel='nofollow x'>",
        "<a href=http://o.com/#q title=t>",
        "<base href=/b/>",
        "<br>",
        " ",
        "text",
        "\0",
        "&#0;",
        "&nbsp;",
        "<meta name=robots content=none>",
        "<link rel=canonical href=c>",
        "<select>",
        "<meta http-equiv=refresh content='1;url=http://o.org'>",
        "<!--",
        "-->",
        "<frameset>",
        "<frame src=f>",
        "<area href>",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<header>",
        "<article role=main>",
        "</article>",
        "<object>",
        "<annotation-xml encoding=text/html>",
        "<html lang=x>",
        "<body class=y>",
        "</body>",
        "</html>",
        "<plaintext>",
        "<![CDATA[",
    ]
)


def check(found: ParsedPage) -> None:
    """What must be true of each page."""
    texts = [found.title, found.language, found.charset, found.canonical or ""]
    assert [one.ordinal for one in found.links] == list(range(1, len(found.links) + 1))
    for one in found.links:
        texts += [one.url, one.anchor_text, one.rel_other or ""]
        assert one.url.startswith(("http://", "https://"))
        assert (one.kind, one.placement, one.anchor_source) >= (0, 0, 0)
        assert (one.anchor_text == "") == (one.anchor_source == 0)
        assert len(one.anchor_text) <= 1000
        assert one.anchor_text == one.anchor_text.strip()
        if one.evidence is not None:
            proof = one.evidence
            texts += [proof.raw_href, proof.raw_rel or "", proof.tag, proof.context_before, proof.context_after]
            assert len(proof.context_before) <= 80
            assert len(proof.context_after) <= 80
            assert len(proof.tag.encode()) <= 300
    for text in texts:
        text.encode()
        assert "\0" not in text


@settings(deadline=None, max_examples=300)
@pytest.fixture(autouse=True, scope="module", params=["as installed", "in Python"])
def _the_tree(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways to read the tree, one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in Python":
            patch.setattr(parser, "Tree", object_tree.Tree)
        yield


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_markup_raises(html: str) -> None:
    check(page(html))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=300), st.text(max_size=40), st.text(max_size=40))
def test_no_bytes_raise(body: bytes, header: str, content_type: str) -> None:
    check(page(body, content_type=content_type, link=(header,), refresh=header, robots=(header,)))
    check(page(b"<a href=//o.org title='" + body + b"'>" + body, content_type="text/html; charset=utf-8"))


def test_headers_with_bytes_that_are_no_utf_8() -> None:
    value = b'<//o.org/\xff>; rel=canonical; title="\xe4\0"'.decode("utf-8", "surrogateescape")
    check(page("", link=(value,), refresh=f"0;{value}", robots=(value,)))


_NESTING: Final = 3_000
_HOSTILE: Final[dict[str, Callable[[int], str]]] = {
    "links": lambda n: "<a href=//o.org/>x</a>" * n,
    "links in one text": lambda n: "<p>" + "word <a href=//o.org/>x</a> " * n,
    "long texts between": lambda n: "<p>" + ("x " * 1_000 + "<a href=//o.org/></a>") * (n // 100),
    "breaks": lambda n: "<br>" * n + "<a href=//o.org/>x</a>",
    "blanks": lambda n: "<p>" + "<i> </i>" * n + "<a href=//o.org/>x</a>" * n,
    "bases in svg": lambda n: "<svg>" + "<base href=/x>" * n,
    "one long text": lambda n: "<a href=//o.org/>" + "x" * (10 * n) + "</a>",
    "one long attribute": lambda n: f'<a href=//o.org/ title="{"x" * 10 * n}" class="{"x " * n}" rel="{"x," * n}">',
    "long hrefs": lambda n: f'<a href="{"x" * 9_000}">x</a>' * (n // 1_000),
    "styles": lambda n: f'<a href=/x style="{"display:none;" * n}">x</a>',
    "quotes in a style": lambda n: f"<a href=/x style=\"{chr(39) * n}none{'(' * n}\">x</a>",
    "refreshes": lambda n: '<meta http-equiv=refresh content="1x">' * n,
    "texts without spaces": lambda n: "x" * 20 * n,
    "attributes": lambda n: "<a href=/x " + " ".join(f"a{number}" for number in range(n // 10)) + ">x</a>",
}  # fmt: skip
_NESTED: Final[dict[str, Callable[[int], str]]] = {
    "links in svg": lambda n: "<svg>" + "<a href=//o.org/>" * n + "x",
    "empty links in svg": lambda n: "<svg>" + "<a href=//o.org/><path/>" * n,
    "links in objects": lambda n: "<object><a href=//o.org/>" * n,
    "divs": lambda n: "<div>" * n + "<a href=//o.org/>x</a>" * n,
    "links in divs": lambda n: "<div><a href=//o.org/>x</a>" * n,
    "inline": lambda n: ("<b>" * 100 + "<a href=//o.org/>x</a>") * (n // 100),
    "blocks in inline": lambda n: "<span><div><a href=//o.org/>x</a>" * n,
    "noscripts": lambda n: "<body>" + "<noscript><a href=//o.org/>" * n,
    "svgs": lambda n: "<a href=/x>" + "<svg>" * n + "<a href=/y>" * n,
    "titles in svg": lambda n: "<svg>" + "<title>x" * n,
    "styles in svg": lambda n: "<svg>" + "<style><g>" * n,
}


def calls_of(html: str) -> int:
    """How many calls of Python functions parsing takes."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        check(page(html))
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("name", _HOSTILE)
def test_large_pages_are_parsed(name: str) -> None:
    check(page(_HOSTILE[name](100_000)))


@pytest.mark.parametrize("name", _NESTED)
def test_deep_pages_are_parsed(name: str) -> None:
    check(page(_NESTED[name](_NESTING)))


@pytest.mark.parametrize("name", _NESTED | _HOSTILE)
def test_twice_the_page_takes_no_more_than_twice_the_calls(name: str) -> None:
    make = (_NESTED | _HOSTILE)[name]
    page(make(2_000))  # what is remembered from page to page is known from here on
    assert calls_of(make(2_000)) <= 2.2 * calls_of(make(1_000)) + 200


def test_nesting_without_end_does_not_overflow() -> None:
    check(page("<div>" * 30_000 + "<a href=/x>x</a>"))


def test_a_hurried_anchor_is_flagged() -> None:
    found = page("<svg>" + "<a href=/x>" * 2_000 + "<text>end</text>").links
    assert len(found) == 2_000
    assert found[-1].anchor_text == "end"
    for one in found:
        assert one.anchor_text == "end" or one.flags & LinkFlag.ANCHOR_CUT


def test_a_link_of_a_megabyte_is_cut() -> None:
    assert link("<a href=/x>" + "x" * 1_000_000).flags == LinkFlag.ANCHOR_CUT
