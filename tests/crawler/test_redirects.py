"""Redirects are new URLs: aliases within a site, links out of it, and never endless. And URLs with more than one way
to write them."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.fake_web import FakeWeb, Response, Served
from wholinks.crawler.connect_to import ConnectTo
from wholinks.storage.records import State
from wholinks.storage.shorthand import SAME

from .crawling import Page, crawl, links, page_requests, pages, query, rules, sound, states

A, B, C = (f"http://{name}.example" for name in "abc")
NONE: frozenset[str] = frozenset()


def requested(folder: Path) -> dict[str, str]:
    """The first URL asked for, by the URL of each page that answered in the end."""
    return dict(
        query(
            folder,
            "SELECT final.url, first.url FROM fetch JOIN urls AS final USING (url_id)"
            " JOIN urls AS first ON first.url_id = requested_url_id WHERE outcome = 0",
        )
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_site_is_an_alias(tmp_path: Path, status: int) -> None:
    web = FakeWeb()
    web.redirect(f"{A}/old", "http://www.a.example/new", status)
    web.page("http://www.a.example/new", [f"{B}/"])
    async with web.serve() as served:
        report = await crawl(served, [f"{A}/old"], tmp_path)
    assert states(tmp_path) == {f"{A}/old": State.REDIRECTED, "http://www.a.example/new": State.FETCHED}
    assert links(tmp_path) == {("http://www.a.example/new", f"{B}/", "text", NONE): 1}
    assert requested(tmp_path) == {"http://www.a.example/new": f"{A}/old"}
    assert (report.stats.redirects, report.stats.pages) == (1, 1)


async def test_what_a_redirect_chain_led_to_is_read_and_knows_where_it_began(tmp_path: Path) -> None:
    web = FakeWeb()
    web.redirect(f"{A}/1", "2")
    web.redirect(f"{A}/2", "/3")
    web.redirect(f"{A}/3", "//a.example:80/4#fragment")
    web.page(f"{A}/4")
    async with web.serve() as served:
        await crawl(served, [f"{A}/1"], tmp_path)
    assert requested(tmp_path) == {f"{A}/4": f"{A}/1"}
    hops = query(tmp_path, "SELECT redirects FROM fetch ORDER BY fetch_id")
    assert hops == [(0,), (1,), (2,), (3,)]
    assert {page.depth for page in pages(tmp_path).values()} == {0}


async def test_a_redirect_out_of_the_site_is_one_link_and_no_alias(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/go"])
    web.redirect(f"{A}/go", f"{B}/there")
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    assert links(tmp_path)[f"{A}/go", f"{B}/there", "redirect", NONE] == 1
    assert not page_requests(served, "b.example")
    assert query(tmp_path, "SELECT anchor_text, raw_href FROM link JOIN evidence USING (fetch_id, ordinal)") == [
        ("", SAME)
    ]
    assert states(tmp_path)[f"{A}/go"] is State.REDIRECTED
    assert report.stats.external_links == 1


async def test_a_site_that_a_redirect_leads_to_is_one_hop_away(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/go"])
    web.redirect(f"{A}/go", f"{B}/")
    web.page(f"{B}/")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1)
    assert pages(tmp_path)[f"{B}/"] == Page(State.FETCHED, None, 1, 1)
    sound(tmp_path)


async def test_a_seed_that_redirects_to_another_domain_brings_it_into_scope_and_says_so(tmp_path: Path) -> None:
    web = FakeWeb()
    web.chain(f"{A}/", f"{A}/moved", f"{B}/", "http://www.c.example/")
    web.page("http://www.c.example/", ["/more", f"{A}/back"])
    web.page("http://www.c.example/more")
    notes: list[str] = []
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, notify=notes.append)
    assert page_requests(served, "www.c.example") == ["http://www.c.example/", "http://www.c.example/more"]
    assert [note.partition(" redirects to ")[2].partition(":")[0] for note in notes] == ["http", "http"]
    assert notes[1].endswith("c.example is now in scope too")
    assert links(tmp_path)[f"{B}/", "http://www.c.example/", "redirect", NONE] == 1


async def test_a_seeds_new_domain_has_no_budget_though_robots_txt_led_there_first(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/*", lambda request: Response(301, {"Location": B + request.path}))
    web.page(f"{B}/", [f"{B}/{number}" for number in range(5)])
    web.answer(f"{B}/*", Response(body=b"<p>x"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, pages_per_reached_site=3)
    assert len(page_requests(served, "b.example")) == 6


async def test_a_reached_site_that_a_seed_redirects_to_becomes_a_seeds(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"{B}/"])
    web.page(f"{B}/", [f"{B}/{number}" for number in range(9)] + [f"{C}/"])
    web.page(f"{C}/")
    web.answer(f"{B}/*", Response(body=b"<p>x"))
    web.answer("http://late.example/", lambda _: Response(301, {"Location": f"{B}/"}))
    web.page("http://slow.a.example/", ["/x"], delay_s=0.2)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, hops=1, pages_per_reached_site=3)
        assert len(page_requests(served, "b.example")) == 3
        await crawl(served, ["http://late.example/"], tmp_path, hops=1, pages_per_reached_site=3)
    assert len(page_requests(served, "b.example")) == 10
    assert page_requests(served, "c.example") == [f"{C}/"]


async def test_a_page_deeper_in_the_site_brings_no_domain_into_scope(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/go"])
    web.redirect(f"{A}/go", f"{B}/")
    web.page(f"{B}/")
    notes: list[str] = []
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, notify=notes.append)
    assert not served.requests("b.example")
    assert not notes


async def test_too_many_redirects_are_a_failure(tmp_path: Path) -> None:
    web = FakeWeb()
    web.chain(*(f"{A}/{number}" for number in range(20)))
    async with web.serve() as served:
        await crawl(served, [f"{A}/0"], tmp_path, max_redirects=4)
    assert page_requests(served) == [f"{A}/{number}" for number in range(5)]
    assert pages(tmp_path)[f"{A}/4"] == Page(State.FAILED, "too_many_redirects", 0, 1)


@pytest.mark.parametrize("loop", [(f"{A}/", f"{A}/"), (f"{A}/", f"{A}/1", f"{A}/2", f"{A}/")], ids=["self", "three"])
async def test_redirect_loops_end(tmp_path: Path, loop: tuple[str, ...]) -> None:
    web = FakeWeb()
    web.chain(*loop)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert page_requests(served) == list(loop[:-1])
    assert set(states(tmp_path).values()) == {State.REDIRECTED}


async def test_a_loop_through_ever_new_urls_ends(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/trap/*", lambda request: Response(302, {"Location": request.path + "x"}))
    web.answer(f"{A}/utm", lambda request: Response(302, {"Location": f"{A}/utm?utm_x={len(served.log)}"}))
    async with web.serve() as served:
        await crawl(served, [f"{A}/trap/x", f"{A}/utm"], tmp_path)
    assert len(page_requests(served)) <= 22


@pytest.mark.parametrize("location", ["", "mailto:a@b.example", "http://[", "#top", None])
async def test_a_redirect_to_nowhere_is_a_failure_of_its_page(tmp_path: Path, location: str | None) -> None:
    web = FakeWeb()
    web.answer(f"{A}/", Response(302, {} if location is None else {"Location": location}))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert pages(tmp_path) == {f"{A}/": Page(State.FAILED, "bad_redirect", 0, 1)}
    assert len(page_requests(served)) == 1


async def test_a_location_in_raw_utf8_is_understood(tmp_path: Path) -> None:
    web = FakeWeb()
    web.redirect(f"{A}/", "/caf\u00c3\u00a9")  # latin-1 on the wire: the octets of é in UTF-8
    web.page(f"{A}/caf%C3%A9")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert states(tmp_path)[f"{A}/caf%C3%A9"] is State.FETCHED


# ---- one page, several spellings


async def test_urls_with_one_dedup_key_are_fetched_once_under_the_first_spelling(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/x?utm_source=mail", "/x", "/x?gclid=1", "/x?utm_medium=y", "/x?a=1&fbclid=2", "/x?a=1"])
    web.page(f"{A}/x")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert sorted(page_requests(served)) == [f"{A}/", f"{A}/x?a=1&fbclid=2", f"{A}/x?utm_source=mail"]
    assert len(links(tmp_path)) == 6


async def test_a_redirect_to_another_spelling_of_the_same_page_is_read(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/1"])
    web.redirect(f"{A}/?utm_source=x", "/")
    web.page(f"{A}/1")
    async with web.serve() as served:
        await crawl(served, [f"{A}/?utm_source=x"], tmp_path)
    assert page_requests(served) == [f"{A}/?utm_source=x", f"{A}/", f"{A}/1"]
    assert states(tmp_path) == {f"{A}/": State.FETCHED, f"{A}/1": State.FETCHED}
    assert requested(tmp_path)[f"{A}/"] == f"{A}/?utm_source=x"
    sound(tmp_path)


async def test_two_spellings_that_redirect_to_each_other_end(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/", lambda r: Response(302, {"Location": "/" if "utm" in r.path else "/?utm_source=x"}))
    async with web.serve() as served:
        await crawl(served, [f"{A}/?utm_source=x"], tmp_path)
    assert page_requests(served) == [f"{A}/?utm_source=x", f"{A}/"]


# ---- meta refresh


async def test_a_meta_refresh_is_followed_and_makes_no_alias(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", html='<meta http-equiv="refresh" content="0; url=/next">')
    web.page(f"{A}/next", headers={"Refresh": "3; url=/last"})
    web.page(f"{A}/last")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert page_requests(served) == [f"{A}/", f"{A}/next", f"{A}/last"]
    assert requested(tmp_path)[f"{A}/last"] == f"{A}/last"
    assert query(tmp_path, "SELECT refresh_delay_s FROM fetch ORDER BY fetch_id") == [(0,), (3,), (None,)]


async def test_a_meta_refresh_to_another_domain_is_a_redirect_link(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", html=f'<meta http-equiv="refresh" content="0; url={B}/">')
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert links(tmp_path) == {(f"{A}/", f"{B}/", "redirect", NONE): 1}
    assert not served.requests("b.example")


# ---- bare domains


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on loopback that nobody listens on, for as long as the test runs."""
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def without_https(served: Served, closed_port: int) -> tuple[ConnectTo, ...]:
    return ConnectTo.parse(f":443:127.0.0.1:{closed_port}"), *rules(served)


