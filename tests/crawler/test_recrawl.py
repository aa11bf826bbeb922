"""Asking again: what is due, what changed, what a server says is as it was."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.crawling import LONGEST_CRAWL_S, crawl, page_requests, query, quick, sound, states
from tests.fake_web import FakeWeb, Served
from tests.fake_web.answers import Request, Response
from tests.fake_web.web import Link, render
from wholinks.crawler import intervals
from wholinks.crawler.engine import Crawl, CrawlReport, Recrawl
from wholinks.crawler.url_rules import UrlRule
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.records import Outcome, State

DAY_S = 24 * 3600
BLOG = "http://blog.example/"


def aged(folder: Path, days: float) -> None:
    """Make everything that happened ``days`` older."""
    seconds = int(days * DAY_S)
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        for table, column in (
            ("fetch", "fetched_at"), ("page", "asked_at"), ("page", "found_at"), ("robots", "fetched_at"),
            ("host", "asleep_until"),
        ):  # fmt: skip
            db.execute(f"UPDATE {table} SET {column} = {column} - ?", (seconds,))


async def recrawl(served: Served, folder: Path, *, ahead_days: int = 0, **settings: Any) -> CrawlReport:
    async with asyncio.timeout(LONGEST_CRAWL_S):
        return await Crawl(folder, quick(served, **settings)).run([], Recrawl(None, ahead_days * DAY_S))


def outcomes(folder: Path, path: str = "/") -> list[Outcome]:
    rows = query(folder, "SELECT outcome FROM fetch JOIN url USING (url_id) WHERE path = ? ORDER BY fetch_id", path)
    return [Outcome(outcome) for (outcome,) in rows]


def told(folder: Path) -> list[tuple[str, str, int, int | None]]:
    """Every link row of blog.example: target's host, anchor text, opening and closing fetch."""
    return query(
        folder,
        "SELECT origin.host || url.path, anchor_text, fetch_id, closed_fetch_id FROM link"
        " JOIN url ON url.url_id = target_url_id JOIN origin USING (origin_id) ORDER BY fetch_id, ordinal",
    )


def interval(folder: Path, path: str = "/") -> int:
    return int(query(folder, "SELECT interval_s FROM page JOIN url USING (url_id) WHERE path = ?", path)[0][0])


