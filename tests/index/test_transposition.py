"""The index is the crawl transposed: whatever the web and the question, its numbers are those counted the long way."""

import tempfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link, site
from tests.index.asking import examples, index_of
from tests.index.evaluator import expected, expected_from
from wholinks.index.answers import LinkRow
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow, Question
from wholinks.index.target import Mode, Schemes, Target
from wholinks.storage.records import COUNTED_KINDS, Kind, Placement

HOSTS = ("a.example", "www.a.example", "b.example", "c.github.io", "github.io", "127.0.0.1")
PATHS = ("/", "/x", "/x/", "/x?q=1", "/x?utm_source=n", "/xy", "/x/y")
URLS = st.one_of(
    st.builds("http://a.example{}".format, st.sampled_from(PATHS)),
    st.builds("http://{}{}".format, st.sampled_from(HOSTS), st.sampled_from(PATHS)),
    st.builds("{}{}".format, st.sampled_from(("https://a.example", "https://b.example:8443")), st.sampled_from(PATHS)),
)
RELS = ("", "", "", "nofollow", "ugc nofollow", "sponsored", "noopener me2")
KINDS = (Kind.TEXT, Kind.TEXT, Kind.IMAGE, Kind.CANONICAL)
PREFIX_SITES = ("a.example/x", "a.example/x/y", "www.a.example/x", "b.example/x", "c.github.io/xy", "127.0.0.1/x")
ACTIONS = ("page", "page", "page", "page", "redirect", "redirect", "nothing")


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Few URLs, closely woven: every rule has something to bite on."""
    urls = draw(st.lists(URLS, unique=True, min_size=4, max_size=9))
    some = st.sampled_from(urls)
    link = st.builds(
        Link,
        some,
        anchor=st.sampled_from(("", "tent", "Zelt")),
        rel=st.sampled_from(RELS),
        kind=st.sampled_from(KINDS),
        placement=st.sampled_from(Placement),
        is_closed=st.sampled_from((False,) * 9 + (True,)),
    )
    links = st.lists(link, min_size=1, max_size=8)
    graph = Graph(
        prefix_sites=tuple(draw(st.sets(st.sampled_from(PREFIX_SITES), max_size=2))), named_early=draw(st.booleans())
    )
    for url in urls:
        match draw(st.sampled_from(ACTIONS)):
            case "page":
                near = [other for other in urls if site(other) == site(url)]  # also of another site by prefix
                canonical = draw(st.sampled_from([None, *near, *near, urls[0]]))
                graph.page(
                    url,
                    draw(links),
                    canonical=canonical,
                    nofollow=draw(st.sampled_from((False, False, True))),
                    language=draw(st.sampled_from(("", "en", "de-AT", "DE"))),
                )
                if draw(st.booleans()):
                    graph.unchanged(url)
            case "redirect":
                graph.redirect(url, draw(some))
            case _:
                graph.failed(url)
    return graph


TARGETS = st.tuples(
    st.one_of(st.sampled_from(HOSTS), URLS, st.sampled_from(("b.example:8443", "example", "A.EXAMPLE/x"))),
    st.one_of(st.none(), st.sampled_from(list(Mode))),
    st.sampled_from((Schemes.BOTH, Schemes.BOTH, Schemes.HTTP, Schemes.HTTPS)),
    st.sampled_from((Follow.ALL, *Follow)),
    st.one_of(st.just(COUNTED_KINDS), st.frozensets(st.sampled_from(list(Kind)), min_size=1, max_size=3)),
)


ENDS = st.tuples(TARGETS, TARGETS)


def _is_asked_in_vain(typed: str, mode: Mode | None) -> bool:
    """A prefix takes no query."""
    return mode is Mode.PREFIX and "?" in typed


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(graphs(), st.lists(ENDS, min_size=4, max_size=6))
def test_the_index_answers_what_is_counted_the_long_way(graph: Graph, asked: list[Any]) -> None:
    whole = (("a.example", None, Schemes.BOTH), ("b.example", None, Schemes.BOTH))
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        for end in whole:
            _compare(index, graph, None, end, Follow.ALL, COUNTED_KINDS)
            _compare(index, graph, end, None, Follow.ALL, COUNTED_KINDS)
        _compare(index, graph, *whole, Follow.ALL, COUNTED_KINDS)
        for (*target, follow, kinds), (*source, _, _) in asked:
            if _is_asked_in_vain(*target[:2]) or _is_asked_in_vain(*source[:2]):
                continue
            _compare(index, graph, None, tuple(target), follow, kinds)
            _compare(index, graph, tuple(source), None, follow, kinds)
            ends = [index.target(end[0], mode=end[1], protocol=end[2]) for end in (source, target)]
            if ends[0].domain != ends[1].domain:
                _compare(index, graph, tuple(source), tuple(target), follow, kinds)


End = tuple[str, Mode | None, Schemes]


def _compare(  # noqa: PLR0917 - a question
    index: Index, graph: Graph, source: End | None, target: End | None, follow: Follow, kinds: frozenset[Kind]
) -> None:
    options: Any = {"follow": follow, "kinds": kinds}
    if source is None and target is not None:
        truth = expected(graph, *_plain(target), **options)
        answers = {by: index.answer(Question(_meant(index, target), by, follow, kinds)) for by in By}
    else:
        assert source is not None
        truth = expected_from(graph, _plain(source), _plain(target) if target else None, **options)
        ends = _meant(index, target) if target else None, _meant(index, source)
        answers = {by: index.answer(Question(ends[0], by, follow, kinds, source=ends[1])) for by in By}
    for answer in answers.values():
        assert asdict(answer.totals) == truth.totals
        assert answer.rows_known == len(answer.rows)
    assert [_numbers(asdict(row)) for row in answers[By.DOMAIN].rows] == truth.by_domain
    assert [
        (row.source_url, row.target_url, row.links, row.anchor_text, row.followed, row.evidence.ordinal)
        for row in answers[By.PAGE].rows
        if isinstance(row, LinkRow)
    ] == truth.by_page
    assert [
        (row.source_url, row.target_url, row.anchor_text, row.followed, row.evidence.ordinal)
        for row in answers[By.LINK].rows
        if isinstance(row, LinkRow)
    ] == truth.by_link
    assert [tuple(asdict(row).values())[:5] for row in answers[By.ANCHOR].rows] == truth.by_anchor
    for by, rows in truth.grouped.items():
        for row, wanted in zip(answers[By(by)].rows, rows, strict=True):
            name, *measures = asdict(row).items()
            assert name[1] == wanted["name"]
            assert dict(measures) == {measure: wanted[measure] for measure, _ in measures}


def _plain(end: End) -> tuple[str, str | None, str]:
    typed, mode, protocol = end
    return typed, mode and mode.value, protocol.value


def _meant(index: Index, end: End) -> Target:
    typed, mode, protocol = end
    return index.target(typed, mode=mode, protocol=protocol)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value.timestamp()) if isinstance(value, datetime) else value for name, value in row.items()}
