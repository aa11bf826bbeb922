"""Robots.txt and politeness, judged from the server's log."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.fake_web import Answer, CutAfter, FakeWeb, Hang, InTurn, Raw, Response, Served, retry_after
from wholinks.crawler.engine import Crawl
from wholinks.crawler.politeness import FAILURES, Policy
from wholinks.crawler.settings import Timeouts
from wholinks.storage.records import State

from .crawling import QUICK, Page, crawl, page_requests, pages, query, quick, seed, states, until

A, B, C = (f"http://{name}.example" for name in "abc")
DELAY_S = 0.12
CLOCK_S = 0.03
"""How much later than the client the server may think that an answer ended."""


def assert_polite(served: Served, host: str, delay_s: float = DELAY_S) -> None:
    assert served.max_concurrent(host) == 1
    assert min(served.gaps(host)) >= delay_s - CLOCK_S


def small_site(web: FakeWeb, origin: str, pages_: int = 3) -> None:
    web.page(f"{origin}/", [f"{origin}/{number}" for number in range(1, pages_)])
    for number in range(1, pages_):
        web.page(f"{origin}/{number}")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures are tried again at once."""
    for kind, policy in FAILURES.items():
        monkeypatch.setitem(FAILURES, kind, policy._replace(wait_s=min(policy.wait_s, 0.01)))


# ---- robots.txt


async def test_robots_txt_is_asked_for_once_an_origin_before_any_page(tmp_path: Path) -> None:
    web = FakeWeb()
    origins = [A, "http://www.a.example", "http://a.example:8080", "https://a.example"]
    for origin in origins:
        web.page(f"{origin}/", [f"{other}/" for other in origins])
        web.page(f"{origin}/2")
    async with web.serve(tls=True) as served:
        await crawl(served, [f"{origin}/2" for origin in origins] + origins, tmp_path)
        for origin in origins:
            urls = [request.url for request in served.log if request.url.startswith(f"{origin}/")]
            assert urls[0] == f"{origin}/robots.txt"
            assert len(urls) == len(set(urls)) == 3


@pytest.mark.parametrize(
    "robots",
    [
        Response(404),
        Response(403, body=b"User-agent: *\nDisallow: /"),
        Response(401),
        Response(200, body=b"<!doctype html><p>\nUser-agent: *\nDisallow: /"),
        Response(204),
        Response(302, {"Location": "mailto:a@b.example"}),
    ],
    ids=["404", "403", "401", "html", "204", "redirect to nowhere"],
)
async def test_an_origin_without_rules_allows_all(tmp_path: Path, robots: Answer) -> None:
    web = FakeWeb()
    small_site(web, A)
    web.answer(f"{A}/robots.txt", robots)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert set(states(tmp_path).values()) == {State.FETCHED}


@pytest.mark.parametrize(
    ("robots", "why"),
    [
        (Response(429), "http_429"),
        (Response(500), "http_500"),
        (Raw(), "disconnected"),
        (Raw(b"garbage\r\n\r\n"), "protocol"),
        (Hang(), "first_byte_timeout"),
        (CutAfter(Response(body=b"User-agent: *\n" * 9), 50), "disconnected"),
    ],
    ids=["429", "500", "no answer", "garbage", "hang", "cut"],
)
@pytest.mark.usefixtures("soon")
async def test_while_robots_txt_is_unreachable_nothing_is_fetched_and_the_next_crawl_asks_again(
    tmp_path: Path, robots: Answer, why: str
) -> None:
    web = FakeWeb()
    small_site(web, A)
    web.page(f"{B}/")
    web.answer(f"{A}/robots.txt", robots)
    async with web.serve() as served:
        report = await crawl(served, [A, B], tmp_path, timeouts=QUICK if isinstance(robots, Hang) else Timeouts())
        assert report.ended_why == "done"
        assert page_requests(served, "a.example") == []
        assert states(tmp_path) == {f"{A}/": State.DISCOVERED, f"{B}/": State.FETCHED}
        (sleeper,) = report.asleep
        assert sleeper.name == A
        assert sleeper.why == f"robots.txt unreachable ({why})"
        assert sleeper.seconds > 200
        web.robots(A, "User-agent: *\nDisallow: /2")
        report = await crawl(served, [], tmp_path)
    assert report.had_work
    assert sorted(page_requests(served, "a.example")) == [f"{A}/", f"{A}/1"]


async def test_retry_after_on_robots_txt_lets_the_whole_host_sleep_over_crawls(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A)
    small_site(web, "http://a.example:8080")
    web.robots(A, "", status=503, headers={"Retry-After": "7200"})
    async with web.serve() as served:
        for _ in range(2):
            report = await crawl(served, [A, "http://a.example:8080/"], tmp_path, concurrency=1)
            (sleeper,) = report.asleep
            assert sleeper.name == "a.example"
            assert 7100 < sleeper.seconds <= 7201  # crawl.db keeps whole seconds
            assert sleeper.why == "robots.txt, http_503: asked for 7200 s"
        assert served.urls("a.example") == [f"{A}/robots.txt"]


