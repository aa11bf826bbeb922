"""Webs without end: the crawl ends, what was kept out is counted by its reason, and comes back when asked for."""

from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fake_web import Answer, FakeWeb, Request, Response, Served, random_web
from tests.fake_web.web import render
from wholinks.crawler.traps import BUDGET
from wholinks.crawler.traps.content import COPIES
from wholinks.storage.records import State

from .crawling import crawl, page_requests, pages, query, sound

A = "http://a.example"
CHANCE = Random(7)
WORDS = ["".join(CHANCE.choices("abcdefghilmnoprstuv", k=CHANCE.randint(2, 9))) for _ in range(400)]
"""As long as words are, and with letters as frequent: the fingerprint samples pages by them."""


def own_words(path: str) -> list[str]:
    """Words that are others for each path, enough for a fingerprint."""
    chance = Random(path)
    return [f"{word}{chance.randrange(9973)}" for word in chance.choices(WORDS, k=80)]


def said(path: str, links: list[str]) -> Response:
    """A page with links and words of its own."""
    html = render(links, path).replace("</main>", f"<p>{' '.join(own_words(path))}</p></main>")
    return Response(body=html.encode())


def trapped(folder: Path) -> dict[str, int]:
    """Pages kept out as traps, by reason."""
    return {
        page.reason: sum(other.reason == page.reason for other in pages(folder).values())
        for page in pages(folder).values()
        if page.state is State.POSTPONED and page.reason is not None
    }


# -- the traps


def calendar(request: Request) -> Answer:
    year, month = map(int, request.path.removeprefix("/calendar/").split("-"))
    after, before = (year + month // 12, month % 12 + 1), (year - (month == 1), (month - 2) % 12 + 1)
    return said(request.path, [f"/calendar/{y:04}-{m:02}" for y, m in (after, before)])


def deeper(request: Request) -> Answer:
    return said(request.path, ["a/b/", "c/"])


def session(request: Request) -> Answer:
    number = sum(request.path.encode()) * 7919 + len(request.path)
    ids = [f"{(number * factor) % 16**16:016x}{(number + factor) % 16**16:016x}" for factor in (65537, 104729, 999983)]
    return said(request.path, [f"/shop?PHPSESSID={one}" for one in ids])


def facets(request: Request) -> Answer:
    choice = dict(pair.split("=") for pair in request.path.partition("?")[2].split("&") if pair)
    links = []
    for key, value in product("abcd", range(6)):
        other = {**choice, key: str(value)}
        links.append("/list?" + "&".join(f"{name}={other[name]}" for name in sorted(other)))
    return said(request.path, links)


def nothing_today(request: Request) -> Answer:
    day = int(request.path.rpartition("/")[2])
    words = " ".join(WORDS[:200])
    return Response(body=f"<p>{words}</p><p>day {day}: nothing</p><a href=/day/{day + 1}>next</a>".encode())


TRAPS = {
    "trap_calendar": ("/calendar/2026-11", "/calendar/*", calendar),
    "trap_repeated_segments": ("/x/", "/x/*", deeper),
    "trap_session_id": ("/shop", "/shop*", session),
    "trap_query_explosion": ("/list?a=0&b=0&c=0&d=0", "/list*", facets),
    "trap_near_duplicates": ("/day/1", "/day/*", nothing_today),
}


@pytest.mark.parametrize("reason", TRAPS)
async def test_a_crawl_ends_in_a_web_without_end_and_counts_what_it_kept_out(reason: str, tmp_path: Path) -> None:
    start, where, answer = TRAPS[reason]
    web = FakeWeb()
    web.page(f"{A}/", [start, "/about"])
    web.page(f"{A}/about")
    web.answer(f"{A}{where}", answer)
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, max_pages=5_000)
    assert report.ended_why == "done"
    assert set(report.states["postponed"]) == {reason}
    assert report.states["postponed"] == trapped(tmp_path)
    assert not report.states["discovered"]
    assert f"{A}/about" in page_requests(served)
    assert BUDGET <= len(page_requests(served)) < 2_000
    sound(tmp_path)


async def test_every_kind_of_trap_on_one_site_ends_too(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [start for start, _, _ in TRAPS.values()])
    for _, where, answer in TRAPS.values():
        web.answer(f"{A}{where}", answer)
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, max_pages=5_000)
    assert report.ended_why == "done"
    assert set(report.states["postponed"]) == set(TRAPS)


# -- no trap


@pytest.mark.parametrize("number", range(3))
async def test_nothing_of_an_ordinary_web_is_kept_out(number: int, tmp_path: Path) -> None:
    web, _ = random_web(number)
    async with web.serve() as served:
        report = await crawl(served, web.starts, tmp_path, hops=1)
    assert not report.states["postponed"]
    assert report.states["fetched"]


