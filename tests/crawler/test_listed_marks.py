"""That a sitemap or feed of its site names a page is marked, however the page was found, and stays so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.running import answered, said
from tests.fake_web import FakeWeb, Response
from tests.graph import START, Graph
from wholinks.cli import run
from wholinks.index.build import build_index
from wholinks.index.queries import Index
from wholinks.research.coverage.sites import site_coverage
from wholinks.storage import schema
from wholinks.storage.backup import back_up
from wholinks.storage.compacting import rewrite
from wholinks.storage.database import CRAWL_DB, prepare
from wholinks.storage.forgetting import Forgotten, forget
from wholinks.storage.merging import merge
from wholinks.storage.records import Listed

from .crawling import crawl, query, sound
from .test_listings import WWW, A, B, rss, urlset
from .test_recrawl import aged, recrawl

SITEMAP, FEED = Listed.SITEMAP, Listed.FEED


def marks(folder: Path) -> dict[str, int]:
    """The pages that are marked, by URL."""
    rows = query(folder, "SELECT url, listed FROM page JOIN urls USING (url_id) WHERE listed IS NOT NULL")
    return dict(rows)


def web() -> FakeWeb:
    """/1 is linked and listed, /2 listed and linked by it, /3 linked, /4 listed, /5 in the feed, /6 in both."""
    made = FakeWeb()
    made.page(f"{A}/", ["/1", "/3", "/feed", f"{B}/", f"{WWW}/"])
    made.page(f"{A}/1", ["/2"])
    for number in range(2, 7):
        made.page(f"{A}/{number}")
    made.page(f"{WWW}/")
    made.answer(f"{A}/sitemap.xml", urlset(f"{A}/1", f"{A}/2?utm_source=map", f"{A}/4", f"{A}/6", f"{A}/dead"))
    made.answer(f"{A}/feed", rss(f"{A}/5", f"{A}/6", f"{B}/2"))
    made.page(f"{B}/", ["/rss"])
    made.page(f"{B}/2")
    made.answer(f"{B}/rss", rss(f"{A}/3"))
    return made


ALL = {
    f"{A}/1": SITEMAP, f"{A}/2": SITEMAP, f"{A}/4": SITEMAP, f"{A}/dead": SITEMAP,
    f"{A}/5": FEED, f"{A}/6": SITEMAP | FEED,
}  # fmt: skip


def seen(folder: Path) -> dict[str, int]:
    """The marks, by URL without tracking parameters."""
    return {url.partition("?")[0]: listed for url, listed in marks(folder).items()}


async def test_whatever_named_it_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with web().serve() as served:
        await crawl(served, [A, B], tmp_path, sitemaps=True)
        assert seen(tmp_path) == ALL  # a feed of another site marks nothing
        sound(tmp_path)
        build_index(tmp_path)
        with Index(tmp_path) as index:
            found = site_coverage(index, index.target("a.example")).rows[0].sitemaps
        # listed: 1, 2, 4, 5, 6; linked: 1, 2, 3, www; the dead page and the feed are no pages
        assert (found.listed, found.linked, found.listed_and_linked) == (5, 4, 2)
        assert (found.listed_by_feeds_only, found.unread) == (1, 0)
        aged(tmp_path, 400)
        await recrawl(served, tmp_path)
        assert seen(tmp_path) == ALL
    page = answered(capsys, "why", f"{A}/6", "--data", tmp_path)["page"]
    assert page["listed"] == ["sitemap", "feed"]
    assert "named by its site's sitemap and feed" in said(capsys, "why", f"{A}/6", "--data", tmp_path)
    assert "named by its site's" not in said(capsys, "why", f"{A}/3", "--data", tmp_path)


async def test_a_page_known_from_an_earlier_crawl_is_marked(tmp_path: Path) -> None:
    async with web().serve() as served:
        await crawl(served, [A], tmp_path, max_pages=2)
        assert marks(tmp_path) == {}
        await crawl(served, [A], tmp_path, sitemaps=True)
    assert seen(tmp_path) == ALL


async def test_copies_and_what_is_written_anew_keep_it(tmp_path: Path) -> None:
    async with web().serve() as served:
        await crawl(served, [A], tmp_path / "one", sitemaps=True)
    back_up(tmp_path / "one", tmp_path / "copy")
    rewrite(tmp_path / "one")
    assert seen(tmp_path / "one") == seen(tmp_path / "copy") == ALL


async def test_two_halves_make_the_whole(tmp_path: Path) -> None:
    """One crawl read the sitemap, the other one only followed links and met the feed."""
    parts = tmp_path / "one", tmp_path / "two"
    lone = FakeWeb()
    for path in ("/", "/1", "/2", "/4", "/6"):
        lone.page(f"{A}{path}")
    lone.answer(f"{A}/sitemap.xml", urlset(*(url for url in ALL if ALL[url] & SITEMAP)))
    async with lone.serve() as served:
        await crawl(served, [A], parts[0], sitemaps=True)
    unlisted = web()
    unlisted.answer(f"{A}/sitemap.xml", Response(404))
    async with unlisted.serve() as served:
        await crawl(served, [A], parts[1], sitemaps=True)
    assert set(marks(parts[1]).values()) == {FEED}
    merge(tmp_path / "all", parts)
    merge(tmp_path / "back", parts[::-1])
    assert seen(tmp_path / "all") == seen(tmp_path / "back") == ALL


async def test_what_a_forgotten_host_listed_is_not_known_any_more(tmp_path: Path) -> None:
    made = web()
    made.robots(WWW, f"Sitemap: {WWW}/map.xml")
    made.answer(f"{WWW}/map.xml", urlset(f"{A}/3", f"{A}/only", f"{WWW}/"))
    made.page(f"{A}/only")
    async with made.serve() as served:
        await crawl(served, [A, WWW], tmp_path, sitemaps=True)
        assert seen(tmp_path) == {**ALL, f"{A}/3": SITEMAP, f"{A}/only": SITEMAP, f"{WWW}/": SITEMAP}
        forget(tmp_path, [Forgotten("www.a.example", False, False, START)])
        assert marks(tmp_path) == {}
        forget(tmp_path, [])
        await crawl(served, [A], tmp_path, sitemaps=True)  # reads anew what is left
    wanted = {url: SITEMAP for url, listed in ALL.items() if listed & SITEMAP}
    assert seen(tmp_path) == wanted
    forget(tmp_path, [Forgotten("other.example", False, False, START)])
    assert seen(tmp_path) == wanted
    sound(tmp_path)


async def test_a_page_that_its_own_sitemap_names_outlives_who_linked_to_it(tmp_path: Path) -> None:
    made = FakeWeb()
    made.page(f"{A}/")
    made.page(f"{B}/", [f"{A}/linked", f"{A}/both"])
    made.answer(f"{A}/sitemap.xml", urlset(f"{A}/both"))
    made.robots(A, "User-agent: *\nDisallow: /linked\nDisallow: /both")
    async with made.serve() as served:
        await crawl(served, [B, A], tmp_path, sitemaps=True)
    with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:  # whichever was quicker: the link is to be the first
        db.execute(
            "UPDATE page SET sitemap_url_id = NULL, found_fetch_id = (SELECT fetch_id FROM fetch JOIN urls USING"
            " (url_id) WHERE host = 'b.example' AND outcome = 0) WHERE listed = 1"
        )
    known = "SELECT url FROM page JOIN urls USING (url_id) WHERE host = 'a.example'"
    assert {row[0] for row in query(tmp_path, known)} == {f"{A}/", f"{A}/linked", f"{A}/both"}
    forget(tmp_path, [Forgotten("b.example", False, False, START)])
    assert {row[0] for row in query(tmp_path, known)} == {f"{A}/", f"{A}/both"}
    assert marks(tmp_path) == {f"{A}/both": SITEMAP}
    sound(tmp_path)


async def test_a_folder_of_an_older_version_reads_its_sitemaps_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with web().serve() as served:
        await crawl(served, [A], tmp_path, sitemaps=True)
        with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
            db.execute("ALTER TABLE page DROP COLUMN listed")
            db.execute("PRAGMA user_version = 3")
        assert answered(capsys, "why", f"{A}/6", "--data", tmp_path)["page"]["listed"] == []
        build_index(tmp_path)  # brings it up to date
        assert query(tmp_path, "PRAGMA user_version") == [(schema.VERSION,)]
        assert marks(tmp_path) == {}
        await crawl(served, [A], tmp_path, sitemaps=True)
    assert {url for url, listed in seen(tmp_path).items() if listed & SITEMAP} == {
        url for url, listed in ALL.items() if listed & SITEMAP
    }


def test_an_index_is_built_of_an_older_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Graph().page(f"{A}/", [f"{B}/"]).write(tmp_path)
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        db.execute("ALTER TABLE page DROP COLUMN listed")
        db.execute("PRAGMA user_version = 3")
    assert run(["index", "--data", str(folder)]) == 0
    assert answered(capsys, "to", "b.example", "--data", folder)["totals"]["backlinks"] == 1
    prepare(folder / CRAWL_DB)
    assert query(folder, "PRAGMA user_version") == [(schema.VERSION,)]
