"""What may be asked next, with a store in memory and a clock that is a number."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from wholinks.crawler.frontier import WINDOW, Frontier
from wholinks.crawler.hosts import Errand, Origin, PageErrand, RobotsErrand
from wholinks.crawler.robots import parse
from wholinks.crawler.scope import Scope
from wholinks.crawler.settings import Settings
from wholinks.storage.crawl_store import RobotsRow, SitemapRow, WaitingRow


@dataclass
class FakeStore:
    """The pages that wait, by origin, in order."""

    pages: dict[int, list[WaitingRow]] = field(default_factory=dict)
    queries: int = 0

    def add(self, origin: Origin, *paths: str) -> None:
        rows = self.pages.setdefault(origin.origin_id, [])
        for path in paths:
            key = hash((origin.origin_id, path))
            rows.append(WaitingRow(origin.origin_id, key, key, path, 0, 0, None, 0))

    def remove(self, key_id: int) -> None:
        for origin_id, rows in self.pages.items():
            self.pages[origin_id] = [row for row in rows if row.key_id != key_id]

    async def waiting(self, origin_ids: Sequence[int], limit: int) -> list[WaitingRow]:
        self.queries += 1
        return [row for number in origin_ids for row in self.pages.get(number, [])[:limit]]

    async def robots(self, origin_ids: Sequence[int]) -> list[RobotsRow]:
        return []

    async def waiting_sitemaps(self, origin_ids: Sequence[int]) -> list[SitemapRow]:
        return []


class Driver:
    """A frontier, and somebody who asks for its errands; each is answered at once unless a test does it."""

    def __init__(self, **settings: object) -> None:
        self.now = 1000.0
        self.store = FakeStore()
        self.scope = Scope(1, {"a.example": 0})
        given = {"delay_s": 1.0, "patience_s": 60.0, **settings}
        self.frontier = Frontier(self.store, Settings(**given), self.scope, lambda: self.now)  # type: ignore[arg-type]
        self.blocked: list[WaitingRow] = []
        self._filling: asyncio.Task[None] | None = None
        self.frontier.connect(learn_robots=lambda origin, row: None, block=self.blocked.append)

    def origin(self, text: str, *paths: str, robots: str | None = "", domain: str = "a.example") -> Origin:
        host = text.partition("://")[2].partition(":")[0]
        origin = self.frontier.origin(hash(text), text, host, domain)
        if robots is not None:
            origin.rules = parse(robots.encode()).rules_for("wholinks")
            origin.host.state.slow_down(origin.rules.delay_s)
        self.store.add(origin, *paths)
        self.frontier.found([origin.origin_id])
        return origin

    async def next(self) -> Errand | None:
        """The next errand; the clock runs ahead to when it is due."""
        if self._filling is None:
            self._filling = asyncio.create_task(self.frontier.fill_windows())  # until the test's loop ends
        asked = asyncio.create_task(self.frontier.acquire(lambda: True))
        while not asked.done():
            for _ in range(10):
                await asyncio.sleep(0)
            due = self.frontier._next_due()
            if not asked.done() and self.now < due < float("inf"):
                self.now = due
                self.frontier.wake()
        return await asked

    def answered(self, errand: Errand, *, counts: bool = True) -> None:
        self.frontier.release(errand, self.now, counts=counts)

    def settled(self, errand: PageErrand) -> None:
        self.store.remove(errand.row.key_id)
        self.frontier.settled([errand.row.key_id])

    async def run(self, limit: int = 10_000) -> list[tuple[float, str]]:
        """All errands to the end, each answered and committed at once: when, and what."""
        found: list[tuple[float, str]] = []
        while len(found) < limit and (errand := await self.next()) is not None:
            found.append((self.now - 1000, errand.url))
            if isinstance(errand, PageErrand):
                self.answered(errand)
                self.settled(errand)
            else:
                errand.origin.is_asking_robots = False
                errand.origin.rules = parse(b"").rules_for("wholinks")
                self.answered(errand, counts=False)
        return found


async def test_robots_txt_comes_before_any_page_and_the_delay_between_all() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/1", "/2", robots=None)
    assert await driver.run() == [
        (0, "http://a.example/robots.txt"),
        (1, "http://a.example/1"),
        (2, "http://a.example/2"),
    ]


async def test_origins_of_a_host_take_turns_and_wait_for_each_other() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/1", "/2")
    driver.origin("https://a.example", "/3", "/4")
    assert [url for _, url in await driver.run()] == [
        "http://a.example/1", "https://a.example/3", "http://a.example/2", "https://a.example/4",
    ]  # fmt: skip
    assert driver.now == 1003


async def test_hosts_do_not_wait_for_each_other() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/1")
    driver.origin("http://b.a.example", "/2")
    assert sorted(await driver.run()) == [(0, "http://a.example/1"), (0, "http://b.a.example/2")]


async def test_a_host_in_flight_is_not_asked() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/1", "/2")
    first = await driver.next()
    assert first is not None
    waiting = asyncio.create_task(driver.next())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    driver.answered(first)
    second = await waiting
    assert second is not None
    assert second.url == "http://a.example/2"


async def test_more_pages_than_a_window_are_handed_out_once_each() -> None:
    driver = Driver(delay_s=0.0)
    paths = [f"/{number}" for number in range(3 * WINDOW + 5)]
    driver.origin("http://a.example", *paths)
    assert [url for _, url in await driver.run()] == [f"http://a.example{path}" for path in paths]
    assert driver.store.queries <= 6


async def test_a_page_is_not_handed_out_again_before_its_answer_is_committed() -> None:
    driver = Driver(delay_s=0.0)
    driver.origin("http://a.example", *(f"/{number}" for number in range(2 * WINDOW)))
    asked = []
    for _ in range(2 * WINDOW):
        errand = await driver.next()
        assert errand is not None
        asked.append(errand.url)
        driver.answered(errand)
    assert len(set(asked)) == 2 * WINDOW
    assert await driver.next() is None


async def test_a_page_found_while_the_window_is_filled_is_not_lost() -> None:
    driver = Driver(delay_s=0.0)
    origin = driver.origin("http://a.example", "/1")
    waiting = driver.store.waiting

    async def slow(origin_ids: Sequence[int], limit: int) -> list[WaitingRow]:
        rows = await waiting(origin_ids, limit)
        if len(rows) == 1 and rows[0].path == "/1":
            driver.store.add(origin, "/2")  # committed after the query saw the table
            driver.frontier.found([origin.origin_id])
        return rows

    driver.frontier._waiting = slow
    assert [url for _, url in await driver.run()] == ["http://a.example/1", "http://a.example/2"]


async def test_what_robots_txt_forbids_is_blocked_on_the_way_and_costs_no_turn() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/x", "/private", "/y", robots="User-agent: *\nDisallow: /private")
    assert await driver.run() == [(0, "http://a.example/x"), (1, "http://a.example/y")]
    assert [row.path for row in driver.blocked] == ["/private"]


async def test_a_page_to_try_again_waits_its_time_and_comes_first() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/1", "/2", "/3", "/4")
    errand = await driver.next()
    assert isinstance(errand, PageErrand)
    driver.answered(errand, counts=False)
    driver.frontier.retry(errand, driver.now + 1.5)
    found = await driver.run()
    assert [url[-2:] for _, url in found] == ["/2", "/1", "/3", "/4"]
    assert driver.frontier.pages == 4


async def test_the_crawl_ends_when_nothing_is_due_within_its_patience() -> None:
    driver = Driver(patience_s=60)
    near = driver.origin("http://a.example", "/1")
    far = driver.origin("http://b.a.example", "/2")
    near.host.state.sleep(driver.now + 59, "busy")
    far.host.state.sleep(driver.now + 3600, "asked for an hour")
    assert await driver.run() == [(59, "http://a.example/1")]
    assert [(s.name, s.seconds, s.why) for s in driver.frontier.sleepers()] == [
        ("b.a.example", 3600 - 59, "asked for an hour")
    ]


async def test_the_crawl_does_not_end_while_something_outside_may_bring_pages() -> None:
    driver = Driver()
    is_idle = False
    asked = asyncio.create_task(driver.frontier.acquire(lambda: is_idle))
    await asyncio.sleep(0.02)
    assert not asked.done()
    is_idle = True
    driver.frontier.wake()
    assert await asyncio.wait_for(asked, 5) is None


async def test_a_stopped_frontier_hands_out_nothing() -> None:
    driver = Driver()
    driver.origin("http://a.example", "/1")
    driver.frontier.stop()
    assert await driver.next() is None


@pytest.mark.parametrize("limit", [1, 3])
async def test_the_limit_of_pages_counts_what_is_under_way(limit: int) -> None:
    driver = Driver(max_pages=limit)
    for number in range(5):
        driver.origin(f"http://{number}.a.example", "/")
    errands = [await driver.next() for _ in range(limit)]
    waiting = asyncio.create_task(driver.next())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    assert errands[0] is not None
    driver.answered(errands[0], counts=False)  # a redirect: another page may go
    assert await waiting is not None


async def test_a_budget_that_a_redirect_gives_back_lets_a_neighbour_go() -> None:
    driver = Driver(pages_per_reached_site=1)
    driver.scope.reach("b.example", 1)
    driver.origin("http://b.example", "/1", domain="b.example")
    driver.origin("http://www.b.example", "/2", domain="b.example")
    first = await driver.next()
    assert isinstance(first, PageErrand)
    driver.answered(first, counts=False)
    driver.settled(first)
    assert len(await driver.run()) == 1
    assert driver.frontier.pages == 1


async def test_a_site_that_turns_out_to_be_a_seeds_loses_its_budget() -> None:
    driver = Driver(pages_per_reached_site=1)
    driver.frontier.host("b.example", "b.example")  # its robots.txt was asked for, on another's behalf
    driver.scope.reach("b.example", 0)
    driver.origin("http://b.example", "/1", "/2", "/3", domain="b.example")
    assert len(await driver.run()) == 3


async def test_dropped_pages_are_not_handed_out() -> None:
    driver = Driver()
    origin = driver.origin("http://a.example", "/1", "/2", robots=None)
    errand = await driver.next()
    assert isinstance(errand, RobotsErrand)
    driver.frontier.drop(origin, [origin.waiting[0].key_id])
    driver.answered(errand, counts=False)
    origin.is_asking_robots = False
    origin.rules = parse(b"").rules_for("wholinks")
    driver.frontier.reschedule(origin.host)
    assert [url for _, url in await driver.run()] == ["http://a.example/2"]


async def test_a_host_with_thousands_of_origins_costs_little_each() -> None:
    driver = Driver(delay_s=0.0, allow_port=tuple(range(20_000)))
    origins = [driver.frontier.origin(n, f"http://a.example:{n}", "a.example", "a.example") for n in range(1, 20_000)]
    for origin in origins:
        origin.rules = parse(b"").rules_for("wholinks")
        driver.store.add(origin, "/")
    calls = 0
    due_at = Origin.due_at

    def counted(self: Origin) -> float:
        nonlocal calls
        calls += 1
        return due_at(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Origin, "due_at", counted)
        driver.frontier.found([origin.origin_id for origin in origins])
        assert len(await driver.run(limit=20)) == 20
    assert calls < 40 * len(origins)