async def test_what_robots_txt_forbids_is_never_asked_for(tmp_path: Path) -> None:
    web = FakeWeb()
    paths = ["/private/x", "/private/ok", "/a.pdf", "/a.pdf?x", "/page", "/?q=1"]
    web.page(f"{A}/", paths)
    web.robots(
        A,
        "User-agent: *\nDisallow: /page\n\n"
        "User-agent: WhoLinks\nDisallow: /private\nAllow: /private/ok\nDisallow: /*.pdf$\nDisallow: /?q=",
    )
    web.answer(f"{A}/*", Response(body=b"<p>x"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    blocked = {url for url, page in pages(tmp_path).items() if page == Page(State.BLOCKED, "robots", 1, 0)}
    assert blocked == {f"{A}/private/x", f"{A}/a.pdf", f"{A}/?q=1"}
    assert set(page_requests(served)) == {f"{A}{path}" for path in ["/", *paths]} - blocked


async def test_a_forbidden_redirect_target_is_not_asked_for(tmp_path: Path) -> None:
    web = FakeWeb()
    web.redirect(f"{A}/", "/private")
    web.page(f"{A}/private")
    web.robots(A, "User-agent: *\nDisallow: /private")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert page_requests(served) == [f"{A}/"]
    assert states(tmp_path)[f"{A}/private"] is State.BLOCKED


async def test_a_robots_txt_of_the_day_before_is_asked_for_again(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/x", "/y"])
    web.page(f"{A}/x")
    web.robots(A, "User-agent: *\nDisallow: /x")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_pages=1)
        await crawl(served, [], tmp_path, max_pages=2)
        assert served.urls().count(f"{A}/robots.txt") == 1
        web.robots(A, "")
        await crawl(served, [], tmp_path, robots_age_s=-1)
    assert served.urls().count(f"{A}/robots.txt") == 2
    assert states(tmp_path)[f"{A}/x"] is State.FETCHED


@pytest.mark.parametrize("hops", [1, 5])
async def test_robots_txt_may_be_redirected_five_times(tmp_path: Path, hops: int) -> None:
    web = FakeWeb()
    small_site(web, A)
    web.chain(f"{A}/robots.txt", *(f"{A}/r{number}" for number in range(hops)))
    web.answer(f"{A}/r{hops - 1}", Response(body=b"User-agent: *\nDisallow: /1"))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert states(tmp_path) == {f"{A}/": State.FETCHED, f"{A}/1": State.BLOCKED, f"{A}/2": State.FETCHED}


async def test_after_five_redirects_robots_txt_counts_as_missing(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A)
    web.chain(f"{A}/robots.txt", *(f"{A}/r{number}" for number in range(6)))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path)
    assert [url for url in served.urls() if "/r" in url] == [f"{A}/robots.txt", *(f"{A}/r{n}" for n in range(5))]
    assert set(states(tmp_path).values()) == {State.FETCHED}


async def test_robots_txt_on_another_host_is_asked_for_politely_and_speaks_for_the_first(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A)
    small_site(web, B)
    web.redirect(f"{A}/robots.txt", f"{B}/robots.txt")
    web.robots(B, "User-agent: *\nDisallow: /1")
    async with web.serve() as served:
        await crawl(served, [A, B], tmp_path, delay_s=DELAY_S)
        assert_polite(served, "a.example")
        assert_polite(served, "b.example")
    assert {url for url, state in states(tmp_path).items() if state is State.BLOCKED} == {f"{A}/1", f"{B}/1"}
    assert served.urls("b.example").count(f"{B}/robots.txt") == 2


# ---- politeness


async def test_all_requests_to_a_host_name_wait_for_each_other(tmp_path: Path) -> None:
    web = FakeWeb()
    for origin in (A, "https://a.example", "http://a.example:8080"):
        small_site(web, origin)
    web.redirect(f"{A}/1", f"{A}/2")
    async with web.serve(tls=True) as served:
        await crawl(served, [A, "https://a.example/", "http://a.example:8080/"], tmp_path, delay_s=DELAY_S)
        assert_polite(served, "a.example")
    assert len(served.log) == 3 + 9
    assert {request.scheme for request in served.log} == {"http", "https"}


@pytest.mark.usefixtures("soon")
async def test_tries_wait_too(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/", InTurn(Response(503), Response(500), Response(body=b"<a href=/1>")))
    web.answer(f"{A}/1", InTurn(Raw(), Raw(by_reset=True), Response(body=b"<p>x")))
    web.answer(f"{A}/robots.txt", InTurn(Raw(), Response(404)))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, delay_s=DELAY_S, parsers=1)
        assert_polite(served, "a.example")
    assert len(served.log) == 2 + 3 + 3


@pytest.mark.usefixtures("soon")
async def test_a_kept_connection_that_breaks_is_not_asked_again_at_once(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/1"])
    web.answer(f"{A}/1", Raw())
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, delay_s=DELAY_S)
        assert_polite(served, "a.example")
    assert page_requests(served).count(f"{A}/1") == FAILURES["disconnected"].tries


async def test_different_hosts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(12)]
    for start in starts:
        web.page(f"{start}/", delay_s=0.5)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, delay_s=DELAY_S)
        assert served.max_concurrent() > 6


