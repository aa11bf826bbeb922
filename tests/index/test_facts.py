"""Facts the index keeps for research: where pages were served from, what links within sites, and every last answer."""

from pathlib import Path
from typing import Any

from tests.graph import Graph, Link
from tests.index.asking import index_of
from wholinks.index.schema import Mark
from wholinks.storage.records import Outcome

_NAMED = """
SELECT origin.origin || url.path, {columns} FROM {table} JOIN url USING (url_id) JOIN origin USING (origin_id)
ORDER BY 1"""
_INTERNAL = """
SELECT there.origin || target.path, here.origin || source.path, follow, links
FROM internal JOIN url AS target ON target.url_id = target_url_id JOIN origin AS there USING (origin_id)
JOIN url AS source ON source.url_id = source_url_id JOIN origin AS here ON here.origin_id = source.origin_id
ORDER BY 1, 2"""


def _facts(graph: Graph, folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with index_of(graph, folder) as index:
        return index.session().execute(statement).fetchall()


def test_a_page_is_kept_with_its_address_words_and_simhash(tmp_path: Path) -> None:
    graph = Graph().page("http://a.example/", ip="192.0.2.7", words=120, simhash=-5).page("http://b.example/")
    statement = _NAMED.format(table="page", columns="remote_ip, words, simhash")
    assert _facts(graph, tmp_path, statement) == [
        ("http://a.example/", "192.0.2.7", 120, -5),
        ("http://b.example/", "", 0, 0),
    ]


def test_links_within_a_site_are_kept_by_page_and_target(tmp_path: Path) -> None:
    graph = Graph()
    graph.page("http://a.example/", ["http://a.example/1", Link("http://a.example/1", rel="nofollow")])
    graph.page("http://a.example/2", [Link("http://www.a.example/1", rel="nofollow"), "http://b.example/"])
    graph.page("http://a.example/3", ["http://a.example/1"], nofollow=True)
    assert _facts(graph, tmp_path, _INTERNAL) == [
        ("http://a.example/1", "http://a.example/", Mark.FOLLOWED | Mark.NOFOLLOW, 2),
        ("http://a.example/1", "http://a.example/3", Mark.NOFOLLOW, 1),
        ("http://www.a.example/1", "http://a.example/2", Mark.NOFOLLOW, 1),
    ]


def test_of_every_url_asked_for_the_last_answer_is_kept(tmp_path: Path) -> None:
    graph = Graph()
    graph.page("http://a.example/", ["http://a.example/gone", "http://b.example/"])
    graph.page("http://a.example/gone").failed("http://a.example/gone", 410).redirect(
        "http://b.example/", "http://c.example/"
    )
    statement = _NAMED.format(table="asked", columns="outcome, status, reason")
    assert _facts(graph, tmp_path, statement) == [
        ("http://a.example/", Outcome.PAGE, 200, ""),
        ("http://a.example/gone", Outcome.HTTP_ERROR, 410, "http_410"),
        ("http://b.example/", Outcome.REDIRECT, 301, ""),
    ]
