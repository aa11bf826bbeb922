"""What others read of crawl.db: every statement runs, has no NULL, and its columns have one type each."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.graph import Graph, Link
from wholinks.storage import views
from wholinks.storage.errors import DataFolderError
from wholinks.storage.records import AnchorSource, Kind, LinkFlag, Placement, Rel, State, bits
from wholinks.storage.shorthand import SAME

STATEMENTS = ("ORIGINS", "URLS", "PAGES", "FETCHES", "LINKS", "EVIDENCE", "REDIRECTED_LINKS", "META")
SHOP = "http://shop.example/"


@pytest.fixture
def crawl_db(tmp_path: Path) -> Path:
    web = (
        Graph()
        .redirect("http://a.example/go", SHOP)
        .page("http://a.example/?utm_source=n", [SHOP, "http://a.example/go"])
    )
    web.page("http://b.example/", ["http://a.example/go?gclid=1", Link(SHOP, rel="nofollow x", rel_raw="x nofollow")])
    web.failed("http://c.example/").waiting("http://d.example/", State.EXCLUDED, "scope").unchanged("http://b.example/")
    return web.write(tmp_path) / views.CRAWL_DB


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_column_is_ever_null_and_each_has_one_type(crawl_db: Path, name: str) -> None:
    with closing(sqlite3.connect(crawl_db)) as db:
        rows = db.execute(getattr(views, name)).fetchall()
    assert rows
    for column in zip(*rows, strict=True):
        assert len({type(value) for value in column}) == 1
        assert type(column[0]) in {int, str}


def test_links_come_with_what_closed_them_and_evidence_beside_them(crawl_db: Path) -> None:
    with closing(sqlite3.connect(crawl_db)) as db:
        db.execute("UPDATE link SET closed_fetch_id = 9 WHERE fetch_id = 2 AND ordinal = 1")
        rows = db.execute(f"SELECT fetch_id, ordinal, closed_fetch_id FROM ({views.LINKS})").fetchall()
        found = db.execute(f"SELECT fetch_id, ordinal, written, context FROM ({views.EVIDENCE})").fetchall()
    assert sorted(rows) == [(1, 1, 0), (2, 1, 9), (2, 2, 0), (3, 1, 0), (3, 2, 0)]
    assert [(*row[:2], row[2].split("\0")) for row in found] == [
        (1, 1, [SAME, ""]), (2, 1, [SAME, ""]), (3, 1, [SAME, ""]), (3, 2, [SAME, "x nofollow", ""]),
    ]  # fmt: skip
    assert {row[3] for row in found} == {"\0"}


@pytest.mark.parametrize("stored", [views.LINKS, views.LINKS_AND_REDIRECTS])
def test_packed_links_are_the_same_links(crawl_db: Path, stored: str) -> None:
    most = bits(max(Kind), max(Placement), max(AnchorSource), sum(LinkFlag))
    with closing(sqlite3.connect(crawl_db)) as db:
        db.execute("UPDATE link SET closed_fetch_id = 9 WHERE fetch_id = 2 AND ordinal = 1")
        db.execute(
            "INSERT INTO link (fetch_id, ordinal, target_url_id, bits, rel, rel_other, anchor_text, closed_fetch_id)"
            " VALUES (3, 70000, -5, ?, ?, 'me2 x', 'a b', NULL), (3, 70001, 5, 0, 0, NULL, '', 9),"
            " (3, 70002, 5, 1, 1, 'y', '', 9)",
            (most, sum(Rel)),
        )
        plain = db.execute(f"SELECT *, closed_fetch_id = 0 FROM ({stored})").fetchall()
        packed = db.execute(views.packed(stored)).fetchall()
    found = []
    for fetch_id, target, number, texts in packed:
        assert (number >> 1 & 1) == ("\0" in texts)
        anchor, _, other = texts.partition("\0")
        look = number >> 20 & 65535, number >> 2 & 262143, other, anchor
        found.append((fetch_id, number >> 36, target, *look, number & 1))
    assert len(found) >= 8
    assert found == [(*row[:7], row[8]) for row in plain]


def test_redirected_links_are_those_to_a_url_that_redirects_itself_or_by_its_key(crawl_db: Path) -> None:
    with closing(sqlite3.connect(crawl_db)) as db:
        rows = db.execute(f"SELECT fetch_id, ordinal FROM ({views.REDIRECTED_LINKS})").fetchall()
    assert sorted(rows) == [(2, 2), (3, 1)]


def test_the_extent_is_the_highest_fetch(crawl_db: Path, tmp_path: Path) -> None:
    assert views.extent(crawl_db).last_fetch_id == 5
    empty = Graph().write(tmp_path / "empty") / views.CRAWL_DB
    assert views.extent(empty).last_fetch_id == 0
    with pytest.raises(DataFolderError, match="no crawl here yet"):
        views.extent(tmp_path / "nothing.db")
