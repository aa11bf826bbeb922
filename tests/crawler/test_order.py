"""What a crawl fetches first when it can't have all: seeds, then what is near, then what many sites refer to."""

from pathlib import Path

import pytest

from tests.fake_web import FakeWeb, Link
from wholinks.crawler import active_set, referrers, writer
from wholinks.crawler.referrers import Referrers
from wholinks.crawler.scope import Scope
from wholinks.storage.crawl_store import CrawlStore
from wholinks.storage.database import CRAWL_DB

from .crawling import crawl, page_requests

SEEDS = [f"http://s{number}.example/" for number in range(5)]
LITTLE = [f"http://a{number}.example/" for number in range(5)]
KNOWN, LOVED = "http://k.example/", "http://z.example/"


def web(delay_s: float = 0.0) -> FakeWeb:
    """Each seed names a site that no other names, before the one that three name, and the one that all do: without any
    one of the seeds they stand in the same order. Seeds answer after ``delay_s``."""
    made = FakeWeb()
    for number, start in enumerate(SEEDS):
        known = [KNOWN] if number in {1, 2, 3} else []
        made.page(start, [LITTLE[number], *known, LOVED], delay_s=delay_s)
        made.page(LITTLE[number], [f"{LITTLE[number]}deep"])
        made.page(f"{LITTLE[number]}deep")
    for name in (KNOWN, LOVED):
        made.page(name)
    return made


def hosts(urls: list[str]) -> list[str]:
    return [url.split("/")[2] for url in urls]


async def test_what_more_domains_refer_to_is_fetched_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_LINGER_S", 0.0)
    made = web(1.5)  # so all that came before the last one is known when that is read, on a busy machine too
    async with made.serve() as served:
        report = await crawl(served, SEEDS, tmp_path, hops=1, max_pages=len(SEEDS) + 2, concurrency=1)
    assert report.ended_why == "max_pages"
    asked = page_requests(served)
    assert set(asked[: len(SEEDS)]) == set(SEEDS)
    assert asked[len(SEEDS) :] == [LOVED, KNOWN]


async def test_seeds_go_before_what_they_name_and_near_pages_before_deep_ones(tmp_path: Path) -> None:
    made = FakeWeb()
    for number, start in enumerate(SEEDS):
        made.page(start, [f"{start}{page}" for page in range(5)] if not number else [])
    for page in range(5):
        made.page(f"{SEEDS[0]}{page}", [f"{SEEDS[0]}deep{page}"])
        made.page(f"{SEEDS[0]}deep{page}")
    async with made.serve() as served:
        await crawl(served, SEEDS, tmp_path, concurrency=1)
    asked = page_requests(served)
    assert set(asked[: len(SEEDS)]) == set(SEEDS)
    assert all("deep" in url for url in asked[-5:])


async def test_the_next_crawl_goes_by_the_links_stored_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active_set, "MAX_HOSTS", 1)
    async with web().serve() as served:
        await crawl(served, SEEDS, tmp_path)
        before = len(page_requests(served))
        await crawl(served, [], tmp_path, hops=1, concurrency=1)
        first = list(dict.fromkeys(hosts(page_requests(served)[before:])))
    assert first == ["z.example", "k.example", *hosts(LITTLE)]


async def test_a_site_counts_once_and_only_what_may_be_followed(tmp_path: Path) -> None:
    made = FakeWeb()
    made.page(SEEDS[0], [KNOWN, f"{KNOWN}x", f"{SEEDS[0]}other"])
    made.page(f"{SEEDS[0]}other", [KNOWN, f"{KNOWN}y", Link(f"{LOVED}form", kind="form")])
    made.page(SEEDS[1], [KNOWN, f"{SEEDS[0]}other"])
    async with made.serve() as served:
        await crawl(served, SEEDS[:2], tmp_path)
    async with await CrawlStore.open(tmp_path / CRAWL_DB) as store:
        await store.reach(1, nofollow_pages=False)
        assert sorted(await store.count_referring()) == [("k.example", 2), ("s0.example", 1)]


# ---- counting


def test_the_greater_of_what_was_stored_and_what_was_seen_counts() -> None:
    it = Referrers()
    it.learn([("t.example", 2)])
    assert [it.add(f"{name}.example", "t.example") for name in "aabc"] == [False, False, False, True]
    assert it.count("t.example") == 3
    it.learn([("t.example", 5)])
    assert (it.count("t.example"), it.count("u.example")) == (5, 0)


def test_what_is_remembered_is_bounded_and_never_makes_more_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referrers, "_MOST_PAIRS", 3)
    it = Referrers()
    for _ in range(5):
        for name in "abcd":
            it.add(f"{name}.example", "t.example")
    assert it.count("t.example") == 3
    assert len(it._pairs) <= 3


def test_only_sites_in_reach_are_counted() -> None:
    scope = Scope(1)
    assert not scope.refer("a.example", "b.example")
    scope.reach("b.example", 1)
    assert scope.refer("a.example", "b.example")
    assert not scope.refer("b.example", "b.example")
    assert not Scope(0, {"b.example": 0}).refer("a.example", "b.example")