async def test_nothing_is_due_before_its_time(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        report = await recrawl(served, tmp_path)
        assert (report.due, report.had_work) == (0, False)
        aged(tmp_path, 8)
        report = await recrawl(served, tmp_path)
        assert (report.due, report.had_work) == (1, True)
        assert (await recrawl(served, tmp_path)).due == 0
        assert page_requests(served) == [BLOG, BLOG]
    sound(tmp_path, is_recrawled=True)


async def test_an_unchanged_page_costs_one_row_and_waits_longer(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/", "http://shop.example/a"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        assert interval(tmp_path) == intervals.FIRST_S
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
    assert outcomes(tmp_path) == [Outcome.PAGE, Outcome.PAGE]
    assert [(row[2], row[3]) for row in told(tmp_path)] == [(1, None), (1, None)]
    assert query(tmp_path, "SELECT count(*) FROM evidence") == [(2,)]
    assert interval(tmp_path) == intervals.FIRST_S * 3 // 2


async def test_links_open_and_close_and_a_changed_page_is_asked_sooner(tmp_path: Path) -> None:
    web = FakeWeb()
    stays, goes = Link("http://shop.example/stays", "stays"), Link("http://shop.example/goes", "goes")
    web.page(BLOG, [goes, stays, stays, Link("http://shop.example/rel", "rel")])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        web.page(
            BLOG, [Link("http://shop.example/new", "new"), stays, Link("http://shop.example/rel", "rel", "nofollow")]
        )
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
    assert told(tmp_path) == [
        ("shop.example/goes", "goes", 1, 2),
        ("shop.example/stays", "stays", 1, None),
        ("shop.example/stays", "stays", 1, 2),
        ("shop.example/rel", "rel", 1, 2),
        ("shop.example/new", "new", 2, None),
        ("shop.example/rel", "rel", 2, None),
    ]
    assert interval(tmp_path) == intervals.FIRST_S // 2


async def test_a_page_that_lost_all_its_links_is_asked_sooner(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        web.page(BLOG, [])
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
        assert interval(tmp_path) == intervals.FIRST_S // 2
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
    assert interval(tmp_path) == intervals.FIRST_S // 2 * 3 // 2


async def test_another_spelling_is_not_asked_whether_it_is_what_the_first_one_was(tmp_path: Path) -> None:
    headers = {"ETag": '"v1"'}

    def answer(request: Request) -> Response:
        if request.headers.get("if-none-match"):
            return Response(304, headers)
        return Response(200, headers, render(["http://shop.example/"], "new").encode())

    web = FakeWeb()
    web.page(f"{BLOG}?utm_source=x", ["http://shop.example/"], headers=headers)
    web.answer(BLOG, answer)
    async with web.serve() as served:
        await crawl(served, [f"{BLOG}?utm_source=x"], tmp_path)
        web.redirect(f"{BLOG}?utm_source=x", "/")
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
    assert outcomes(tmp_path, "/?utm_source=x") == [Outcome.PAGE, Outcome.REDIRECT]
    assert outcomes(tmp_path) == [Outcome.PAGE]


async def test_a_page_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    body = render(["http://shop.example/"], "blog").encode()
    asked: list[str | None] = []

    def answer(request: Request) -> Response:
        asked.append(request.headers.get("if-none-match"))
        assert request.headers.get("if-modified-since") == (
            None if len(asked) == 1 else "Mon, 02 Mar 2026 10:00:00 GMT"
        )
        is_known = request.headers.get("if-none-match") == '"v1"'
        headers = {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}
        return Response(304, headers) if is_known else Response(200, headers, body)

    web = FakeWeb()
    web.answer(BLOG, answer)
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        for _ in range(2):
            aged(tmp_path, 30)
            report = await recrawl(served, tmp_path)
            assert report.stats.unchanged == 1
    assert asked == [None, '"v1"', '"v1"']
    assert outcomes(tmp_path) == [Outcome.PAGE, Outcome.NOT_MODIFIED, Outcome.NOT_MODIFIED]
    assert states(tmp_path)[BLOG] is State.FETCHED
    assert [(row[2], row[3]) for row in told(tmp_path)] == [(1, None)]


async def test_a_304_that_nobody_asked_for_is_an_error(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(BLOG, Response(304))
    async with web.serve() as served:
        report = await crawl(served, [BLOG], tmp_path)
    assert report.states["failed"] == {"http_304": 1}


async def test_a_page_that_was_cut_is_asked_for_as_a_whole(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/"] * 500, headers={"ETag": '"v1"'})
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path, max_body_bytes=2000)
        aged(tmp_path, 8)
        report = await recrawl(served, tmp_path, max_body_bytes=2_000_000)
    assert report.stats.unchanged == 0
    assert query(tmp_path, "SELECT is_complete FROM fetch ORDER BY fetch_id") == [(0,), (1,)]


async def test_a_failure_closes_no_link_and_is_looked_at_again_after_a_day(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        web.page(BLOG, [], status=404)
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
        assert interval(tmp_path) == DAY_S
        aged(tmp_path, 1.1)
        await recrawl(served, tmp_path)
        assert interval(tmp_path) == 2 * DAY_S
    assert outcomes(tmp_path) == [Outcome.PAGE, Outcome.HTTP_ERROR, Outcome.HTTP_ERROR]
    assert [(row[2], row[3]) for row in told(tmp_path)] == [(1, None)]
    assert states(tmp_path)[BLOG] is State.FAILED


async def test_a_redirect_brings_the_page_it_leads_to_though_that_is_not_due(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["/old", "/other"])
    web.page(f"{BLOG}old", ["http://shop.example/"])
    web.page(f"{BLOG}other", ["http://shop.example/"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        aged(tmp_path, 8)
        with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
            db.execute(
                "UPDATE page SET interval_s = 90 * 86400"
                " WHERE url_id NOT IN (SELECT url_id FROM url WHERE path = '/old')"
            )
        web.redirect(f"{BLOG}old", "/new")
        web.page(f"{BLOG}new", ["http://shop.example/"])
        await recrawl(served, tmp_path)
        assert page_requests(served)[3:] == [f"{BLOG}old", f"{BLOG}new"]
        aged(tmp_path, 30)
        web.redirect(f"{BLOG}old", "/other")
        web.redirect(f"{BLOG}other", "/old")
        await recrawl(served, tmp_path)
        assert sorted(page_requests(served)[5:]) == [f"{BLOG}new", f"{BLOG}old", f"{BLOG}other"]


async def test_what_robots_txt_forbids_now_is_not_asked_for_and_told(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        web.robots(BLOG, "User-agent: *\nDisallow: /\n")
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
        assert page_requests(served) == [BLOG]
    assert outcomes(tmp_path) == [Outcome.PAGE, Outcome.DISALLOWED]
    assert states(tmp_path)[BLOG] is State.BLOCKED


async def test_a_budget_takes_the_most_pressing_first_and_says_what_is_left(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, [f"/{number}" for number in range(10)])
    for number in range(10):
        web.page(f"{BLOG}{number}", [f"http://shop.example/{n}" for n in range(10 * number)])
    notes: list[str] = []
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        aged(tmp_path, 8)
        async with asyncio.timeout(LONGEST_CRAWL_S):
            report = await Crawl(tmp_path, quick(served), notes.append).run([], Recrawl(3))
        assert report.due == 11
        assert sorted(page_requests(served)[11:]) == [f"{BLOG}{number}" for number in (7, 8, 9)]
        assert (await recrawl(served, tmp_path)).due == 8
    assert any("11 pages are due; 3 are asked for now" in note for note in notes)


async def test_revisits_count_in_no_budget_and_new_pages_wait(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["/a"])
    web.page(f"{BLOG}a", [])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path, max_pages=2)
        web.page(BLOG, ["/a", "/b"])
        web.page(f"{BLOG}b", [])
        aged(tmp_path, 8)
        report = await recrawl(served, tmp_path, max_pages=2, max_pages_per_host=2)
        assert report.stats.pages == 2
        assert states(tmp_path)[f"{BLOG}b"] is State.DISCOVERED
        await crawl(served, [], tmp_path, max_pages=3)
    assert states(tmp_path)[f"{BLOG}b"] is State.FETCHED
    assert query(tmp_path, "SELECT pages FROM host") == [(3,)]


async def test_what_a_rule_leaves_out_now_is_not_asked_for_and_stays_what_it_was(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["/a", "http://shop.example/"])
    web.page(f"{BLOG}a")
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        aged(tmp_path, 8)
        report = await recrawl(served, tmp_path, exclude=(UrlRule.parse("/a"),))
    assert report.due == 2
    assert page_requests(served) == [BLOG, f"{BLOG}a", BLOG]
    assert states(tmp_path) == {BLOG: State.FETCHED, f"{BLOG}a": State.FETCHED}


async def test_a_redirect_to_a_page_that_is_kept_out_does_not_get_it_asked(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["/a", "/deep"])
    web.page(f"{BLOG}a")
    web.page(f"{BLOG}deep", ["/below"])
    web.page(f"{BLOG}below")
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path, max_depth=1)
        assert states(tmp_path)[f"{BLOG}below"] is State.EXCLUDED
        web.redirect(f"{BLOG}a", f"{BLOG}below")
        with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
            db.execute("UPDATE page SET reason = 'rule' WHERE state = 6")
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
        assert f"{BLOG}below" not in served.urls()
    assert states(tmp_path)[f"{BLOG}below"] is State.EXCLUDED


async def test_trap_rules_keep_no_known_page_from_being_asked_again(tmp_path: Path) -> None:
    web = FakeWeb()
    months = [f"{BLOG}calendar/{year}-01" for year in range(2100, 2125)]
    web.page(BLOG, months)
    web.page(f"{BLOG}calendar/*")
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path, traps=False)
        aged(tmp_path, 8)
        await recrawl(served, tmp_path)
    assert len(page_requests(served)) == 2 * 26
    assert set(states(tmp_path).values()) == {State.FETCHED}


async def test_a_feed_is_read_again_and_a_sitemap_is_not(tmp_path: Path) -> None:
    def rss(*paths: str) -> Response:
        body = "".join(f"<item><link>{BLOG}{path}</link></item>" for path in paths)
        return Response(headers={"Content-Type": "application/rss+xml"}, body=f"<rss>{body}</rss>".encode())

    web = FakeWeb()
    web.page(BLOG, ["/feed"])
    for path in ("1", "2"):
        web.page(BLOG + path)
    web.answer(f"{BLOG}feed", rss("1"))
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path, sitemaps=True)
        aged(tmp_path, 8)
        web.answer(f"{BLOG}feed", rss("1", "2"))
        await recrawl(served, tmp_path, sitemaps=True)
    assert states(tmp_path)[f"{BLOG}2"] is State.DISCOVERED
    assert page_requests(served).count(f"{BLOG}feed") == 2
    assert page_requests(served).count(f"{BLOG}sitemap.xml") == 1
    assert query(tmp_path, "SELECT state, reason FROM page JOIN url USING (url_id) WHERE path = '/feed'") == [
        (1, "feed")
    ]


async def test_a_failed_request_is_tried_again_and_the_page_keeps_its_state_meanwhile(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG, ["http://shop.example/"])
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        aged(tmp_path, 8)
        web.page(BLOG, [], status=503)
        report = await recrawl(served, tmp_path, patience_s=0.1)
        assert report.stats.failures["server_error"] == 1
        assert states(tmp_path)[BLOG] is State.FETCHED
        assert (await recrawl(served, tmp_path, patience_s=0.1)).due == 1


@pytest.mark.parametrize("interval_s", [None, DAY_S, 7 * DAY_S, 90 * DAY_S])
def test_intervals_stay_within_bounds(interval_s: int | None) -> None:
    for found in (
        intervals.after_change(interval_s), intervals.unchanged(interval_s),
        intervals.in_doubt(interval_s, was_read=True), intervals.in_doubt(interval_s, was_read=False),
    ):  # fmt: skip
        assert intervals.SHORTEST_S <= found <= intervals.LONGEST_S


@pytest.mark.parametrize(
    ("days_ago", "asks"),
    [(None, 0), (3, 0), (1, 1), (0.5, 1), (-1, 0)],
)
async def test_a_page_that_changed_since_by_its_sitemap_is_due_earlier(
    tmp_path: Path, days_ago: float | None, asks: int
) -> None:
    """It was asked two days ago, and would be due in five."""
    web = FakeWeb()
    web.page(BLOG, [f"{BLOG}other"])
    web.page(f"{BLOG}other")
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        aged(tmp_path, 2)
        if days_ago is not None:
            with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
                at = int(time.time() - days_ago * DAY_S)
                db.execute("UPDATE page SET lastmod = ? WHERE depth = 0", (at,))
        before = len(page_requests(served))
        await recrawl(served, tmp_path)
        assert len(page_requests(served)) - before == asks
        await recrawl(served, tmp_path)
        assert len(page_requests(served)) - before == asks


async def test_a_sitemap_brings_nobody_to_a_page_twice_a_day(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(BLOG)
    async with web.serve() as served:
        await crawl(served, [BLOG], tmp_path)
        aged(tmp_path, 0.9)
        with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
            db.execute("UPDATE page SET lastmod = ?", (int(time.time()) - 60,))
        before = len(page_requests(served))
        await recrawl(served, tmp_path)
        assert len(page_requests(served)) == before
