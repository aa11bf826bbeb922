"""Full-text search: what it finds is what reading every text finds."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.running import answered, said
from tests.graph import Graph, Link
from tests.index.asking import examples, index_of
from wholinks.index.queries import Index
from wholinks.research.views.search import Field, Found, Sought, found, search
from wholinks.research.views.snippets import context, snippet
from wholinks.research.views.words import parse, words_of
from wholinks.storage.errors import UsageError
from wholinks.storage.records import Kind

SHOP = "http://shop.example/"
RIVAL = "http://rival.example/"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    graph = (
        Graph()
        .page("http://a.example/1", [
            Link(SHOP, "Best TENT-shop, ever", before="We went", after="camping"),
            Link(RIVAL, "the rival", before="Not the best", after="tent shop"),
            Link(SHOP, "tent", kind=Kind.CANONICAL),
        ], title="Où est le Café?")
        .page("http://a.example/2", [Link(SHOP, "東京都のテント"), Link(f"{SHOP}x", "tents", is_closed=True)])
        .page("http://b.example/", [Link(SHOP, "shopping", before="tent", after="shop")], title="tent")
    )  # fmt: skip
    with index_of(graph, tmp_path_factory.mktemp("search")) as opened:
        yield opened


def hits(index: Index, query: str, *fields: Field, target: str | None = None) -> list[tuple[str, str]]:
    """The anchor texts found, with the fields that match."""
    named = index.target(target) if target else None
    answer = search(index, Sought(query, fields or tuple(Field), target=named))
    assert answer.links == len(answer.rows)
    return [(row.anchor_text, row.found_in) for row in answer.rows]


BEST, THE_RIVAL, TOKYO, SHOPPING = "Best TENT-shop, ever", "the rival", "東京都のテント", "shopping"


@pytest.mark.parametrize(
    ("parts", "query", "shown"),
    [
        (context("Data and", "x", "ANALYSIS"), "data analysis", "«Data» and [x] «ANALYSIS»"),
        (context("data", "", "analysis"), "analysis data", "«data» «analysis»"),
        (["b a " + "x " * 60 + "a b"], "a b", f"«b» «a» {'x ' * 14}x…"),
        (["a " + "x " * 60 + "b"], "a b", f"«a»{' x' * 15} … {'x ' * 15}«b»"),
        (["x " * 60 + "a" + " x" * 60], "a", f"…{'x ' * 30}«a»{' x' * 30}…"),
        (["tent shop tent"], '"tent shop" tent', "«tent shop» «tent»"),
        (["tent", " shop"], '"tent shop"', "tent shop"),  # in two parts
        (["a-b"], "a -b", "«a»-b"),
    ],
)
def test_all_that_is_found_is_marked(parts: list[str], query: str, shown: str) -> None:
    assert snippet(parts, parse(query)) == shown


@given(st.lists(st.text("ab x", max_size=40), min_size=1, max_size=3))
def test_a_snippet_is_of_its_text_and_shows_every_word(parts: list[str]) -> None:
    shown = snippet(parts, parse("a b"))
    text = "".join(parts)
    for piece in shown.replace("«", "").replace("»", "").strip("…").split(" … "):
        assert piece in text
    for word in ("a", "b"):
        assert any(word in part.split() for part in parts) == (f"«{word}»" in shown)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tent", [(BEST, "anchors"), (THE_RIVAL, "contexts"), (SHOPPING, "contexts titles")]),
        ("TENT shop", [(BEST, "anchors"), (THE_RIVAL, "contexts"), (SHOPPING, "contexts")]),
        ('"tent shop"', [(BEST, "anchors"), (THE_RIVAL, "contexts")]),  # not across the link itself
        ("tent-shop", [(BEST, "anchors"), (THE_RIVAL, "contexts")]),
        ("“tent sho”*", [(BEST, "anchors"), (THE_RIVAL, "contexts")]),
        ("tent -best", [(SHOPPING, "contexts titles")]),
        ('tent -"shop ever"', [(THE_RIVAL, "contexts"), (SHOPPING, "contexts titles")]),
        ("shop*", [(BEST, "anchors"), (THE_RIVAL, "contexts"), (SHOPPING, "anchors contexts")]),
        ("ten", []),
        ("cafe", [(BEST, "titles"), (THE_RIVAL, "titles")]),
        ("CAFÉ ou", [(BEST, "titles"), (THE_RIVAL, "titles")]),
        ("went camping", [(BEST, "contexts")]),
        ("camping best", []),  # in two texts
        ("東京", [(TOKYO, "anchors")]),
        ("テント", [(TOKYO, "anchors")]),
        ("京東", []),
        ("%", None),
        ('"', None),
        ("-tent", None),
        ("", None),
        ("tents", []),  # lost
    ],
)
def test_by_hand(index: Index, query: str, expected: list[tuple[str, str]] | None) -> None:
    if expected is None:
        with pytest.raises(UsageError, match="search: "):
            hits(index, query)
    else:
        assert hits(index, query) == expected


def test_fields_and_ends(index: Index) -> None:
    assert hits(index, "tent", Field.TITLES) == [(SHOPPING, "titles")]
    assert hits(index, "tent", target="rival.example") == [(THE_RIVAL, "contexts")]
    assert hits(index, "tent", target="unheard.example") == []
    source = index.target("b.example")
    answer = search(index, Sought("shop", source=source))
    assert [(row.domain, row.links, row.backlinks, row.referring_pages) for row in answer.domains] == [
        ("b.example", 1, 1, 1)
    ]
    assert (answer.source, answer.target, answer.in_contexts, answer.in_titles) == ("b.example", None, 1, 0)


def test_snippets(index: Index) -> None:
    def snippet(query: str) -> str:
        return search(index, Sought(query), 1).rows[0].snippet

    assert snippet("tent shop") == "Best «TENT»-«shop», ever"
    assert snippet("tent* -camping") == "Best «TENT»-shop, ever"
    assert snippet("camping went") == "We «went» [Best TENT-shop, ever] «camping»"
    assert snippet('"tent shop"') == "Best «TENT-shop», ever"
    assert snippet("cafe") == "Où est le «Café»?"
    assert snippet("テント") == "東京都の«テント»"


@pytest.mark.parametrize(
    "query",
    [
        "a' OR '1'='1", "'; DROP TABLE link; --", r"\p{L}+", "(?i)tent.*", "[tent", "NEAR(tent shop)", "tent AND shop",
        "anchors:tent", "^tent$", "\x00tent", "tent\x01shop", "%tent_", "😀tent", "\ud7ff\u0301 tent",
    ],
)  # fmt: skip
def test_hostile_queries_are_words(index: Index, query: str) -> None:
    for anchor, _ in hits(index, query):
        assert "tent" in anchor.lower() or "rival" in anchor or anchor == SHOPPING
    assert index.who_links_to("shop.example").totals.links == 3


@pytest.mark.parametrize("query", ["x" * 501, " ".join("abcdefghijklmnopqrstu"), 'a "b', "-a", "-!! ?"])
def test_queries_that_cannot_be_meant(query: str) -> None:
    with pytest.raises(UsageError, match="search: "):
        parse(query)


def test_other_bytes_are_refused(index: Index) -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        search(index, Sought("\udcff tent"))


def test_the_command(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--data", index.folder)
    table = said(capsys, "search", "tent", "--limit", "1", *place)
    assert "tent: 3 links: 3 backlinks on 2 pages of 2 domains" in table
    assert "… and 2 more" in table
    assert answered(capsys, "search", "tent", *place)["in_contexts"] == 2
    lines = said(capsys, "search", "tent", "--in", "titles,anchors", "--format", "csv", *place).splitlines()
    assert lines[0].split(",") == list(Found.__slots__)
    assert len(lines) == 3
    assert "nothing found in anchors of links" in said(capsys, "search", "ten", "--in", "anchors", *place)
    assert "in: 'body' is none of" in said(capsys, "search", "tent", "--in", "body", *place, code=2)


# -- against reading every text

WORDS = ("shop", "Shops", "CAFÉ", "cafe", "東京", "京", "of", "7")
texts = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", ", ", "-", " – "])).map("".join), max_size=4
).map("".join)
terms = st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2), st.booleans(), st.booleans())


def fold(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def has(text: str, words: list[str], *, is_prefix: bool) -> bool:
    """Whether the words stand in the text side by side."""
    spaced = " ".join(["", *re.findall(r"[a-z0-9]+|[一-鿿]", fold(text)), ""])
    wanted = " ".join(["", *re.findall(r"[a-z0-9]+|[一-鿿]", fold(" ".join(words)))])
    return wanted in spaced if is_prefix else f"{wanted} " in spaced


def fits(text: tuple[str, ...], query: list[tuple[list[str], bool, bool]]) -> bool:
    return all(
        any(has(part, words, is_prefix=is_prefix) for part in text) != is_excluded
        for words, is_prefix, is_excluded in query
    )


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(texts, texts, texts, texts), min_size=1, max_size=6),
    st.lists(st.lists(terms, min_size=1, max_size=3), min_size=1, max_size=8),
)
def test_search_is_reading_every_text(
    tmp_path: Path, web: list[tuple[str, str, str, str]], queries: list[list[tuple[list[str], bool, bool]]]
) -> None:
    graph = Graph()
    for number, (anchor, before, after, title) in enumerate(web):
        graph.page(f"http://s{number}.example/", [Link(SHOP, anchor, before=before, after=after)], title=title)
    with index_of(graph, tmp_path) as index:
        for query in queries:
            typed = " ".join(
                f'{"-" * is_excluded}"{" ".join(words)}"{"*" * is_prefix}' for words, is_prefix, is_excluded in query
            )
            if all(is_excluded for *_, is_excluded in query):
                continue
            answer = search(index, Sought(typed))
            expected = {
                f"http://s{number}.example/": " ".join(
                    name
                    for name, text in (("anchors", (anchor,)), ("contexts", (before, after)), ("titles", (title,)))
                    if fits(text, query)
                )
                for number, (anchor, before, after, title) in enumerate(web)
            }
            assert {row.source_url: row.found_in for row in answer.rows} == {
                url: fields for url, fields in expected.items() if fields
            }, typed
            each = Counter(field for fields in expected.values() for field in fields.split())
            assert (answer.in_anchors, answer.in_contexts, answer.in_titles) == tuple(each[name] for name in Field)
            assert answer.links == sum(row.links for row in answer.domains) == len(answer.rows)
            assert tuple(found(index, Sought(typed))) == answer.rows
            assert all("«" in row.snippet for row in answer.rows)


@given(st.text(max_size=30))
def test_words_lie_where_they_say(text: str) -> None:
    words = words_of(text)
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert all(one.end <= next_.start for one, next_ in pairwise(words) if one.end != next_.end)
    assert [word.text for word in words_of(" ".join(word.text for word in words))] == [word.text for word in words]
