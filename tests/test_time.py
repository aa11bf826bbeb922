"""The table of docs/counting.md, "Time", from end to end: a web that changes between crawls, and what is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crawler.crawling import crawl
from tests.crawler.test_recrawl import aged, recrawl
from tests.fake_web import FakeWeb
from tests.fake_web.answers import CutAfter, Response
from tests.fake_web.web import Link, render
from tests.index.asking import SMALL
from wholinks.index.answers import LinkRow
from wholinks.index.build import build_index
from wholinks.index.queries import Index

DAY = timedelta(days=1)

HOME = "http://blog.example/"
PAGE = "http://blog.example/page"
SHOP = "http://shop.example/"

Change = Callable[[FakeWeb], None]


@dataclass(frozen=True)
class Case:
    """What happens to the page, a visit each after so many days; how its link to the shop stands then."""

    name: str
    changes: tuple[tuple[float, Change], ...]
    state: str
    reason: str = ""
    settings: dict[str, object] = field(default_factory=dict)


def page(*links: str | Link, **options: object) -> Change:
    return lambda web: web.page(PAGE, links, **options)  # type: ignore[arg-type]


def moved(status: int, *links: str) -> Change:
    def change(web: FakeWeb) -> None:
        web.redirect(PAGE, "/new", status)
        web.page("http://blog.example/new", links)

    return change


def cut(*links: str) -> Change:
    body = render(links, "cut").encode() + b" " * 5000
    return lambda web: web.answer(PAGE, CutAfter(Response(body=body), len(body) - 4000))


def cut_before(web: FakeWeb) -> None:
    body = b"<!doctype html><title>x</title><p>" + b"x" * 3000 + render([SHOP], "").encode()
    web.answer(PAGE, CutAfter(Response(body=body), 1000))


def forbidden(web: FakeWeb) -> None:
    web.robots("http://blog.example", "User-agent: *\nDisallow: /page\n")


def status(number: int) -> Change:
    return page(status=number)


CASES = (
    Case("still there", ((8, page(SHOP)),), "live"),
    Case("gone from the page", ((8, page("http://other.example/")),), "lost", "removedfromhtml"),
    Case("back again", ((8, page("http://other.example/")), (8, page(SHOP))), "live"),
    Case("noindex now", ((8, page(SHOP, head='<meta name="robots" content="noindex">')),), "live"),
    Case("cut off after the link", ((8, cut(SHOP)),), "live"),
    Case("cut off before the link", ((8, cut_before),), "unknown"),
    Case("moved, and carries it", ((8, moved(301, SHOP)),), "moved"),
    Case("moved, without it", ((8, moved(301)),), "lost", "pageredirected"),
    Case("a login wall", ((8, moved(302)),), "suspect", "pageredirected"),
    Case("a login wall for a day", ((8, moved(302)), (1.1, moved(302))), "lost", "pageredirected"),
    Case("404 once", ((8, status(404)),), "suspect", "notfound"),
    Case("404 again after an hour", ((8, status(404)), (0.05, status(404))), "suspect", "notfound"),
    Case("404 for a day", ((8, status(404)), (1.1, status(410))), "lost", "notfound"),
    Case("404 and back", ((8, status(404)), (1.1, page(SHOP))), "live"),
    Case("an error", ((8, status(500)),), "unknown", "pageerror"),
    Case("errors for a week", ((8, status(500)), (4, status(500)), (4, status(500))), "lost", "pageerror"),
    Case("forbidden", ((8, status(403)),), "unknown"),
    Case("no HTML now", ((8, page(html="%PDF", headers={"Content-Type": "application/pdf"})),), "unknown"),
    Case("robots.txt forbids it", ((8, forbidden),), "unknown", "disallowed"),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_each_row_of_the_table(case: Case, tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(HOME, [PAGE])
    page(SHOP)(web)
    async with web.serve() as served:
        await crawl(served, [HOME], tmp_path)
        for days, change in case.changes:
            change(web)
            aged(tmp_path, days)
            report = await recrawl(served, tmp_path, ahead_days=30)
            assert report.ended_why == "done"
    build_index(tmp_path, SMALL)
    with Index(tmp_path) as index:
        live = [row for row in index.who_links_to(SHOP, by="page").rows if isinstance(row, LinkRow)]
        lost = [row for row in index.who_links_to(SHOP, by="page", state="lost").rows if isinstance(row, LinkRow)]
        if case.state == "moved":
            (row,) = live
            assert (row.source_url, row.state, lost) == ("http://blog.example/new", "live", [])
            assert row.first_seen < row.evidence.fetched_at, "the new page's link is as old as the old page's"
            return
        (row,) = live or lost
        assert bool(lost) == (case.state == "lost")
        assert (row.source_url, row.state, row.reason) == (PAGE, case.state, case.reason)
        assert (row.lost_at is not None) == (case.state == "lost")
        totals = index.who_links_to(SHOP).totals
        assert totals.backlinks == (case.state != "lost")
        assert (totals.suspect, totals.unknown) == (case.state == "suspect", case.state == "unknown")


async def test_any_past_day_can_be_asked_for(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(HOME, [PAGE])
    async with web.serve() as served:
        page(Link(SHOP, "first"))(web)
        await crawl(served, [HOME], tmp_path)
        for links in ([Link(SHOP, "second", "nofollow")], [], [Link(SHOP, "third")]):
            aged(tmp_path, 10)
            page(*links)(web)
            await recrawl(served, tmp_path, ahead_days=30)
        aged(tmp_path, 10)
    build_index(tmp_path, SMALL)
    with Index(tmp_path) as index:
        today = index.built.built_at
        seen = {}
        for days in (45, 35, 25, 15, 5):
            answer = index.who_links_to(SHOP, by="page", as_of=today - days * DAY)
            rows = [row for row in answer.rows if isinstance(row, LinkRow)]
            seen[days] = [(row.anchor_text, row.followed) for row in rows]
            assert answer.totals.backlinks == len(rows)
            assert [row.backlinks for row in index.who_links_to(SHOP, as_of=today - days * DAY).rows] == [1] * len(rows)  # type: ignore[union-attr]
        assert seen == {45: [], 35: [("first", True)], 25: [("second", False)], 15: [], 5: [("third", True)]}
        assert index.who_links_to(SHOP, state="lost").totals.backlinks == 0
        assert index.who_links_to(SHOP, state="lost", as_of=today - 15 * DAY).totals.backlinks == 1
        assert index.who_links_to(SHOP, state="new", since=today - 12 * DAY).totals.backlinks == 1
        assert index.who_links_to(SHOP, state="new", since=today - 5 * DAY).totals.backlinks == 0
        (row,) = index.who_links_to(SHOP, by="link").rows
        assert isinstance(row, LinkRow)
        assert (row.opened_why, row.evidence.tag) == ("linkrestored", '<a href="http://shop.example/">')
