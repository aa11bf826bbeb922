"""The index is the crawl transposed: whatever the web and the question, its numbers are those counted the long way."""

import tempfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Link
from tests.index.asking import index_of
from tests.index.evaluator import expected
from wholinks.index.answers import LinkRow
from wholinks.index.queries import Index
from wholinks.index.questions import By, Follow
from wholinks.index.target import Mode, Schemes
from wholinks.storage.records import COUNTED_KINDS, Kind

HOSTS = (
    "a.example", "www.a.example", "blog.a.example", "b.example", "c.github.io", "d.github.io", "github.io", "127.0.0.1",
)  # fmt: skip
PATHS = ("/", "/x", "/x/", "/x?q=1", "/x?utm_source=n", "/?utm_source=n", "/xy", "/x/y")
URLS = st.one_of(
    st.builds("http://{}{}".format, st.sampled_from(HOSTS), st.sampled_from(PATHS)),
    st.builds("{}{}".format, st.sampled_from(("https://a.example", "https://b.example:8443")), st.sampled_from(PATHS)),
)
LINKS = st.builds(
    Link,
    URLS,
    anchor=st.sampled_from(("", "tent", "Zelt")),
    rel=st.sampled_from(("", "", "", "nofollow", "ugc nofollow", "sponsored", "noopener me2")),
    kind=st.sampled_from((Kind.TEXT, Kind.TEXT, Kind.IMAGE, Kind.CANONICAL, Kind.FORM)),
    is_closed=st.sampled_from((False, False, False, False, True)),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    graph = Graph()
    for url in draw(st.lists(URLS, unique=True, min_size=1, max_size=10)):
        match draw(st.sampled_from(("page", "page", "page", "page", "redirect", "failed"))):
            case "page":
                canonical = draw(st.one_of(st.none(), URLS))
                links = draw(st.lists(LINKS, max_size=6))
                graph.page(url, links, canonical=canonical, nofollow=draw(st.sampled_from((False, False, True))))
                if draw(st.booleans()):
                    graph.unchanged(url)
            case "redirect":
                graph.redirect(url, draw(URLS))
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(graphs(), st.lists(TARGETS, min_size=3, max_size=6))
def test_the_index_answers_what_is_counted_the_long_way(graph: Graph, targets: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, index_of(graph, Path(folder)) as index:
        for typed, mode, protocol, follow, kinds in [
            (host, None, Schemes.BOTH, Follow.ALL, COUNTED_KINDS) for host in HOSTS
        ]:
            _compare(index, graph, typed, mode, protocol, follow, kinds)
        for typed, mode, protocol, follow, kinds in targets:
            if mode is Mode.PREFIX and "?" in typed:
                continue
            _compare(index, graph, typed, mode, protocol, follow, kinds)


def _compare(
    index: Index, graph: Graph, typed: str, mode: Mode | None, protocol: Schemes, follow: Follow, kinds: frozenset[Kind]
) -> None:
    truth = expected(graph, typed, mode and mode.value, protocol.value, follow.value, kinds)
    options: dict[str, Any] = {"mode": mode, "protocol": protocol, "follow": follow, "kinds": kinds}
    by_domain = index.who_links_to(typed, **options)
    assert asdict(by_domain.totals) == truth.totals
    assert [_numbers(asdict(row)) for row in by_domain.rows] == truth.by_domain
    by_page = index.who_links_to(typed, by=By.PAGE, **options)
    assert [
        (row.source_url, row.target_url, row.links, row.anchor_text, row.followed, row.evidence.ordinal)
        for row in by_page.rows
        if isinstance(row, LinkRow)
    ] == truth.by_page
    by_link = index.who_links_to(typed, by=By.LINK, **options)
    assert [
        (row.source_url, row.target_url, row.anchor_text, row.followed, row.evidence.ordinal)
        for row in by_link.rows
        if isinstance(row, LinkRow)
    ] == truth.by_link
    by_anchor = index.who_links_to(typed, by=By.ANCHOR, **options)
    assert [tuple(asdict(row).values()) for row in by_anchor.rows] == truth.by_anchor
    for answer in (by_domain, by_page, by_link, by_anchor):
        assert answer.totals == by_domain.totals
        assert answer.rows_known == len(answer.rows)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value.timestamp()) if isinstance(value, datetime) else value for name, value in row.items()}
