"""``--check-targets``: each linked URL outside of reach is asked once, politely, and never read."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.crawler.crawling import crawl
from tests.fake_web import FakeWeb
from wholinks.storage.database import CRAWL_DB


def targets(folder: Path) -> dict[str, tuple[int, str | None]]:
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db:
        rows = db.execute("SELECT url, state, reason FROM target JOIN urls USING (url_id)").fetchall()
    return {url: (state, reason) for url, state, reason in rows}


def a_web() -> FakeWeb:
    web = FakeWeb()
    web.page("http://a.example/", ["/2", "http://b.example/old", "http://b.example/gone", "http://c.example/"])
    web.page("http://a.example/2", ["http://b.example/old", "http://b.example/private/x"])
    web.chain("http://b.example/old", "http://b.example/new", "http://d.example/there")
    web.page("http://b.example/new", [])
    web.page("http://d.example/there", ["http://e.example/never-read"])
    web.page("http://c.example/", ["http://e.example/never-read"])
    web.robots("http://b.example", "User-agent: *\nDisallow: /private")
    web.chain("http://b.example/old", "http://b.example/middle", "http://d.example/there")
    return web


async def test_each_target_and_its_redirects_are_asked_once_and_not_read(tmp_path: Path) -> None:
    async with a_web().serve() as served:
        report = await crawl(served, ["http://a.example/"], tmp_path, check_targets=True)
        assert report.stats.pages == 2
        assert targets(tmp_path) == {
            "http://b.example/old": (2, None),
            "http://b.example/middle": (2, None),
            "http://d.example/there": (1, None),
            "http://b.example/gone": (3, "http_404"),
            "http://b.example/private/x": (4, "robots"),
            "http://c.example/": (1, None),
        }
        assert report.states["fetched"] == {"": 2}, "a target is no page of the crawl"
        asked = [url for url in served.urls() if not url.endswith("/robots.txt")]
        assert len(asked) == len(set(asked)) == 7
        assert not served.requests("e.example")
        assert all(served.max_concurrent(host) == 1 for host in ("b.example", "c.example", "d.example"))

        await crawl(served, [], tmp_path, check_targets=True)
        assert len([url for url in served.urls() if not url.endswith("/robots.txt")]) == 7, "once is enough"


async def test_without_the_option_nothing_outside_of_reach_is_asked(tmp_path: Path) -> None:
    async with a_web().serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path)
        assert {request.host for request in served.log} == {"a.example"}
        assert targets(tmp_path) == {}


async def test_targets_are_checked_at_the_limit_of_pages_too_and_count_in_no_budget(tmp_path: Path) -> None:
    async with a_web().serve() as served:
        report = await crawl(served, ["http://a.example/"], tmp_path, check_targets=True, max_pages=1)
        assert report.ended_why == "max_pages"
        assert report.stats.pages == 1
        assert "http://c.example/" in targets(tmp_path)


async def test_a_target_that_comes_into_reach_later_is_read_then(tmp_path: Path) -> None:
    async with a_web().serve() as served:
        await crawl(served, ["http://a.example/"], tmp_path, check_targets=True)
        report = await crawl(served, ["http://c.example/"], tmp_path)
        assert report.stats.pages == 1
        assert served.urls("c.example").count("http://c.example/") == 2