async def test_a_listing_by_page_and_an_archive_by_month_are_no_traps(tmp_path: Path) -> None:
    web = FakeWeb()
    months = [f"/archive/{year}/{month:02}/" for year in range(2010, 2026) for month in range(1, 13)]
    listing = [f"/list?page={number}" for number in range(100)]
    web.page(f"{A}/", [*months, *listing])
    web.answer(f"{A}/archive/*", lambda request: said(request.path, [*months[:5], "/"]))
    web.answer(f"{A}/list*", lambda request: said(request.path, ["/"]))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.states["fetched"] == {"": 1 + len(months) + len(listing)}
    assert not report.states["postponed"]


# -- seeds, and coming back


async def test_seeds_are_never_kept_out(tmp_path: Path) -> None:
    seeds = [f"{A}/calendar/{year}-01" for year in range(2100, 2101 + BUDGET)]
    web = FakeWeb()
    web.answer(f"{A}/calendar/*", lambda request: said(request.path, []))
    async with web.serve() as served:
        report = await crawl(served, seeds, tmp_path)
    assert report.states["fetched"] == {"": len(seeds)}
    assert not report.states["postponed"]


def far_months(web: FakeWeb) -> list[str]:
    months = [f"{A}/calendar/{year}-01" for year in range(2100, 2105 + BUDGET)]
    web.page(f"{A}/", months)
    web.answer(f"{A}/calendar/*", lambda request: said(request.path, []))
    return months


async def again(served: Served, folder: Path, seeds: list[str], **settings: Any) -> dict[str, int]:
    """The requests of one more crawl, and what it left postponed."""
    before = len(page_requests(served))
    await crawl(served, seeds, folder, **settings)
    return {"asked": len(page_requests(served)) - before, **trapped(folder)}


async def test_what_was_kept_out_stays_out_until_a_crawl_without_trap_rules(tmp_path: Path) -> None:
    web = FakeWeb()
    far_months(web)
    async with web.serve() as served:
        assert await again(served, tmp_path, [A]) == {"asked": 1 + BUDGET, "trap_calendar": 5}
        assert await again(served, tmp_path, []) == {"asked": 0, "trap_calendar": 5}
        assert await again(served, tmp_path, [], traps=False) == {"asked": 5}
    sound(tmp_path)


async def test_naming_a_url_as_a_seed_lets_it_in(tmp_path: Path) -> None:
    web = FakeWeb()
    far_months(web)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
        out = [url for url, page in pages(tmp_path).items() if page.state is State.POSTPONED]
        assert await again(served, tmp_path, out[:2]) == {"asked": 2, "trap_calendar": 3}


async def test_without_trap_rules_nothing_is_kept_out(tmp_path: Path) -> None:
    web = FakeWeb()
    months = far_months(web)
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, traps=False)
    assert report.states["fetched"] == {"": 1 + len(months)}


async def test_what_robots_txt_forbids_spends_no_budget(tmp_path: Path) -> None:
    web = FakeWeb()
    web.robots(A, "User-agent: *\nDisallow: /calendar/21")
    months = [f"{A}/calendar/{year}-01" for year in (*range(2100, 2105 + BUDGET), *range(2200, 2200 + BUDGET))]
    web.page(f"{A}/", months)
    web.answer(f"{A}/calendar/*", lambda request: said(request.path, []))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.states["blocked"] == {"robots": BUDGET + 5}
    assert report.states["fetched"] == {"": 1 + BUDGET}
    assert not report.states["postponed"]


# -- soft 404


LETTERS = "bcdfghjklmnpqrstvwxz"


def not_here(request: Request) -> Answer:
    """The same words for every URL, and a link deeper: each segment is another."""
    here = request.path.strip("/").split("/")
    return Response(
        body=f"<p>Not here. {' '.join(WORDS[:60])}</p><a href='{LETTERS[-len(here)]}{here[0]}/'>.</a>".encode()
    )


async def test_a_page_shown_everywhere_is_marked_and_what_it_names_first_is_put_off_after_some(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/*", not_here)
    web.page(f"{A}/", [f"/{letter}/" for letter in LETTERS])
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, max_pages=500)
    assert report.ended_why == "done"
    assert set(report.states["postponed"]) == {"trap_soft_404"}
    marked = query(tmp_path, "SELECT count(*) FROM fetch WHERE outcome = 0 AND reason = 'soft_404'")[0][0]
    plain = query(tmp_path, "SELECT count(*) FROM fetch WHERE outcome = 0 AND reason IS NULL")[0][0]
    assert report.states["fetched"] == {"": plain, "soft_404": marked}
    assert plain == COPIES  # the start page, and those before the tenth
    asked = query(
        tmp_path,
        "SELECT count(*) FROM page JOIN fetch ON fetch.fetch_id = page.found_fetch_id"
        " WHERE fetch.reason = 'soft_404' AND page.state = 1",
    )
    assert asked == [(BUDGET,)]
