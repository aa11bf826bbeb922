"""Pairs of domains are counted twice in this code: ahead in order of the links, and by SQL where a question filters."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.graph import Graph, Link
from tests.index.asking import index_of
from tests.index.test_history import story
from wholinks.index import pairs, slicing
from wholinks.index.counting import BY_DOMAIN_COLUMNS, DEFAULT_KIND_MASK, DOUBTS, NOW, PAIRS

COUNTED = f"""
WITH counted AS (SELECT * FROM link WHERE {DEFAULT_KIND_MASK:d} >> kind & 1 = 1 AND dup_kinds = 0),
     pair AS ({PAIRS.format(keys="target_domain_id, source_domain_id, ")})
SELECT target_domain_id, source_domain_id, {BY_DOMAIN_COLUMNS}, {DOUBTS.format(now=NOW)}
FROM pair JOIN page ON page.url_id = pair.source_url_id GROUP BY target_domain_id, source_domain_id
ORDER BY target_domain_id, source_domain_id"""

AHEAD = """
SELECT target_domain_id, source_domain_id, backlinks, links, referring_pages, followed, nofollow, ugc, sponsored,
       first_seen_at, last_seen_at, suspect, unknown, stale FROM pair"""


def web(seed: int) -> Graph:
    """Seven sites whose pages link to each other at random, with repeats."""
    random = Random(seed)
    made = Graph()
    pages = [f"http://site-{site}.example/{page}" for site in range(7) for page in range(random.randint(1, 6))]
    for source in pages:
        targets = random.choices(pages[:: random.randint(1, 4)], k=random.randint(0, 12))
        made.page(source, [Link(url, "x", random.choice(["", "nofollow", "ugc", "sponsored ugc"])) for url in targets])
    return made


@pytest.mark.parametrize("links_a_slice", [1, 5, 1000])
@pytest.mark.parametrize("rows_at_a_time", [1, 4, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_what_sql_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, links_a_slice: int, rows_at_a_time: int
) -> None:
    monkeypatch.setattr(slicing, "SLICE_LINKS", links_a_slice)
    monkeypatch.setattr(pairs, "BATCH_ROWS", rows_at_a_time)
    with index_of(web(seed), tmp_path) as index:
        counted = index._duck.execute(COUNTED).fetchall()
        assert index._duck.execute(AHEAD).fetchall() == counted
        assert any(backlinks < links for _, _, backlinks, links, *_ in counted)
        assert any(pages < backlinks for _, _, backlinks, _, pages, *_ in counted)


@pytest.mark.parametrize("seed", range(12))
def test_pairs_with_a_history_are_what_sql_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """All but when they were first seen, which links that are no more may know better."""
    monkeypatch.setattr(slicing, "SLICE_LINKS", 3)
    with index_of(story(Random(seed)), tmp_path) as index:
        columns = "SELECT * EXCLUDE (first_seen_at) FROM ({})"
        counted = index._duck.execute(columns.format(COUNTED)).fetchall()
        assert index._duck.execute(columns.format(AHEAD)).fetchall() == counted
        assert index._duck.execute("SELECT 1 FROM link WHERE state + seen_after_s + unseen_s <> 0").fetchall()


def test_without_links_there_are_no_pairs(tmp_path: Path) -> None:
    with index_of(Graph().page("http://site-1.example/", []), tmp_path) as index:
        assert index._duck.execute(AHEAD).fetchall() == []


def test_what_goes_wrong_while_pairs_are_counted_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another thread, and amid the statement that writes them."""
    summed, calls = pairs._summed, list[int]()

    def fail(*given: Any) -> pairs.Columns:
        calls.append(1)
        if len(calls) > 3:
            raise ZeroDivisionError
        return summed(*given)

    monkeypatch.setattr(slicing, "SLICE_LINKS", 1)
    monkeypatch.setattr(pairs, "BATCH_ROWS", 1)
    monkeypatch.setattr(pairs, "_summed", fail)
    with pytest.raises(ZeroDivisionError), index_of(web(0), tmp_path):
        pass
    assert len(calls) > 3
    assert not (tmp_path / "index.duckdb").exists()
