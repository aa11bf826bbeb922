"""The compiled tree is used where it can be compiled, and says what the one in Python says."""

import shutil
import sysconfig
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.crawler.parsing import page
from wholinks.crawler import parser
from wholinks.crawler.page import object_tree, tree
from wholinks.crawler.page.evidence import start_tag
from wholinks.crawler.page.page_text import COUNTED_CHARS, around
from wholinks.crawler.page.simhash import SIMHASH_CHARS, fingerprint, simhash
from wholinks.crawler.page.tags import ROLES, TABLE
from wholinks.storage.records import ParsedPage

_NAMES: Final = (
    *("a", "a", "a", "a", "p", "div", "span", "b", "i", "ul", "li", "table", "tr", "td", "svg", "math", "mi", "title"),
    *("foreignObject", "desc", "annotation-xml", "mglyph", "script", "style", "noscript", "template", "iframe", "form"),
    *("nav", "header", "footer", "main", "article", "section", "aside", "select", "option", "textarea", "button"),
    *("img", "br", "hr", "base", "meta", "link", "area", "picture", "video", "x-own", "html", "body", "head", "h1"),
)
_ATTRIBUTES: Final = (
    *('href="/x"', 'href="#top"', "href", 'href="http://other.example/a?b=1&amp;c"', "href=' y '", 'xlink:href="z"'),
    *('href="http://jo:pw@other.example/"', 'rel="nofollow me"', 'class="b a"', 'role="navigation"', "hidden"),
    *('style="display:none"', 'title="a  title"', 'aria-label="ä"', 'alt="pic ture"', 'alt="é\u2003"', 'src="f"'),
    *('action="go"', 'encoding="text/html"', 'content="0; url=/r" http-equiv="refresh"', 'name="robots"', 'lang="de"'),
    *('data-x="&lt;&quot;&nbsp;"', "class=" + "k" * 290, 'ROLE="Main"'),
)
_TEXTS: Final = (
    *("text", " ", "\n\t ", "two  words", "\u00a0", "e\u0301", "日本 語", "\u2003", "x" * 70, "word " * 30, "<!-- -->"),
    *(
        "\u0085",
        "\x1c",
        "&amp;",
        "</p>",
        "</a>",
        "</svg>",
        "</table>",
        "&#xD800;",
        "\x00",
        "d" * 1_200,
        "]]>",
        "\U0001f600",
    ),
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A page of tags that need not fit together."""
    parts = []
    for _ in range(draw(st.integers(0, 40))):
        what = draw(st.integers(0, 9))
        if what < 4:
            attributes = " ".join(draw(st.lists(st.sampled_from(_ATTRIBUTES), max_size=3)))
            parts.append(f"<{draw(st.sampled_from(_NAMES))} {attributes}>")
        elif what < 7:
            parts.append(draw(st.sampled_from(_TEXTS)))
        else:
            parts.append(f"</{draw(st.sampled_from(_NAMES))}>")
    return "".join(parts)


def parsed(html: str) -> ParsedPage:
    return page(html, "https://site.com/dir/page")


@pytest.mark.skipif(shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) is None, reason="no C compiler")
def test_it_is_compiled_where_there_is_a_compiler() -> None:
    assert tree.IS_COMPILED
    assert tree.Tree is not object_tree.Tree


needs_compiled = pytest.mark.skipif(not tree.IS_COMPILED, reason="not compiled")


@needs_compiled
@given(documents())
def test_both_trees_say_the_same(html: str) -> None:
    compiled = parsed(html)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "Tree", object_tree.Tree)
        assert parsed(html) == compiled


@needs_compiled
@given(documents())
def test_all_parts_of_both_trees_are_the_same(html: str) -> None:
    root = LexborHTMLParser(html).root
    ours, other = tree.Tree(root, len(html), COUNTED_CHARS), object_tree.Tree(root, len(html), COUNTED_CHARS)
    for name in ("elements", "ancestors", "seen", "text", "words", "characters"):
        assert getattr(ours, name) == getattr(other, name), name
    for number in range(len(other.elements)):
        assert ours.content(number) == other.content(number)
        assert around(*ours.context(number)) == around(*other.context(number))
        assert ours.attributes(number) == other.attributes(number)
        assert ours.plain_tag(number) in {None, start_tag(other.elements[number][2], other.attributes(number))[0]}


@needs_compiled
def test_what_is_not_there_is_an_error_not_a_crash() -> None:
    empty = tree.Tree(None, 0, 10)
    assert (empty.elements, empty.text, empty.words) == ([], "", 0)
    for number in (0, -1, 2**40, 2**70):
        for ask in (empty.content, empty.context, empty.plain_tag, empty.attributes):
            with pytest.raises((IndexError, OverflowError)):
                ask(number)


@needs_compiled
def test_another_lexbor_is_refused_and_harms_nothing() -> None:
    from selectolax import lexbor

    from wholinks.crawler.page import _tree

    before = parsed('<p>some <a href="http://other.example/">words</a></p>')
    for path, html in ((lexbor.__file__, "<p>no name space, no texts"), (_tree.__file__, tree.PROBE)):
        with pytest.raises(ImportError, match="another Lexbor"):
            _tree.bind(path, TABLE, ROLES, root_of(html))
    with pytest.raises(ValueError, match="256"):
        _tree.bind(lexbor.__file__, TABLE[:-1], ROLES, root_of(tree.PROBE))
    assert parsed('<p>some <a href="http://other.example/">words</a></p>') == before


def root_of(html: str) -> LexborNode | None:
    return LexborHTMLParser(html).root


@given(st.text(st.sampled_from("dDaZ 09-é日\x00."), max_size=400) | st.text(max_size=300))
def test_fingerprints_compiled_and_not(text: str) -> None:
    for one in (text, text * 40):
        assert simhash(one) == fingerprint(one[:SIMHASH_CHARS].encode("utf-8", "replace"))