async def test_a_bare_domain_is_tried_over_https_first(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page("https://a.example/", ["/x"])
    web.page("https://a.example/x")
    async with web.serve(tls=True) as served:
        await crawl(served, ["a.example"], tmp_path)
    assert page_requests(served) == ["https://a.example/", "https://a.example/x"]
    assert {request.scheme for request in served.log} == {"https"}


async def test_a_bare_domain_without_https_is_tried_over_http_and_that_is_said(
    tmp_path: Path, closed_port: int
) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/x"])
    web.page(f"{A}/x")
    notes: list[str] = []
    async with web.serve() as served:
        to = without_https(served, closed_port)
        report = await crawl(served, ["a.example"], tmp_path, connect_to=to, notify=notes.append, max_pages=2)
        assert notes == ["a.example: no https (connect), trying http"]
        assert page_requests(served) == [f"{A}/", f"{A}/x"]
        assert not report.asleep
        again = await crawl(served, ["a.example"], tmp_path, connect_to=to, notify=notes.append)
    assert not again.had_work
    assert len(notes) == 1
    assert pages(tmp_path)["https://a.example/"] == Page(State.FAILED, "connect", 0, 1)


async def test_a_url_with_https_is_never_tried_over_http(tmp_path: Path, closed_port: int) -> None:
    web = FakeWeb()
    web.page(f"{A}/")
    async with web.serve() as served:
        await crawl(served, ["https://a.example/"], tmp_path, connect_to=without_https(served, closed_port))
    assert not served.log


async def test_a_bare_seed_given_again_changes_nothing_when_its_https_is_gone(tmp_path: Path, closed_port: int) -> None:
    web = FakeWeb()
    web.page("https://a.example/", ["/x", "/y"])
    web.page("https://a.example/x")
    async with web.serve(tls=True) as served:
        await crawl(served, ["a.example"], tmp_path, max_pages=1)
        to = without_https(served, closed_port)
        await crawl(served, ["a.example"], tmp_path, connect_to=to, robots_age_s=-1)
    assert states(tmp_path)["https://a.example/"] is State.FETCHED
    assert "http://a.example/" not in states(tmp_path)