async def test_concurrency_is_a_limit_over_all_hosts(tmp_path: Path) -> None:
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(12)]
    for start in starts:
        web.page(f"{start}/", delay_s=0.05)
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, concurrency=3)
        assert served.max_concurrent() == 3


@pytest.mark.parametrize(("ceiling_s", "delay_s"), [(60.0, 0.3), (0.2, 0.2)])
async def test_crawl_delay_is_kept_up_to_the_ceiling(tmp_path: Path, ceiling_s: float, delay_s: float) -> None:
    web = FakeWeb()
    small_site(web, A)
    web.robots(A, "User-agent: *\nCrawl-delay: 0.3")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, max_crawl_delay_s=ceiling_s)
        assert_polite(served, "a.example", delay_s)
        if ceiling_s < 0.3:
            assert min(served.gaps("a.example")) < 0.3


async def test_crawl_delay_is_kept_between_all_origins_of_a_host(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A)
    small_site(web, "http://a.example:81")
    web.robots(A, "User-agent: *\nCrawl-delay: 0.3")
    async with web.serve() as served:
        await crawl(served, [A, "http://a.example:81/"], tmp_path)
        known = next(place for place, request in enumerate(served.log) if request.url == f"{A}/robots.txt")
        assert min(served.gaps("a.example")[known:]) >= 0.3 - CLOCK_S


async def test_the_delay_is_kept_from_one_crawl_to_the_next(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A, 6)
    web.robots(A, "User-agent: *\nCrawl-delay: 0.3")
    async with web.serve() as served:
        for limit in (1, 2, 3):
            await crawl(served, [A], tmp_path, max_pages=limit, delay_s=DELAY_S)
        assert_polite(served, "a.example", 0.3)
    assert len(page_requests(served)) == 3


async def test_a_delay_longer_than_the_patience_does_not_end_the_crawl(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A, 2)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, delay_s=0.4, patience_s=0.1)
    assert len(page_requests(served)) == 2


# ---- failures and sleep


@pytest.mark.usefixtures("soon")
async def test_a_server_error_is_tried_again_as_the_table_says(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", ["/once", "/always", "/gone"])
    web.answer(f"{A}/once", InTurn(Response(500), Response(body=b"<p>x")))
    web.answer(f"{A}/always", Response(502))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
    found = pages(tmp_path)
    assert found[f"{A}/once"] == Page(State.FETCHED, None, 1, 2)
    assert found[f"{A}/always"] == Page(State.FAILED, "server_error", 1, FAILURES["server_error"].tries)
    assert found[f"{A}/gone"] == Page(State.FAILED, "http_404", 1, 1)
    asked = page_requests(served)
    assert [asked.count(f"{A}/{name}") for name in ("once", "always", "gone")] == [2, 3, 1]
    assert report.stats.failures == {"server_error": 4, "http_404": 1}
    assert query(tmp_path, "SELECT count(*) FROM fetch WHERE reason = 'server_error'") == [(4,)]


async def test_tries_are_counted_over_crawls(tmp_path: Path) -> None:
    web = FakeWeb()
    web.answer(f"{A}/", Response(500))
    async with web.serve() as served:
        for _ in range(5):
            await crawl(served, [A], tmp_path)  # the wait is longer than the patience
    assert pages(tmp_path) == {f"{A}/": Page(State.FAILED, "server_error", 0, 3)}
    assert len(page_requests(served)) == 3


async def test_retry_after_lets_the_host_sleep_and_the_crawl_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAILURES, "rate_limited", Policy(0.01, 5, True))
    web = FakeWeb()
    small_site(web, A, 5)
    small_site(web, B, 5)
    web.answer(f"{A}/2", InTurn(retry_after("1"), Response(body=b"<p>x")))
    async with web.serve() as served:
        report = await crawl(served, [A, B], tmp_path, patience_s=5)
    assert set(states(tmp_path).values()) == {State.FETCHED}
    assert not report.asleep
    urls = served.urls("a.example")
    assert served.gaps("a.example")[urls.index(f"{A}/2")] >= 1 - CLOCK_S


