"""robots.txt over time: asked for again while a crawl runs, unreachable for a month, more files than fit in memory; and
the hosts whose robots.txt is not to be kept."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.fake_web import Answer, FakeWeb, InTurn, Raw, Response
from wholinks.crawler.hosts import Host, Origin, Site
from wholinks.crawler.politeness import ROBOTS_GIVEN_UP_S, HostState
from wholinks.crawler.robots import parse
from wholinks.crawler.rules_memory import RulesMemory
from wholinks.crawler.scope import Scope
from wholinks.crawler.settings import Settings
from wholinks.storage.database import CRAWL_DB
from wholinks.storage.errors import UsageError
from wholinks.storage.records import State

from .crawling import crawl, page_requests, pages, query, states

A, B = "http://a.example", "http://b.example"
DAY_S = 24 * 3600


def robots(text: str) -> Response:
    return Response(200, {"Content-Type": "text/plain"}, text.encode())


def site(web: FakeWeb, origin: str, size: int) -> None:
    web.page(f"{origin}/", [f"{origin}/{number}" for number in range(size)])
    for number in range(size):
        web.page(f"{origin}/{number}")


# ---- within a crawl


async def test_a_crawl_longer_than_the_age_asks_again_and_keeps_to_what_it_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholinks.crawler.visitor.ROBOTS_FRESH_S", 0.5)
    web = FakeWeb()
    site(web, A, 12)
    web.answer(f"{A}/robots.txt", InTurn(robots(""), robots("User-agent: *\nDisallow: /")))
    async with web.serve() as served:
        await crawl(served, [A], tmp_path, robots_age_s=0, delay_s=0.1)
        assert served.urls().count(f"{A}/robots.txt") == 2
        second = served.urls().index(f"{A}/robots.txt", 1)
        assert 1 < second == len(served.log) - 1
        assert served.log[second].arrived_s - served.log[0].arrived_s >= 0.5
    assert {State.FETCHED, State.BLOCKED} == set(states(tmp_path).values())


async def test_when_robots_txt_breaks_in_mid_crawl_nothing_more_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholinks.crawler.visitor.ROBOTS_FRESH_S", 0.5)
    web = FakeWeb()
    site(web, A, 12)
    web.answer(f"{A}/robots.txt", InTurn(robots(""), Response(500)))
    async with web.serve() as served:
        report = await crawl(served, [A], tmp_path, robots_age_s=0, delay_s=0.1)
        assert served.urls()[-1] == f"{A}/robots.txt"
    assert [sleeper.why for sleeper in report.asleep] == ["robots.txt unreachable (http_500)"]
    assert {State.FETCHED, State.DISCOVERED} == set(states(tmp_path).values())


# ---- unreachable for a month


def months_pass(folder: Path, seconds: float) -> None:
    with closing(sqlite3.connect(folder / CRAWL_DB)) as db, db:
        db.execute("UPDATE robots SET fetched_at = fetched_at - ?", (int(seconds),))


@pytest.mark.parametrize("broken", [Response(500, body=b"User-agent: *\nDisallow: /"), Raw()], ids=["500", "no answer"])
@pytest.mark.parametrize(
    ("before", "allowed"),
    [
        (None, ["/", "/0", "/1"]),
        (Response(404, body=b"User-agent: *\nDisallow: /"), ["/", "/0", "/1"]),
        (robots("User-agent: *\nDisallow: /0"), ["/", "/1"]),
    ],
    ids=["never seen", "missing", "a file"],
)
async def test_after_thirty_days_unreachable_the_last_file_counts_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Answer, before: Answer | None, allowed: list[str]
) -> None:
    monkeypatch.setattr("wholinks.crawler.visitor._ROBOTS_TRIES", 1)
    web = FakeWeb()
    site(web, A, 2)
    async with web.serve() as served:
        if before is not None:
            web.answer(f"{A}/robots.txt", before)
            await crawl(served, [f"{A}/elsewhere"], tmp_path)
        web.answer(f"{A}/robots.txt", broken)
        served.log.clear()
        if before is not None:
            months_pass(tmp_path, DAY_S)
        await crawl(served, [A], tmp_path)
        months_pass(tmp_path, ROBOTS_GIVEN_UP_S - DAY_S)
        await crawl(served, [], tmp_path)
        assert page_requests(served) == []
        assert len(served.log) == 2
        months_pass(tmp_path, DAY_S)
        report = await crawl(served, [], tmp_path)
        assert served.urls()[2] == f"{A}/robots.txt"
        assert sorted(page_requests(served)) == [f"{A}{path}" for path in allowed]
        assert report.stats.failures[f"robots_{'disconnected' if isinstance(broken, Raw) else 'http_500'}"] == 1


async def test_an_answer_in_between_begins_the_thirty_days_anew(tmp_path: Path) -> None:
    web = FakeWeb()
    site(web, A, 2)
    async with web.serve() as served:
        for answer in (Response(500), robots("User-agent: *\nDisallow: /"), Response(500)):
            web.answer(f"{A}/robots.txt", answer)
            await crawl(served, [A], tmp_path)
            months_pass(tmp_path, ROBOTS_GIVEN_UP_S - DAY_S)
        (age,) = query(tmp_path, "SELECT fetched_at FROM robots")[0]
        assert time.time() - age < ROBOTS_GIVEN_UP_S
        assert page_requests(served) == []


# ---- memory


def origin(name: str) -> Origin:
    return Origin(hash(name), f"http://{name}", Host(HostState(name), Site(name, Scope(0), 0), None))


def test_rules_at_hand_are_bounded_and_the_one_used_longest_ago_goes_first() -> None:
    memory = RulesMemory(limit=10)
    rules = parse(b"User-agent: *\nDisallow: /1\nDisallow: /*2").rules_for("wholinks")  # weighs 3
    known = [origin(name) for name in "abc"]
    for one in known:
        memory.remember(one, rules, 0.0)
        memory.used(one)
    memory.used(known[0])
    late = origin("d")
    memory.remember(late, rules, 0.0)
    assert [one.rules is None for one in (*known, late)] == [False, True, False, False]
    assert [one.is_unloaded for one in (*known, late)] == [False, True, False, False]
    memory.remember(known[2], rules, 0.0)
    memory.forget(late)
    memory.forget(late)
    memory.remember(known[1], rules, 0.0)
    assert [one.rules is None for one in (*known, late)] == [False, False, False, True]
    large = b"User-agent: *\n" + b"\n".join(b"Disallow: /%d" % number for number in range(50))
    memory.remember(late, parse(large).rules_for("wholinks"), 0.0)
    assert [one.rules is None for one in (*known, late)] == [True, False, False, False], "what nobody used yet stays"
    memory.used(known[1])
    assert [one.rules is None for one in (*known, late)] == [True, False, False, False], "what is used now stays"
    memory.used(known[2])
    memory.used(late)
    assert [one.rules is None for one in (*known, late)] == [True, True, True, False]


def test_rules_that_come_together_are_each_used_once_however_little_room_there_is() -> None:
    memory = RulesMemory(limit=1)
    rules = parse(b"User-agent: *\nDisallow: /1").rules_for("wholinks")
    known = [origin(str(number)) for number in range(9)]
    for one in known:
        memory.remember(one, rules, 0.0)
    for one in known:
        assert one.rules is not None
        memory.used(one)
    assert [one.rules is None for one in known] == [True] * 8 + [False]


async def test_rules_that_did_not_fit_are_read_from_the_store_and_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RulesMemory.__init__, "__defaults__", (4,))
    web = FakeWeb()
    starts = [f"http://s{number}.example" for number in range(8)]
    for start in starts:
        site(web, start, 6)
        web.robots(start, "User-agent: *\nDisallow: /3\nDisallow: /4")
    async with web.serve() as served:
        await crawl(served, starts, tmp_path, delay_s=0.3, concurrency=4)
        for start in starts:
            assert served.urls().count(f"{start}/robots.txt") == 1
    blocked = {url for url, page in pages(tmp_path).items() if page.state is State.BLOCKED}
    assert blocked == {f"{start}/{path}" for start in starts for path in (3, 4)}


# ---- hosts of one's own


async def test_robots_txt_is_ignored_for_hosts_that_are_named_and_for_no_others(tmp_path: Path) -> None:
    web = FakeWeb()
    notes: list[str] = []
    for one in (A, "http://www.a.example", B):
        site(web, one, 2)
        web.robots(one, "User-agent: *\nDisallow: /")
    async with web.serve() as served:
        await crawl(served, [A, "http://www.a.example", B], tmp_path)
        assert page_requests(served) == []
        served.log.clear()
        await crawl(served, [], tmp_path, ignore_robots=("A.example",), notify=notes.append)
        assert sorted(served.urls()) == [f"{A}/", f"{A}/0", f"{A}/1"]
    assert notes == ["a.example: robots.txt is ignored (--ignore-robots); do that on hosts of your own only"]
    settings = query(tmp_path, "SELECT settings ->> 'ignore_robots' FROM run ORDER BY run_id")
    assert settings == [("[]",), ('["a.example"]',)]


@pytest.mark.parametrize(
    "text", ["", "*", "http://a.example", "a.example/", "a.example:80", "a.example:81", "a b", "@"]
)
def test_what_is_no_host_can_not_be_ignored(text: str) -> None:
    with pytest.raises(UsageError, match="must be a host name"):
        Settings(ignore_robots=(text,))
