"""Sitemaps and feeds in a crawl: pages that no link names are found, politely and within bounds."""

import gzip
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.fake_web import CutAfter, FakeWeb, InTurn, Response
from wholinks.crawler import listings
from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.engine import Crawl, CrawlReport
from wholinks.crawler.hosts import Origin
from wholinks.crawler.listings import Listings
from wholinks.crawler.politeness import FAILURES, Policy
from wholinks.crawler.rules_memory import RulesMemory
from wholinks.crawler.stats import Ended
from wholinks.crawler.url_rules import UrlRule
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.forgetting import Forgotten, forget
from wholinks.storage.records import State

from .crawling import crawl as _crawl
from .crawling import depths, page_requests, pages, query, quick, seed, sound, states

A, B, WWW = "http://a.example", "http://b.example", "http://www.a.example"
XML = {"Content-Type": "application/xml"}
RSS = {"Content-Type": "application/rss+xml; charset=utf-8"}


async def crawl(served: Any, seeds: list[str], folder: Path, **settings: Any) -> CrawlReport:
    """A crawl that reads sitemaps."""
    return await _crawl(served, seeds, folder, **{"sitemaps": True, **settings})


def urlset(*urls: str, lastmod: str = "") -> Response:
    at = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return Response(
        headers=XML, body=f"<urlset>{''.join(f'<url><loc>{u}</loc>{at}</url>' for u in urls)}</urlset>".encode()
    )


def index(*urls: str) -> Response:
    body = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return Response(headers=XML, body=f"<sitemapindex>{body}</sitemapindex>".encode())


def rss(*urls: str) -> Response:
    items = "".join(f"<item><link>{url}</link></item>" for url in urls)
    return Response(headers=RSS, body=f"<rss><channel><link>{A}/</link>{items}</channel></rss>".encode())


def site(*paths: str) -> FakeWeb:
    """A start page without links, and pages that only a sitemap may name."""
    web = FakeWeb()
    web.page(f"{A}/")
    for path in paths:
        web.page(f"{A}{path}")
    return web


def sitemaps(folder: Path) -> dict[str, tuple[State, str | None]]:
    """What became of every sitemap."""
    rows = query(
        folder,
        "SELECT origin || path, state, reason FROM sitemap JOIN url USING (url_id)"
        " JOIN origin ON origin.origin_id = url.origin_id",
    )
    return {url: (State(state), reason) for url, state, reason in rows}


# -- where they are