@pytest.mark.parametrize("is_date", [False, True])
async def test_a_host_that_asks_for_more_patience_than_we_have_is_listed_and_left_alone(
    tmp_path: Path, is_date: bool
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True) if is_date else "3600"
    web = FakeWeb()
    small_site(web, A, 5)
    small_site(web, B, 5)
    web.answer(f"{A}/", retry_after(later, 503 if is_date else 429))
    async with web.serve() as served:
        report = await crawl(served, [A, B], tmp_path)
        assert report.ended_why == "done"
        (sleeper,) = report.asleep
        assert sleeper.name == "a.example"
        assert 3500 < sleeper.seconds <= 3600
        asked = len(served.requests("a.example"))
        report = await crawl(served, [], tmp_path)
        assert [sleeper.name for sleeper in report.asleep] == ["a.example"]
        assert len(served.requests("a.example")) == asked
    assert pages(tmp_path)[f"{A}/"] == Page(State.DISCOVERED, None, 0, 1)


@pytest.mark.usefixtures("soon")
async def test_a_host_that_answers_with_failure_after_failure_is_left_alone_over_crawls(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"/{number}" for number in range(20)])
    web.answer(f"{A}/*", Response(500))
    web.answer(f"{A}/robots.txt", Response(404))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
        assert len(page_requests(served)) == 1 + 5
        assert [(sleeper.name, sleeper.seconds > 3500) for sleeper in report.asleep] == [("a.example", True)]
        report = await crawl(served, [], tmp_path)
        assert [(sleeper.name, sleeper.seconds > 3500) for sleeper in report.asleep] == [("a.example", True)]
    assert len(page_requests(served)) == 1 + 5


@pytest.mark.usefixtures("soon")
async def test_a_host_that_did_not_answer_at_all_is_asked_again_by_the_next_crawl(tmp_path: Path) -> None:
    """Nobody's wish is broken by that, and perhaps it was our own network."""
    web = FakeWeb()
    web.page(f"{A}/", [f"/{number}" for number in range(20)])
    web.answer(f"{A}/*", Raw())
    web.answer(f"{A}/robots.txt", Response(404))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path)
        assert [(sleeper.name, sleeper.seconds > 3500) for sleeper in report.asleep] == [("a.example", True)]
        await crawl(served, [], tmp_path)
    assert len(page_requests(served)) == 1 + 5 + 5


async def test_rate_limits_without_a_time_make_the_host_sleep_longer_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAILURES, "rate_limited", Policy(0.1, 4, True))
    web = FakeWeb()
    web.answer(f"{A}/", Response(429))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, patience_s=3)
    waits = served.gaps("a.example")[1:]
    assert [wait >= least - CLOCK_S for wait, least in zip(waits, (0.1, 0.2, 0.4), strict=True)] == [True] * 3
    assert states(tmp_path) == {f"{A}/": State.FAILED}


async def test_the_end_does_not_wait_for_a_sleeper(tmp_path: Path) -> None:
    """Nor for a commit nobody waits for: the last answer is the one that makes the host sleep."""
    web = FakeWeb()
    web.answer(f"{A}/", retry_after("7200"))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, concurrency=1)
    assert report.ended_why == "done"


async def test_who_we_are_is_said_with_each_request(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A)
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, user_agent="Our-Bot/2", contact="https://us.example/bot")
    assert {request.headers["user-agent"] for request in served.log} == {"Our-Bot/2 (+https://us.example/bot)"}


async def test_rules_for_another_agent_are_not_ours(tmp_path: Path) -> None:
    web = FakeWeb()
    small_site(web, A)
    web.robots(A, "User-agent: our-bot\nDisallow: /1\n\nUser-agent: *\nDisallow: /")
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, user_agent="Our-Bot/2")
    assert sorted(page_requests(served)) == [f"{A}/", f"{A}/2"]


async def test_a_site_that_names_thousands_of_its_ports_stalls_nobody(tmp_path: Path) -> None:
    web = FakeWeb()
    web.page(f"{A}/", [f"http://a.example:{port}/" for port in range(1000, 21_000)])
    web.answer("http://*/*", Response(body=b"<p>x"))
    web.page(f"{B}/", ["/1", "/2"])
    async with web.serve() as served:
        engine = Crawl(tmp_path, quick(served, delay_s=0.01))
        task = asyncio.create_task(engine.run([seed(A), seed(B)]))
        await until(lambda: len(page_requests(served, "b.example")) == 3 and len(served.requests("a.example")) > 30)
        engine.stop("interrupted")
        await task