async def test_sitemaps_that_robots_txt_names_are_read_wherever_they_stand_in_it(tmp_path: Path) -> None:
    web = site("/1", "/2")
    web.robots(A, f"Sitemap: {A}/one.xml\nUser-agent: other\nDisallow: /\nsitemap: /two.xml\n")
    web.answer(f"{A}/one.xml", urlset(f"{A}/1"))
    web.answer(f"{A}/two.xml", urlset(f"{A}/2"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert states(tmp_path) == dict.fromkeys((f"{A}/", f"{A}/1", f"{A}/2"), State.FETCHED)
    assert f"{A}/sitemap.xml" not in page_requests(served)
    assert (report.stats.sitemaps, report.stats.listed) == ({"fetched": 2}, {"pages": 2})
    assert report.stats.pages == 3
    sound(tmp_path)


async def test_without_any_the_usual_place_is_tried_once(tmp_path: Path) -> None:
    web = site("/1")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert states(tmp_path)[f"{A}/1"] is State.FETCHED
    assert served.urls("a.example").count(f"{A}/sitemap.xml") == 1


async def test_a_site_without_a_sitemap_is_crawled_by_its_links(tmp_path: Path) -> None:
    web = site("/1")
    web.page(f"{A}/", ["/1"])
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert states(tmp_path)[f"{A}/1"] is State.FETCHED
    assert report.stats.sitemaps == {"http_404": 1}
    assert not report.stats.failures
    assert sitemaps(tmp_path) == {f"{A}/sitemap.xml": (State.FAILED, "http_404")}


# -- what they may be


async def test_indexes_gzip_text_and_redirects_lead_on(tmp_path: Path) -> None:
    web = site(*(f"/{number}" for number in range(5)))
    web.robots(A, f"Sitemap: {A}/index.xml\nSitemap: {A}/moved.xml")
    web.answer(f"{A}/index.xml", index(f"{A}/a.xml.gz", f"{A}/list.txt", f"{WWW}/b.xml"))
    web.answer(f"{A}/a.xml.gz", Response(headers=XML, body=gzip.compress(urlset(f"{A}/0", f"{A}/1").body)))
    web.answer(f"{A}/list.txt", Response(headers={"Content-Type": "text/plain"}, body=f"{A}/2\n".encode()))
    web.answer(f"{WWW}/b.xml", urlset(f"{A}/3"))
    web.redirect(f"{A}/moved.xml", "/there.xml")
    web.answer(f"{A}/there.xml", urlset(f"{A}/4"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert {f"{A}/{number}" for number in range(5)} <= states(tmp_path).keys()
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert report.stats.sitemaps == {"fetched": 5, "redirected": 1, "http_404": 1}  # www has none of its own


async def test_what_it_lists_elsewhere_is_counted_and_not_asked(tmp_path: Path) -> None:
    web = site("/1")
    web.page(f"{B}/")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1", f"{B}/", "mailto:x@y.example", ""))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, hops=1)
    assert not served.urls("b.example")
    assert report.stats.listed == {"pages": 1, "scope": 1, "mailto": 1, "empty": 1}


async def test_a_sitemap_elsewhere_is_left_alone_and_counted(tmp_path: Path) -> None:
    web = site()
    web.robots(A, f"Sitemap: {B}/sitemap.xml\nSitemap: {A}/go.xml")
    web.redirect(f"{A}/go.xml", f"{B}/other.xml")
    web.answer(f"{B}/sitemap.xml", urlset(f"{A}/1"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert not served.urls("b.example")
    assert report.stats.sitemaps == {"scope": 2, "redirected": 1}
    assert sitemaps(tmp_path)[f"{B}/sitemap.xml"] == (State.EXCLUDED, "scope")


async def test_a_sitemap_that_robots_txt_forbids_is_not_asked(tmp_path: Path) -> None:
    web = site()
    web.robots(A, f"Sitemap: {A}/private/map.xml\nUser-agent: *\nDisallow: /private")
    web.answer(f"{A}/private/map.xml", urlset(f"{A}/1"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert page_requests(served) == [f"{A}/"]
    assert report.stats.sitemaps == {"robots": 1}
    assert sitemaps(tmp_path) == {f"{A}/private/map.xml": (State.BLOCKED, "robots")}


@pytest.mark.parametrize(
    ("answer", "reason", "found"),
    [
        (Response(body=b"<!doctype html><p>nothing here"), "html", False),
        (Response(headers=XML, body=b"<urlset><url><loc>http://a.example/1</loc></url><url"), "malformed_xml", True),
        (CutAfter(urlset(f"{A}/1", *(f"{A}/{n}" for n in range(9))), 60), "incomplete_broken", True),
        (Response(headers=XML, body=gzip.compress(b"<urlset>" + b" " * 60_000_000)), "too_large", False),
        (Response(headers=XML, body=b"<!DOCTYPE x [<!ENTITY e 'x'>]><urlset/>"), "entities", False),
        (Response(503), "server_error", False),
    ],
    ids=["html", "malformed", "cut", "bomb", "entities", "503"],
)  # fmt: skip
async def test_what_is_wrong_with_one_is_its_reason_and_the_crawl_goes_on(
    answer: Response, reason: str, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAILURES, "server_error", Policy(0.01, 2, True))
    web = site("/1", "/linked")
    web.page(f"{A}/", ["/linked"])
    web.answer(f"{A}/sitemap.xml", answer)
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.stats.sitemaps == {reason: 1}
    assert sitemaps(tmp_path)[f"{A}/sitemap.xml"][1] == reason
    assert (f"{A}/1" in states(tmp_path)) is found
    assert states(tmp_path)[f"{A}/linked"] is State.FETCHED


async def test_a_failing_one_is_tried_again_by_the_failure_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAILURES, "server_error", Policy(0.01, 3, True))
    web = site("/1")
    web.answer(f"{A}/sitemap.xml", InTurn(Response(503), Response(500), urlset(f"{A}/1")))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert states(tmp_path)[f"{A}/1"] is State.FETCHED
    assert report.stats.failures == {"sitemap_server_error": 2}
    assert query(tmp_path, "SELECT tries FROM sitemap") == [(3,)]


# -- bounds


async def test_indexes_that_nest_or_name_each_other_come_to_an_end(tmp_path: Path) -> None:
    web = site()
    web.answer(f"{A}/sitemap.xml", index(f"{A}/1.xml", f"{A}/sitemap.xml"))
    for number in range(1, 9):
        web.answer(f"{A}/{number}.xml", index(f"{A}/{number + 1}.xml", f"{A}/sitemap.xml"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert page_requests(served).count(f"{A}/sitemap.xml") == 1
    assert report.stats.sitemaps == {"fetched": 4}
    assert report.stats.listed == {"sitemaps": 6, "sitemaps_too_deep": 2}  # each that the fourth names


async def test_there_are_limits_of_sitemaps_and_pages_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "MAX_SITEMAPS", 3)
    monkeypatch.setattr(listings, "MAX_PAGES_LISTED", 4)
    monkeypatch.setattr(listings, "_MANY", 2)
    web = site(*(f"/{number}" for number in range(9)))
    web.answer(f"{A}/sitemap.xml", index(*(f"{A}/{number}.xml" for number in range(5))))
    for number in range(5):
        web.answer(f"{A}/{number}.xml", urlset(*(f"{A}/{number * 3 + n}" for n in range(3))))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.stats.sitemaps == {"fetched": 3}
    assert report.stats.listed == {"sitemaps": 2, "sitemaps_too_many": 3, "pages": 4, "too_many_pages": 2}
    assert len(states(tmp_path)) == 5


async def test_they_count_in_no_budget_of_pages_and_take_turns_with_pages(tmp_path: Path) -> None:
    web = site(*(f"/{number}" for number in range(9)))
    web.answer(f"{A}/sitemap.xml", index(*(f"{A}/{number}.xml" for number in range(9))))
    for number in range(9):
        web.answer(f"{A}/{number}.xml", urlset(f"{A}/{number}"))
    async with web.serve() as served:
        seeds = [f"{A}/{number}" for number in range(9)]
        report = await crawl(served, seeds, tmp_path, max_pages=6, delay_s=0.1)
    assert (report.ended_why, report.stats.pages) == ("max_pages", 6)
    asked = [url.endswith(".xml") for url in page_requests(served)]
    assert 2 <= sum(asked) <= 6
    assert not any(first and second for first, second in pairwise(asked))


async def test_they_keep_to_the_hosts_delay(tmp_path: Path) -> None:
    web = site("/1")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, delay_s=0.1)
        log = sorted(served.log, key=lambda request: request.arrived_s)
    assert len(log) == 4
    for before, after in pairwise(log):
        assert before.ended_s is not None
        assert after.arrived_s - before.ended_s >= 0.1


async def test_only_sites_that_seeds_name_are_asked_for_theirs(tmp_path: Path) -> None:
    web = site()
    web.page(f"{A}/", [f"{B}/"])
    web.page(f"{B}/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1)
    assert f"{A}/sitemap.xml" in page_requests(served)
    assert page_requests(served, "b.example") == [f"{B}/"]


@pytest.mark.parametrize("settings", [{"sitemaps": False}, {"max_depth": 0}])
async def test_not_asked_for_none_is_read(settings: dict[str, Any], tmp_path: Path) -> None:
    web = site("/1")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1"))
    web.page(f"{A}/", ["/feed"])
    web.answer(f"{A}/feed", rss(f"{A}/1"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, **settings)
    assert not {f"{A}/1", f"{A}/sitemap.xml"} & set(page_requests(served))


# -- pages they list


async def test_a_listed_page_is_a_link_away_from_a_seed_with_its_lastmod_and_where_it_is_from(tmp_path: Path) -> None:
    web = site()
    web.page(f"{A}/1", ["/2"])
    web.page(f"{A}/2", ["/3"])
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1", lastmod="2024-02-03"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_depth=2)
    assert depths(tmp_path) == {f"{A}/": 0, f"{A}/1": 1, f"{A}/2": 2, f"{A}/3": 3}
    assert pages(tmp_path)[f"{A}/3"].state is State.EXCLUDED
    assert query(
        tmp_path,
        "SELECT page.lastmod, url.path FROM page JOIN url ON url.url_id = sitemap_url_id",
    ) == [(1706918400, "/sitemap.xml")]


async def test_traps_and_robots_txt_hold_for_listed_pages(tmp_path: Path) -> None:
    web = site()
    web.robots(A, "User-agent: *\nDisallow: /no")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/no", *(f"{A}/calendar/{year}-01" for year in range(2100, 2130))))
    web.page(f"{A}/calendar/*")
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.states["blocked"] == {"robots": 1}
    assert report.states["postponed"] == {"trap_calendar": 10}


# -- over time


async def test_one_is_asked_once_until_robots_txt_is_asked_again(tmp_path: Path) -> None:
    web = site("/1", "/2", "/3")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1", f"{A}/2"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages=2)
        await crawl(served, [], tmp_path, max_pages=3)
        assert page_requests(served).count(f"{A}/sitemap.xml") == 1
        await crawl(served, [f"{A}/3"], tmp_path, robots_age_s=-2)
    assert page_requests(served).count(f"{A}/sitemap.xml") == 2


async def test_one_that_was_left_is_asked_by_the_next_crawl(tmp_path: Path) -> None:
    web = site("/1")
    web.answer(f"{A}/sitemap.xml", index(f"{A}/one.xml"))
    web.answer(f"{A}/one.xml", urlset(f"{A}/1"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages=1)
        assert State.DISCOVERED in {state for state, _ in sitemaps(tmp_path).values()}
        await crawl(served, [], tmp_path)
    assert {state for state, _ in sitemaps(tmp_path).values()} == {State.FETCHED}
    assert states(tmp_path)[f"{A}/1"] is State.FETCHED


# -- feeds


@pytest.mark.parametrize("headers", [RSS, {"Content-Type": "text/xml"}], ids=["rss", "xml"])
async def test_what_a_feed_lists_in_scope_becomes_pages_and_no_links(headers: dict[str, str], tmp_path: Path) -> None:
    web = site("/old/1", "/old/2")
    web.page(f"{A}/", head='<link rel="alternate" type="application/rss+xml" href="/feed">')
    web.answer(f"{A}/feed", rss(f"{A}/old/1", f"{A}/old/2", f"{B}/").with_headers(headers))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, hops=1)
    assert report.states["fetched"] == {"": 3, "feed": 1}
    assert depths(tmp_path)[f"{A}/old/1"] == 2
    assert (report.stats.feeds, report.stats.listed) == (1, {"pages": 2, "scope": 1})
    assert not served.urls("b.example")
    assert query(tmp_path, "SELECT count(*) FROM link") == [(1,)]
    found = "SELECT count(*) FROM page JOIN fetch ON fetch.fetch_id = found_fetch_id WHERE fetch.reason = 'feed'"
    assert query(tmp_path, found) == [(2,)]
    sound(tmp_path)


async def test_xml_that_is_no_feed_is_not_html_as_before(tmp_path: Path) -> None:
    web = site()
    web.page(f"{A}/", ["/data.xml", "/broken.xml"])
    web.answer(
        f"{A}/data.xml", Response(headers=XML, body=b"<data><item><link>http://a.example/1</link></item></data>")
    )
    web.answer(f"{A}/broken.xml", Response(headers=XML, body=b"<rss"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.states["fetched"] == {"": 1, "not_html": 2}


async def test_a_feed_that_says_nofollow_is_not_followed(tmp_path: Path) -> None:
    web = site("/1")
    web.page(f"{A}/", ["/feed"])
    web.answer(f"{A}/feed", rss(f"{A}/1").with_headers({**RSS, "X-Robots-Tag": "nofollow"}))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert report.states["excluded"] == {"nofollow_page": 1}


# -- what holds for pages holds for sitemaps


async def test_ports_hold_for_sitemaps_and_for_what_they_list_until_they_are_allowed(tmp_path: Path) -> None:
    web = site()
    web.robots(A, f"Sitemap: {A}:81/odd.xml\nSitemap: {A}/map.xml\n")
    web.robots(f"{A}:81", "")
    web.answer(f"{A}:81/odd.xml", urlset(f"{A}/2"))
    web.answer(f"{A}/map.xml", urlset(f"{A}:81/1"))
    for url in (f"{A}:81/1", f"{A}/2"):
        web.page(url)
    async with web.serve() as served:
        routes = (ConnectTo.parse(f"a.example:80:127.0.0.1:{served.port}"),)
        report = await crawl(served, [A], tmp_path, connect_to=routes)
        assert sitemaps(tmp_path) == {
            f"{A}:81/odd.xml": (State.EXCLUDED, "port"),
            f"{A}/map.xml": (State.FETCHED, None),
        }
        assert report.stats.listed == {"port": 1}
        assert pages(tmp_path)[f"{A}:81/1"][:2] == (State.EXCLUDED, "port")
        report = await crawl(served, [], tmp_path)
    assert sitemaps(tmp_path)[f"{A}:81/odd.xml"] == (State.FETCHED, None)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    sound(tmp_path)


async def test_a_sitemap_that_waits_on_a_port_no_longer_allowed_is_put_off(tmp_path: Path) -> None:
    web = site()
    web.robots(A, f"Sitemap: {A}:81/odd.xml\n")
    web.answer(f"{A}:81/odd.xml", urlset(f"{A}/2"))
    async with web.serve() as served:
        routes = (ConnectTo.parse(f"a.example:80:127.0.0.1:{served.port}"),)
        await crawl(served, [A], tmp_path, connect_to=routes)
        with closing(sqlite3.connect(tmp_path / CRAWL_DB)) as db, db:
            db.execute("UPDATE sitemap SET state = 0, reason = NULL")
        asked = len(served.log)
        report = await crawl(served, [], tmp_path, connect_to=routes)
        assert len(served.log) == asked
    assert sitemaps(tmp_path) == {f"{A}:81/odd.xml": (State.EXCLUDED, "port")}
    assert not report.asleep


async def test_a_forgotten_host_is_not_asked_for_sitemaps_and_nothing_listed_there_is_kept(tmp_path: Path) -> None:
    web = site()
    web.page(f"{WWW}/")
    web.answer(f"{WWW}/map.xml", urlset(f"{A}/only"))
    web.robots(WWW, f"Sitemap: {WWW}/map.xml\nSitemap: {A}/more.xml")
    web.answer(f"{A}/more.xml", urlset(f"{A}/1"))
    web.page(f"{A}/1")
    async with web.serve() as served:
        await crawl(served, [A, WWW], tmp_path, exclude=(UrlRule.parse("/only"),))
        assert pages(tmp_path)[f"{A}/only"].reason == "rule"
        forget(tmp_path, [Forgotten("www.a.example", with_subdomains=False, as_target=False, forgotten_at=1)])
        assert not query(tmp_path, "SELECT url_id FROM page WHERE sitemap_url_id NOT IN (SELECT url_id FROM url)")
        assert f"{A}/only" not in pages(tmp_path)
        assert f"{A}/1" in pages(tmp_path)
        assert list(sitemaps(tmp_path)) != []
        assert not any(url.startswith(WWW) for url in sitemaps(tmp_path))
        sound(tmp_path)
        web.robots(A, f"Sitemap: {WWW}/map.xml\nSitemap: {A}/new.xml")
        web.answer(f"{A}/new.xml", urlset(f"{WWW}/x", f"{A}/1"))
        asked = len(served.log)
        report = await crawl(served, [f"{A}/new"], tmp_path, robots_age_s=0)
        assert not [url for url in served.urls()[asked:] if url.startswith(WWW)]
    assert sitemaps(tmp_path)[f"{WWW}/map.xml"] == (State.EXCLUDED, "forgotten")
    assert report.stats.listed["forgotten"] == 1
    assert f"{WWW}/x" not in pages(tmp_path)
    sound(tmp_path)


async def test_sitemap_requests_are_told_and_counted_like_all_others(tmp_path: Path) -> None:
    told: list[Ended] = []

    class Listener:
        def request(self, ended: Ended) -> None:
            told.append(ended)

        def sleep(self, name: str, seconds: float, why: str) -> None:
            del name, seconds, why

    web = site("/1")
    web.answer(f"{A}/sitemap.xml", urlset(f"{A}/1"))
    async with web.serve() as served:
        engine = Crawl(tmp_path, quick(served, sitemaps=True))
        engine.stats.listener = Listener()
        report = await engine.run([seed(A)])
    (ended,) = [ended for ended in told if ended.purpose == "sitemap"]
    assert (ended.url, ended.status, ended.depth) == (f"{A}/sitemap.xml", 200, None)
    assert report.stats.outcomes["sitemap", "not_html"] == 1
    assert report.stats.requests == len(told) == len(served.log)


async def test_a_robots_txt_that_is_read_again_names_no_sitemap_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholinks.crawler.visitor.ROBOTS_FRESH_S", 0.2)
    monkeypatch.setattr(listings, "MAX_SITEMAPS", 1)
    web = site(*(f"/{number}" for number in range(8)))
    web.robots(A, f"User-agent: *\nDisallow: /no.xml\nSitemap: {A}/no.xml")
    web.page(f"{A}/", [f"/{number}" for number in range(8)])
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, robots_age_s=0, delay_s=0.1)
        assert served.urls().count(f"{A}/robots.txt") > 1
    assert report.stats.sitemaps == {"robots": 1}


# -- memory


async def test_what_is_remembered_of_origins_is_bounded_and_nothing_is_lost_by_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "MAX_REMEMBERED", 2)
    monkeypatch.setattr(RulesMemory.__init__, "__defaults__", (3,))  # rules leave memory, and are learnt again
    made: list[Listings] = []
    begin = Listings.begin

    def begun(it: Listings, origin: Origin, named: tuple[str, ...]) -> None:
        made.append(it)
        begin(it, origin, named)
        assert max(len(it._named), len(it._sitemaps), len(it._pages)) <= 2

    monkeypatch.setattr(Listings, "begin", begun)
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(8)]
    for start in starts:
        web.page(f"{start}/", [f"{start}/{number}" for number in range(3)])
        web.robots(start, f"Sitemap: {start}/one.xml\nSitemap: {start}/two.xml")
        web.answer(f"{start}/one.xml", urlset(f"{start}/listed1"))
        web.answer(f"{start}/two.xml", urlset(f"{start}/listed2"))
        for name in ("0", "1", "2", "listed1", "listed2"):
            web.page(f"{start}/{name}")
    async with web.serve() as served:
        report = await crawl(served, starts, tmp_path)
        asked = [url for url in page_requests(served) if url.endswith(".xml")]
    assert sorted(asked) == sorted(f"{start}/{name}.xml" for start in starts for name in ("one", "two"))
    assert len(made) > len(starts)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert len(states(tmp_path)) == 8 * 6
    assert report.stats.sitemaps == {"fetched": 16}
    assert report.stats.listed["pages"] == 16
